/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows summed up by the values of fields. */
#include <errno.h>

#include "core/ctx.h"

int ipcx_groups_new(struct ipcx *x, const enum ipcx_field *by, size_t n,
		    struct ipcx_groups **ret_groups)
{
	(void)by;
	(void)n;
	(void)ret_groups;
	return ix_fail(x, -ENOSYS, "groups");
}

int ipcx_groups_add(struct ipcx_groups *g, const struct ipcx_table *t, size_t row)
{
	(void)g;
	(void)t;
	(void)row;
	return -ENOSYS;
}

int ipcx_groups_table(struct ipcx_groups *g, struct ipcx_table **ret_table)
{
	(void)g;
	(void)ret_table;
	return -ENOSYS;
}

void ipcx_groups_free(struct ipcx_groups *g)
{
	(void)g;
}

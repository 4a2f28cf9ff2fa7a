/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong with the objects of a machine. */
#include <errno.h>

#include "core/ctx.h"

int ipcx_doctor(struct ipcx *x, const struct ipcx_doctor_opts *opts,
		struct ipcx_unseen *ret_unseen, struct ipcx_table **ret_table)
{
	(void)opts;
	(void)ret_unseen;
	(void)ret_table;
	return ix_fail(x, -ENOSYS, "doctor");
}

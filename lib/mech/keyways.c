/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How programs other than by ftok(3) make keys of files. */
#include <errno.h>

#include "core/ctx.h"

int ipcx_key_ways(struct ipcx *x, uint32_t key, const char *const *paths, size_t n,
		  unsigned flags, struct ipcx_table **ret_table)
{
	(void)key;
	(void)paths;
	(void)n;
	(void)flags;
	(void)ret_table;
	return ix_fail(x, -ENOSYS, "key");
}

int ipcx_key_collisions(struct ipcx *x, const char *const *paths, size_t n, int proj,
			unsigned flags, struct ipcx_table **ret_table)
{
	(void)paths;
	(void)n;
	(void)proj;
	(void)flags;
	(void)ret_table;
	return ix_fail(x, -ENOSYS, "key");
}

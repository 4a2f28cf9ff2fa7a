/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where shared memory is. */
#include <errno.h>

#include "core/ctx.h"

int ipcx_memory(struct ipcx *x, struct ipcx_unseen *ret_unseen,
		struct ipcx_table **ret_table)
{
	(void)ret_unseen;
	(void)ret_table;
	return ix_fail(x, -ENOSYS, "memory");
}

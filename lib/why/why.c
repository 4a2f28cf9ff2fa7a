/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a call failed. */
#include <errno.h>

#include "core/ctx.h"

int ipcx_why(struct ipcx *x, const struct ipcx_failed_call *failed,
	     struct ipcx_table **ret_table)
{
	(void)failed;
	(void)ret_table;
	return ix_fail(x, -ENOSYS, "why");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which limit is in the way: for whoever makes objects and must say why it failed. */
#pragma once

#include <stddef.h>

#include "core/ctx.h"

/*
 * A create failed with this errno (positive or negative). Write the first limit with
 * which the kernel answers so and which has no room for the objects, as a phrase such
 * as "shmmax is 67108864, 42949672960 needed: raise kernel.shmmax"; and the hint that
 * goes with it.
 *
 * Limits are looked at as they are now, so IPCX_A_COUNT must be how many are still to
 * be made.
 *
 * 0, or -ENOENT when no limit explains the errno
 */
int ix_explain(struct ipcx *x, unsigned mech, const struct ipcx_attrs *a, int error,
	       char *buf, size_t size, struct ipcx_hint *ret_hint);

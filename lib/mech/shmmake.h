/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What making a segment takes besides shmget(2). */
#pragma once

#include "core/ctx.h"

/* Copy what the descriptor has into the new segment, which nobody else knows yet: exactly
 * as much as its size, or it is an error with its text. */
int ix_shm_fill(struct ipcx *x, int id, const struct ipcx_attrs *a);

/* complete() of struct ix_mech: its lock. */
int ix_shm_complete(struct ipcx *x, const struct ipcx_attrs *a,
		    const struct ipcx_ref *ref, bool now, char *did, size_t size);

/* may_make() of struct ix_mech. */
int ix_shm_may_make(struct ipcx *x, const struct ipcx_attrs *a);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What creating a segment needs besides shmget(2). */
#pragma once

#include "core/ctx.h"

/* Copy from the descriptor into the new segment, which no other process knows yet. Returns
 * 0; or -errno, with an error text, also if the contents are longer than the segment. */
int ix_shm_fill(struct ipcx *x, int id, const struct ipcx_attrs *a);

/* struct ix_mech.complete: lock an existing segment. */
int ix_shm_complete(struct ipcx *x, const struct ipcx_attrs *a,
		    const struct ipcx_ref *ref, bool now, char *did, size_t size);

/* struct ix_mech.may_make. */
int ix_shm_may_make(struct ipcx *x, const struct ipcx_attrs *a);

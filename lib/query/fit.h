/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which limit was hit, for the error text of a failed create. */
#pragma once

#include <stddef.h>

#include "core/columns.h"
#include "core/ctx.h"
#include "core/limit.h"
#include "query/limits.h"

/* The columns that "needs" and "shares" have in common. */
#define IX_NEED_COLUMNS                                             \
	IX_CONSTANT(IPCX_F_MECH, ix_derive_mech),                   \
		IX_COL(IPCX_F_NAME, struct ix_limit_row, name),     \
		IX_DERIVED(IPCX_F_LIMIT, ix_derive_limit),          \
		IX_DERIVED(IPCX_F_NEEDED, ix_derive_needed),        \
		IX_COL(IPCX_F_UNIT, struct ix_limit_row, unit),     \
		IX_COL(IPCX_F_SOURCE, struct ix_limit_row, source), \
		IX_COL(IPCX_F_WHAT, struct ix_limit_row, what)
void ix_derive_needed(const struct ipcx_table *t, const struct ix_section *s,
		      const void *row, struct ipcx_value *v);

/* Return the limit for these objects: each size of huge pages has its own. */
const struct ix_limit *ix_charge_limit(const struct ix_charge *c,
				       const struct ipcx_attrs *a);

/* ipcx_fit() for attributes of a valid object. */
int ix_fit_of(struct ipcx *x, struct ipcx_attrs *a, struct ipcx_table **ret_table);

/* Compute what one object takes, in the unit of the limit. Returns false if unknown. */
bool ix_charge_take(const struct ix_charge *c, const struct ipcx_attrs *a,
		    const struct ix_reading *r, uint64_t *ret_amount);

/* Set the attributes of an object from its row. Returns the attributes that are
 * unknown. */
uint64_t ix_attrs_of_row(const struct ipcx_table *t, size_t row, struct ipcx_attrs *a);

/* Note why a limit or its use is unknown. */
void ix_note_unread(struct ipcx *x, struct ipcx_table *t, unsigned mech,
		    const struct ix_limit *l, const struct ix_reading *r);

/*
 * Explain a create that failed with this errno (positive or negative): write the first
 * limit that causes this errno and has no room for the objects, as a phrase such as
 * "shmmax is 67108864, 42949672960 needed: raise kernel.shmmax", and the hint that goes
 * with it.
 *
 * Limits are read as they are now, so IPCX_A_COUNT must be the number of objects still to
 * be created.
 *
 * Returns 0, or -ENOENT if no limit explains the errno.
 */
int ix_explain(struct ipcx *x, unsigned mech, const struct ipcx_attrs *a, int error,
	       char *buf, size_t size, struct ipcx_hint *ret_hint);

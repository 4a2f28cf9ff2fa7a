/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Totals over all objects of a mechanism, read in one call: the mechanism's row in
 * ipcx_totals(). */
#pragma once

#include <errno.h>

#include "core/columns.h"
#include "core/ctx.h"

/* The member .totals of struct ix_mech. */
struct ix_totals {
	const struct ix_kind *kind; /* IX_TOTALS_COLUMNS and the mechanism's counters */
	/* Read the totals and fill the row. Returns 0, or -errno if they cannot be read
	 * (the caller adds a note). */
	int (*ask)(struct ipcx *x, struct ipcx_table *t, void *row);
};

/* The columns of every row of totals. */
#define IX_TOTALS_COLUMNS(type)                                     \
	IX_CONSTANT(IPCX_F_MECH, ix_derive_mech), IX_PLACE_COLUMNS, \
		IX_COL(IPCX_F_OBJECTS, type, objects)

/* Store a counter that the kernel keeps in an int; a negative number means that the
 * counter has overflowed and its value is unknown. */
static inline void ix_total(struct ipcx_table *t, void *row, enum ipcx_field field,
			    uint64_t *ret_n, int n)
{
	if (n >= 0) {
		*ret_n = (uint64_t)n;
		return;
	}
	ix_unknown(t, row, field);
	ix_table_once(t, -EOVERFLOW, "a counter of the kernel has overflowed");
}

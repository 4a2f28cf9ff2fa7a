/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows that speak of limits: the one struct behind "limits", "needs" and "shares". */
#pragma once

#include "core/table.h"
#include "limits/limits.h"

struct ix_limit_row {
	struct ix_row head;
	uint64_t limit, used, needed, raise_to, ceiling;
	double percent;
	ix_text name, unit, source, what;
	uint8_t fits;
	bool limited; /* there is a limit; what is used of it was counted; that divided by
			 the limit is a number; it can be raised no further than ceiling */
	bool counted, divided, capped;
	bool right; /* no limit: a right that is had or not */
};

/* Columns of numbers that there are or not. */
void ix_derive_limit(const struct ipcx_table *t, const struct ix_section *s,
		     const void *row, struct ipcx_value *v);
void ix_derive_used(const struct ipcx_table *t, const struct ix_section *s,
		    const void *row, struct ipcx_value *v);
void ix_derive_percent(const struct ipcx_table *t, const struct ix_section *s,
		       const void *row, struct ipcx_value *v);
void ix_derive_ceiling(const struct ipcx_table *t, const struct ix_section *s,
		       const void *row, struct ipcx_value *v);

/* A look at limits that can also count objects. */
struct ix_limits ix_limits_begin(struct ipcx *x);

/*
 * Room for the next row, of that kind and mechanism, with what is known of the limit
 * filled in and the rest unknown; percent is that of used. ix_table_keep() adds it.
 * NULL when memory is out.
 */
struct ix_limit_row *ix_limit_row(struct ipcx_table *t, const struct ix_kind *kind,
				  unsigned mech, const struct ix_limit *l,
				  const struct ix_reading *r);

/*
 * Part of a limit as a percentage, into a row; unknown where there is no number to
 * divide by.
 */
void ix_limit_percent(struct ipcx_table *t, struct ix_limit_row *row,
		      const struct ix_reading *r, uint64_t part);

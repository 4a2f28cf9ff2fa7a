/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows about limits: one struct for the kinds "limits", "needs" and "shares". */
#pragma once

#include "core/table.h"
#include "limits/limits.h"

struct ix_limit_row {
	struct ix_row head;
	uint64_t limit, used, needed, raise_to, ceiling;
	double percent;
	ix_text name, unit, source, what, scope;
	uint8_t fits;
	bool limited; /* there is a limit; its use was counted; percent can be computed;
			 there is a ceiling to which it can be raised */
	bool counted, divided, capped;
	bool right; /* not a limit, but a right */
};

/* Columns of numbers that may be absent. */
void ix_derive_limit(const struct ipcx_table *t, const struct ix_section *s,
		     const void *row, struct ipcx_value *v);
void ix_derive_used(const struct ipcx_table *t, const struct ix_section *s,
		    const void *row, struct ipcx_value *v);
void ix_derive_percent(const struct ipcx_table *t, const struct ix_section *s,
		       const void *row, struct ipcx_value *v);
void ix_derive_ceiling(const struct ipcx_table *t, const struct ix_section *s,
		       const void *row, struct ipcx_value *v);

/* Begin a reading of limits that can also count objects. */
struct ix_limits ix_limits_begin(struct ipcx *x);

/*
 * Return the next row, of this kind and mechanism, with the limit's reading filled in and
 * the rest unknown; percent is computed from the use. ix_table_keep() adds the row. NULL
 * when out of memory.
 */
struct ix_limit_row *ix_limit_row(struct ipcx_table *t, const struct ix_kind *kind,
				  unsigned mech, const struct ix_limit *l,
				  const struct ix_reading *r);

/* Set a row's percent: part, in percent of the limit; unknown if the limit is unknown. */
void ix_limit_percent(struct ipcx_table *t, struct ix_limit_row *row,
		      const struct ix_reading *r, uint64_t part);

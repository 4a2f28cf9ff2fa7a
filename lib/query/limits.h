/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows that speak of limits: the one struct behind "limits", "needs" and "shares". */
#pragma once

#include "core/table.h"
#include "limits/limits.h"

struct ix_limit_row {
	struct ix_row head;
	uint64_t limit, used, needed, raise_to;
	double percent;
	ix_text name, unit, source, what;
	uint8_t fits;
	uint8_t none; /* IX_LIMIT_NO_…: there is no such value, which is not unknown */
};

#define IX_LIMIT_NO_LIMIT   1 /* unlimited */
#define IX_LIMIT_NO_USE     2 /* nothing of it can be in use */
#define IX_LIMIT_NO_PERCENT 4

/* Those columns. */
#define IX_LIMIT_DERIVED(member, function)                              \
	IX_DERIVED_WORDS(IX_WORD_OF(struct ix_limit_row, member) |      \
				 IX_WORD_OF(struct ix_limit_row, none), \
			 function)
void ix_limit_get_limit(const struct ipcx_table *t, const struct ix_section *s,
			const void *row, struct ipcx_value *v);
void ix_limit_get_used(const struct ipcx_table *t, const struct ix_section *s,
		       const void *row, struct ipcx_value *v);
void ix_limit_get_percent(const struct ipcx_table *t, const struct ix_section *s,
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

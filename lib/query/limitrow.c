/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the row of a limit is filled from a reading. */
#include <stdio.h>

#include "core/columns.h"
#include "query/fit.h"
#include "query/limits.h"

void ix_limit_percent(struct ipcx_table *t, struct ix_limit_row *row,
		      const struct ix_reading *r, uint64_t part)
{
	row->divided = r->known && !r->unlimited && r->limit > 0;
	if (row->divided)
		row->percent = (double)part * 100.0 / (double)r->limit;
	else if (!r->known)
		ix_unknown(t, row, IPCX_F_PERCENT);
}

/*
 * Prefix the text with "unlimited: " to distinguish a limit that does not exist from one
 * that cannot be read.
 */
static ix_text what_text(struct ipcx_table *t, const struct ix_limit *l,
			 const struct ix_reading *r)
{
	char text[256];

	if (!r->known || !r->unlimited)
		return ix_table_text(t, l->what);
	(void)snprintf(text, sizeof(text), "unlimited: %s", l->what);
	return ix_table_text(t, text);
}

struct ix_limit_row *ix_limit_row(struct ipcx_table *t, const struct ix_kind *kind,
				  unsigned mech, const struct ix_limit *l,
				  const struct ix_reading *r)
{
	struct ix_limit_row *row;

	if (ix_table_section(t, kind, mech) < 0 || ix_table_dir(t, r->dev, r->ino) < 0)
		return NULL;
	row = ix_table_row(t);
	if (!row)
		return NULL;
	row->name = ix_table_text(t, l->name);
	row->unit = ix_table_text(t, l->unit);
	row->source = ix_table_text(t, l->source);
	row->what = what_text(t, l, r);
	row->scope = ix_table_text(t, ix_limit_scope(l));
	if (!row->name || !row->unit || !row->source || !row->what || !row->scope)
		return NULL;
	row->limit = r->limit;
	row->limited = r->known && !r->unlimited;
	row->used = r->used;
	row->counted = r->counted;
	row->ceiling = r->ceiling;
	row->capped = r->capped;
	if (r->cap_error) {
		ix_unknown(t, row, IPCX_F_CEILING);
		ix_table_once(t, r->cap_error,
			      "the highest possible value of some limits is unknown");
	}
	if (!r->known)
		ix_unknown(t, row, IPCX_F_LIMIT);
	if (r->counted) {
		ix_limit_percent(t, row, r, r->used);
		return row;
	}
	/* A use that no source counts is empty; a use that could not be read is
	 * unknown. */
	if (!r->uncounted && !r->unlimited) {
		ix_unknown(t, row, IPCX_F_USED);
		ix_unknown(t, row, IPCX_F_PERCENT);
	}
	return row;
}

void ix_note_unread(struct ipcx *x, struct ipcx_table *t, unsigned mech,
		    const struct ix_limit *l, const struct ix_reading *r)
{
	int error = r->error ? r->error : r->use_error;
	char why[160];

	if (!error)
		return;
	error = ix_limit_lacks(x, l, error, why, sizeof(why));
	ix_table_note(t, IPCX_NOTE_INFO, mech, error, l->name, "%s: %s",
		      r->error ? "unknown" : "use unknown", why);
}

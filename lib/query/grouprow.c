/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How groups become rows. Which columns these have depends on the fields by which rows
 * were grouped and on what was summed up, so each table of groups owns the description of
 * its rows: a row is a list of values, and column number i is value number i. */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "query/groups.h"

struct group_row {
	struct ix_row head;
	_Alignas(8) uint8_t types[IX_GROUPS_SLOTS]; /* enum ipcx_type */
	uint64_t values[IX_GROUPS_SLOTS];           /* a text: ix_text */
};

_Static_assert(sizeof(struct group_row) <= IX_WORDS * sizeof(uint64_t),
	       "rows are compared word by word");

static void grouprow_value(const struct ipcx_table *t, const struct group_row *row,
			   size_t i, struct ipcx_value *v)
{
	v->type = row->types[i];
	if (v->type == IPCX_TYPE_STRING)
		v->as.private_s = ix_table_string(t, (ix_text)row->values[i]);
	else
		v->as.u = row->values[i];
}

/* clang-format off */
#define SLOTS(line) \
	line(0) line(1) line(2) line(3) line(4) line(5) line(6) line(7) line(8) line(9) \
	line(10) line(11) line(12) line(13) line(14) line(15) line(16) line(17) line(18) line(19)
/* clang-format on */

#define DERIVE(i)                                                                    \
	static void grouprow_derive_##i(const struct ipcx_table *t,                  \
					const struct ix_section *s, const void *row, \
					struct ipcx_value *v)                        \
	{                                                                            \
		(void)s;                                                             \
		grouprow_value(t, row, i, v);                                        \
	}
SLOTS(DERIVE)

/* Return column number i. */
static struct ix_column slot_column(size_t i, unsigned field)
{
#define NAMED(n) grouprow_derive_##n,
	static void (*const derive[])(const struct ipcx_table *,
				      const struct ix_section *, const void *,
				      struct ipcx_value *) = { SLOTS(NAMED) };
	_Static_assert(ARRAY_SIZE(derive) == IX_GROUPS_SLOTS, "a function for each");
	const size_t types = offsetof(struct group_row, types) / 8;

	return (struct ix_column)IX_DERIVED_WORDS(
		(uint16_t)field,
		1U << (types + i / 8) | IX_WORD_OF(struct group_row, values) << i,
		derive[i]);
}

/* ---- the kind of row */

struct kind {
	struct ix_kind kind;
	struct ix_column columns[IX_GROUPS_SLOTS];
};

/* Add the column of a slot, unless rows are grouped by this field. */
static void kind_add(struct kind *k, size_t slot, unsigned field)
{
	unsigned n = k->kind.ncolumns;

	for (unsigned i = 0; i < n; i++)
		if (k->columns[i].field == field)
			return;
	k->columns[n] = slot_column(slot, field);
	k->kind.ncolumns = n + 1;
}

/* A sum that does not apply to any row is no column; the number of rows always is. */
static const struct ix_kind *grouprow_kind(const struct ipcx_groups *g,
					   struct ipcx_table *t)
{
	struct kind *k = ix_table_own(t, sizeof(*k));

	if (!k)
		return NULL;
	k->kind = (struct ix_kind){ .name = "groups",
				    .row_size = sizeof(struct group_row),
				    .columns = k->columns };
	for (size_t i = 0; i < g->nby; i++)
		kind_add(k, i, g->by[i]);
	for (size_t i = 0; i < g->nsums; i++)
		if (g->applies & 1U << i || g->sums[i]->how == IX_SUM_ROWS)
			kind_add(k, g->nby + i, g->sums[i]->field);
	return &k->kind;
}

/* ---- rows */

static void row_by(const struct ipcx_groups *g, struct ipcx_table *t, const char *key,
		   struct group_row *row)
{
	for (size_t i = 0; i < g->nby; i++) {
		struct ix_group_key part;

		memcpy(&part, key, sizeof(part));
		key += sizeof(part);
		row->types[i] = part.type;
		row->values[i] = part.value;
		if (part.unknown)
			ix_unknown(t, row, g->by[i]);
		if (part.type != IPCX_TYPE_STRING)
			continue;
		row->values[i] = ix_table_text(t, key);
		key += part.value + 8 - part.value % 8;
	}
}

static void row_sums(const struct ipcx_groups *g, struct ipcx_table *t,
		     const struct ix_group *group, struct group_row *row)
{
	for (size_t i = 0; i < g->nsums; i++) {
		const enum ipcx_field f = (enum ipcx_field)g->sums[i]->field;

		if (group->has & 1U << i) {
			row->types[g->nby + i] = (uint8_t)ipcx_field_info(f)->type;
			row->values[g->nby + i] = group->sums[i].u;
		}
		if (group->unknown & 1U << i)
			ix_unknown(t, row, f);
	}
}

int ix_groups_rows(const struct ipcx_groups *g, struct ipcx_table *t)
{
	const struct ix_group *all = (const struct ix_group *)(const void *)g->all.data;
	const struct ix_kind *kind = grouprow_kind(g, t);
	uint32_t unknown = 0;
	int r = kind ? ix_table_section(t, kind, IPCX_NO_MECH) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < g->all.len / sizeof(*all); i++) {
		struct group_row *row = ix_table_row(t);

		if (!row)
			return -ENOMEM;
		row_by(g, t, g->keys.data + all[i].key, row);
		row_sums(g, t, &all[i], row);
		unknown |= all[i].unknown;
		ix_table_keep(t);
	}
	ix_groups_notes(g, t, unknown);
	return r;
}

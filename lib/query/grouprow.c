/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How groups become rows. Which columns these have depends on the fields by which rows
 * were grouped, so each table of groups owns the description of its rows. */
#include <errno.h>
#include <string.h>

#include "query/groups.h"

struct group_row {
	struct ix_row head;
	uint8_t types[IX_GROUPS_BY]; /* enum ipcx_type */
	uint8_t has;                 /* mask of 1U << IX_SUM_… */
	uint64_t count;
	uint64_t sums[IX_SUMS];
	uint64_t values[IX_GROUPS_BY]; /* a text: ix_text */
};

_Static_assert(sizeof(struct group_row) <= IX_WORDS * sizeof(uint64_t),
	       "rows are compared word by word");

/* ---- the fields by which rows are grouped */

static void grouprow_value(const struct ipcx_table *t, const struct group_row *row,
			   size_t i, struct ipcx_value *v)
{
	v->type = row->types[i];
	if (v->type == IPCX_TYPE_STRING)
		v->as.private_s = ix_table_string(t, (ix_text)row->values[i]);
	else
		v->as.u = row->values[i];
}

#define BY(i)                                                                        \
	static void grouprow_derive_##i(const struct ipcx_table *t,                  \
					const struct ix_section *s, const void *row, \
					struct ipcx_value *v)                        \
	{                                                                            \
		(void)s;                                                             \
		grouprow_value(t, row, i, v);                                        \
	}

BY(0)
BY(1)
BY(2)
BY(3)
BY(4)
BY(5)
BY(6)
BY(7)

/* Return the column of field number i of those by which rows are grouped. */
static struct ix_column by_column(size_t i, enum ipcx_field f)
{
	static void (*const derive[IX_GROUPS_BY])(const struct ipcx_table *,
						  const struct ix_section *, const void *,
						  struct ipcx_value *) = {
		grouprow_derive_0, grouprow_derive_1, grouprow_derive_2,
		grouprow_derive_3, grouprow_derive_4, grouprow_derive_5,
		grouprow_derive_6, grouprow_derive_7,
	};

	return (struct ix_column)IX_DERIVED_WORDS(
		f,
		IX_WORD_OF(struct group_row, types) | IX_WORD_OF(struct group_row, values)
							      << i,
		derive[i]);
}

/* ---- the sums */

static void grouprow_sum(const struct group_row *row, enum ix_sum sum,
			 enum ipcx_type type, struct ipcx_value *v)
{
	if (!(row->has & 1U << sum))
		return;
	v->type = type;
	memcpy(&v->as, &row->sums[sum], sizeof(row->sums[sum]));
}

#define SUM(name, sum, type)                                                            \
	static void grouprow_derive_##name(const struct ipcx_table *t,                  \
					   const struct ix_section *s, const void *row, \
					   struct ipcx_value *v)                        \
	{                                                                               \
		(void)t;                                                                \
		(void)s;                                                                \
		grouprow_sum(row, sum, type, v);                                        \
	}

SUM(bytes, IX_SUM_BYTES, IPCX_TYPE_UINT)
SUM(attached, IX_SUM_ATTACHED, IPCX_TYPE_UINT)
SUM(oldest, IX_SUM_OLDEST, IPCX_TYPE_TIME)
SUM(newest, IX_SUM_NEWEST, IPCX_TYPE_TIME)
SUM(percent, IX_SUM_PERCENT, IPCX_TYPE_REAL)

#define SUM_WORDS(i) \
	(IX_WORD_OF(struct group_row, has) | IX_WORD_OF(struct group_row, sums) << (i))
#define SUM_COLUMN(f, sum, name) \
	[sum] = IX_DERIVED_WORDS(f, SUM_WORDS(sum), grouprow_derive_##name)

static const struct ix_column sum_columns[IX_SUMS] = {
	SUM_COLUMN(IPCX_F_BYTES, IX_SUM_BYTES, bytes),
	SUM_COLUMN(IPCX_F_ATTACHED, IX_SUM_ATTACHED, attached),
	SUM_COLUMN(IPCX_F_OLDEST, IX_SUM_OLDEST, oldest),
	SUM_COLUMN(IPCX_F_NEWEST, IX_SUM_NEWEST, newest),
	SUM_COLUMN(IPCX_F_PERCENT, IX_SUM_PERCENT, percent),
};

/* ---- the kind of row */

struct kind {
	struct ix_kind kind;
	struct ix_column columns[IX_GROUPS_BY + 1 + IX_SUMS];
};

/* Add a column, unless rows are grouped by this field. */
static void grouprow_kind_add(struct kind *k, struct ix_column column)
{
	unsigned n = k->kind.ncolumns;

	for (unsigned i = 0; i < n; i++)
		if (k->columns[i].field == column.field)
			return;
	k->columns[n] = column;
	k->kind.ncolumns = n + 1;
}

/* A sum that does not apply to any row is no column. */
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
		grouprow_kind_add(k, by_column(i, g->by[i]));
	grouprow_kind_add(k, (struct ix_column)IX_COL(IPCX_F_COUNT, struct group_row,
						      count));
	for (size_t i = 0; i < IX_SUMS; i++)
		if (g->applies & 1U << i)
			grouprow_kind_add(k, sum_columns[i]);
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

static void row_sums(struct ipcx_table *t, const struct ix_group *group,
		     struct group_row *row)
{
	row->count = group->count;
	row->has = group->has;
	for (size_t i = 0; i < IX_SUMS; i++) {
		row->sums[i] = group->sums[i].u;
		if (!(group->unknown & 1U << i))
			continue;
		ix_unknown(t, row, (enum ipcx_field)sum_columns[i].field);
	}
}

/* Say why sums are unknown. The values of the fields by which rows are grouped are
 * unknown where those of the rows are, whose table says why. */
static void grouprow_notes(struct ipcx_table *t, unsigned unknown)
{
	if (unknown & 1U << IX_SUM_BYTES)
		ix_table_tell(t, "the size of some objects is unknown, and so is the sum "
				 "of their groups");
	if (unknown & 1U << IX_SUM_ATTACHED)
		ix_table_tell(t, "whether some objects are attached is unknown");
	if (unknown & 1U << IX_SUM_PERCENT)
		ix_table_tell(t, "how much of some limits is used is unknown, and so is "
				 "the highest percentage of their groups");
	if (unknown & 1U << IX_SUM_OLDEST)
		ix_table_reason(t, "when some objects were last used is not recorded");
}

int ix_groups_rows(const struct ipcx_groups *g, struct ipcx_table *t)
{
	const struct ix_group *all = (const struct ix_group *)(const void *)g->all.data;
	const struct ix_kind *kind = grouprow_kind(g, t);
	unsigned unknown = 0;
	int r = kind ? ix_table_section(t, kind, IPCX_NO_MECH) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < g->all.len / sizeof(*all); i++) {
		struct group_row *row = ix_table_row(t);

		if (!row)
			return -ENOMEM;
		row_by(g, t, g->keys.data + all[i].key, row);
		row_sums(t, &all[i], row);
		unknown |= all[i].unknown;
		ix_table_keep(t);
	}
	grouprow_notes(t, unknown);
	return r;
}

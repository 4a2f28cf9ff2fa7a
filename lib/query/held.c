/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What IPC namespaces hold: the number of objects of each mechanism and their bytes, and
 * the sums of each namespace. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/columns.h"
#include "core/copyin.h"
#include "ns/ns.h"
#include "query/query.h"
#include "query/spaces.h"

struct usage_row {
	struct ix_row head;
	uint64_t objects, bytes;
};

/* clang-format off */
static const struct ix_kind usage_kind = {
	.name = "mechanisms",
	.row_size = sizeof(struct usage_row),
	IX_COLUMNS(
		IX_CONSTANT(IPCX_F_MECH,    ix_derive_mech),
		IX_PLACE_COLUMNS,
		IX_SHM_COLUMNS,
		IX_COL(IPCX_F_OBJECTS, struct usage_row, objects),
		IX_COL(IPCX_F_BYTES,   struct usage_row, bytes)
	),
};
/* clang-format on */

/* Sum up a field. Returns 0, or -ENODATA if the field is unknown for some rows. */
static int held_weigh(const struct ipcx_table *t, const struct ix_section *s,
		      enum ipcx_field weight, uint64_t *ret_sum)
{
	const struct ix_column *c = ix_section_column(s, weight);
	const char *row = t->shared.data + s->offset;
	uint64_t sum = 0;

	for (size_t i = 0; i < s->count; i++, row += s->kind->row_size) {
		if (ix_is_unknown(t, row, weight))
			return -ENODATA;
		if (__builtin_add_overflow(sum, ix_column_raw(c, row), &sum))
			sum = UINT64_MAX;
	}
	*ret_sum = sum;
	return 0;
}

/* List all objects of the namespaces in use, with only the fields needed for counting.
 * Objects in a /dev/shm that several namespaces share count for the first of them. */
static int scan_objects(struct ipcx *x, struct ipcx_table **ret_t)
{
	struct ix_scan s = { .verb = IX_LOOK, .once = true };
	struct ipcx_query q = { .size = sizeof(q),
				.fields = IPCX_FIELDSET(IPCX_F_MECH),
				.flags = IPCX_NUMERIC };

	for (unsigned m = 0; ix_mech(m); m++)
		if (ix_mech(m)->weight)
			ipcx_fieldset_add(&q.fields, ix_mech(m)->weight);
	(void)ipcx_mech_mask("all", &q.mechs);
	return ix_run(x, &q, &s, ret_t);
}

void ix_held_trouble(const struct ipcx_table *from, struct ipcx_table *to)
{
	const struct ipcx_note *n;

	for (size_t i = 0; (n = ipcx_table_note(from, i)); i++)
		if (n->kind == IPCX_NOTE_UNAVAILABLE || n->kind == IPCX_NOTE_FAILED ||
		    n->kind == IPCX_NOTE_INCOMPLETE || ix_note_space(n))
			ix_table_hand_on(to, n);
}

static int add_usage(struct ipcx *x, struct ipcx_table *t,
		     const struct ipcx_table *objects, const struct ix_section *s)
{
	bool unknown = s->uncounted || (x->ns && !x->ns->all && x->ns->places->elsewhere);
	enum ipcx_field weight = ix_mech(s->mech)->weight;
	struct usage_row *row;

	if (ix_table_section(t, &usage_kind, s->mech) < 0 ||
	    ix_table_dir(t, s->dev, s->ino) < 0 || !(row = ix_table_row(t)))
		return -ENOMEM;
	row->objects = s->count;
	if (unknown)
		ix_unknown(t, row, IPCX_F_OBJECTS);
	if (unknown || !weight || held_weigh(objects, s, weight, &row->bytes) < 0)
		ix_unknown(t, row, IPCX_F_BYTES);
	ix_table_keep(t);
	return 0;
}

int ipcx_usage(struct ipcx *x, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	struct ipcx_table *objects, *t = NULL;
	size_t place = 0;
	int r = scan_objects(x, &objects);

	if (r < 0)
		return r;
	r = ix_table_new(&t);
	if (r < 0) {
		ipcx_table_free(objects);
		return ix_fail_plain(x, r, "out of memory");
	}
	for (size_t i = 0; r == 0 && i < objects->nsections; i++) {
		const struct ix_section *s = &objects->sections[i];
		const struct ix_where *w = s->place ? &objects->places[s->place - 1]
						    : NULL;

		if (w && s->place != place)
			r = ix_table_same_place(t, objects, w);
		place = s->place;
		if (r == 0)
			r = add_usage(x, t, objects, s);
	}
	ix_held_trouble(objects, t);
	ipcx_table_free(objects);
	return ix_table_hand(x, t, r < 0 ? ix_fail_plain(x, r, "out of memory") : 0,
			     ret_table);
}

/* ---- sums */

static int held_order(const void *a, const void *b)
{
	const struct ix_held *p = a, *q = b;

	return (p->ns > q->ns) - (p->ns < q->ns);
}

static void held_add(struct ix_held *sum, const struct ipcx_table *usage,
		     const struct ix_section *s)
{
	const struct usage_row *u = (const void *)(usage->shared.data + s->offset);

	for (size_t k = 0; k < s->count; k++, u++) {
		sum->whole &= !ix_is_unknown(usage, u, IPCX_F_OBJECTS);
		sum->objects += u->objects;
		sum->bytes += u->bytes;
		sum->weighed &= !ix_mech(s->mech)->weight ||
				!ix_is_unknown(usage, u, IPCX_F_BYTES);
	}
}

int ix_held_sum(const struct ipcx_table *usage, struct ix_helds *ret_sums)
{
	struct ix_held *all = calloc(usage->nsections + 1, sizeof(*all));
	size_t n = 0, sums = 0;

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < usage->nsections; i++) {
		const struct ix_section *s = &usage->sections[i];

		if (!s->place || !s->count)
			continue;
		all[n] = (struct ix_held){ .ns = usage->places[s->place - 1].ns,
					   .whole = true,
					   .weighed = true };
		held_add(&all[n++], usage, s);
	}
	qsort(all, n, sizeof(*all), held_order);
	for (size_t i = 0; i < n; i++) {
		struct ix_held *sum = sums ? &all[sums - 1] : NULL;

		if (!sum || sum->ns != all[i].ns) {
			all[sums++] = all[i];
			continue;
		}
		sum->objects += all[i].objects;
		sum->bytes += all[i].bytes;
		sum->whole &= all[i].whole;
		sum->weighed &= all[i].weighed;
	}
	*ret_sums = (struct ix_helds){ .all = all, .n = sums };
	return 0;
}

const struct ix_held *ix_held_of(const struct ix_helds *sums, uint64_t ns)
{
	const struct ix_held key = { .ns = ns };

	return bsearch(&key, sums->all, sums->n, sizeof(key), held_order);
}

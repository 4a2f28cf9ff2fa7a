/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory layout of a snapshot, and the one function that reads values from it. */
#include "core/table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/columns.h"
#include "core/ctx.h"
#include "core/rows.h"
#include "core/type.h"

int ix_table_new(struct ipcx_table **ret_t)
{
	struct ipcx_table *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->now = time(NULL);
	*ret_t = t;
	return 0;
}

struct ix_owned {
	struct ix_owned *next;
	_Alignas(max_align_t) char data[];
};

void *ix_table_own(struct ipcx_table *t, size_t size)
{
	struct ix_owned *owned = calloc(1, sizeof(*owned) + size);

	if (!owned)
		return NULL;
	owned->next = t->owned;
	t->owned = owned;
	return owned->data;
}

static void free_owned(struct ipcx_table *t)
{
	while (t->owned) {
		struct ix_owned *next = t->owned->next;

		free(t->owned);
		t->owned = next;
	}
}

void ix_table_reset(struct ipcx_table *t)
{
	ix_notes_free(t);
	t->nsections = t->rows = t->nplaces = 0;
	t->shared.len = t->pool.len = t->unknown.len = 0;
	ix_rows_reset(t);
	ix_names_free(&t->users);
	ix_names_free(&t->groups);
	t->resume = 0;
	t->unjudged = 0;
	t->no_name.before = t->no_name.after = 0;
	t->starved = false;
	t->now = time(NULL);
}

void ipcx_table_free(struct ipcx_table *t)
{
	if (!t)
		return;
	free(t->sections);
	free(t->places);
	ix_buf_free(&t->shared);
	ix_buf_free(&t->pool);
	ix_notes_free(t);
	ix_buf_free(&t->notes);
	ix_buf_free(&t->unknown);
	ix_rows_free(t);
	ix_names_free(&t->users);
	ix_names_free(&t->groups);
	free_owned(t);
	free(t);
}

int ix_table_hand(struct ipcx *x, struct ipcx_table *t, int r,
		  struct ipcx_table **ret_table)
{
	if (r >= 0)
		ix_table_failures(t);
	if (r >= 0 && t->starved)
		r = -ENOMEM;
	if (r < 0)
		ipcx_table_free(t);
	else
		*ret_table = t;
	return ix_said(x, r);
}

int ix_table_show(struct ipcx *x, struct ipcx_table *t,
		  const struct ipcx_table **ret_table)
{
	ix_table_failures(t);
	if (t->starved)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	*ret_table = t;
	return 0;
}

const struct ix_column *ix_column(const struct ix_kind *kind, unsigned field)
{
	static const struct ix_column none;

	for (unsigned i = 0; i < kind->ncolumns; i++)
		if (kind->columns[i].field == field)
			return &kind->columns[i];
	return &none;
}

static const struct ipcx_fieldset all_fields = { { UINT64_MAX, UINT64_MAX, UINT64_MAX,
						   UINT64_MAX } };

/* Record for each eight-byte word of a row which fields may change if that word changes.
 */
static void index_words(struct ix_section *s)
{
	assert(s->kind->row_size <= IX_WORDS * 8 && s->kind->row_size % 8 == 0);
	s->by_word[0] = all_fields; /* the set of unknown fields */
	for (unsigned i = 0; i < s->kind->ncolumns; i++) {
		const struct ix_column *c = &s->kind->columns[i];
		enum ipcx_field f = (enum ipcx_field)c->field;

		assert(!s->column[f]);
		s->column[f] = (uint8_t)(i + 1);
		ipcx_fieldset_add(&s->has, f);
		for (unsigned w = 0; w < IX_WORDS; w++)
			if (c->size ? c->offset / 8 == w : c->words >> w & 1)
				ipcx_fieldset_add(&s->by_word[w], f);
		if (c->derive && !c->size && !c->words && !c->constant)
			ipcx_fieldset_add(&s->always, f);
	}
}

/* Room for one more section. A look at thousands of places has many. */
static struct ix_section *section_room(struct ipcx_table *t)
{
	size_t n = t->nsections;

	if (n == t->section_room) {
		struct ix_section *more =
			reallocarray(t->sections, 2 * n + 1, sizeof(*more));

		if (!more)
			return NULL;
		t->sections = more;
		t->section_room = 2 * n + 1;
	}
	return &t->sections[t->nsections++];
}

int ix_table_section(struct ipcx_table *t, const struct ix_kind *kind, unsigned mech)
{
	struct ix_section *last = t->nsections ? &t->sections[t->nsections - 1] : NULL,
			  *more;

	if (last && last->kind == kind && last->mech == mech && last->place == t->nplaces)
		return 0;
	more = section_room(t);
	if (!more)
		return -ENOMEM;
	*more = (struct ix_section){ .kind = kind,
				     .mech = mech,
				     .place = t->nplaces,
				     .first = t->rows,
				     .offset = t->shared.len };
	index_words(more);
	return 0;
}

int ix_table_dir(struct ipcx_table *t, uint64_t dev, uint64_t ino)
{
	struct ix_section *s = &t->sections[t->nsections - 1];

	if (s->dev == dev && s->ino == ino)
		return 0;
	if (s->count) {
		s = section_room(t);
		if (!s)
			return -ENOMEM;
		*s = s[-1];
		s->first = t->rows;
		s->offset = t->shared.len;
		s->count = 0;
	}
	s->dev = dev;
	s->ino = ino;
	return 0;
}

void *ix_table_row(struct ipcx_table *t)
{
	size_t size = t->sections[t->nsections - 1].kind->row_size;
	char *row = ix_buf_room(&t->shared, size);

	if (!row)
		return NULL;
	memset(row, 0, size);
	if (t->nplaces && t->places[t->nplaces - 1].unnamed) {
		ix_lacks(t, row, &t->no_name);
	}
	return row;
}

void ix_table_keep(struct ipcx_table *t)
{
	struct ix_section *s = &t->sections[t->nsections - 1];

	t->shared.len += s->kind->row_size;
	s->count++;
	t->rows++;
}

const void *ix_table_at(const struct ipcx_table *t, size_t i,
			const struct ix_section **ret_section)
{
	size_t low = 0, high = t ? t->nsections : 0;
	const struct ix_section *s;

	/* Find the last section that does not begin after the row: sections without rows
	 * come before the one that has it. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->sections[middle].first <= i)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	s = &t->sections[low - 1];
	if (i - s->first >= s->count)
		return NULL;
	*ret_section = s;
	return t->shared.data + s->offset + (i - s->first) * s->kind->row_size;
}

ix_text ix_table_text(struct ipcx_table *t, const char *text)
{
	size_t off = t->pool.len;

	if (!text)
		return 0;
	if (off >= UINT32_MAX - 1 || ix_buf_add(&t->pool, text, strlen(text) + 1) < 0) {
		t->starved = true;
		return 0;
	}
	return (ix_text)off + 1;
}

const char *ix_table_string(const struct ipcx_table *t, ix_text text)
{
	return text ? t->pool.data + text - 1 : NULL;
}

void ix_unknown_all(struct ipcx_table *t, void *row, const struct ipcx_fieldset *fields)
{
	struct ipcx_fieldset set = *fields;
	const struct ipcx_fieldset *sets =
		(const struct ipcx_fieldset *)(const void *)t->unknown.data;
	size_t n = t->unknown.len / sizeof(*sets);
	struct ix_row *r = row;

	if (r->unknown)
		ipcx_fieldset_merge(&set, &sets[r->unknown - 1]);
	if (ipcx_fieldset_empty(&set))
		return;
	for (size_t i = n; i-- > 0;)
		if (!memcmp(&sets[i], &set, sizeof(set))) {
			r->unknown = (uint32_t)i + 1;
			return;
		}
	if (ix_buf_add(&t->unknown, &set, sizeof(set)) < 0)
		t->starved = true;
	else
		r->unknown = (uint32_t)n + 1;
}

static void stored(const struct ipcx_table *t, const struct ix_column *c, const void *row,
		   enum ipcx_type type, struct ipcx_value *v)
{
	uint64_t raw = ix_column_raw(c, row);
	ix_loader *load;

	if (c->zero && raw == 0)
		return;
	load = ix_type(type)->load;
	if (!load)
		v->as.u = raw;
	else if (!load(t, c->size, raw, v))
		return;
	v->type = type;
}

int ix_row_value(const struct ipcx_table *t, const struct ix_section *s, const void *row,
		 enum ipcx_field f, struct ipcx_value *v)
{
	const struct ix_column *c = ix_section_column(s, f);

	if (c->size == 0 && !c->derive)
		return -ENODATA;
	v->type = IPCX_TYPE_NONE;
	if (ix_is_unknown(t, row, f))
		return 0;
	if (c->derive)
		c->derive(t, s, row, v);
	else
		stored(t, c, row, ipcx_field_info(f)->type, v);
	return 0;
}

void ix_value_text(struct ipcx_value *v, const char *text)
{
	(void)snprintf(v->private_text, sizeof(v->private_text), "%s", text);
	v->type = IPCX_TYPE_STRING;
	v->as.private_s = NULL;
}

int ipcx_row_get(const struct ipcx_table *t, size_t row, enum ipcx_field field,
		 struct ipcx_value *ret_value)
{
	const struct ix_section *s;
	const void *data = ix_table_at(t, row, &s);
	int r;

	if (!data || !ret_value)
		return -EINVAL;
	r = ix_row_value(t, s, data, field, ret_value);
	/* Check only after a failure whether the field exists at all, because it nearly
	 * always does. */
	return r == -ENODATA && !ipcx_field_info(field) ? -EINVAL : r;
}

struct ipcx_fieldset ipcx_row_fields(const struct ipcx_table *t, size_t row)
{
	const struct ix_section *s;

	return ix_table_at(t, row, &s) ? s->has : (struct ipcx_fieldset){ { 0 } };
}

/* This function is called for every row that is written out, so it does not loop over the
 * fields. */
struct ipcx_fieldset ipcx_row_unknown(const struct ipcx_table *t, size_t row)
{
	struct ipcx_fieldset unknown = { { 0 } };
	const struct ix_section *s;
	const struct ix_row *data = ix_table_at(t, row, &s);
	const struct ipcx_fieldset *set;

	if (!data || !data->unknown)
		return unknown;
	set = (const struct ipcx_fieldset *)(const void *)t->unknown.data +
	      (data->unknown - 1);
	for (size_t i = 0; i < ARRAY_SIZE(unknown.bits); i++)
		unknown.bits[i] = set->bits[i] & s->has.bits[i];
	return unknown;
}

struct ipcx_fieldset ipcx_row_changed(const struct ipcx_table *t, size_t row)
{
	const struct ix_section *s;
	const uint64_t *now = ix_table_at(t, row, &s), *before;
	struct ipcx_fieldset changed;
	size_t words;

	if (!now || row == s->first)
		return all_fields;
	words = s->kind->row_size / sizeof(*now);
	before = now - words;
	changed = s->always;
	for (size_t i = 0; i < words; i++) {
		if (now[i] == before[i])
			continue;
		ipcx_fieldset_merge(&changed, &s->by_word[i]);
	}
	return changed;
}

size_t ipcx_table_rows(const struct ipcx_table *t)
{
	return t ? t->rows : 0;
}

const char *ipcx_table_kind(const struct ipcx_table *t)
{
	return t && t->nsections ? t->sections[0].kind->name : "objects";
}

unsigned ipcx_row_mech(const struct ipcx_table *t, size_t row)
{
	const struct ix_section *s;

	return ix_table_at(t, row, &s) ? s->mech : IPCX_NO_MECH;
}

uint64_t ipcx_table_resume(const struct ipcx_table *t)
{
	return t ? t->resume : 0;
}

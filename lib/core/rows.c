/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of rows, and the value that refers to one. */
#include "core/rows.h"

#include <string.h>

#include "base/util.h"

/* What a value of the type IPCX_TYPE_ROWS holds besides its text. */
struct below {
	const struct ipcx_table *t;
	size_t first, n;
};

_Static_assert(sizeof(struct below) <= sizeof(((struct ipcx_value *)0)->private_text),
	       "a value refers to rows without an allocation");

struct ipcx_table *ix_rows_below(struct ipcx_table *t, enum ix_below below,
				 const struct ix_kind *kind)
{
	struct ipcx_table **under = &t->below[below];

	if ((!*under && ix_table_new(under) < 0) ||
	    ix_table_section(*under, kind, IPCX_NO_MECH) < 0) {
		t->starved = true;
		return NULL;
	}
	(*under)->now = t->now;
	return *under;
}

static int join(struct ix_buf *b, const struct ipcx_table *under, size_t first, size_t n,
		enum ipcx_field label)
{
	size_t more = 0;
	int r = 0;

	for (size_t i = first; r >= 0 && i < first + n; i++) {
		struct ipcx_value v;
		const char *text = ipcx_row_get(under, i, label, &v) == 0
					   ? ipcx_value_string(&v)
					   : NULL;

		if (!text)
			continue;
		if (more || b->len + strlen(text) > IX_ROWS_TEXT)
			more++;
		else
			r = ix_buf_printf(b, "%s%s", b->len ? "," : "", text);
	}
	if (r >= 0 && more)
		r = ix_buf_printf(b, ",+%zu", more);
	return r;
}

uint32_t ix_rows_list(struct ipcx_table *t, enum ix_below below, size_t first,
		      enum ipcx_field label)
{
	const struct ipcx_table *under = t->below[below];
	size_t n = under ? under->rows - first : 0;
	auto_buf struct ix_buf text = { 0 };
	struct ix_list list = { .below = below,
				.first = (uint32_t)first,
				.n = (uint32_t)n };

	if (n == 0)
		return 0;
	if (under->starved || join(&text, under, first, n, label) < 0) {
		t->starved = true;
		return 0;
	}
	list.text = ix_table_text(t, text.data ? text.data : "");
	if (ix_buf_add(&t->lists, &list, sizeof(list)) < 0)
		t->starved = true;
	return t->starved ? 0 : (uint32_t)(t->lists.len / sizeof(list));
}

const struct ix_list *ix_rows_at(const struct ipcx_table *t, uint32_t list)
{
	return list ? (const struct ix_list *)(const void *)t->lists.data + list - 1
		    : NULL;
}

void ix_rows_value(const struct ipcx_table *t, uint32_t list, struct ipcx_value *v)
{
	const struct ix_list *l = ix_rows_at(t, list);
	struct below below = { .t = NULL };

	if (l)
		below = (struct below){ t->below[l->below], l->first, l->n };
	memcpy(v->private_text, &below, sizeof(below));
	v->as.private_s = l ? ix_table_string(t, l->text) : "";
	v->type = IPCX_TYPE_ROWS;
}

void ix_rows_first(const struct ipcx_table *t, uint32_t list, enum ipcx_field f,
		   struct ipcx_value *v)
{
	const struct ix_list *l = ix_rows_at(t, list);

	if (l)
		(void)ipcx_row_get(t->below[l->below], l->first, f, v);
}

const struct ipcx_table *ipcx_value_rows(const struct ipcx_value *v, size_t *ret_first,
					 size_t *ret_n)
{
	struct below below;

	if (!v || v->type != IPCX_TYPE_ROWS || !ret_first || !ret_n)
		return NULL;
	memcpy(&below, v->private_text, sizeof(below));
	*ret_first = below.first;
	*ret_n = below.n;
	return below.t;
}

void ix_rows_free(struct ipcx_table *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(t->below); i++) {
		ipcx_table_free(t->below[i]);
		t->below[i] = NULL;
	}
	ix_buf_free(&t->lists);
}

void ix_rows_reset(struct ipcx_table *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(t->below); i++)
		if (t->below[i])
			ix_table_reset(t->below[i]);
	t->lists.len = 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns and order of rows: -o and --sort, applied to the defaults. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/exit.h"
#include "ui/msg.h"
#include "ui/output.h"

/* ---- order */

/* The argument of qsort_r()'s comparison. */
struct order {
	const struct ipcx_table *t;
	struct {
		enum ipcx_field field;
		bool reverse;
	} by[16];
	size_t n;
};

static int compare_rows(const void *a, const void *b, void *data)
{
	const struct order *o = data;
	uint32_t ra = *(const uint32_t *)a, rb = *(const uint32_t *)b;

	for (size_t i = 0; i < o->n; i++) {
		struct ipcx_value va = { .type = IPCX_TYPE_NONE },
				  vb = { .type = IPCX_TYPE_NONE };
		int r;

		if (ipcx_row_get(o->t, ra, o->by[i].field, &va) < 0)
			va.type = IPCX_TYPE_NONE;
		if (ipcx_row_get(o->t, rb, o->by[i].field, &vb) < 0)
			vb.type = IPCX_TYPE_NONE;
		r = ipcx_value_compare(&va, &vb);
		if (r)
			return o->by[i].reverse ? -r : r;
	}
	return (ra > rb) - (ra < rb); /* stable */
}

static int parse_order(struct order *o, const char *list)
{
	for (;;) {
		size_t len = strcspn(list, ",");
		bool reverse = *list == '-';

		if (o->n == ARRAY_SIZE(o->by))
			return msg_usage("--sort: more than %zu fields",
					 ARRAY_SIZE(o->by));
		if (len == reverse || ipcx_field_by_name(list + reverse, len - reverse,
							 &o->by[o->n].field) < 0)
			return msg_usage("--sort: no field '%.*s'", (int)(len - reverse),
					 list + reverse);
		o->by[o->n++].reverse = reverse;
		if (!list[len])
			return 0;
		list += len + 1;
	}
}

int output_sort_check(const char *list)
{
	return parse_order(&(struct order){ .n = 0 }, list);
}

int output_order(const struct output *s, const struct ipcx_table *t, uint32_t **ret_order)
{
	struct order o = { .t = t };
	size_t n = ipcx_table_rows(t);
	uint32_t *order = NULL;

	if (s->sort) {
		(void)parse_order(
			&o, s->sort); /* output_open() has already checked the field */
		order = malloc((n + 1) * sizeof(*order));
		if (!order) {
			msg_error("out of memory");
			return EXIT_FAILED;
		}
		for (size_t i = 0; i < n; i++)
			order[i] = (uint32_t)i;
		qsort_r(order, n, sizeof(*order), compare_rows, &o);
	}
	*ret_order = order;
	return 0;
}

/* ---- columns */

static void columns_add_column(struct output *s, enum ipcx_field f)
{
	struct output_column *c = &s->columns[s->ncolumns];
	const struct ipcx_type_info *type;
	size_t len;

	for (size_t i = 0; i < s->ncolumns; i++)
		if (s->columns[i].field == f)
			return;
	c->field = f;
	c->info = ipcx_field_info(f);
	type = ipcx_type_info(c->info->type);
	c->right = type->number;
	c->quoted = !strcmp(type->json, "string");
	c->width = 0;
	len = MIN(strlen(c->info->name), sizeof(c->key) - sizeof(",\"\":"));
	memcpy(c->key, ",\"", 2);
	memcpy(c->key + 2, c->info->name, len);
	memcpy(c->key + 2 + len, "\":", 3);
	c->key_len = len + 4;
	s->ncolumns++;
}

static void add_set(struct output *s, const struct ipcx_fieldset *set)
{
	for (unsigned f = 0; f < ipcx_field_count(); f++)
		if (ipcx_fieldset_has(set, (enum ipcx_field)f))
			columns_add_column(s, (enum ipcx_field)f);
}

static void add_defaults(struct output *s, const struct shown *defaults)
{
	add_set(s, &defaults->before);
	for (size_t i = 0; i < defaults->n; i++)
		columns_add_column(s, defaults->list[i]);
	add_set(s, &defaults->after);
	s->usual = defaults->usual;
}

bool columns_have(enum ipcx_field field, const void *data)
{
	const struct shown *shown = data;

	for (size_t i = 0; i < shown->n; i++)
		if (shown->list[i] == field)
			return true;
	return ipcx_fieldset_has(&shown->before, field) ||
	       ipcx_fieldset_has(&shown->after, field);
}

bool output_table_knows(enum ipcx_field field, const void *data)
{
	struct ipcx_value v;

	return ipcx_row_get(data, 0, field, &v) == 0;
}

int output_no_field(const char *of, const char *word, int len,
		    bool (*known)(enum ipcx_field, const void *), const void *data)
{
	char list[1024] = "";
	size_t at = 0;

	for (unsigned f = 0; f < ipcx_field_count() && at < sizeof(list); f++)
		if (known((enum ipcx_field)f, data))
			at += (size_t)snprintf(list + at, sizeof(list) - at, " %s",
					       ipcx_field_info((enum ipcx_field)f)->name);
	return msg_usage("%sno field '%.*s' here; there are:%s", of, len, word, list);
}

static int add_word(struct output *s, const char *word, size_t len,
		    const struct shown *defaults,
		    bool (*known)(enum ipcx_field, const void *), const void *data)
{
	enum ipcx_field f;

	if (len > 0 && *word == '+') {
		if (s->ncolumns == 0) {
			s->fixed = false;
			add_defaults(s, defaults);
		}
		word++;
		len--;
	}
	if (len == 3 && !strncmp(word, "all", 3)) {
		for (unsigned n = 0; n < ipcx_field_count(); n++)
			if (known((enum ipcx_field)n, data))
				columns_add_column(s, (enum ipcx_field)n);
		s->fixed = false;
		s->usual = (struct ipcx_fieldset){ { 0 } };
		return 0;
	}
	if (len == 0 || ipcx_field_by_name(word, len, &f) < 0 || !known(f, data))
		return output_no_field("", word, (int)len, known, data);
	columns_add_column(s, f);
	ipcx_fieldset_remove(&s->usual, f);
	return 0;
}

/* Reject sort fields that known() does not know. */
static int check_order(const char *list, bool (*known)(enum ipcx_field, const void *),
		       const void *data)
{
	struct order o = { .n = 0 };
	int r = parse_order(&o, list);

	for (size_t i = 0; !r && i < o.n; i++)
		if (!known(o.by[i].field, data))
			r = output_no_field("--sort: ",
					    ipcx_field_info(o.by[i].field)->name, -1,
					    known, data);
	return r;
}

/* Where a container is told, and the user did not choose each field, a format that can
 * tells all about it. */
static int add_records(struct output *s)
{
	for (size_t i = 0; !s->fixed && s->format->nests && i < s->ncolumns; i++)
		if (s->columns[i].field == IPCX_F_CONTAINER)
			columns_add_column(s, IPCX_F_CONTAINERS);
	return 0;
}

int output_fields(struct output *s, const char *list, struct shown defaults,
		  bool (*known)(enum ipcx_field field, const void *data),
		  const void *data)
{
	s->ncolumns = 0;
	s->usual = (struct ipcx_fieldset){ { 0 } };
	s->fixed = list != NULL;
	s->widths = false;
	s->plan_table = NULL;
	s->last.text = NULL;
	if (s->sort && check_order(s->sort, known, data))
		return EXIT_USAGE;
	if (!list) {
		add_defaults(s, &defaults);
		return add_records(s);
	}
	for (;;) {
		size_t len = strcspn(list, ",");
		int r = add_word(s, list, len, &defaults, known, data);

		if (r)
			return r;
		if (!list[len])
			return add_records(s);
		list += len + 1;
	}
}

void output_add_field(struct output *s, enum ipcx_field field)
{
	if (!s->fixed)
		columns_add_column(s, field);
}

struct ipcx_fieldset output_query(const struct output *s)
{
	struct ipcx_fieldset fields = { { 0 } };
	struct order o = { .n = 0 };

	for (size_t i = 0; i < s->ncolumns; i++)
		if (!ipcx_fieldset_has(&s->usual, s->columns[i].field))
			ipcx_fieldset_add(&fields, s->columns[i].field);
	if (s->sort && parse_order(&o, s->sort) == 0)
		for (size_t i = 0; i < o.n; i++)
			ipcx_fieldset_add(&fields, o.by[i].field);
	return fields;
}

uint64_t output_flags(const struct output *s)
{
	return s->flags | (ipcx_fieldset_empty(&s->usual) ? 0 : IPCX_USUAL);
}

bool output_unread(const struct output *s, unsigned mech, enum ipcx_field field)
{
	return ipcx_fieldset_has(&s->usual, field) &&
	       ipcx_mech_cost(mech, field) == IPCX_COST_COSTLY;
}

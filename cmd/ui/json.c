/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON documents and lines (ipcx-json(5)). */
#include "ui/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/esc.h"
#include "base/num.h"
#include "base/util.h"
#include "ui/format.h"
#include "ui/msg.h"
#include "ui/out.h"

/* Write a value at p. */
static char *json_put_value(char *p, const struct output *s,
			    const struct output_column *c, const struct ipcx_value *v)
{
	if (v->type == IPCX_TYPE_NONE)
		return mempcpy(p, "null", 4);
	if (v->type == IPCX_TYPE_STRING)
		return json_put_string(p, ipcx_value_string(v),
				       MIN(strlen(ipcx_value_string(v)),
					   (size_t)(OUT_ROOM - 1024) / 6));
	if (c->quoted)
		*p++ = '"';
	p = cell_put(p, c->info, v, &s->style);
	if (c->quoted)
		*p++ = '"';
	return p;
}

/* Select the columns that this row has. All rows of its mechanism in this table have the
 * same columns, so this is done only when the table or the mechanism changes. */
static void plan(struct output *s, const struct ipcx_table *t, size_t row, unsigned mech)
{
	struct ipcx_value v;

	s->plan_table = t;
	s->plan_mech = mech;
	s->nplan = s->nlists = 0;
	for (size_t k = 0; k < s->ncolumns; k++) {
		struct output_column *c = &s->columns[k];

		if (!s->fixed && (ipcx_row_get(t, row, c->field, &v) < 0 ||
				  output_unread(s, mech, c->field)))
			continue;
		if (c->info->type != IPCX_TYPE_ROWS)
			s->plan[s->nplan++] = c;
		else if (s->nlists < ARRAY_SIZE(s->lists))
			s->lists[s->nlists++] = c;
	}
	s->last.text = NULL;
}

/* Write ,"name":value. */
static char *json_put_cell(const struct output *s, const struct output_column *c,
			   size_t k, const struct ipcx_value *v, char *p)
{
	/* The key begins with a comma. Copying a constant number of bytes is faster than
	 * copying only the bytes needed. */
	memcpy(p, c->key + !k, sizeof(c->key) - 1);
	return json_put_value(p + c->key_len - !k, s, c, v);
}

/* Members of a row besides its fields. */
struct parts {
	const struct output_child *all;
	size_t n;
};

static const struct parts no_parts;

static void put_unknown_name(const struct output_column *c,
			     const struct ipcx_fieldset *unknown, const char **between)
{
	if (!ipcx_fieldset_has(unknown, c->field))
		return;
	out_format("%s\"%s\"", *between, c->info->name);
	*between = ",";
}

/* Write ,"unknown":["name",…], the members that are null because they are unknown. */
static void __attribute__((noinline))
put_unknown(const struct output *s, const struct ipcx_fieldset *unknown,
	    const struct parts *parts)
{
	const char *between = "";

	out_text(",\"unknown\":[");
	for (size_t k = 0; k < s->nplan; k++)
		put_unknown_name(s->plan[k], unknown, &between);
	for (size_t k = 0; k < s->nlists; k++)
		put_unknown_name(s->lists[k], unknown, &between);
	for (size_t i = 0; i < parts->n; i++)
		if (!parts->all[i].t) {
			out_format("%s\"%s\"", between, parts->all[i].name);
			between = ",";
		}
	out_text("]");
}

/* Only unknown columns are listed: other fields were not requested. */
static void json_say_unknown(struct output *s, const struct output_rows *rows, size_t row,
			     const struct parts *parts)
{
	struct ipcx_fieldset unknown = ipcx_row_unknown(rows->t, row);
	uint64_t any = 0;

	for (size_t i = 0; i < ARRAY_SIZE(unknown.bits); i++)
		any |= unknown.bits[i] & s->last.shown.bits[i];
	for (size_t i = 0; i < s->nlists; i++)
		any |= ipcx_fieldset_has(&unknown, s->lists[i]->field);
	for (size_t i = 0; i < parts->n; i++)
		any |= !parts->all[i].t;
	if (any)
		put_unknown(s, &unknown, parts);
}

static void members(struct output *s, const struct output_rows *rows, size_t i,
		    const struct parts *parts);

/* Write the rows that a value consists of as an array of objects. */
static void put_list(struct output *s, const struct ipcx_value *v)
{
	size_t first, n = 0;
	const struct ipcx_table *t = ipcx_value_rows(v, &first, &n);

	if (!t) {
		out_text(v->type == IPCX_TYPE_ROWS ? "[]" : "null");
		return;
	}
	if (!s->below)
		s->below = calloc(1, sizeof(*s->below));
	if (!s->below) {
		out_text("null");
		return;
	}
	if (s->below->plan_table != t) {
		s->below->format = s->format;
		s->below->style = s->style;
		(void)output_fields(s->below, NULL,
				    (struct shown){ .after = ipcx_row_fields(t, first) },
				    NULL, NULL);
	}
	out_text("[");
	for (size_t i = 0; i < n; i++) {
		out_text(i ? ",{" : "{");
		members(s->below, &(struct output_rows){ .t = t, .first = first, .n = n },
			i, &no_parts);
		out_text("}");
	}
	out_text("]");
}

static void json_lists(struct output *s, const struct output_rows *rows, size_t i)
{
	for (size_t k = 0; k < s->nlists; k++) {
		struct ipcx_value v = { .type = IPCX_TYPE_NONE };

		(void)output_get(rows, i, s->lists[k]->field, &v);
		out_format("%s\"%s\":", s->nplan || k ? "," : "",
			   s->lists[k]->info->name);
		put_list(s, &v);
	}
}

static void members(struct output *s, const struct output_rows *rows, size_t i,
		    const struct parts *parts)
{
	size_t row = output_row(rows, i);
	unsigned mech = ipcx_row_mech(rows->t, row);

	if (rows->t != s->plan_table || mech != s->plan_mech)
		plan(s, rows->t, row, mech);
	output_line(s, rows, i, s->plan, s->nplan, json_put_cell);
	json_lists(s, rows, i);
	json_say_unknown(s, rows, row, parts);
}

static void begin_row(const struct output *s, size_t i)
{
	out_text(s->rows + i ? ",\n{" : "\n{");
}

void json_begin(struct output *s)
{
	out_format("{\"ipcx\":1,\"%s\":[", s->kind);
}

void json_rows(struct output *s, const struct output_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		begin_row(s, i);
		members(s, rows, i, &no_parts);
		out_text("}");
	}
}

static void json_child(const struct output *s, const struct output_child *c)
{
	struct output below = { .format = s->format, .style = s->style };
	struct output_rows rows;

	out_format(",\"%s\":", c->name);
	if (!c->t) {
		out_text("null");
		return;
	}
	out_text("[");
	(void)output_fields(&below, NULL, c->shown, NULL, NULL);
	rows = output_child_rows(c);
	for (size_t i = 0; i < rows.n; i++) {
		out_text(i ? ",{" : "{");
		members(&below, &rows, i, &no_parts);
		out_text("}");
	}
	out_text("]");
	free(below.below);
}

static void json_put_detail(struct output *s, const struct output_rows *row,
			    const struct output_child *children, size_t n)
{
	members(s, row, 0, &(struct parts){ children, n });
	for (size_t i = 0; i < n; i++)
		json_child(s, &children[i]);
	out_text("}");
}

void json_detail(struct output *s, const struct output_rows *row, const char *label,
		 const struct output_child *children, size_t n)
{
	(void)label;
	begin_row(s, 0);
	json_put_detail(s, row, children, n);
}

/* End the array of rows and begin another, which json_end() closes. */
void json_more(struct output *s, const struct output_child *more)
{
	struct output below = { .format = s->format, .style = s->style };

	out_format("%s],\"%s\":[", s->rows ? "\n" : "", more->name);
	(void)output_fields(&below, NULL, more->shown, NULL, NULL);
	json_rows(&below,
		  &(struct output_rows){ .t = more->t, .n = ipcx_table_rows(more->t) });
	free(below.below);
	s->rows = ipcx_table_rows(more->t);
}

static void put_facts(const char *name, const struct output_fact *facts, size_t n)
{
	out_format("\"%s\":{", name);
	for (size_t i = 0; i < n; i++) {
		out_format("%s\"%s\":", i ? "," : "", facts[i].name);
		if (facts[i].truth)
			out_text(facts[i].value ? "true" : "false");
		else
			out_format("%" PRIu64, facts[i].value);
	}
	out_text("}");
}

static void json_put_groups(const char *name, const struct output_group *groups, size_t n)
{
	out_format("\"%s\":[", name);
	for (size_t i = 0; i < n; i++) {
		const struct ipcx_value grade = { .type = IPCX_TYPE_GRADE,
						  .as.u = groups[i].grade };
		char word[IPCX_VALUE_MAX];

		(void)ipcx_value_format(&grade, word, sizeof(word));
		out_format("%s{\"grade\":\"%s\",\"members\":[", i ? "," : "", word);
		for (size_t k = 0; k < groups[i].n; k++)
			out_format("%s%" PRId32, k ? "," : "", groups[i].members[k]);
		out_text("]}");
	}
	out_text("]");
}

/* End the array of rows, unless that is done, before another member. */
static void json_end_rows(struct output *s)
{
	out_text(s->ended ? "," : s->rows ? "\n]," : "],");
	s->ended = true;
}

void json_groups(struct output *s, const char *name, const struct output_group *groups,
		 size_t n)
{
	json_end_rows(s);
	json_put_groups(name, groups, n);
}

void json_facts(struct output *s, const char *name, const struct output_fact *facts,
		size_t n)
{
	json_end_rows(s);
	put_facts(name, facts, n);
}

static void json_member(const char *name, const char *text)
{
	out_format("\"%s\":", name);
	json_string(text);
}

void json_end(struct output *s)
{
	const struct msg_record *r;
	size_t n = msg_records(&r);

	json_end_rows(s);
	out_text("\"errors\":[");
	for (size_t i = 0; i < n; i++) {
		out_text(i ? ",\n{" : "\n{");
		json_member("kind", r[i].kind);
		out_text(",");
		json_member("mech", r[i].mech);
		out_text(",");
		json_member("ref", r[i].ref);
		out_text(",");
		json_member("error", r[i].error);
		out_text(",");
		json_member("message", r[i].text);
		out_text("}");
	}
	out_text(n ? "\n]}\n" : "]}\n");
}

void jsonl_rows(struct output *s, const struct output_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		out_text("{");
		members(s, rows, i, &no_parts);
		out_text("}\n");
	}
}

void jsonl_detail(struct output *s, const struct output_rows *row, const char *label,
		  const struct output_child *children, size_t n)
{
	(void)label;
	out_text("{");
	json_put_detail(s, row, children, n);
	out_text("\n");
}

void jsonl_facts(struct output *s, const char *name, const struct output_fact *facts,
		 size_t n)
{
	(void)s;
	out_text("{");
	put_facts(name, facts, n);
	out_text("}\n");
}

void jsonl_groups(struct output *s, const char *name, const struct output_group *groups,
		  size_t n)
{
	(void)s;
	out_text("{");
	json_put_groups(name, groups, n);
	out_text("}\n");
}

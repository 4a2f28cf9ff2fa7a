/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the reasons for a failed call are printed for people: text beside a narrow column
 * that says whether a reason applies, because as columns they would be far too wide. */
#include "diagnose/causes.h"

#include <stdlib.h>
#include <string.h>

#include "diagnose/paragraph.h"

static const char *causes_text(const struct ipcx_table *t, size_t row, enum ipcx_field f,
			       struct ipcx_value *v)
{
	return ipcx_row_get(t, row, f, v) == 0 && v->type == IPCX_TYPE_STRING
		       ? ipcx_value_string(v)
		       : "";
}

/* Whether all rows have the same text as the first. */
static bool causes_same(const struct ipcx_table *t, enum ipcx_field f)
{
	struct ipcx_value first, v;
	const char *text = causes_text(t, 0, f, &first);

	for (size_t i = 1; i < ipcx_table_rows(t); i++)
		if (strcmp(text, causes_text(t, i, f, &v)) != 0)
			return false;
	return true;
}

static enum {
	APPLIES,
	UNKNOWN,
	DOES_NOT
} causes_so(const struct ipcx_table *t, size_t row)
{
	struct ipcx_value v;

	if (ipcx_row_get(t, row, IPCX_F_APPLIES, &v) < 0 || v.type == IPCX_TYPE_NONE)
		return UNKNOWN;
	return v.as.u ? APPLIES : DOES_NOT;
}

static void causes_heading(const struct output *s, const struct ipcx_table *t)
{
	struct ipcx_value program, call, error;
	const char *name = causes_text(t, 0, IPCX_F_PROGRAM, &program);
	bool one = causes_same(t, IPCX_F_CALL);

	if (!s->headings || (!*name && !one))
		return;
	out_format("%s%s%s%s%s%s%s\n", s->colour ? "\033[1m" : "", name,
		   *name && one ? ": " : "",
		   one ? causes_text(t, 0, IPCX_F_CALL, &call) : "",
		   one && causes_same(t, IPCX_F_ERROR) ? " " : "",
		   one && causes_same(t, IPCX_F_ERROR)
			   ? causes_text(t, 0, IPCX_F_ERROR, &error)
			   : "",
		   s->colour ? "\033[0m" : "");
}

static void causes_row(const struct output *s, const struct ipcx_table *t, size_t row,
		       bool all)
{
	static const char *const words[] = { "yes", "?", "no" };
	struct ipcx_value v, error, cause;
	int so = causes_so(t, row);
	const char *fix, *evidence;
	char text[CELL_MAX];

	(void)snprintf(
		text, sizeof(text), "%s%s%s%s%s",
		causes_same(t, IPCX_F_CALL) ? "" : causes_text(t, row, IPCX_F_CALL, &v),
		causes_same(t, IPCX_F_ERROR) || causes_same(t, IPCX_F_CALL) ? "" : " ",
		causes_same(t, IPCX_F_ERROR) ? ""
					     : causes_text(t, row, IPCX_F_ERROR, &error),
		causes_same(t, IPCX_F_CALL) && causes_same(t, IPCX_F_ERROR) ? "" : ": ",
		causes_text(t, row, IPCX_F_CAUSE, &cause));
	out_format("%s%-*s%s", s->colour && so == APPLIES ? "\033[1m" : "",
		   PARAGRAPH_INDENT, words[so],
		   s->colour && so == APPLIES ? "\033[0m" : "");
	paragraph_text(text);
	/* The only reason is told whole: its facts are the answer. */
	if (so == DOES_NOT && !all && ipcx_table_rows(t) > 1)
		return;
	evidence = causes_text(t, row, IPCX_F_EVIDENCE, &v);
	if (*evidence) {
		out_format("%*s", PARAGRAPH_INDENT, "");
		paragraph_text(evidence);
	}
	fix = causes_text(t, row, IPCX_F_FIX, &v);
	if (*fix)
		paragraph_fix(fix);
}

int causes_print(struct output *s, const struct ipcx_table *t, bool all)
{
	uint32_t *rows;
	int before = -1;
	size_t n;
	int r = output_pick(s, t, &rows, &n);

	if (r)
		return r;
	if (n)
		causes_heading(s, t);
	for (size_t i = 0; i < n; i++) {
		size_t row = rows ? rows[i] : i;
		int so = causes_so(t, row);

		if (before >= 0 && (all || so != DOES_NOT || before != DOES_NOT))
			out_text("\n");
		causes_row(s, t, row, all);
		before = so;
	}
	s->rows = n;
	free(rows);
	return 0;
}

int causes_status(const struct ipcx_table *t)
{
	bool unknown = false;

	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		if (causes_so(t, i) == APPLIES)
			return EXIT_DONE;
		unknown |= causes_so(t, i) == UNKNOWN;
	}
	return unknown ? EXIT_PART : EXIT_FAILED;
}

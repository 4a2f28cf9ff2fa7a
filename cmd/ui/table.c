/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Aligned columns for people. Widths are measured over the first rows (usually all of
 * them), so that any number of rows can be streamed. A later, wider cell moves the rest
 * of its line to the right but never touches the next cell.
 */
#include <string.h>

#include "base/esc.h"
#include "base/util.h"
#include "ui/format.h"
#include "ui/out.h"

/* Number of rows measured. */
#define MEASURED 1000
#define GAP      2

static const char bold[] = "\033[1m", plain[] = "\033[0m";

static size_t text_width(const char *p, const char *end, bool string)
{
	/* Only strings can contain non-ASCII characters. */
	if (!string)
		return (size_t)(end - p);
	return ix_width(p);
}

/* Write the text of a cell at p, NUL-terminated; return its end. */
static char *render(const struct output *s, const struct output_column *c,
		    const struct output_rows *rows, size_t i, char *p, bool *ret_string)
{
	struct ipcx_value v;
	char *end;

	(void)output_get(rows, i, c->field, &v);
	end = cell_text(p, c->info, &v, &s->style);
	*end = '\0';
	*ret_string = ipcx_value_string(&v) != NULL;
	return end;
}

static void measure(struct output *s, const struct output_rows *rows)
{
	size_t n = MIN(rows->n, (size_t)MEASURED);
	char *cell = out_room(); /* not on the stack: -fstack-clash-protection would touch
				    each of its pages */

	for (size_t k = 0; k < s->ncolumns; k++) {
		struct output_column *c = &s->columns[k];

		c->width = s->headings ? strlen(c->info->heading) : 1;
		for (size_t i = 0; i < n; i++) {
			bool string;
			char *end = render(s, c, rows, i, cell, &string);

			c->width = MAX(c->width, text_width(cell, end, string));
		}
	}
	s->widths = true;
	s->last.text = NULL; /* the row above was padded to other widths */
}

static char *table_pad(char *p, size_t n)
{
	memset(p, ' ', n);
	return p + n;
}

/* Print the headings; needs the widths. */
static void headings(struct output *s)
{
	if (!s->headings)
		return;
	if (s->colour)
		out_text(bold);
	for (size_t k = 0; k < s->ncolumns; k++) {
		const struct output_column *c = &s->columns[k];
		size_t len = strlen(c->info->heading),
		       fill = c->width - MIN(len, c->width);
		char *p = out_room();

		if (k)
			p = table_pad(p, GAP);
		if (c->right)
			p = table_pad(p, MIN(fill, (size_t)1024));
		memcpy(p, c->info->heading, len);
		p += len;
		if (!c->right && k + 1 < s->ncolumns)
			p = table_pad(p, MIN(fill, (size_t)1024));
		out_done(p);
	}
	if (s->colour)
		out_text(plain);
	out_text("\n");
}

/* Write a cell with the gap before it and, except in the last column, its padding. */
static char *table_put_cell(const struct output *s, const struct output_column *c,
			    size_t k, const struct ipcx_value *v, char *p)
{
	char *end;
	size_t width, fill;

	if (k)
		p = table_pad(p, GAP);
	end = cell_text(p, c->info, v, &s->style);
	*end = '\0';
	width = text_width(p, end, ipcx_value_string(v) != NULL);
	fill = MIN(c->width - MIN(width, c->width), (size_t)1024);
	if (c->right && fill) {
		memmove(p + fill, p, (size_t)(end - p));
		(void)table_pad(p, fill);
		return end + fill;
	}
	return k + 1 < s->ncolumns ? table_pad(end, fill) : end;
}

void table_heading(struct output *s, const char *label)
{
	if (!label)
		return;
	if (s->blocks)
		out_text("\n");
	out_format("%s%s%s\n", s->colour ? bold : "", label, s->colour ? plain : "");
}

/* The least room for text beside other columns, and how far it is indented below them. */
#define BESIDE 30
#define BELOW  8

/* Print words, wrapped at the width of the terminal (not wrapped without a terminal);
 * continuation lines are indented. gap columns of the indent are still to be printed. */
static void put_broken(const char *text, size_t indent, size_t gap)
{
	size_t columns = out_columns(), at;
	char word[CELL_MAX];

	if (columns && indent + BESIDE > columns && indent + ix_width(text) > columns) {
		if (!strcmp(text, "-")) {
			out_text("\n");
			return;
		}
		indent = gap = MIN(indent, (size_t)BELOW);
		out_text("\n");
	}
	out_format("%*s", (int)gap, "");
	at = indent;

	while (*text) {
		size_t n = MIN(strcspn(text, " "), sizeof(word) - 1), width;

		memcpy(word, text, n);
		word[n] = '\0';
		width = ix_width(word);
		if (columns && at > indent && at + 1 + width > columns) {
			out_format("\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			out_text(" ");
			at++;
		}
		out_text(word);
		at += width;
		text += n;
		text += strspn(text, " ");
	}
	out_text("\n");
}

/* Print a row whose last column is wrapped text. */
static void broken_row(struct output *s, const struct output_rows *rows, size_t i)
{
	char text[CELL_MAX];
	size_t at = 0, gap = 0;
	bool string;

	text[0] = '\0';
	for (size_t k = 0; k < s->ncolumns; k++) {
		const struct output_column *c = &s->columns[k];
		char *end = render(s, c, rows, i, text, &string);
		size_t fill = c->width - MIN(text_width(text, end, string), c->width);

		if (k + 1 == s->ncolumns)
			break;
		out_format("%*s%s", (int)(gap + (c->right ? fill : 0)), "", text);
		gap = (c->right ? 0 : fill) + GAP;
		at += c->width + GAP;
	}
	put_broken(text, at, gap);
}

void table_rows(struct output *s, const struct output_rows *rows)
{
	struct output_column *columns[IPCX_NO_FIELD];

	for (size_t k = 0; k < s->ncolumns; k++)
		columns[k] = &s->columns[k];
	if (!s->widths) {
		measure(s, rows);
		headings(s);
	}
	for (size_t i = 0; i < rows->n; i++) {
		if (s->broken) {
			broken_row(s, rows, i);
			continue;
		}
		output_line(s, rows, i, columns, s->ncolumns, table_put_cell);
		out_text("\n");
	}
}

/* Print a table below an object, not indented. */
static void table_child(struct output *s, const struct output_child *c)
{
	struct output below = { .format = s->format,
				.headings = s->headings,
				.broken = c->broken,
				.colour = s->colour };
	struct output_rows rows;

	below.style.bytes = s->style.bytes;
	out_format("\n%s%s%s\n", s->colour ? bold : "", c->label, s->colour ? plain : "");
	if (!c->t) {
		out_text("unknown\n");
		return;
	}
	rows = output_child_rows(c);
	if (rows.n == 0) {
		out_text("none\n");
		return;
	}
	(void)output_fields(&below, NULL, c->shown, NULL, NULL);
	table_rows(&below, &rows);
}

/* Print names with a description each, without headings. */
void table_more(struct output *s, const struct output_child *more)
{
	struct output below = { .format = s->format, .style = s->style, .broken = true };

	out_format("\n%s%s%s\n", s->colour ? bold : "", more->label,
		   s->colour ? plain : "");
	(void)output_fields(&below, NULL, more->shown, NULL, NULL);
	table_rows(&below,
		   &(struct output_rows){ .t = more->t, .n = ipcx_table_rows(more->t) });
}

#define LABEL_WIDTH 16

void table_detail(struct output *s, const struct output_rows *row, const char *label,
		  const struct output_child *children, size_t n)
{
	struct cell_style style = s->style;

	style.full = !style.bytes;
	if (s->rows)
		out_text("\n");
	out_format("%s%s%s\n", s->colour ? bold : "", label, s->colour ? plain : "");
	for (size_t k = 0; k < s->ncolumns; k++) {
		const struct output_column *c = &s->columns[k];
		struct ipcx_value v;
		char *p;

		if (output_get(row, 0, c->field, &v) < 0)
			continue;
		out_format("%-*s  ", LABEL_WIDTH, c->info->name);
		p = cell_text(out_room(), c->info, &v, &style);
		*p++ = '\n';
		out_done(p);
	}
	for (size_t i = 0; i < n; i++)
		table_child(s, &children[i]);
}

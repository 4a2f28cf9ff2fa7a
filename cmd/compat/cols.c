/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The output formats of lsipc. The formats are those of libsmartcols. That library is not
 * used, for three reasons: the output does not depend on the installed version (it always
 * has the newest version's format), no further library is loaded at start, and no cell is
 * allocated for each value, which is what makes the original lsipc slow. foreign.c
 * handles bytes that a format cannot contain.
 */
#include "compat/cols.h"

#include <string.h>

#include "base/esc.h"
#include "base/util.h"
#include "compat/foreign.h"
#include "ui/out.h"

/* The widths of labels and values when a row is printed with one line per column. */
#define LABEL_WIDTH 36
#define VALUE_WIDTH 36

/* ---- cells */

struct cell {
	bool any; /* there is a value */
	size_t len;
	char text[COLS_CELL];
};

static void cols_get(const struct cols *c, const void *data, size_t row, size_t k,
		     struct cell *cell)
{
	const char *end = c->cell(data, row, k, cell->text);

	cell->any = end;
	cell->len = end ? (size_t)(end - cell->text) : 0;
}

/* Write the text of a cell of a table; also return the text's width in columns. */
static char *table_text(const struct cols_column *column, const struct cell *cell,
			char *p, size_t *ret_width)
{
	char *end;

	if (!column->foreign) {
		memcpy(p, cell->text, cell->len);
		*ret_width = cell->len;
		return p + cell->len;
	}
	end = foreign_table(p, cell->text, cell->len);
	*end = '\0';
	*ret_width = ix_width(p);
	return end;
}

/* ---- names of columns */

static const char *heading(const struct cols *c, size_t k)
{
	const char *name = c->columns[k]->name;

	return c->shell && !strcmp(name, "USE%") ? "USE_PCT" : name;
}

static void put_lower(const char *text)
{
	char *p = out_room();

	for (; *text; text++)
		*p++ = *text >= 'A' && *text <= 'Z' ? (char)(*text | 0x20) : *text;
	out_done(p);
}

/* ---- tables */

void cols_measure(struct cols *c, const void *data, size_t rows)
{
	static struct cell cell;
	static char text[4 * COLS_CELL + 1];

	for (size_t k = 0; k < c->n; k++)
		if (!c->no_headings)
			c->widths[k] = MAX(c->widths[k], strlen(c->columns[k]->name));
	for (size_t row = 0; row < rows; row++)
		for (size_t k = 0; k < c->n; k++) {
			size_t width;

			cols_get(c, data, row, k, &cell);
			(void)table_text(c->columns[k], &cell, text, &width);
			c->widths[k] = MAX(c->widths[k], width);
		}
}

/* If the terminal is too narrow, first truncate the columns whose values are seldom wide,
 * then the others that may be truncated. */
static void cols_fit(struct cols *c)
{
	size_t room = out_columns(), wide = c->n ? c->n - 1 : 0;

	for (size_t k = 0; k < c->n; k++)
		wide += c->widths[k];
	for (int cut = COLS_SELDOM; cut <= (c->no_cut ? COLS_SELDOM : COLS_CUT); cut++)
		for (size_t k = 0; room && wide > room && k < c->n; k++) {
			size_t least = c->no_headings ? 1 : strlen(c->columns[k]->name);
			size_t less = wide - room;

			if ((int)c->columns[k]->cut != cut || c->widths[k] <= least)
				continue;
			if (cut == COLS_SELDOM)
				less = c->widths[k];
			less = MIN(less, c->widths[k] - least);
			c->widths[k] -= less;
			wide -= less;
		}
}

/* Return the end of the longest prefix of a text that fits into this width. */
static char *cols_cut(char *p, char *end, size_t width)
{
	char *at = p;

	while (at < end && width > 0) {
		uint32_t code;
		size_t n = ix_utf8((const unsigned char *)at, (size_t)(end - at), &code);
		char one[8] = { 0 };

		memcpy(one, at, MAX(n, (size_t)1));
		if (ix_width(one) > width)
			break;
		width -= ix_width(one);
		at += MAX(n, (size_t)1);
	}
	return at;
}

/* After a cell that is too wide and may not be truncated, continue the row on a new line,
 * at the position of the next column. */
static void break_line(const struct cols *c, size_t k)
{
	out_text("\n");
	for (size_t i = 0; i <= k; i++) {
		char *p = out_room(); /* a single column may need all of the room */

		memset(p, ' ', c->widths[i] + 1);
		out_done(p + c->widths[i] + 1);
	}
}

static void table_cell(const struct cols *c, size_t k, const struct cell *cell)
{
	char *from = out_room(), *end;
	bool last = k + 1 == c->n;
	size_t width, pad = 0;

	end = table_text(c->columns[k], cell, from, &width);
	if (width > c->widths[k] && c->columns[k]->cut == COLS_CUT) {
		end = cols_cut(from, end, c->widths[k]);
	} else if (width > c->widths[k] && !last) {
		out_done(end);
		break_line(c, k);
		return;
	} else if (width < c->widths[k]) {
		pad = c->widths[k] - width;
	}
	/* An empty last cell is not padded. */
	if (c->columns[k]->right && (!last || cell->len)) {
		memmove(from + pad, from, (size_t)(end - from));
		memset(from, ' ', pad);
		end += pad;
	} else if (!last) {
		memset(end, ' ', pad);
		end += pad;
	}
	*end++ = last ? '\n' : ' ';
	out_done(end);
}

/* ---- the other formats */

static void cols_raw_cell(const struct cols *c, size_t k, const struct cell *cell)
{
	char *p = foreign_guarded(out_room(), cell->text, cell->len, " \\");

	*p++ = k + 1 == c->n ? '\n' : ' ';
	out_done(p);
}

static void pair_cell(const struct cols *c, size_t k, const struct cell *cell)
{
	char *p;

	out_text(heading(c, k));
	p = out_room();
	*p++ = '=';
	*p++ = '"';
	p = foreign_guarded(p, cell->text, cell->len, "\"\\`$");
	*p++ = '"';
	*p++ = c->form == COLS_NEWLINE || k + 1 == c->n ? '\n' : ' ';
	out_done(p);
}

static void json_cell(const struct cols *c, size_t k, const struct cell *cell)
{
	bool pretty = c->json == COLS_JSON_PRETTY;
	char *p;

	out_text(pretty ? "         \"" : "\"");
	put_lower(heading(c, k));
	out_text(pretty ? "\": " : "\":");
	p = out_room();
	if (cell->len) {
		*p++ = '"';
		p = foreign_json(p, cell->text, cell->len);
		*p++ = '"';
	} else {
		memcpy(p, "null", 4);
		p += 4;
	}
	if (k + 1 < c->n)
		*p++ = ',';
	if (pretty)
		*p++ = '\n';
	out_done(p);
}

static void json_begin(const struct cols *c)
{
	if (c->json == COLS_JSON_PRETTY)
		out_format("{\n   \"%s\": [\n", c->name);
	if (c->json == COLS_JSON_COMPACT)
		out_format("{\"%s\":[\n", c->name);
}

/* ---- rows */

static void cols_begin(struct cols *c)
{
	static struct cell cell;

	if (c->form == COLS_JSON)
		json_begin(c);
	if (c->form == COLS_TABLE)
		cols_fit(c);
	if (c->no_headings || (c->form != COLS_TABLE && c->form != COLS_RAW))
		return;
	for (size_t k = 0; k < c->n; k++) {
		cell.len = strlen(heading(c, k));
		memcpy(cell.text, heading(c, k), cell.len);
		if (c->form == COLS_TABLE)
			table_cell(c, k, &cell);
		else
			cols_raw_cell(c, k, &cell);
	}
}

static void row_begin(const struct cols *c, bool first)
{
	if (c->form != COLS_JSON)
		return;
	if (c->json == COLS_JSON_PRETTY)
		out_text(first ? "      {\n" : ",{\n");
	else
		out_text(first || c->json == COLS_JSON_LINES ? "{" : ",\n{");
}

static void row_end(const struct cols *c)
{
	if (c->form != COLS_JSON)
		return;
	if (c->json == COLS_JSON_PRETTY)
		out_text("      }");
	else
		out_text(c->json == COLS_JSON_LINES ? "}\n" : "}");
}

void cols_put(struct cols *c, const void *data, size_t rows)
{
	static void (*const cells[])(const struct cols *c, size_t k,
				     const struct cell *cell) = {
		[COLS_TABLE] = table_cell, [COLS_RAW] = cols_raw_cell,
		[COLS_EXPORT] = pair_cell, [COLS_NEWLINE] = pair_cell,
		[COLS_JSON] = json_cell,
	};
	static struct cell cell;

	for (size_t row = 0; row < rows; row++) {
		if (c->rows == 0)
			cols_begin(c);
		row_begin(c, c->rows == 0);
		for (size_t k = 0; k < c->n; k++) {
			cols_get(c, data, row, k, &cell);
			cells[c->form](c, k, &cell);
		}
		row_end(c);
		c->rows++;
	}
}

void cols_end(struct cols *c)
{
	if (c->form != COLS_JSON)
		return;
	if (c->rows == 0)
		json_begin(c);
	if (c->json == COLS_JSON_PRETTY)
		out_text("\n   ]\n}\n");
	if (c->json == COLS_JSON_COMPACT)
		out_text(c->rows ? "\n]}\n" : "]}\n");
}

void cols_single(const struct cols *c, const void *data, size_t row)
{
	static struct cell cell;

	for (size_t k = 0; k < c->n; k++) {
		char *from, *p;

		cols_get(c, data, row, k, &cell);
		if (!cell.any)
			continue;
		out_format("%s:%*s", c->columns[k]->label,
			   LABEL_WIDTH - 1 - (int)strlen(c->columns[k]->label), "");
		from = out_room();
		p = foreign_single(from, cell.text, cell.len);
		while (p - from < VALUE_WIDTH)
			*p++ = ' ';
		*p++ = '\n';
		out_done(p);
	}
}

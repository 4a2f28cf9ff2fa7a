/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns in the formats of libsmartcols. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

#define COLS_MAX 128

enum cols_form { COLS_TABLE, COLS_RAW, COLS_EXPORT, COLS_NEWLINE, COLS_JSON };

/* The layouts of a JSON document. */
enum cols_json { COLS_JSON_PRETTY, COLS_JSON_COMPACT, COLS_JSON_LINES };

struct cols_column {
	char name[IX_TEXT(20)];
	char label[IX_TEXT(28)]; /* text before the value, when a row is printed with one
				    line per column */
	bool right;
	enum {
		COLS_WHOLE,
		COLS_SELDOM,
		COLS_CUT
	} cut;        /* what to do if the terminal is too narrow */
	bool foreign; /* the text is untrusted: it must be escaped */
};

/* Write the text of a cell at p (at most COLS_CELL bytes); return the end of the text, or
 * NULL if there is no value. */
#define COLS_CELL 8448
typedef char *cols_cell(const void *data, size_t row, size_t column, char *p);

struct cols {
	const struct cols_column *columns[COLS_MAX];
	size_t n;
	enum cols_form form;
	enum cols_json json;
	bool no_headings, no_cut, shell;
	const char *name; /* name of the array in JSON */
	cols_cell *cell;

	size_t widths[COLS_MAX]; /* of a table */
	size_t rows;             /* rows printed so far */
};

/* Measure all rows of a table before the first row is printed. */
void cols_measure(struct cols *c, const void *data, size_t rows);

/* Print rows; before the first one, also print the headings and anything else that begins
 * the output. */
void cols_put(struct cols *c, const void *data, size_t rows);

/* End the output; in JSON also print the empty document if there were no rows. */
void cols_end(struct cols *c);

/* Print one row, with a labelled line for each cell that has a value. */
void cols_single(const struct cols *c, const void *data, size_t row);

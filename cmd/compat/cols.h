/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns in the formats of libsmartcols. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COLS_MAX 128

enum cols_form { COLS_TABLE, COLS_RAW, COLS_EXPORT, COLS_NEWLINE, COLS_JSON };

/* How JSON is set. */
enum cols_json { COLS_JSON_PRETTY, COLS_JSON_COMPACT, COLS_JSON_LINES };

struct cols_column {
	char name[20];
	char label[28]; /* in front of the value of a single row */
	bool right;
	enum {
		COLS_WHOLE,
		COLS_SELDOM,
		COLS_CUT
	} cut;        /* where a terminal is too narrow */
	bool foreign; /* its text is somebody else's */
};

/* Write the text of a cell at p (at most COLS_CELL bytes); answers its end, NULL when
 * there is none. */
#define COLS_CELL 8448
typedef char *cols_cell(const void *data, size_t row, size_t column, char *p);

struct cols {
	const struct cols_column *columns[COLS_MAX];
	size_t n;
	enum cols_form form;
	enum cols_json json;
	bool no_headings, no_cut, shell;
	const char *name; /* of the array in JSON */
	cols_cell *cell;

	size_t widths[COLS_MAX]; /* of a table */
	size_t rows;             /* printed so far */
};

/* A table has to see all rows before the first is printed. */
void cols_measure(struct cols *c, const void *data, size_t rows);

/* Print rows. Headings and what else stands in front come with the first. */
void cols_put(struct cols *c, const void *data, size_t rows);

/* What stands behind; in JSON, all there is when there were no rows. */
void cols_end(struct cols *c);

/* One row, a line for each cell that there is, with its label. */
void cols_single(const struct cols *c, const void *data, size_t row);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sheet: rows on their way to standard output, in one of the formats. The formats are a
 * table (format.c); every command prints through this, so that each can answer in each of
 * them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "ipcx.h"
#include "ui/cell.h"
#include "ui/opt.h"

/* The options that every command with a table takes. */
struct output_args {
	bool json, no_headings, bytes, numeric;
	const char *format, *fields, *sort, *colour;
	struct opt_list where;
};

extern const struct opt output_opts[];

/* Whether one of them asks for rows, of a command that prints none unless it is asked. */
bool output_wanted(const struct output_args *args);

/* --where, beside output_opts, for those that have no selection of objects
 * (ui/select.h). */
extern const struct opt filter_opts[];

/* One column of a sheet. */
struct output_column {
	enum ipcx_field field;
	const struct ipcx_field_info *info;
	bool right;  /* numbers */
	bool quoted; /* strings in JSON */
	size_t width;
	char key[40]; /* ,"name": for JSON */
	size_t key_len;
};

struct format;

/* The row that was written last, as it stands in the buffer of standard output. */
struct output_last {
	const struct ipcx_table *table;
	size_t row;
	const char *text;             /* NULL: nothing to copy from */
	uint8_t place[IPCX_NO_FIELD]; /* of a field among the columns */
	struct ipcx_fieldset shown;   /* fields that are columns */
	uint32_t starts[65]; /* of each cell from the beginning of the row, then the end */
};

struct output {
	const struct format *format;
	struct cell_style style;
	bool headings, colour, terminal;
	bool nul;    /* bare words: a NUL ends a row, not a newline */
	bool broken; /* for people: the last column is text, and may take many lines */
	bool begun;  /* something of it is on its way */
	const char *sort;              /* what --sort says, or NULL */
	const struct ipcx_expr *where; /* rows that do not fulfil it are left out */
	bool unjudged;                 /* it failed for some, which has been told */
	uint64_t unknown; /* rows of which it is not known, as a value is not */
	const char *kind; /* "objects": the JSON array */
	bool fixed;       /* the caller named the fields: every row has all of them */
	struct ipcx_fieldset usual; /* what comes with every listing, unless named */
	uint64_t flags;             /* of a query: IPCX_NUMERIC */
	size_t ncolumns;
	uint64_t rows;   /* printed so far */
	uint64_t blocks; /* begun so far */
	bool widths;     /* of the columns are known in this block */
	const struct ipcx_table *
		plan_table; /* JSON: the table and mechanism whose columns plan[] lists */
	unsigned plan_mech;
	size_t nplan;
	struct output_last last;
	/* Room for every field that any library can have; output_open() leaves it as it
	 * is, which saves touching pages that no column is in. */
	struct output_column columns[IPCX_NO_FIELD];
	struct output_column *plan[IPCX_NO_FIELD];
};

/* Rows of a table, in the order of order[] or as they stand. */
struct output_rows {
	const struct ipcx_table *t;
	const uint32_t *order;
	size_t first, n;
};

/* Which fields to show: those of a list, in its order, between those of two sets, in the
 * order of their numbers. */
struct shown {
	struct ipcx_fieldset before;
	const enum ipcx_field *list;
	size_t n;
	struct ipcx_fieldset after;
	struct ipcx_fieldset usual; /* of these, what comes with every listing */
};

#define COLUMN_LIST_INIT(array)                         \
	{                                               \
		.list = (array), .n = ARRAY_SIZE(array) \
	}
#define COLUMN_LIST(array) ((struct shown)COLUMN_LIST_INIT(array))

/* A table that belongs to a row (the semaphores of an array): nested in JSON, below it
 * for people. */
struct output_child {
	const char *label;          /* for people */
	const char *name;           /* in JSON */
	const struct ipcx_table *t; /* NULL: could not be read */
	struct shown shown;
};

struct format {
	const char *name, *help;
	bool raw;    /* values for programs */
	bool blocks; /* one block for each mechanism, unless fields were named */
	void (*begin)(struct output *s);
	void (*heading)(struct output *s, const char *label);
	void (*rows)(struct output *s, const struct output_rows *rows);
	void (*detail)(struct output *s, const struct output_rows *row, const char *label,
		       const struct output_child *children, size_t n);
	void (*more)(struct output *s, const struct output_child *more);
	void (*end)(struct output *s);
};

/* All formats, ended by .name = NULL. */
extern const struct format formats[];

/* Choose the format and the order. Nothing is written yet: what is wrong can still be
 * refused. 0, or exit status 2 after a message. */
int output_open(struct output *s, const struct output_args *args, const char *kind);

/*
 * The columns: what -o says, over the default fields. known() tells which fields make
 * sense. 0, or exit status 2 after a message that names the fields there are.
 */
int output_fields(struct output *s, const char *list, struct shown defaults,
		  bool (*known)(enum ipcx_field field, const void *data),
		  const void *data);

/* The usage error for a field that known() does not know: word has so many bytes (-1:
 * all), and stands behind the text of. Answers exit status 2. */
int output_no_field(const char *of, const char *word, int len,
		    bool (*known)(enum ipcx_field, const void *), const void *data);

/*
 * What --where says, as one condition; NULL: nothing. Fields that known() does not know
 * are wrong usage: nothing could fulfil it (NULL: asked_of() is to look at them). Put it
 * into the sheet's where, or into a query; it stays until the program ends. 0, or an
 * exit status after a message.
 */
int output_condition(struct ipcx *x, const struct output_args *args,
		     bool (*known)(enum ipcx_field field, const void *data),
		     const void *data, const struct ipcx_expr **ret_expr);

/* For output_fields(): whether the fields to show (a struct shown behind data), or those
 * of the first row of a table, have a field. */
bool columns_have(enum ipcx_field field, const void *data);
bool output_table_knows(enum ipcx_field field, const void *data);

/* The columns, and what is sorted by, as the members fields and flags of a query want
 * them: what a mechanism has
 * only at a price is read when it was named. */
struct ipcx_fieldset output_query(const struct output *s);
uint64_t output_flags(const struct output *s);

/* Whether a column that was not named is not read for a mechanism. */
bool output_unread(const struct output *s, unsigned mech, enum ipcx_field field);

/* Begin a block: label is for people and may be NULL. Then its rows, in any number of
 * calls. */
void output_heading(struct output *s, const char *label);
void output_put(struct output *s, const struct output_rows *rows);

/* All rows of a table that fulfil --where, in the order of --sort. 0, or exit status 1
 * after a message. */
int output_all(struct output *s, const struct ipcx_table *t);

/* One row with everything that belongs to it. */
void output_detail(struct output *s, const struct output_rows *row, const char *label,
		   const struct output_child *children, size_t n);

/* A second table of the document, behind all rows: below them for people, an array of its
 * own in JSON, and left out where a line is a row. */
void output_more(struct output *s, const struct output_child *more);

/* Close it: the end of the document. */
void output_close(struct output *s);

/* What --sort says: 0, or exit status 2 after a message. */
int output_sort_check(const char *list);

/* The order of --sort over the rows of a table: free(3) it; NULL when nothing was said.
 * 0, or exit status 1 after a message. */
int output_order(const struct output *s, const struct ipcx_table *t,
		 uint32_t **ret_order);

/* The same without those that do not fulfil --where: NULL when all of them are meant, as
 * they stand. */
int output_pick(struct output *s, const struct ipcx_table *t, uint32_t **ret_rows,
		size_t *ret_n);

/* The exit status of a command that printed such a sheet and would end with r: what could
 * not be judged is missing from it. */
int output_status(const struct output *s, int r);

/* Renders the value of column k of a row at p and answers its end. */
typedef char *output_cell(const struct output *s, const struct output_column *c, size_t k,
			  const struct ipcx_value *v, char *p);

/*
 * Write the cells of a row, one after another. Most are those of the row above: what lies
 * between the changed ones is copied from there (ui/line.c).
 */
void output_line(struct output *s, const struct output_rows *rows, size_t i,
		 struct output_column *const *columns, size_t n, output_cell *cell);

static inline size_t output_row(const struct output_rows *rows, size_t i)
{
	return rows->order ? rows->order[rows->first + i] : rows->first + i;
}

/* The value of one field, for the formats; of one that is unknown, cell_unknown() is
 * true. */
static inline int output_get(const struct output_rows *rows, size_t i, enum ipcx_field f,
			     struct ipcx_value *v)
{
	size_t row = output_row(rows, i);
	struct ipcx_fieldset unknown;
	int r = ipcx_row_get(rows->t, row, f, v);

	if (r == 0 && v->type != IPCX_TYPE_NONE)
		return 0;
	v->type = IPCX_TYPE_NONE;
	v->as.u = 0;
	if (r == 0) {
		unknown = ipcx_row_unknown(rows->t, row);
		v->as.u = ipcx_fieldset_has(&unknown, f);
	}
	return r;
}

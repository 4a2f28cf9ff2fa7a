/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output of rows in one of the formats (listed in format.c). Every command prints
 * rows through this, so that each supports every format. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "ipcx.h"
#include "ui/cell.h"
#include "ui/opt.h"

/* The options of every command that prints a table. */
struct output_args {
	bool json, no_headings, bytes, numeric;
	const char *format, *fields, *sort, *colour;
	struct opt_list where;
};

extern const struct opt output_opts[];

/* Return whether an option asks for rows, for a command that prints none by default. */
bool output_wanted(const struct output_args *args);

/* --where, in addition to output_opts, for commands without a selection of objects
 * (ui/select.h). */
extern const struct opt filter_opts[];

/* One column. */
struct output_column {
	enum ipcx_field field;
	const struct ipcx_field_info *info;
	bool right;  /* right-aligned: numbers */
	bool quoted; /* a string in JSON */
	size_t width;
	char key[40]; /* ,"name": for JSON */
	size_t key_len;
};

struct format;

/* The row written last, in the buffer of standard output. */
struct output_last {
	const struct ipcx_table *table;
	size_t row;
	const char *text;             /* NULL: nothing to copy from */
	uint8_t place[IPCX_NO_FIELD]; /* column of a field */
	struct ipcx_fieldset shown;   /* the fields that are columns */
	uint32_t starts[65]; /* offset of each cell in the row, then offset of the end */
};

struct output {
	const struct format *format;
	struct cell_style style;
	bool headings, colour, terminal;
	bool nul;         /* raw format: rows end with NUL instead of newline */
	bool broken;      /* table format: wrap the last column on a terminal; what does
			     not fit beside the others stands below them */
	bool begun;       /* output has begun */
	bool ended;       /* JSON: the array of rows has been closed */
	const char *sort; /* --sort, or NULL */
	const struct ipcx_expr *where; /* rows that do not match are omitted */
	bool unjudged;    /* for some rows the condition could not be evaluated; that was
			     reported */
	uint64_t unknown; /* number of rows for which the condition's result is unknown */
	const char *kind; /* name of the JSON array: "objects" */
	bool fixed;       /* the user named the fields: every row has all of them */
	struct ipcx_fieldset usual; /* the fields that are read with every listing, unless
				       the user named the fields */
	uint64_t flags;             /* flags of the query: IPCX_NUMERIC */
	size_t ncolumns;
	uint64_t rows;                       /* printed so far */
	uint64_t blocks;                     /* begun so far */
	bool widths;                         /* the widths of the columns are known */
	const struct ipcx_table *plan_table; /* JSON: plan[] lists the columns of this
						table and mechanism */
	unsigned plan_mech;
	size_t nplan;
	struct output_last last;
	/* JSON: the columns of this table whose values are rows of their own, and the
	 * output of those rows, which is kept from one row to the next. */
	struct output_column *lists[4];
	size_t nlists;
	struct output *below;
	/* Room for every possible field. output_open() does not clear it, which avoids
	 * touching pages without columns. */
	struct output_column columns[IPCX_NO_FIELD];
	struct output_column *plan[IPCX_NO_FIELD];
};

/* n rows of a table, beginning with row number `first`, in the order of order[] (NULL: in
 * table order). */
struct output_rows {
	const struct ipcx_table *t;
	const uint32_t *order;
	size_t first, n;
};

/* Which fields to show: first a set, then a list in its own order, then another set; the
 * fields of a set are in the order of field numbers. */
struct shown {
	struct ipcx_fieldset before;
	const enum ipcx_field *list;
	size_t n;
	struct ipcx_fieldset after;
	struct ipcx_fieldset usual; /* the fields that are read with every listing */
};

#define COLUMN_LIST_INIT(array)                         \
	{                                               \
		.list = (array), .n = ARRAY_SIZE(array) \
	}
#define COLUMN_LIST(array) ((struct shown)COLUMN_LIST_INIT(array))

/* A table that belongs to a row (the semaphores of an array): JSON nests it in the row,
 * the table format prints it below the row. */
struct output_child {
	const char *label;          /* heading in a table */
	const char *name;           /* member in JSON */
	const struct ipcx_table *t; /* NULL: the table could not be read */
	struct shown shown;
	/* The rows that belong to it: n of order[]; order NULL: all rows of t. */
	const uint32_t *order;
	size_t n;
	bool broken; /* as in struct output */
};

static inline struct output_rows output_child_rows(const struct output_child *c)
{
	return (struct output_rows){ .t = c->t,
				     .order = c->order,
				     .n = c->order ? c->n : ipcx_table_rows(c->t) };
}

/* A number or, with .truth, a boolean that describes all rows. */
struct output_fact {
	const char *name;
	uint64_t value;
	bool truth;
};

/* Rows that belong together: how sure that is, and their processes. */
struct output_group {
	enum ipcx_grade grade;
	const int32_t *members;
	size_t n;
};

struct format {
	const char *name, *help;
	bool raw;    /* values for programs, not people */
	bool blocks; /* one block per mechanism, unless fields were named */
	bool nests;  /* a value can consist of rows */
	void (*begin)(struct output *s);
	void (*heading)(struct output *s, const char *label);
	void (*rows)(struct output *s, const struct output_rows *rows);
	void (*detail)(struct output *s, const struct output_rows *row, const char *label,
		       const struct output_child *children, size_t n);
	void (*more)(struct output *s, const struct output_child *more);
	void (*groups)(struct output *s, const char *name,
		       const struct output_group *groups, size_t n);
	void (*facts)(struct output *s, const char *name, const struct output_fact *facts,
		      size_t n);
	void (*end)(struct output *s);
};

/* All formats, terminated by .name = NULL. */
extern const struct format formats[];

/* Choose the format and the order. Writes nothing yet, so errors can still be reported.
 * Returns 0, or exit status 2 after a message. */
int output_open(struct output *s, const struct output_args *args, const char *kind);

/* Set the columns from list (-o) and the defaults. known() returns whether a field makes
 * sense. Returns 0, or exit status 2 after a message that lists the known fields. */
int output_fields(struct output *s, const char *list, struct shown defaults,
		  bool (*known)(enum ipcx_field field, const void *data),
		  const void *data);

/* Print the usage error for a field that known() does not know: word has len bytes (-1:
 * NUL-terminated); in the message, the text `of` precedes the word. Returns exit status
 * 2. */
int output_no_field(const char *of, const char *word, int len,
		    bool (*known)(enum ipcx_field, const void *), const void *data);

/*
 * Parse --where into one condition, NULL if there is none. A field that known() does not
 * know is a usage error (known NULL: asked_of() checks it). Use the condition as the
 * member where of an output or query; it is valid until the program ends. Returns 0, or
 * an exit status after a message.
 */
int output_condition(struct ipcx *x, const struct output_args *args,
		     bool (*known)(enum ipcx_field field, const void *data),
		     const void *data, const struct ipcx_expr **ret_expr);

/* Add a column, unless the user has named the columns. */
void output_add_field(struct output *s, enum ipcx_field field);

/* For output_fields(): whether a field is among the fields to show (data: struct shown),
 * or in the first row of a table (data: struct ipcx_table). */
bool columns_have(enum ipcx_field field, const void *data);
bool output_table_knows(enum ipcx_field field, const void *data);

/* The members fields and flags of a query for these columns and this order. A costly
 * field of a mechanism is read only if the user named the field. */
struct ipcx_fieldset output_query(const struct output *s);
uint64_t output_flags(const struct output *s);

/* Return whether a column is not read for this mechanism, because the column was not
 * named. */
bool output_unread(const struct output *s, unsigned mech, enum ipcx_field field);

/* Begin a block, with a heading (may be NULL) for people; then print its rows in any
 * number of calls. */
void output_heading(struct output *s, const char *label);
void output_put(struct output *s, const struct output_rows *rows);

/* Print all rows of a table that match --where, in the order of --sort. Returns 0, or
 * exit status 1 after a message. */
int output_all(struct output *s, const struct ipcx_table *t);

/* Print one row with all its details and the tables that belong to it. */
void output_detail(struct output *s, const struct output_rows *row, const char *label,
		   const struct output_child *children, size_t n);

/* Print a second table after all rows: in table format below these rows, in JSON as an
 * array of its own, not at all in formats with one line per row. */
void output_more(struct output *s, const struct output_child *more);

/* Print groups of rows as one array after all rows, before facts; not at all in formats
 * that have no place for them. */
void output_groups(struct output *s, const char *name, const struct output_group *groups,
		   size_t n);

/* Print facts about all rows as one object after them. Returns false if the format has no
 * place for them. */
bool output_facts(struct output *s, const char *name, const struct output_fact *facts,
		  size_t n);

/* End the document. */
void output_close(struct output *s);

/* Check the syntax of --sort. Returns 0, or exit status 2 after a message. */
int output_sort_check(const char *list);

/* Return the rows of a table in the order of --sort: free(3) it; NULL without --sort.
 * Returns 0, or exit status 1 after a message. */
int output_order(const struct output *s, const struct ipcx_table *t,
		 uint32_t **ret_order);

/* Like output_order(), but without the rows that do not match --where; *ret_rows is NULL
 * for all rows in table order. */
int output_pick(struct output *s, const struct ipcx_table *t, uint32_t **ret_rows,
		size_t *ret_n);

/* Return the exit status of a command that would end with r: rows for which the condition
 * could not be evaluated are missing from its output. */
int output_status(const struct output *s, int r);

/* Write the value of column k of a row at p; return its end. */
typedef char *output_cell(const struct output *s, const struct output_column *c, size_t k,
			  const struct ipcx_value *v, char *p);

/* Write the cells of a row. Cells equal to those of the row above are copied from that
 * row (ui/line.c). */
void output_line(struct output *s, const struct output_rows *rows, size_t i,
		 struct output_column *const *columns, size_t n, output_cell *cell);

static inline size_t output_row(const struct output_rows *rows, size_t i)
{
	return rows->order ? rows->order[rows->first + i] : rows->first + i;
}

/* Get the value of one field; cell_unknown() distinguishes an unknown value from an
 * absent value. */
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

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables: rows of typed fields. A kind of row is an array of columns that say where in
 * the row's struct each field is, or which function derives it. Rows of several kinds
 * follow each other in one arena, a section each; strings are in one pool.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/names.h"
#include "ipcx.h"

/* Every row begins with this. unknown is the index plus 1 of its set of unknown fields, 0
 * if none is unknown; sets are kept in the table and shared between rows. */
struct ix_row {
	_Alignas(8) uint32_t unknown;
	uint32_t unmapped; /* bit i: the id of ix_name_fields[i] is unmapped here */
};

/* A string in a row: its offset in the table's pool plus 1, or 0. */
typedef uint32_t ix_text;

struct ix_section;

/*
 * A column. A stored one has a size, a derived one a function (and also a size if it
 * depends on one member alone). Neither: this kind of row lacks the field.
 */
struct ix_column {
	uint16_t field;
	uint8_t size;      /* of the member: 1, 2, 4 or 8 */
	bool constant : 1; /* the same in all rows of a section */
	bool zero : 1;   /* 0 means no value: an event that never happened, a PID that is
			    not visible here */
	bool costly : 1; /* takes extra calls here, though it may be cheap elsewhere: read
			    only if named */
	union {
		uint32_t offset; /* with a size: of the member */
		uint32_t words;  /* without: bit mask of the words of the row it derives
				    from */
	};
	void (*derive)(const struct ipcx_table *t, const struct ix_section *s,
		       const void *row,
		       struct ipcx_value *v); /* v->type is initially NONE */
};

_Static_assert(sizeof(struct ix_column) <= 2 * sizeof(void *) || sizeof(void *) < 8,
	       "each page of columns costs every start a page fault");

/* clang-format off */
#define IX_COL_(f, type, member, ...)                                                  \
	{ .field = (f), .size = sizeof(((type *)0)->member),                           \
	  .offset = offsetof(type, member), __VA_ARGS__ }
#define IX_COL(field, type, member)             IX_COL_(field, type, member, )
#define IX_COL_ZERO(field, type, member)        IX_COL_(field, type, member, .zero = true)
/* Stored, but read only if named. */
#define IX_COL_COSTLY(field, type, member)      IX_COL_(field, type, member, .costly = true)
#define IX_COL_COSTLY_ZERO(field, type, member) IX_COL_(field, type, member, .costly = true, .zero = true)
/* Derived from one stored member alone: changes only with that member. */
#define IX_DERIVED_FROM(field, type, member, f) IX_COL_(field, type, member, .derive = (f))
/* Derived from several members: mask combines their IX_WORD_OF() with |. */
#define IX_WORD_OF(type, member)                (1U << (offsetof(type, member) / 8))
#define IX_DERIVED_WORDS(n, mask, f)            { .field = (n), .words = (mask), .derive = (f) }
/* The same in all rows of a section. */
#define IX_CONSTANT(n, f)                       { .field = (n), .derive = (f), .constant = true }
#define IX_DERIVED(n, f)                        { .field = (n), .derive = (f) }
/* clang-format on */

/* A kind of row: columns[] lists each field of its rows once, in any order. */
struct ix_kind {
	const char *name; /* "objects", "semaphores", …: the JSON array */
	size_t row_size;
	const struct ix_column *columns;
	unsigned ncolumns;
};

#define IX_COLUMNS(...)                                                 \
	.columns = (const struct ix_column[]){ __VA_ARGS__ },           \
	.ncolumns = sizeof((const struct ix_column[]){ __VA_ARGS__ }) / \
		    sizeof(struct ix_column)

/* Return the column of a field; one without size and function if rows lack the field.
 * This is a linear search: code that runs per row uses ix_section_column(). */
const struct ix_column *ix_column(const struct ix_kind *kind, unsigned field);

/* Whether rows of this kind have a field. */
static inline bool ix_kind_has(const struct ix_kind *kind, unsigned field)
{
	const struct ix_column *c = ix_column(kind, field);

	return c->size || c->derive;
}

/* Rows are compared eight bytes at a time. */
#define IX_WORDS 24

/* The namespace that rows were read in. */
struct ix_where {
	uint64_t ns;       /* inode number; 0: not requested */
	ix_text container; /* or 0 */
	uint32_t giver;    /* the uid that the name of the (first) container comes from */
	bool unnamed;      /* unknown whether there is a container */
};

/* Consecutive rows of one kind, mechanism and namespace. */
struct ix_section {
	const struct ix_kind *kind;
	unsigned mech;
	bool uncounted;      /* some of its objects could not be read */
	size_t place;        /* index in the table's places plus 1; or 0 */
	uint64_t dev, ino;   /* the directory of its objects; 0: unknown */
	size_t first, count; /* row numbers */
	size_t offset;       /* of the first row in the arena */
	struct ipcx_fieldset by_word[IX_WORDS]; /* fields that depend on each word */
	struct ipcx_fieldset always; /* fields that may differ even if no word does */
	struct ipcx_fieldset has;    /* all fields of its rows */
	uint8_t column[8 * sizeof(struct ipcx_fieldset)]; /* by field: index in
							     kind->columns plus 1; or 0 */
};

/* Like ix_column(), but one array access. */
static inline const struct ix_column *ix_section_column(const struct ix_section *s,
							unsigned field)
{
	static const struct ix_column none = { .size = 0 };
	unsigned at = field < sizeof(s->column) ? s->column[field] : 0;

	return at ? &s->kind->columns[at - 1] : &none;
}

/* The result of a condition for a row: 1 true, 0 false, -1 unknown, either because a
 * value is unknown or absent or, if error is not 0, because something failed. */
struct ix_verdict {
	int says;
	int error;
	enum ix_failed { IX_FAILED_USERS, IX_FAILED_GROUPS, IX_FAILED_MATCH } failed;
};

/* A set of fields that is unknown in many rows of a table; caches the index of the
 * resulting set. */
struct ix_lacking {
	struct ipcx_fieldset fields;
	uint32_t before, after; /* as ix_row.unknown; after is 0 until known */
};

/* The maximum number of objects that a note about undecided objects lists by name. */
#define IX_UNJUDGED 8

struct ipcx_table {
	struct ix_section *sections;
	size_t nsections, rows;
	struct ix_where *places;
	size_t nplaces;
	struct ix_buf shared, pool;
	struct ix_buf notes;           /* struct ix_note *, each allocated separately */
	struct ix_buf unknown;         /* struct ipcx_fieldset, without duplicates */
	struct ix_names users, groups; /* names in this table's pool */
	int64_t now;                   /* seconds since the epoch, for ages */
	uint64_t resume;
	unsigned id_bits; /* bits of a System V id that are its index; 0: unknown */
	bool numeric;
	bool acts;                 /* its objects were removed or changed */
	struct ix_lacking no_name; /* of rows in a place whose containers are unknown */
	size_t unjudged;           /* number of objects for which the condition failed */
	struct ix_verdict unjudged_why;     /* the first failure */
	ix_text unjudged_refs[IX_UNJUDGED]; /* the first few of them, for actions */
	bool starved; /* out of memory for a text or note: the table is incomplete */
};

/* A stored note. It never moves, because pointers to it are handed out. */
struct ix_note {
	struct ipcx_note note;
	char texts[]; /* subject and text, a NUL after each */
};

/* Return the section that rows are being added to. */
static inline const struct ix_section *ix_last_section(const struct ipcx_table *t)
{
	return &t->sections[t->nsections - 1];
}

/* Create an empty table; ages are relative to now. */
int ix_table_new(struct ipcx_table **ret_t);

/* Set the namespace of the rows that follow. container may be NULL: there is none or, if
 * unnamed, it is unknown. Returns 0 or -ENOMEM. */
int ix_table_place(struct ipcx_table *t, uint64_t ns, const char *container,
		   uint32_t giver, bool unnamed);

/* Set the directory of the rows that follow: continues the current section, or splits it
 * if it has rows of another one. Returns 0 or -ENOMEM. */
int ix_table_dir(struct ipcx_table *t, uint64_t dev, uint64_t ino);

/*
 * Hand a table to the caller; the only way out of the library. r is the result of filling
 * it, whose text is kept. A table that is incomplete or failed to fill is freed instead.
 * Returns r or -ENOMEM.
 */
int ix_table_hand(struct ipcx *x, struct ipcx_table *t, int r,
		  struct ipcx_table **ret_table);

/* Hand out a table that remains owned by its creator, if it is complete. Returns 0 or
 * -ENOMEM. */
int ix_table_show(struct ipcx *x, struct ipcx_table *t,
		  const struct ipcx_table **ret_table);

/* Empty a table but keep its memory for reuse. Ages are relative to now. */
void ix_table_reset(struct ipcx_table *t);

/* Begin a section for rows of this kind and mechanism, unless the current one fits.
 * Returns 0 or -ENOMEM. */
int ix_table_section(struct ipcx_table *t, const struct ix_kind *kind, unsigned mech);

/*
 * Return a zeroed next row, which is not yet part of the table: ix_table_keep() adds it,
 * another ix_table_row() discards it. Valid until then. NULL if out of memory.
 */
void *ix_table_row(struct ipcx_table *t);
void ix_table_keep(struct ipcx_table *t);

/* Return row number i and its section. NULL past the end. */
const void *ix_table_at(const struct ipcx_table *t, size_t i,
			const struct ix_section **ret_section);

/* Copy a string into the pool. Returns 0 for NULL, or if out of memory; then the table is
 * starved. */
ix_text ix_table_text(struct ipcx_table *t, const char *text);
const char *ix_table_string(const struct ipcx_table *t, ix_text text);

/* Add a formatted note; subject may be NULL. Out of memory: the table is starved. */
void ix_table_note(struct ipcx_table *t, enum ipcx_note_kind kind, unsigned mech,
		   int error, const char *subject, const char *fmt, ...) PRINTF(6, 7);

/* Add, once per table, a note that something could not be read for some rows, with the
 * errno's text (0: no call failed). what: "the commands of some processes could not be
 * read". */
void ix_table_once(struct ipcx_table *t, int error, const char *what);

/* Add, once per table, a note that is informational and not a gap. */
void ix_table_tell(struct ipcx_table *t, const char *what);

/* Add, once per table, the reason why values that nobody named are unknown. */
void ix_table_reason(struct ipcx_table *t, const char *what);

/* Mark fields of a row as unknown. Out of memory: the table is starved. */
void ix_unknown_all(struct ipcx_table *t, void *row, const struct ipcx_fieldset *fields);

static inline void ix_unknown(struct ipcx_table *t, void *row, enum ipcx_field f)
{
	struct ipcx_fieldset one = IPCX_FIELDSET(f);

	ix_unknown_all(t, row, &one);
}

static inline void ix_lacks(struct ipcx_table *t, void *row, struct ix_lacking *l)
{
	struct ix_row *r = row;

	if (ipcx_fieldset_empty(&l->fields))
		return;
	if (!l->after || r->unknown != l->before) {
		l->before = r->unknown;
		ix_unknown_all(t, row, &l->fields);
		l->after = r->unknown;
	}
	r->unknown = l->after;
}

static inline bool ix_is_unknown(const struct ipcx_table *t, const void *row,
				 enum ipcx_field f)
{
	const struct ipcx_fieldset *sets =
		(const struct ipcx_fieldset *)(const void *)t->unknown.data;
	uint32_t n = ((const struct ix_row *)row)->unknown;

	return n && ipcx_fieldset_has(&sets[n - 1], f);
}

/* Read the value of a field of a row in any memory (ipcx_row_get() for rows not yet
 * kept). Returns 0, or -ENODATA if the row has no such field. */
int ix_row_value(const struct ipcx_table *t, const struct ix_section *s, const void *row,
		 enum ipcx_field f, struct ipcx_value *v);

/* Record that the condition could not be decided for this object because something
 * failed. */
void ix_table_unjudged(struct ipcx_table *t, const char *ref, const struct ix_verdict *v);

/* Add notes on what failed while rows were read and tested, once for a complete table. */
void ix_table_failures(struct ipcx_table *t);

/* Free all notes; the list remains, empty. */
void ix_notes_free(struct ipcx_table *t);

/* The error that marks an IPCX_NOTE_INFO note about space in use beyond what the rows
 * show, and the test for it, so that totals can copy such a note. Not an errno: the
 * kernel's errnos end at 4095. */
#define IX_NOTE_SPACE (-4096)
bool ix_note_space(const struct ipcx_note *n);

/* Add a note of another table unless this one has it already. */
void ix_table_hand_on(struct ipcx_table *t, const struct ipcx_note *n);

/* Add a note with a text that is ready. */
void ix_table_add_note(struct ipcx_table *t, const struct ipcx_note *note);

/* For derive functions: set the value to a copy of a short string (at most 39 bytes). */
void ix_value_text(struct ipcx_value *v, const char *text);

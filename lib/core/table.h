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

/* Every row begins with this struct. The member unknown is the index (plus 1) of the
 * row's set of unknown fields, 0 if no field is unknown; sets are kept in the table and
 * shared between rows. */
struct ix_row {
	_Alignas(8) uint32_t unknown;
	uint32_t unmapped; /* bit i: the id of ix_name_fields[i] is unmapped here */
};

/* A string in a row: its offset in the table's pool plus 1, or 0. */
typedef uint32_t ix_text;

struct ix_section;

/*
 * A column. A stored column has a size. A derived column has a function, and also a size
 * if it depends on only one member. A column with neither means that this kind of row
 * lacks the field.
 */
struct ix_column {
	uint16_t field;
	uint8_t size;      /* size of the member in bytes: 1, 2, 4 or 8 */
	bool constant : 1; /* the value is the same in all rows of a section */
	bool zero : 1; /* 0 means that there is no value: an event that never happened, a
			  PID that is not visible here */
	bool costly : 1; /* takes extra calls in this kind of row, though perhaps not in
			    others: read only if the query names the field */
	union {
		uint32_t offset; /* if there is a size: offset of the member */
		uint32_t words;  /* if there is no size: bit mask of the row's eight-byte
				    words from which the value is derived */
	};
	void (*derive)(const struct ipcx_table *t, const struct ix_section *s,
		       const void *row,
		       struct ipcx_value *v); /* v->type is NONE at first */
};

_Static_assert(sizeof(struct ix_column) <= 2 * sizeof(void *) || sizeof(void *) < 8,
	       "each page of columns costs every start a page fault");

/* clang-format off */
#define IX_COL_(f, type, member, ...)                                                  \
	{ .field = (f), .size = sizeof(((type *)0)->member),                           \
	  .offset = offsetof(type, member), __VA_ARGS__ }
#define IX_COL(field, type, member)             IX_COL_(field, type, member, )
#define IX_COL_ZERO(field, type, member)        IX_COL_(field, type, member, .zero = true)
/* A stored column that is read only if the query names it. */
#define IX_COL_COSTLY(field, type, member)      IX_COL_(field, type, member, .costly = true)
#define IX_COL_COSTLY_ZERO(field, type, member) IX_COL_(field, type, member, .costly = true, .zero = true)
/* Derived from one stored member alone: changes only with that member. */
#define IX_DERIVED_FROM(field, type, member, f) IX_COL_(field, type, member, .derive = (f))
/* Derived from several members: mask combines their IX_WORD_OF() with |. */
#define IX_WORD_OF(type, member)                (1U << (offsetof(type, member) / 8))
#define IX_DERIVED_WORDS(n, mask, f)            { .field = (n), .words = (mask), .derive = (f) }
/* A derived column with one value for all rows of a section. */
#define IX_CONSTANT(n, f)                       { .field = (n), .derive = (f), .constant = true }
#define IX_DERIVED(n, f)                        { .field = (n), .derive = (f) }
/* clang-format on */

/* A kind of row: columns[] lists each field of its rows once, in any order. */
struct ix_kind {
	const char *name; /* its array's name in JSON: "objects", "semaphores", … */
	size_t row_size;
	const struct ix_column *columns;
	unsigned ncolumns;
};

#define IX_COLUMNS(...)                                                 \
	.columns = (const struct ix_column[]){ __VA_ARGS__ },           \
	.ncolumns = sizeof((const struct ix_column[]){ __VA_ARGS__ }) / \
		    sizeof(struct ix_column)

/* Return the column of a field; a column with neither size nor function if the rows lack
 * the field. This is a linear search: code that runs per row uses ix_section_column(). */
const struct ix_column *ix_column(const struct ix_kind *kind, unsigned field);

/* Whether rows of this kind have a field. */
static inline bool ix_kind_has(const struct ix_kind *kind, unsigned field)
{
	const struct ix_column *c = ix_column(kind, field);

	return c->size || c->derive;
}

/* The most eight-byte words that a row may have; rows are compared word by word. */
#define IX_WORDS 24

/* The namespace that rows were read in. */
struct ix_where {
	uint64_t ns;       /* inode number; 0: not requested */
	uint32_t boxes;    /* its containers: number of a list (core/rows.h), or 0 */
	bool unnamed;      /* it is unknown whether there is a container */
	ix_text directory; /* the rows are from this directory, not from a namespace; or
			      0 */
};

/* Tables of rows that belong to rows (core/rows.h). */
enum ix_below {
	IX_BELOW_BOXES,   /* containers */
	IX_BELOW_KEEPERS, /* what keeps a namespace alive */
	IX_BELOWS,
};

struct ix_boxes;

/* Consecutive rows of one kind, mechanism and namespace. */
struct ix_section {
	const struct ix_kind *kind;
	unsigned mech;
	bool uncounted;      /* some objects of the mechanism could not be read */
	size_t place;        /* index of its place in the table's places plus 1; or 0 */
	uint64_t dev, ino;   /* the directory of the section's objects; 0: unknown */
	size_t first, count; /* row numbers */
	size_t offset;       /* offset of the first row in the arena */
	struct ipcx_fieldset by_word[IX_WORDS]; /* for each eight-byte word of a row: the
						   fields that depend on it */
	struct ipcx_fieldset always; /* fields that may differ even if no word differs */
	struct ipcx_fieldset has;    /* all fields of its rows */
	uint8_t column[8 * sizeof(struct ipcx_fieldset)]; /* for each field: index of its
							     column in kind->columns plus
							     1; or 0 */
};

/* Like ix_column(), but takes only one array access. */
static inline const struct ix_column *ix_section_column(const struct ix_section *s,
							unsigned field)
{
	static const struct ix_column none = { .size = 0 };
	unsigned at = field < sizeof(s->column) ? s->column[field] : 0;

	return at ? &s->kind->columns[at - 1] : &none;
}

/* The result of a condition for a row: says is 1 for true, 0 for false, -1 for unknown.
 * If error is 0, the result is unknown because a value is unknown or absent; otherwise
 * because something failed. */
struct ix_verdict {
	int says;
	int error;
	enum ix_failed { IX_FAILED_USERS, IX_FAILED_GROUPS, IX_FAILED_MATCH } failed;
};

/* Fields that are unknown in many rows of a table. When they are added to the set of a
 * row's unknown fields, the index of the resulting set is cached here. */
struct ix_lacking {
	struct ipcx_fieldset fields;
	uint32_t before, after; /* values of ix_row.unknown before and after the fields
				   are added; after is 0 until it is known */
};

/* The maximum number of objects that a note about undecided objects lists by name. */
#define IX_UNJUDGED 8

struct ipcx_table {
	struct ix_section *sections;
	size_t nsections, section_room, rows;
	struct ix_where *places;
	size_t nplaces, place_room;
	struct ix_buf shared, pool;
	struct ix_buf notes;   /* struct ix_note *, each allocated separately */
	struct ix_buf unknown; /* struct ipcx_fieldset, without duplicates */
	struct ix_buf lists;   /* struct ix_list */
	struct ipcx_table *below[IX_BELOWS];
	struct ix_names users, groups; /* names in this table's pool */
	int64_t now;                   /* seconds since the epoch, for ages */
	uint64_t resume;
	unsigned id_bits; /* bits of a System V id that are its index; 0: unknown */
	bool numeric;
	bool acts; /* the table is the result of an action: its objects were removed or
		      changed */
	struct ix_lacking no_name; /* fields that are unknown in rows of a place whose
				      containers are unknown */
	size_t unjudged;           /* number of objects that could not be judged */
	struct ix_verdict unjudged_why;     /* the first failure */
	ix_text unjudged_refs[IX_UNJUDGED]; /* references of the first few such objects;
					       only for actions */
	bool starved; /* out of memory for a text or note: the table is incomplete */
	bool partial; /* made of rows of tables that were incomplete */
	struct ix_owned *owned; /* memory that is freed with the table */
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

/* Return zeroed memory that is freed with the table, also if it is emptied before; NULL
 * if out of memory. */
void *ix_table_own(struct ipcx_table *t, size_t size);

/* Create an empty table; its ages are relative to the time of this call. */
int ix_table_new(struct ipcx_table **ret_t);

/* Set the namespace of the rows that follow, and its containers, which are copied. If
 * boxes is NULL, there are none or, if unnamed is true, it is unknown whether there are
 * any. Returns 0 or -ENOMEM. */
int ix_table_place(struct ipcx_table *t, uint64_t ns, const struct ix_boxes *boxes,
		   bool unnamed);

/* Set the namespace of the rows that follow to that of another table's place. */
int ix_table_same_place(struct ipcx_table *t, const struct ipcx_table *from,
			const struct ix_where *place);

/* The rows that follow are from a directory that was the /dev/shm of a container. With
 * "doubt", it is unknown whether it still is. Returns 0 or -ENOMEM. */
int ix_table_directory(struct ipcx_table *t, const char *path, bool doubt);

/* Set the directory of the rows that follow: they continue the current section, or begin
 * a new one if that has rows of another directory. Returns 0 or -ENOMEM. */
int ix_table_dir(struct ipcx_table *t, uint64_t dev, uint64_t ino);

/*
 * Give a table to the caller of the library. r is the result of filling the table; the
 * error text of a failure is kept. A table that is incomplete or failed to fill is freed
 * instead. Returns r or -ENOMEM.
 */
int ix_table_hand(struct ipcx *x, struct ipcx_table *t, int r,
		  struct ipcx_table **ret_table);

/* Show a table to the caller of the library if it is complete; its creator remains its
 * owner. Returns 0 or -ENOMEM. */
int ix_table_show(struct ipcx *x, struct ipcx_table *t,
		  const struct ipcx_table **ret_table);

/* Empty a table but keep its memory for reuse. From then on, ages are relative to the
 * time of this call. */
void ix_table_reset(struct ipcx_table *t);

/* Begin a section for rows of this kind and mechanism, unless the current section is such
 * a section. Returns 0 or -ENOMEM. */
int ix_table_section(struct ipcx_table *t, const struct ix_kind *kind, unsigned mech);

/*
 * Return the next row, filled with zeros. It is not yet part of the table:
 * ix_table_keep() adds the row, another call of ix_table_row() discards it, and the
 * pointer is valid until one of these calls. Returns NULL if out of memory.
 */
void *ix_table_row(struct ipcx_table *t);
void ix_table_keep(struct ipcx_table *t);

/* Return row number i and its section. NULL past the end. */
const void *ix_table_at(const struct ipcx_table *t, size_t i,
			const struct ix_section **ret_section);

/* Copy a string into the pool. Returns 0 for NULL. Also returns 0 if out of memory, and
 * then marks the table as starved. */
ix_text ix_table_text(struct ipcx_table *t, const char *text);
const char *ix_table_string(const struct ipcx_table *t, ix_text text);

/* Add a formatted note; subject may be NULL. If out of memory, marks the table as
 * starved. */
void ix_table_note(struct ipcx_table *t, enum ipcx_note_kind kind, unsigned mech,
		   int error, const char *subject, const char *fmt, ...) PRINTF(6, 7);

/* Add, once per table, a note that something could not be read for some rows, with the
 * errno's text (0: no call failed). what is a text such as "the commands of some
 * processes could not be read". */
void ix_table_once(struct ipcx_table *t, int error, const char *what);

/* Add, once per table, a note that is informational and not a gap. */
void ix_table_tell(struct ipcx_table *t, const char *what);

/* Add, once per table, the reason why the values of fields that the query does not name
 * are unknown. */
void ix_table_reason(struct ipcx_table *t, const char *what);

/* Mark fields of a row as unknown. If out of memory, marks the table as starved. */
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

/* Read the value of a field of a row in any memory: like ipcx_row_get(), but also for a
 * row that is not in the table yet. Returns 0, or -ENODATA if the row has no such field.
 */
int ix_row_value(const struct ipcx_table *t, const struct ix_section *s, const void *row,
		 enum ipcx_field f, struct ipcx_value *v);

/* Record that the condition could not be decided for this object because something
 * failed. */
void ix_table_unjudged(struct ipcx_table *t, const char *ref, const struct ix_verdict *v);

/* Add notes on what failed while the rows of a table were read and tested; called once,
 * when the table is complete. */
void ix_table_failures(struct ipcx_table *t);

/* Free all notes; the list of notes is then empty. */
void ix_notes_free(struct ipcx_table *t);

/* If the error of an IPCX_NOTE_INFO note is IX_NOTE_SPACE, the note says that more space
 * is in use than the rows show. ix_note_space() tests for such a note, so that totals can
 * copy it. The number is not an errno: the kernel's errnos end at 4095. */
#define IX_NOTE_SPACE (-4096)
bool ix_note_space(const struct ipcx_note *n);

/* Copy a note of another table to this table, unless this table has the same note
 * already. */
void ix_table_hand_on(struct ipcx_table *t, const struct ipcx_note *n);

/* Add a note whose text needs no formatting. */
void ix_table_add_note(struct ipcx_table *t, const struct ipcx_note *note);

/* For derive functions: set the value to a copy of a short string (at most 39 bytes). */
void ix_value_text(struct ipcx_value *v, const char *text);

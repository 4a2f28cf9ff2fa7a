/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows of typed fields. A kind of row is a table of columns: where in the struct each
 * field stands, or which function derives it. Rows of several kinds stand one after
 * another in one arena, a section each; strings stand in one pool.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/names.h"
#include "ipcx.h"

/* Every row begins with this: which of its fields are unknown, as the number of a set
 * that the table holds, plus 1; 0: none is. Rows that lack the same share one set. */
struct ix_row {
	_Alignas(8) uint32_t unknown;
	uint32_t unmapped; /* a bit for each of ix_name_fields[] whose id has no number
			      here */
};

/* A string in a row: its offset in the table's pool plus 1, 0 for none. */
typedef uint32_t ix_text;

struct ix_section;

/*
 * One column. Stored columns have a size, derived ones a function (and a size as well
 * when they follow from one member alone); neither: rows of this kind have no such field.
 */
struct ix_column {
	uint8_t size;  /* of the member: 1, 2, 4 or 8 */
	bool constant; /* the same in all rows of a section */
	bool zero; /* 0 means "none": a time that never came, a pid that is not visible */
	bool costly;     /* takes calls of its own here, though it may be cheap elsewhere:
			  read     only when it was named */
	uint16_t offset; /* of the member */
	uint32_t words; /* derived from several members: the words of the row they are in */
	void (*derive)(const struct ipcx_table *t, const struct ix_section *s,
		       const void *row,
		       struct ipcx_value *v); /* v->type is IPCX_TYPE_NONE before */
};

#define IX_COL(type, member)                                                          \
	{                                                                             \
		.size = sizeof(((type *)0)->member), .offset = offsetof(type, member) \
	}
#define IX_COL_ZERO(type, member)                                                      \
	{                                                                              \
		.size = sizeof(((type *)0)->member), .offset = offsetof(type, member), \
		.zero = true                                                           \
	}
/* Stored, but read only when it is named. */
#define IX_COL_COSTLY(type, member)                                                    \
	{                                                                              \
		.size = sizeof(((type *)0)->member), .offset = offsetof(type, member), \
		.costly = true                                                         \
	}
#define IX_COL_COSTLY_ZERO(type, member)                                               \
	{                                                                              \
		.size = sizeof(((type *)0)->member), .offset = offsetof(type, member), \
		.zero = true, .costly = true                                           \
	}
/* Derived from one stored member alone: it changes from row to row only with that. */
#define IX_DERIVED_FROM(type, member, function)                                        \
	{                                                                              \
		.size = sizeof(((type *)0)->member), .offset = offsetof(type, member), \
		.derive = (function)                                                   \
	}
/* Derived from several members: IX_WORD_OF each, with | between. */
#define IX_WORD_OF(type, member) (1U << (offsetof(type, member) / 8))
#define IX_DERIVED_WORDS(mask, function)              \
	{                                             \
		.words = (mask), .derive = (function) \
	}
/* The same in all rows of a section. */
#define IX_CONSTANT(function)                          \
	{                                              \
		.derive = (function), .constant = true \
	}
#define IX_DERIVED(function)         \
	{                            \
		.derive = (function) \
	}

/* A kind of row. Reading a field is one look into columns[], which is indexed by field
 * and ends with the last one that these rows have: a new field makes no kind longer. */
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

/* The column of a field; one without size and function where rows have no such field. */
static inline const struct ix_column *ix_column(const struct ix_kind *kind,
						unsigned field)
{
	static const struct ix_column none = { .size = 0 };

	return field < kind->ncolumns ? &kind->columns[field] : &none;
}

/* Whether rows of a kind have a field. */
static inline bool ix_kind_has(const struct ix_kind *kind, unsigned field)
{
	const struct ix_column *c = ix_column(kind, field);

	return c->size || c->derive;
}

/* Rows are compared eight bytes at a time. */
#define IX_WORDS 24

/* The namespace that rows were read in. */
struct ix_where {
	uint64_t ns;       /* inode number; 0: not asked */
	ix_text container; /* or 0 */
	uint32_t giver;    /* user id of who gives the (first) container its name */
	bool unnamed;      /* no container is known, though there may be one */
};

/* Rows of one kind, mechanism and namespace that stand together. */
struct ix_section {
	const struct ix_kind *kind;
	unsigned mech;
	bool uncounted;      /* objects of it could not be read */
	size_t place;        /* in the table's places, plus 1; or 0 */
	uint64_t dev, ino;   /* the directory that its objects are in; 0: none is known */
	size_t first, count; /* row numbers */
	size_t offset;       /* of the first row in the arena */
	struct ipcx_fieldset
		by_word[IX_WORDS]; /* the fields that each word of a row feeds */
	struct ipcx_fieldset
		always; /* those that may differ though all words are the same */
	struct ipcx_fieldset has; /* the fields of its rows */
};

/* What a condition says of a row: 1 yes, 0 no, -1 unknown. It is unknown because a value
 * is unknown or absent, or because something failed: then error is not 0. */
struct ix_verdict {
	int says;
	int error;
	enum ix_failed { IX_FAILED_USERS, IX_FAILED_GROUPS, IX_FAILED_MATCH } failed;
};

/* Fields that are unknown in row after row of one table: the step from one set to the
 * next is looked up once. */
struct ix_lacking {
	struct ipcx_fieldset fields;
	uint32_t before, after; /* as in struct ix_row; after is 0 until it is known */
};

/* So many objects that could not be judged are told by name. */
#define IX_UNJUDGED 8

struct ipcx_table {
	struct ix_section *sections;
	size_t nsections, rows;
	struct ix_where *places;
	size_t nplaces;
	struct ix_buf shared, pool;
	struct ix_buf notes;           /* struct ix_note *, an allocation each */
	struct ix_buf unknown;         /* struct ipcx_fieldset, each one once */
	struct ix_names users, groups; /* names in this table's pool */
	int64_t now;                   /* seconds since the epoch, for ages */
	uint64_t resume;
	unsigned id_bits; /* how many bits of a System V id are its index; 0: not asked */
	bool numeric;
	bool acts;                 /* what is in it was removed or changed */
	struct ix_lacking no_name; /* of rows in a place whose containers are not known */
	size_t unjudged;           /* objects that the condition could not judge */
	struct ix_verdict unjudged_why;     /* the first of them */
	ix_text unjudged_refs[IX_UNJUDGED]; /* the first few, when they are acted on */
	bool starved; /* memory ran out for a text or a note: what is here is not whole */
};

/* A note as it is stored: where it stands it stays, as it is handed out. */
struct ix_note {
	struct ipcx_note note;
	char texts[]; /* subject and text, a NUL after each */
};

/* The section that rows are being added to. */
static inline const struct ix_section *ix_last_section(const struct ipcx_table *t)
{
	return &t->sections[t->nsections - 1];
}

/* A new, empty table whose ages count from now. */
int ix_table_new(struct ipcx_table **ret_t);

/* The rows that follow were read in this namespace. container may be NULL: there is none,
 * or (unnamed) it is not known. 0 or -ENOMEM. */
int ix_table_place(struct ipcx_table *t, uint64_t ns, const char *container,
		   uint32_t giver, bool unnamed);

/* The rows that follow are about this directory: in a section of their own, which has
 * begun already. 0 or -ENOMEM. */
int ix_table_dir(struct ipcx_table *t, uint64_t dev, uint64_t ino);

/*
 * Hand a table out: the only way by which one leaves the library. r is what came of
 * filling it, with its text. A table that is not whole stays here, like one whose filling
 * failed. Answers r, or -ENOMEM.
 */
int ix_table_hand(struct ipcx *x, struct ipcx_table *t, int r,
		  struct ipcx_table **ret_table);

/* Show a table that stays with whoever made it, if it is whole. 0 or -ENOMEM. */
int ix_table_show(struct ipcx *x, struct ipcx_table *t,
		  const struct ipcx_table **ret_table);

/* Empty a table; its memory stays for what comes next. Ages count from now. */
void ix_table_reset(struct ipcx_table *t);

/* Begin a section: the rows that follow are of this kind. 0 or -ENOMEM. */
int ix_table_section(struct ipcx_table *t, const struct ix_kind *kind, unsigned mech);

/*
 * Room for the next row, zeroed, not yet part of the table: ix_table_keep() makes it so,
 * another ix_table_row() drops it. The pointer is good until then. NULL when memory is
 * out.
 */
void *ix_table_row(struct ipcx_table *t);
void ix_table_keep(struct ipcx_table *t);

/* Row number i as bytes, with its section. NULL past the end. */
const void *ix_table_at(const struct ipcx_table *t, size_t i,
			const struct ix_section **ret_section);

/* Copy a string into the pool. 0 (none) for NULL or when memory is out:
 * then the table is starved. */
ix_text ix_table_text(struct ipcx_table *t, const char *text);
const char *ix_table_string(const struct ipcx_table *t, ix_text text);

/* Add a note; subject may be NULL. The text is formatted; no memory: the table is
 * starved. */
void ix_table_note(struct ipcx_table *t, enum ipcx_note_kind kind, unsigned mech,
		   int error, const char *subject, const char *fmt, ...) PRINTF(6, 7);

/* Something could not be read for a row: said once a table, with the errno's text (0: no
 * call failed), however many rows lack it. what: "the commands of some processes could
 * not be read". */
void ix_table_once(struct ipcx_table *t, int error, const char *what);

/* Worth knowing, and no gap: said once a table, too. */
void ix_table_tell(struct ipcx_table *t, const char *what);

/* Why values are unknown that came with the others, and that nobody named. */
void ix_table_reason(struct ipcx_table *t, const char *what);

/* Fields of a row of this table are unknown. No memory: the table is starved. */
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

/* The value of one field of a row that stands anywhere (ipcx_row_get() for rows not yet
 * kept). */
int ix_row_value(const struct ipcx_table *t, const struct ix_section *s, const void *row,
		 enum ipcx_field f, struct ipcx_value *v);

/* The condition could not judge this object, as something failed. */
void ix_table_unjudged(struct ipcx_table *t, const char *ref, const struct ix_verdict *v);

/* Note what failed while rows were read and judged: once for the table, when it is whole.
 */
void ix_table_failures(struct ipcx_table *t);

/* All of them, with what they take; the list stays, and is empty. */
void ix_notes_free(struct ipcx_table *t);

/* The error of an IPCX_NOTE_INFO that tells of space in use beyond what the rows hold, so
 * that whoever sums them up can hand it on; and whether a note is one. It is the errno of
 * nothing: the kernel's end with 4095. */
#define IX_NOTE_SPACE (-4096)
bool ix_note_space(const struct ipcx_note *n);

/* Add a note of another table, unless this one has the same already. */
void ix_table_hand_on(struct ipcx_table *t, const struct ipcx_note *n);

/* Add a note whose text is not formatted. */
void ix_table_add_note(struct ipcx_table *t, const struct ipcx_note *note);

/* For derive functions: the value is a copy of this short string (at most 39 bytes). */
void ix_value_text(struct ipcx_value *v, const char *text);

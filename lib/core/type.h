/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The types of values: how each is stored, written, read, compared and named. A type is
 * an entry in the table of type.c plus its functions; all other code uses these
 * functions.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/table.h"
#include "ipcx.h"

/* How values of a type compare with those of any other. */
enum ix_order {
	IX_ORDER_NONE,     /* all values are equal and come before everything else */
	IX_ORDER_UNSIGNED, /* by number, as.u */
	IX_ORDER_SIGNED,   /* by number, as.i */
	IX_ORDER_REAL,     /* by number, as.d */
	IX_ORDER_TEXT, /* compared byte by byte; the values come after everything else */
};

/*
 * Read a literal of an expression: sets type and value; the type may differ from the
 * field's (half a second is a real number). Strings are not copied. Returns NULL, or the
 * end of a sentence that says what is wrong: "is not a size (…)".
 */
typedef const char *ix_reader(const char *text, struct ipcx_value *ret_value);

/* Set v->as from a stored member of size bytes (1, 2, 4 or 8); raw is that member,
 * zero-extended. Returns false if there is no value. */
typedef bool ix_loader(const struct ipcx_table *t, unsigned size, uint64_t raw,
		       struct ipcx_value *v);

struct ix_type {
	struct ipcx_type_info info;
	const char *noun; /* what messages call such a value, as in "a time"; NULL: the
			     unit has the noun */
	enum ix_order order;
	ix_loader *load; /* NULL: the stored number is the value, as.u */
	/* Write a value at p as in the machine formats: less than IPCX_VALUE_MAX bytes,
	 * without a NUL. Returns the end. NULL: the value is already a text, or there is
	 * no value. */
	char *(*write)(char *p, const struct ipcx_value *v);
	ix_reader *read; /* NULL: the unit has the reader */
};

/* The unit of a number. */
struct ix_unit {
	const char *name; /* NULL if the number has no unit */
	const char *noun; /* "a number of bytes" */
	ix_reader *read;
};

/* The types, indexed by enum ipcx_type; their number is one more than the last of them.
 */
#define IX_TYPES 11
extern const struct ix_type ix_types[IX_TYPES];

/* Return the word for a grade; "?" for other numbers. */
const char *ix_grade_word(uint64_t grade);

/* Return a type; IPCX_TYPE_NONE for an unknown number. */
static inline const struct ix_type *ix_type(enum ipcx_type type)
{
	return &ix_types[(unsigned)type < IX_TYPES ? type : IPCX_TYPE_NONE];
}

/* Return a unit; IPCX_UNIT_PLAIN for an unknown number. */
const struct ix_unit *ix_unit(enum ipcx_unit unit);

/* Describe what a field holds, for messages: "a number of bytes". */
const char *ix_type_noun(const struct ipcx_field_info *info);

/* Return the function that reads the literals that are compared with a field. */
ix_reader *ix_type_reader(const struct ipcx_field_info *info);

/*
 * Return a value as the machine formats write it (decimal numbers, octal modes, RFC 3339
 * times in UTC), which is the text that =~ matches. The text is written to buf unless the
 * value is a string. Returns NULL for an unknown value.
 */
const char *ix_value_raw(const struct ipcx_value *v, char buf[IPCX_VALUE_MAX]);

/* The readers (literal.c). */
ix_reader ix_read_nothing, ix_read_flag, ix_read_string, ix_read_time, ix_read_mode,
	ix_read_key, ix_read_grade;
ix_reader ix_read_number, ix_read_size, ix_read_span, ix_read_percent, ix_read_nanos;

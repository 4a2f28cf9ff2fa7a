/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a type of value is: how it is stored, written, read, compared and called. A type
 * is an entry in the table of type.c and its functions; everything else asks here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/table.h"
#include "ipcx.h"

/* How values of a type are compared with those of any other. */
enum ix_order {
	IX_ORDER_NONE,     /* all equal, before everything else */
	IX_ORDER_UNSIGNED, /* by number, as.u */
	IX_ORDER_SIGNED,   /* by number, as.i */
	IX_ORDER_REAL,     /* by number, as.d */
	IX_ORDER_TEXT,     /* byte by byte, after everything else */
};

/*
 * Read a literal of an expression: sets type and value, which may be of another type
 * (half a second is a real number). Strings are not copied. NULL, or what is wrong with
 * it as the rest of a sentence: "is no size (…)".
 */
typedef const char *ix_reader(const char *text, struct ipcx_value *ret_value);

/* Set v->as from a stored member of 1, 2, 4 or 8 bytes, zero-extended to raw. False when
 * there is no value after all. */
typedef bool ix_loader(const struct ipcx_table *t, unsigned size, uint64_t raw,
		       struct ipcx_value *v);

struct ix_type {
	struct ipcx_type_info info;
	const char *noun; /* "a time": what it is in a message; NULL: the unit says it */
	enum ix_order order;
	ix_loader *load; /* NULL: as.u is what is stored */
	/* Write a value at p as the formats for machines have it, in less than
	 * IPCX_VALUE_MAX bytes and without a NUL; answers the end. NULL: it is a text
	 * already, or nothing. */
	char *(*write)(char *p, const struct ipcx_value *v);
	ix_reader *read; /* NULL: the unit says how */
};

/* What a number counts. */
struct ix_unit {
	const char *name; /* NULL for plain numbers */
	const char *noun; /* "a number of bytes" */
	ix_reader *read;
};

/* Every type, by its number: one more than the last of enum ipcx_type. */
#define IX_TYPES 9
extern const struct ix_type ix_types[IX_TYPES];

/* A type: one that does not exist is as IPCX_TYPE_NONE. */
static inline const struct ix_type *ix_type(enum ipcx_type type)
{
	return &ix_types[(unsigned)type < IX_TYPES ? type : IPCX_TYPE_NONE];
}

/* A unit: one that does not exist is as IPCX_UNIT_PLAIN. */
const struct ix_unit *ix_unit(enum ipcx_unit unit);

/* What a field holds, in a sentence: "a number of bytes". */
const char *ix_type_noun(const struct ipcx_field_info *info);

/* The reader for literals that are compared with a field. */
ix_reader *ix_type_reader(const struct ipcx_field_info *info);

/*
 * A value as the formats for machines write it (decimal numbers, octal modes, RFC 3339
 * times in UTC): the text that =~ looks at. Written into buf, unless it is a string. NULL
 * for an unknown value.
 */
const char *ix_value_raw(const struct ipcx_value *v, char buf[IPCX_VALUE_MAX]);

/* The readers (literal.c). */
ix_reader ix_read_nothing, ix_read_flag, ix_read_string, ix_read_time, ix_read_mode,
	ix_read_key;
ix_reader ix_read_number, ix_read_size, ix_read_span, ix_read_percent, ix_read_nanos;

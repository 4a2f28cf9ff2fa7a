/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Read and write numbers in the forms that people and the kernel use. Every parser
 * accepts or refuses the string as a whole: no blanks, no sign where none is allowed, no
 * trailing junk, no silent truncation to a smaller type. All return 0, -EINVAL (not a
 * number) or -ERANGE (out of range), and ignore the locale.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parse a number of at most max that is decimal, or hexadecimal with 0x. A leading 0 does
 * not mean octal ("010" is 10). */
int ix_parse_u64(const char *text, uint64_t max, uint64_t *ret_n);

/* Read a decimal number of at most max that begins at *p and ends before end (no NUL is
 * needed), and advance *p past it. Leading zeros are refused, as the kernel does not
 * write them. */
int ix_take_u64(const char **p, const char *end, uint64_t max, uint64_t *ret_n);

/* Parse a decimal number between min and max, with a '-' if it is negative. */
int ix_parse_s64(const char *text, int64_t min, int64_t max, int64_t *ret_n);

/* Parse a number of at most max as C writes it: decimal, hexadecimal with 0x, octal with
 * a leading 0. */
int ix_parse_c(const char *text, uint64_t max, uint64_t *ret_n);

/* Parse a 32-bit System V key: hexadecimal 0x…, octal 0…, or decimal (only a decimal key
 * may be negative). */
int ix_parse_key(const char *text, uint32_t *ret_key);

/* Parse permission bits in octal, 0 to 0777. */
int ix_parse_mode(const char *text, uint32_t *ret_mode);

/*
 * Parse a number of bytes: a decimal number that may have a suffix, or a hexadecimal
 * number (0x…) without one. The suffixes, in upper or lower case, are B, K M G T P E or
 * KiB… (powers of 1024), and KB MB GB TB PB EB (powers of 1000). A number with a fraction
 * must have a suffix; the result is rounded down.
 */
int ix_parse_size(const char *text, uint64_t *ret_bytes);

/* Parse a duration: one or more numbers, each with a unit (ns us ms s m min h d w y),
 * such as "1h30m" or "1.5s"; a single number without a unit, such as "90", means seconds.
 */
int ix_parse_duration(const char *text, uint64_t *ret_ns);

/* Whether a number does not fit into an integer of this many bytes (in 32-bit programs,
 * some calls have narrower types). */
static inline bool ix_too_wide(uint64_t n, size_t bytes)
{
	return bytes < sizeof(n) && n >> (8 * bytes);
}

/* The same as ix_too_wide(), for a signed number. */
static inline bool ix_too_wide_signed(int64_t n, size_t bytes)
{
	return bytes < sizeof(n) &&
	       (n >> (8 * bytes - 1) != 0 && n >> (8 * bytes - 1) != -1);
}

/* Write n at p in decimal, octal or hexadecimal; octal and hexadecimal numbers are padded
 * with zeros to the given number of digits. Return the end. No NUL is written. */
char *ix_put_u64(char *p, uint64_t n);
char *ix_put_i64(char *p, int64_t n);
char *ix_put_oct(char *p, uint64_t n, int digits);
char *ix_put_hex(char *p, uint64_t n, int digits);

/* Write a number of bytes for people, such as 1536 as "1.5K". Below 10 there is one
 * decimal unless that is 0; from 10 on there is none. Returns the end. */
char *ix_put_size(char *p, uint64_t n);

/* Write a System V key as 0x and eight digits. Returns the end. No NUL is written. */
char *ix_put_key(char *p, uint32_t key);

/* Copy a text to p. Returns the end. No NUL is written. */
char *ix_put_text(char *p, const char *text);

/* Write a finite number, rounded to one decimal; the decimal is omitted if it is 0:
 * "12.5", "3". Returns the end. */
char *ix_put_tenths(char *p, double d);

/* The most bytes that any function above other than ix_put_text() writes. */
#define IX_NUM_MAX 24

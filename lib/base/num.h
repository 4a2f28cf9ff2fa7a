/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers as people and the kernel write them. Every parser takes the whole string or
 * refuses it: no blanks, no sign where none is allowed, no trailing junk, no silent
 * truncation to a smaller type. All return 0, -EINVAL (not a number) or -ERANGE (out of
 * range), and ignore the locale.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parse decimal or 0x hexadecimal, at most max. A leading 0 does not mean octal ("010" is
 * 10). */
int ix_parse_u64(const char *text, uint64_t max, uint64_t *ret_n);

/* Read the decimal number at *p, at most max, before end (no NUL needed), and advance *p
 * past it. As the kernel writes numbers: leading zeros are refused. */
int ix_take_u64(const char **p, const char *end, uint64_t max, uint64_t *ret_n);

/* Parse decimal with an optional '-', between min and max. */
int ix_parse_s64(const char *text, int64_t min, int64_t max, int64_t *ret_n);

/* Parse a 32-bit System V key: hexadecimal 0x…, octal 0…, or decimal, which may be
 * negative. */
int ix_parse_key(const char *text, uint32_t *ret_key);

/* Parse permission bits in octal, 0 to 0777. */
int ix_parse_mode(const char *text, uint32_t *ret_mode);

/*
 * Parse a number of bytes: a number with an optional suffix, B, K M G T P E (also KiB…;
 * powers of 1024, any case) or KB MB GB TB PB EB (powers of 1000), or 0x… without a
 * suffix. A fraction needs a suffix; the result is rounded down.
 */
int ix_parse_size(const char *text, uint64_t *ret_bytes);

/* Parse a duration: one or more numbers with ns us ms s m (min) h d w y, such as "1h30m"
 * or "1.5s"; a bare "90" is seconds. */
int ix_parse_duration(const char *text, uint64_t *ret_ns);

/* Whether a number does not fit into this many bytes: 32-bit programs have narrower types
 * in some calls. */
static inline bool ix_too_wide(uint64_t n, size_t bytes)
{
	return bytes < sizeof(n) && n >> (8 * bytes);
}

/* The same for a signed number. */
static inline bool ix_too_wide_signed(int64_t n, size_t bytes)
{
	return bytes < sizeof(n) &&
	       (n >> (8 * bytes - 1) != 0 && n >> (8 * bytes - 1) != -1);
}

/* Write n at p in decimal, octal or hexadecimal (the latter two with at least this many
 * digits). Return the end. No NUL is written. */
char *ix_put_u64(char *p, uint64_t n);
char *ix_put_i64(char *p, int64_t n);
char *ix_put_oct(char *p, uint64_t n, int digits);
char *ix_put_hex(char *p, uint64_t n, int digits);

/* Write bytes for people, 1536 as "1.5K": one decimal below 10 unless it is 0, else none.
 * Returns the end. */
char *ix_put_size(char *p, uint64_t n);

/* Write a System V key as 0x and eight digits. Returns the end. No NUL is written. */
char *ix_put_key(char *p, uint32_t key);

/* Copy a text to p. Returns the end. No NUL is written. */
char *ix_put_text(char *p, const char *text);

/* Write a finite number rounded to one decimal, omitted if it is 0: "12.5", "3". Returns
 * the end. */
char *ix_put_tenths(char *p, double d);

/* The most bytes that any of the functions above writes, except ix_put_text(). */
#define IX_NUM_MAX 24

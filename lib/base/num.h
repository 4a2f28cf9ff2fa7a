/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers as people and the kernel write them. Every parser takes the whole string or
 * refuses it: no blanks, no sign where none is meant, no trailing junk, no silent cut to
 * a smaller type. All answer 0, -EINVAL (no such number) or -ERANGE (a number, but out of
 * range); locale plays no part.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal or 0x hexadecimal, at most max. A leading 0 is decimal all the same ("010" is
 * 10). */
int ix_parse_u64(const char *text, uint64_t max, uint64_t *ret_n);

/* The decimal number at *p, which ends before end at the latest: no NUL is needed. As the
 * kernel writes it, without zeros in front; at most max. *p is moved behind it. */
int ix_take_u64(const char **p, const char *end, uint64_t max, uint64_t *ret_n);

/* Decimal with an optional '-', between min and max. */
int ix_parse_s64(const char *text, int64_t min, int64_t max, int64_t *ret_n);

/* A System V key: hexadecimal 0x…, octal 0…, unsigned decimal or negative decimal; 32
 * bits. */
int ix_parse_key(const char *text, uint32_t *ret_key);

/* Permission bits in octal, 0 to 0777. */
int ix_parse_mode(const char *text, uint32_t *ret_mode);

/*
 * Bytes: a number, with a fraction if a suffix follows, and a suffix: B, K M G T P E
 * (also KiB…; powers of 1024, any case) or KB MB GB TB PB EB (powers of 1000). 0x…
 * without suffix. A fraction must come out as whole bytes or is rounded down.
 */
int ix_parse_size(const char *text, uint64_t *ret_bytes);

/* A time span: one or more numbers with ns us ms s m (min) h d w, such as "1h30m" or
 * "1.5s"; bare "90" is seconds. */
int ix_parse_duration(const char *text, uint64_t *ret_ns);

/* Whether a number does not fit into so many bytes: what a call takes or answers in a
 * type that 32-bit programs have narrower. */
static inline bool ix_too_wide(uint64_t n, size_t bytes)
{
	return bytes < sizeof(n) && n >> (8 * bytes);
}

/* The same of a number with a sign. */
static inline bool ix_too_wide_signed(int64_t n, size_t bytes)
{
	return bytes < sizeof(n) &&
	       (n >> (8 * bytes - 1) != 0 && n >> (8 * bytes - 1) != -1);
}

/* Write n in decimal (or octal, hexadecimal with at least so many digits) at p; answers
 * the end. No NUL is written. */
char *ix_put_u64(char *p, uint64_t n);
char *ix_put_i64(char *p, int64_t n);
char *ix_put_oct(char *p, uint64_t n, int digits);
char *ix_put_hex(char *p, uint64_t n, int digits);

/* Write bytes for people, 1536 as "1.5K": one decimal below 10 unless it is 0, none above.
 */
char *ix_put_size(char *p, uint64_t n);

/* Write a System V key as 0x and eight digits; answers the end. No NUL is written. */
char *ix_put_key(char *p, uint32_t key);

/* Copy a text to p; answers the end. No NUL is written. */
char *ix_put_text(char *p, const char *text);

/* Write a finite number rounded to one decimal, which is left out when it is 0: "12.5",
 * "3". */
char *ix_put_tenths(char *p, double d);

/* Room that any of them needs at most. */
#define IX_NUM_MAX 24

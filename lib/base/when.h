/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times as text (RFC 3339). The C library's time zone is not used here, but in
 * base/zone.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Return how many days after the epoch a date is; the year must not be negative. */
int64_t ix_days_of(int64_t year, int month, int day);

/*
 * Read "2026-11-21T10:00:00Z" or "…+02:00"; the seconds or the whole time of day may be
 * omitted, and also the zone, which is then UTC; a blank may replace the T. The text
 * "@1795255200" is also accepted: it gives the seconds since the epoch. The fraction of a
 * second is stored in *ret_part (0 to 1). Returns 0 or -EINVAL.
 */
int ix_parse_time(const char *text, int64_t *ret_seconds, double *ret_part);

/* The same as ix_parse_time(), for callers to whom a time without a zone does not mean
 * UTC: *ret_zoned says whether the text has a zone. */
int ix_parse_clock(const char *text, int64_t *ret_seconds, double *ret_part,
		   bool *ret_zoned);

/*
 * Write a time, which may be any int64_t, as "2026-11-21T10:00:00Z" at p. Returns the
 * end. No NUL is written.
 */
char *ix_put_time(char *p, int64_t seconds);

/* The most bytes that ix_put_time() writes. */
#define IX_TIME_MAX 32

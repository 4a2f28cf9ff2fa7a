/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times as text: RFC 3339, without the C library's time zone (base/zone.h). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Days since the epoch, for years from 0. */
int64_t ix_days_of(int64_t year, int month, int day);

/*
 * Read "2026-11-21T10:00:00Z" or "…+02:00"; the seconds, the zone (then UTC) or the whole
 * time of day may be omitted, and a blank may replace the T. Or "@1795255200": seconds
 * since the epoch. The fraction of a second goes to *ret_part (0 to 1). Returns 0 or
 * -EINVAL.
 */
int ix_parse_time(const char *text, int64_t *ret_seconds, double *ret_part);

/* The same, for callers that do not take a time without a zone as UTC: *ret_zoned says
 * whether the text has a zone.
 */
int ix_parse_clock(const char *text, int64_t *ret_seconds, double *ret_part,
		   bool *ret_zoned);

/*
 * Write a time, any int64_t, as "2026-11-21T10:00:00Z" at p. Returns the end. No NUL is
 * written.
 */
char *ix_put_time(char *p, int64_t seconds);

/* The most bytes that ix_put_time() writes. */
#define IX_TIME_MAX 32

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moments as text: RFC 3339, without the C library's time zone, which it reads from the
 * environment (base/zone.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Days since the epoch, for years from 0 on. */
int64_t ix_days_of(int64_t year, int month, int day);

/*
 * Read "2026-11-21T10:00:00Z", "…+02:00", or less of it: the seconds, the zone (then UTC)
 * or all of the clock may be left out, and the T may be a blank. Or "@1795255200":
 * seconds since the epoch. Parts of a second go to ret_part (0 to 1). 0 or -EINVAL.
 */
int ix_parse_time(const char *text, int64_t *ret_seconds, double *ret_part);

/* The same, for those who take a time without a zone (ret_zoned is false) for another
 * than UTC. */
int ix_parse_clock(const char *text, int64_t *ret_seconds, double *ret_part,
		   bool *ret_zoned);

/*
 * Write a moment as "2026-11-21T10:00:00Z" at p, any number of seconds; answers the end.
 * No NUL is written.
 */
char *ix_put_time(char *p, int64_t seconds);

/* Room that it needs at most. */
#define IX_TIME_MAX 32

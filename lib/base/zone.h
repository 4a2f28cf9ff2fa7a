/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Convert times since the epoch to local time and back. Only this part uses the C
 * library's time zone, which is set by TZ or /etc/localtime.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Read the environment variable TZ; the functions below use the time zone that was read
 * last. */
void ix_zone_read(void);

/* Convert seconds since the epoch to local time. Returns false if the C library cannot.
 */
bool ix_local_time(int64_t seconds, struct tm *ret_tm);

/* Find the offset of local time from UTC at the given time, in seconds. False if unknown.
 */
bool ix_zone_offset(int64_t seconds, int *ret_offset);

/*
 * Find at which times local clocks show the given date and time (shown counts the seconds
 * as if it were UTC). Usually this is one time. If the clocks skip it, there is none; if
 * they show it twice, there are two, the earlier first. Returns how many times there are,
 * or -ERANGE if the C library cannot convert them.
 */
int ix_local_moments(int64_t shown, int64_t ret_moments[2]);

/* Write an offset from UTC as "+02:00", with seconds if the offset has any. Returns the
 * end. No NUL is written. */
char *ix_put_offset(char *p, int offset);

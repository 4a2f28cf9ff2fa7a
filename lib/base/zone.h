/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Local time and its reverse. The only user of the C library's time zone, which comes
 * from TZ or /etc/localtime.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Read TZ; the functions below use what was read last. */
void ix_zone_read(void);

/* Convert a time to local time. False if the C library cannot. */
bool ix_local_time(int64_t seconds, struct tm *ret_tm);

/* The offset of local time from UTC at that time, in seconds. False if unknown. */
bool ix_zone_offset(int64_t seconds, int *ret_offset);

/*
 * Find the times at which local clocks show a date and time, given as if it were UTC:
 * usually one, none in the hour that is skipped, two (the earlier first) in the hour that
 * is repeated. Returns their number, or -ERANGE if the C library cannot convert them.
 */
int ix_local_moments(int64_t shown, int64_t ret_moments[2]);

/* Write an offset from UTC as "+02:00", with seconds if it has any. Returns the end. No
 * NUL is written. */
char *ix_put_offset(char *p, int offset);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Local time: what clocks show here, and when they showed it. The home of the C library's
 * time zone, which it takes from TZ or /etc/localtime.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Look at TZ now: what follows goes by it. */
void ix_zone_read(void);

/* What local clocks show at a moment. False when the C library cannot tell. */
bool ix_local_time(int64_t seconds, struct tm *ret_tm);

/* So many seconds they are ahead of UTC then. */
bool ix_zone_offset(int64_t seconds, int *ret_offset);

/*
 * The moments at which local clocks show a date and time, which is given as the moment
 * when those of UTC do: mostly one, in the hour that is left out none, in the one that
 * comes again two, the earlier first. -ERANGE when the C library cannot tell.
 */
int ix_local_moments(int64_t shown, int64_t ret_moments[2]);

/* Write an offset from UTC as "+02:00", with its seconds where it has some; answers the
 * end. No NUL is written. */
char *ix_put_offset(char *p, int offset);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The C library converts reliably only from UTC to local time. Local time is converted to
 * UTC by trying every offset in use around that time, because mktime(3) gives one result
 * even if there are none or two.
 */
#include "base/zone.h"

#include <errno.h>
#include <stddef.h>

#include "base/when.h"

#define HOUR 3600

/* How many hours to search before and after a local time. No offset exceeds a day, and no
 * two changes of the offset are less than an hour apart. */
#define AROUND 26

void ix_zone_read(void)
{
	tzset();
}

bool ix_local_time(int64_t seconds, struct tm *ret_tm)
{
	time_t t = (time_t)seconds;

	return t == seconds && localtime_r(&t, ret_tm);
}

/* The offset is computed from the local time and not read from tm_gmtoff, which ignores
 * the leap seconds that some time zones count. */
bool ix_zone_offset(int64_t seconds, int *ret_offset)
{
	struct tm tm;

	if (!ix_local_time(seconds, &tm))
		return false;
	*ret_offset =
		(int)(ix_days_of((int64_t)tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) *
			      24 * HOUR +
		      (tm.tm_hour * 60 + tm.tm_min) * 60 + tm.tm_sec - seconds);
	return true;
}

int ix_local_moments(int64_t shown, int64_t ret_moments[2])
{
	int64_t found[2] = { 0, 0 };
	int n = 0, last = 0;

	for (int64_t h = -AROUND; h <= AROUND; h++) {
		int64_t moment;
		int offset, then;

		if (!ix_zone_offset(shown + h * HOUR, &offset))
			return -ERANGE;
		if (h > -AROUND && offset == last)
			continue;
		last = offset;
		moment = shown - offset;
		if (!ix_zone_offset(moment, &then))
			return -ERANGE;
		if (then == offset && n < 2 && (n == 0 || found[0] != moment))
			found[n++] = moment;
	}
	if (n == 2 && found[1] < found[0]) {
		ret_moments[0] = found[1];
		ret_moments[1] = found[0];
	} else {
		ret_moments[0] = found[0];
		ret_moments[1] = found[1];
	}
	return n;
}

static char *zone_put_two(char *p, int n)
{
	*p++ = (char)('0' + n / 10 % 10);
	*p++ = (char)('0' + n % 10);
	return p;
}

char *ix_put_offset(char *p, int offset)
{
	int all = offset < 0 ? -offset : offset;

	*p++ = offset < 0 ? '-' : '+';
	p = zone_put_two(p, all / HOUR);
	*p++ = ':';
	p = zone_put_two(p, all / 60 % 60);
	if (all % 60 == 0)
		return p;
	*p++ = ':';
	return zone_put_two(p, all % 60);
}

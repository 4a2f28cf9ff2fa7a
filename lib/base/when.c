/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calendar: convert dates to seconds since the epoch and back, for the whole range of
 * int64_t.
 */
#include "base/when.h"

#include <errno.h>
#include <stdbool.h>

#include "base/num.h"
#include "base/util.h"

#define DAY            86400
#define FOUR_CENTURIES 146097 /* in days */

/*
 * Days are counted from 1 March of year 0. So a leap day is the last day of its year, and
 * month m (March is 0) begins on day (153 m + 2) / 5 of its year. The epoch in these
 * days:
 */
#define EPOCH 719468

int64_t ix_days_of(int64_t year, int month, int day)
{
	int from_march = (month + 9) % 12;

	/*
	 * Add four centuries and subtract them again, so that the days of January of year
	 * 0 do not become negative in between.
	 */
	year += 400 - (month <= 2);
	return year * 365 + year / 4 - year / 100 + year / 400 +
	       (153 * from_march + 2) / 5 + day - 1 - EPOCH - FOUR_CENTURIES;
}

static void date_of(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
	int64_t cycles, year;
	int rest, part, month;

	days += EPOCH;
	cycles = days / FOUR_CENTURIES - (days % FOUR_CENTURIES < 0);
	rest = (int)(days - cycles * FOUR_CENTURIES);
	year = cycles * 400;
	part = MIN(rest / 36524, 3); /* the last of four centuries is one day longer */
	year += part * 100;
	rest -= part * 36524;
	year += rest / 1461 * 4;
	rest %= 1461;
	part = MIN(rest / 365, 3); /* the last of four years is one day longer */
	year += part;
	rest -= part * 365;
	month = (5 * rest + 2) / 153;
	*ret_day = rest - (153 * month + 2) / 5 + 1;
	*ret_month = month < 10 ? month + 3 : month - 9;
	*ret_year = year + (month >= 10);
}

/* Read a number of exactly this many digits at *p. Returns the number, or -1. */
static int digits(const char **p, int count)
{
	int n = 0;

	for (; count; count--, (*p)++) {
		if (**p < '0' || **p > '9')
			return -1;
		n = n * 10 + **p - '0';
	}
	return n;
}

static bool when_take(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool read_date(const char **p, int64_t *ret_days)
{
	static const int months[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year, month, day, leap;

	year = digits(p, 4);
	if (year < 0 || !when_take(p, '-'))
		return false;
	month = digits(p, 2);
	if (month < 1 || month > 12 || !when_take(p, '-'))
		return false;
	day = digits(p, 2);
	leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	if (day < 1 || day > months[month - 1] + leap)
		return false;
	*ret_days = ix_days_of(year, month, day);
	return true;
}

/* Read a fraction such as ".25" after the seconds: RFC 3339 allows it, though the
 * kernel's times are whole seconds. */
static bool read_fraction(const char **p, double *ret_part)
{
	const char *start = *p;
	double part = 0, weight = 0.1;

	for (; **p >= '0' && **p <= '9'; (*p)++, weight /= 10)
		part += (**p - '0') * weight;
	*ret_part = MIN(part, 1.0);
	return *p > start;
}

/*
 * Read "10:00", "10:00:30" or "10:00:30.5". A leap second counts as the first second of
 * the next minute, as in the kernel.
 */
static bool read_clock(const char **p, int *ret_seconds, double *ret_part)
{
	int hour, minute, second = 0;

	hour = digits(p, 2);
	if (hour < 0 || hour > 23 || !when_take(p, ':'))
		return false;
	minute = digits(p, 2);
	if (minute < 0 || minute > 59)
		return false;
	if (when_take(p, ':')) {
		second = digits(p, 2);
		if (second < 0 || second > 60)
			return false;
		if (when_take(p, '.') && !read_fraction(p, ret_part))
			return false;
	}
	*ret_seconds = (hour * 60 + minute) * 60 + second;
	return true;
}

/* Read "Z", "+02:00" or nothing. An offset may include seconds, as the local mean times
 * did that were used before time zones were introduced. */
static bool read_zone(const char **p, int *ret_seconds, bool *ret_zoned)
{
	int sign, hour, minute, second = 0;

	*ret_seconds = 0;
	*ret_zoned = **p != '\0';
	if (!*ret_zoned || when_take(p, 'Z') || when_take(p, 'z'))
		return true;
	sign = when_take(p, '+') ? 1 : when_take(p, '-') ? -1 : 0;
	hour = sign ? digits(p, 2) : -1;
	if (hour < 0 || hour > 23 || !when_take(p, ':'))
		return false;
	minute = digits(p, 2);
	if (minute >= 0 && when_take(p, ':'))
		second = digits(p, 2);
	*ret_seconds = sign * ((hour * 60 + minute) * 60 + second);
	return minute >= 0 && minute <= 59 && second >= 0 && second <= 59;
}

int ix_parse_clock(const char *text, int64_t *ret_seconds, double *ret_part,
		   bool *ret_zoned)
{
	int64_t days;
	double part = 0;
	int clock = 0, zone = 0;
	bool zoned = false;

	if (when_take(&text, '@')) {
		int r = ix_parse_s64(text, INT64_MIN, INT64_MAX, ret_seconds);

		if (r < 0)
			return -EINVAL;
		*ret_part = 0;
		*ret_zoned = true;
		return 0;
	}
	if (!read_date(&text, &days))
		return -EINVAL;
	if (*text) {
		if (!when_take(&text, 'T') && !when_take(&text, 't') &&
		    !when_take(&text, ' '))
			return -EINVAL;
		if (!read_clock(&text, &clock, &part) ||
		    !read_zone(&text, &zone, &zoned) || *text)
			return -EINVAL;
	}
	*ret_seconds = days * DAY + clock - zone;
	*ret_part = part;
	*ret_zoned = zoned;
	return 0;
}

int ix_parse_time(const char *text, int64_t *ret_seconds, double *ret_part)
{
	bool zoned;

	return ix_parse_clock(text, ret_seconds, ret_part, &zoned);
}

/* Write n with at least this many digits. */
static char *put_padded(char *p, int64_t n, int count)
{
	char text[IX_NUM_MAX];
	long len;

	if (n < 0)
		*p++ = '-';
	len = ix_put_u64(text, n < 0 ? 0 - (uint64_t)n : (uint64_t)n) - text;
	for (; count > len; count--)
		*p++ = '0';
	for (long i = 0; i < len; i++)
		*p++ = text[i];
	return p;
}

char *ix_put_time(char *p, int64_t seconds)
{
	int64_t days = seconds / DAY - (seconds % DAY < 0), year;
	int clock = (int)(seconds % DAY + (seconds % DAY < 0) * DAY), month, day;

	date_of(days, &year, &month, &day);
	p = put_padded(p, year, 4);
	*p++ = '-';
	p = put_padded(p, month, 2);
	*p++ = '-';
	p = put_padded(p, day, 2);
	*p++ = 'T';
	p = put_padded(p, clock / 3600, 2);
	*p++ = ':';
	p = put_padded(p, clock / 60 % 60, 2);
	*p++ = ':';
	p = put_padded(p, clock % 60, 2);
	*p++ = 'Z';
	return p;
}

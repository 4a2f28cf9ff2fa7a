/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/when.c: converting dates to seconds and back. */
#include "base/when.h"

#include <errno.h>
#include <time.h>

#include "base/util.h"
#include "unit.h"

static void test_dates_are_parsed(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
		double part;
	} rows[] = {
		{ "1970-01-01", 0, 0 },
		{ "1970-01-01T00:00:00Z", 0, 0 },
		{ "1970-01-01 00:00", 0, 0 },
		{ "1970-01-01t00:00:01z", 1, 0 },
		{ "1970-01-01T00:00:00.25Z", 0, 0.25 },
		{ "1970-01-01T01:00:00+01:00", 0, 0 },
		{ "1969-12-31T23:30:00-00:30", 0, 0 },
		{ "1969-12-31", -86400, 0 },
		{ "2000-02-29", 951782400, 0 },
		{ "2000-03-01", 951868800, 0 },
		{ "2016-12-31T23:59:60Z", 1483228800, 0 },
		{ "2026-11-21", 1795219200, 0 },
		{ "2026-11-21T10:00:00Z", 1795255200, 0 },
		{ "2026-11-21 10:00", 1795255200, 0 },
		{ "2026-11-21 12:00+02:00", 1795255200, 0 },
		{ "2038-01-19T03:14:08Z", INT64_C(1) << 31, 0 },
		{ "0000-01-01", -62167219200, 0 },
		{ "0000-02-29", -62167219200 + 59 * 86400, 0 },
		{ "9999-12-31T23:59:59Z", 253402300799, 0 },
		{ "@0", 0, 0 },
		{ "@-1", -1, 0 },
		{ "@1795255200", 1795255200, 0 },
		{ "@9223372036854775807", INT64_MAX, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t seconds = 42;
		double part = 42;

		ROW_TRUE(rows[i].text, ix_parse_time(rows[i].text, &seconds, &part) == 0);
		ROW_TRUE(rows[i].text, seconds == rows[i].seconds);
		ROW_TRUE(rows[i].text, part == rows[i].part);
	}
}

static void test_invalid_dates_are_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"@",
		"@x",
		"@+5",
		"@ 5",
		"@9223372036854775808",
		"@1.5",
		"2026",
		"2026-11",
		"2026-11-",
		"2026-1-2",
		"26-11-21",
		"2026-11-2",
		"2026-11-211",
		"2026-00-01",
		"2026-13-01",
		"2026-11-00",
		"2026-11-31",
		"2026-02-29",
		"1900-02-29",
		"2026/11/21",
		"20261121",
		"-2026-11-21",
		"+2026-11-21",
		"12026-11-21",
		"2026-11-21T",
		"2026-11-21 ",
		"2026-11-21T10",
		"2026-11-21T10:",
		"2026-11-21T1:00",
		"2026-11-21T24:00",
		"2026-11-21T10:60",
		"2026-11-21T10:00:61",
		"2026-11-21T10:00:",
		"2026-11-21T10:00:00.",
		"2026-11-21T10:00:00.Z",
		"2026-11-21T10:00.5",
		"2026-11-21Z",
		"2026-11-21T10:00:00+",
		"2026-11-21T10:00:00+2",
		"2026-11-21T10:00:00+02",
		"2026-11-21T10:00:00+0200",
		"2026-11-21T10:00:00+24:00",
		"2026-11-21T10:00:00+02:60",
		"2026-11-21T10:00:00ZZ",
		"2026-11-21T10:00:00 Z",
		"2026-11-21  10:00",
		" 2026-11-21",
		"2026-11-21x",
		"2026-11-21T10:00:00Zx",
		"today",
		"10:00",
		"1h",
		"5",
	};
	int64_t seconds = 42;
	double part = 42;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ROW_TRUE(rows[i], ix_parse_time(rows[i], &seconds, &part) == -EINVAL);
	assert_true(seconds == 42 && part == 42);
}

static void test_dates_are_written(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ -1, "1969-12-31T23:59:59Z" },
		{ 951782400, "2000-02-29T00:00:00Z" },
		{ 4107542400, "2100-03-01T00:00:00Z" },
		{ 253402300800, "10000-01-01T00:00:00Z" },
		{ -62167219200, "0000-01-01T00:00:00Z" },
		{ -62167219201, "-0001-12-31T23:59:59Z" },
		{ INT64_MAX, "292277026596-12-04T15:30:07Z" },
		{ INT64_MIN, "-292277022657-01-27T08:29:52Z" },
	};
	char buf[IX_TIME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		*ix_put_time(buf, rows[i].seconds) = '\0';
		assert_string_equal(buf, rows[i].text);
	}
}

/* For every day of eight centuries, the result agrees with the C library and can be
 * converted back. */
static void test_calendar_agrees_with_the_c_library(void **state)
{
	char buf[IX_TIME_MAX + 1], other[40];

	(void)state;
	for (int64_t day = -150000; day < 150000; day++) {
		time_t t = (time_t)(day * 86400 + 3661);
		int64_t back = 0;
		double part = 0;
		struct tm tm;

		*ix_put_time(buf, t) = '\0';
		assert_non_null(gmtime_r(&t, &tm));
		assert_true(strftime(other, sizeof(other), "%Y-%m-%dT%H:%M:%SZ", &tm) >
			    0);
		assert_string_equal(buf, other);
		assert_int_equal(ix_parse_time(buf, &back, &part), 0);
		assert_true(back == t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates_are_parsed),
		cmocka_unit_test(test_invalid_dates_are_refused),
		cmocka_unit_test(test_dates_are_written),
		cmocka_unit_test(test_calendar_agrees_with_the_c_library),
	};

	return cmocka_run_group_tests_name("when", tests, NULL, NULL);
}

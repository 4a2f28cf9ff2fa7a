/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ui/cell.c: how a value is written in three styles: short for people, in full, and for
 * programs. */
#include "ui/cell.h"

#include <string.h>
#include <time.h>

#include "base/util.h"
#include "ipcx-stress.h"
#include "unit.h"

/* clang-format off */
static const struct cell_style people = { .raw = false }, exact = { .bytes = true }, full = { .full = true },
			       programs = { .raw = true };

#define UINT(n)   { .type = IPCX_TYPE_UINT, .as.u = (n) }
#define INT(n)    { .type = IPCX_TYPE_INT, .as.i = (n) }
#define REAL(n)   { .type = IPCX_TYPE_REAL, .as.d = (n) }
#define TIME(n)   { .type = IPCX_TYPE_TIME, .as.i = (n) }
#define KEY(n)    { .type = IPCX_TYPE_KEY, .as.u = (n) }
#define MODE(n)   { .type = IPCX_TYPE_MODE, .as.u = (n) }
#define BOOL(n)   { .type = IPCX_TYPE_BOOL, .as.u = (n) }
#define STRING(t) { .type = IPCX_TYPE_STRING, .as.private_s = (t) }
#define K         UINT64_C(1024)

static const struct {
	enum ipcx_field field;
	const struct cell_style *style;
	struct ipcx_value value;
	const char *text;
} rows[] = {
	/* sizes are rounded down */
	{ IPCX_F_SIZE, &people, UINT(0), "0" },
	{ IPCX_F_SIZE, &people, UINT(1), "1" },
	{ IPCX_F_SIZE, &people, UINT(1023), "1023" },
	{ IPCX_F_SIZE, &people, UINT(K), "1K" },
	{ IPCX_F_SIZE, &people, UINT(K + 102), "1K" },
	{ IPCX_F_SIZE, &people, UINT(K + 103), "1.1K" },
	{ IPCX_F_SIZE, &people, UINT(1536), "1.5K" },
	{ IPCX_F_SIZE, &people, UINT(10 * K - 1), "9.9K" },
	{ IPCX_F_SIZE, &people, UINT(10 * K), "10K" },
	{ IPCX_F_SIZE, &people, UINT(10 * K + 512), "10K" },
	{ IPCX_F_SIZE, &people, UINT(K * K - 1), "1023K" },
	{ IPCX_F_SIZE, &people, UINT(K * K), "1M" },
	{ IPCX_F_SIZE, &people, UINT(4 * K * K), "4M" },
	{ IPCX_F_SIZE, &people, UINT(K * K * K), "1G" },
	{ IPCX_F_SIZE, &people, UINT(K * K * K * K), "1T" },
	{ IPCX_F_SIZE, &people, UINT(K * K * K * K * K), "1P" },
	{ IPCX_F_SIZE, &people, UINT(UINT64_C(1) << 60), "1E" },
	{ IPCX_F_SIZE, &people, UINT(UINT64_MAX), "15E" },
	{ IPCX_F_SIZE, &exact, UINT(UINT64_MAX), "18446744073709551615" },
	{ IPCX_F_SIZE, &exact, UINT(4 * K * K), "4194304" },
	{ IPCX_F_SIZE, &programs, UINT(4 * K * K), "4194304" },
	{ IPCX_F_SIZE, &full, UINT(1023), "1023" },
	{ IPCX_F_SIZE, &full, UINT(4 * K * K), "4M (4194304 bytes)" },
	/* spans: whole units, rounded down */
	{ IPCX_F_AGE, &people, UINT(0), "0s" },
	{ IPCX_F_AGE, &people, UINT(59), "59s" },
	{ IPCX_F_AGE, &people, UINT(60), "1m" },
	{ IPCX_F_AGE, &people, UINT(3599), "59m" },
	{ IPCX_F_AGE, &people, UINT(3600), "1h" },
	{ IPCX_F_AGE, &people, UINT(86399), "23h" },
	{ IPCX_F_AGE, &people, UINT(86400), "1d" },
	{ IPCX_F_AGE, &people, UINT(31557599), "365d" },
	{ IPCX_F_AGE, &people, UINT(31557600), "1y" },
	{ IPCX_F_AGE, &people, UINT(UINT64_MAX), "584542046090y" },
	{ IPCX_F_AGE, &programs, UINT(3600), "3600" },
	/* durations: at most three digits, rounded down */
	{ IPCX_F_P99, &people, UINT(0), "0ns" },
	{ IPCX_F_P99, &people, UINT(850), "850ns" },
	{ IPCX_F_P99, &people, UINT(999), "999ns" },
	{ IPCX_F_P99, &people, UINT(1000), "1us" },
	{ IPCX_F_P99, &people, UINT(1009), "1us" },
	{ IPCX_F_P99, &people, UINT(1010), "1.01us" },
	{ IPCX_F_P99, &people, UINT(1999), "1.99us" },
	{ IPCX_F_P99, &people, UINT(3100), "3.1us" },
	{ IPCX_F_P99, &people, UINT(12345), "12.3us" },
	{ IPCX_F_P99, &people, UINT(10090), "10us" },
	{ IPCX_F_P99, &people, UINT(100999), "100us" },
	{ IPCX_F_P99, &people, UINT(999999), "999us" },
	{ IPCX_F_P99, &people, UINT(1240000), "1.24ms" },
	{ IPCX_F_ELAPSED, &people, UINT(3100000000), "3.1s" },
	{ IPCX_F_ELAPSED, &people, UINT(999999999999), "999s" },
	{ IPCX_F_ELAPSED, &people, UINT(1000000000000), "16m" },
	{ IPCX_F_ELAPSED, &people, UINT(UINT64_MAX), "584y" },
	{ IPCX_F_ELAPSED, &exact, UINT(12345), "12345ns" },
	{ IPCX_F_ELAPSED, &full, UINT(12345), "12.3us" },
	{ IPCX_F_ELAPSED, &programs, UINT(12345), "12345" },
	{ IPCX_F_ELAPSED, &programs, UINT(UINT64_MAX), "18446744073709551615" },
	/* counts and ids are never abbreviated */
	{ IPCX_F_NATTCH, &people, UINT(4 * K * K), "4194304" },
	{ IPCX_F_UID, &people, UINT(UINT32_MAX), "4294967295" },
	{ IPCX_F_ID, &people, INT(INT32_MAX), "2147483647" },
	{ IPCX_F_MTYPE, &people, INT(INT64_MIN), "-9223372036854775808" },
	{ IPCX_F_MTYPE, &programs, INT(INT64_MAX), "9223372036854775807" },
	/* limits with various units: written exactly, except limits that are practically
	 * unlimited */
	{ IPCX_F_LIMIT, &people, UINT(4096), "4096" },
	{ IPCX_F_LIMIT, &people, UINT(9999999999), "9999999999" },
	{ IPCX_F_LIMIT, &people, UINT(UINT64_MAX), "15E" },
	{ IPCX_F_LIMIT, &exact, UINT(UINT64_MAX - 1), "18446744073709551614" },
	{ IPCX_F_LIMIT, &programs, UINT(UINT64_MAX), "18446744073709551615" },
	/* reals: one decimal, omitted if it is 0 */
	{ IPCX_F_USE_PERCENT, &people, REAL(0), "0%" },
	{ IPCX_F_USE_PERCENT, &people, REAL(12.5), "12.5%" },
	{ IPCX_F_USE_PERCENT, &people, REAL(99.96), "100%" },
	{ IPCX_F_USE_PERCENT, &people, REAL(0.04), "0%" },
	{ IPCX_F_USE_PERCENT, &programs, REAL(12.5), "12.5" },
	{ IPCX_F_USE_PERCENT, &programs, REAL(100), "100" },
	/* keys, modes, flags */
	{ IPCX_F_KEY, &people, KEY(0), "0x00000000" },
	{ IPCX_F_KEY, &programs, KEY(0x4d2), "0x000004d2" },
	{ IPCX_F_KEY, &people, KEY(0xffffffff), "0xffffffff" },
	{ IPCX_F_MODE, &people, MODE(0), "0000" },
	{ IPCX_F_MODE, &programs, MODE(0644), "0644" },
	{ IPCX_F_DEST, &people, BOOL(1), "yes" },
	{ IPCX_F_DEST, &people, BOOL(0), "no" },
	{ IPCX_F_DEST, &programs, BOOL(1), "true" },
	{ IPCX_F_DEST, &programs, BOOL(0), "false" },
	/* spans of time exact to the second, in the form that conditions accept */
	{ IPCX_F_AGE, &exact, UINT(0), "0s" },
	{ IPCX_F_AGE, &exact, UINT(59), "59s" },
	{ IPCX_F_AGE, &exact, UINT(3600), "1h" },
	{ IPCX_F_AGE, &exact, UINT(86400 + 2 * 3600 + 3 * 60 + 4), "1d2h3m4s" },
	{ IPCX_F_AGE, &exact, UINT(UINT64_MAX / 1000000000), "213503d23h34m33s" },
	{ IPCX_F_AGE, &exact, UINT(UINT64_MAX), "18446744073709551615" },
	/* times: local or RFC 3339 */
	{ IPCX_F_CTIME, &people, TIME(1795255261), "2026-11-21 12:01" },
	{ IPCX_F_CTIME, &full, TIME(1795255261), "2026-11-21 12:01:01+02:00" },
	{ IPCX_F_CTIME, &exact, TIME(1795255261), "2026-11-21 12:01:01+02:00" },
	{ IPCX_F_CTIME, &programs, TIME(1795255261), "2026-11-21T10:01:01Z" },
	{ IPCX_F_CTIME, &people, TIME(-1), "1970-01-01 01:59" },
	{ IPCX_F_CTIME, &programs, TIME(-1), "1969-12-31T23:59:59Z" },
	{ IPCX_F_CTIME, &people, TIME(INT64_C(4294967296)), "2106-02-07 08:28" },
	{ IPCX_F_CTIME, &people, TIME(INT64_C(253402300800)), "10000-01-01 02:00" },
	{ IPCX_F_CTIME, &programs, TIME(INT64_C(253402300800)), "10000-01-01T00:00:00Z" },
	{ IPCX_F_CTIME, &people, TIME(INT64_C(-62135596800)), "0001-01-01 02:00" },
	{ IPCX_F_CTIME, &people, TIME(INT64_MAX), "9223372036854775807" }, /* beyond any year */
	{ IPCX_F_CTIME, &people, TIME(INT64_MIN), "-9223372036854775808" },
	/* unknown */
	{ IPCX_F_SIZE, &people, { .type = IPCX_TYPE_NONE }, "-" },
	{ IPCX_F_CTIME, &full, { .type = IPCX_TYPE_NONE }, "-" },
	/* strings: escaped where unsafe, otherwise unchanged */
	{ IPCX_F_NAME, &people, STRING(""), "" },
	{ IPCX_F_NAME, &people, STRING("/a b"), "/a b" },
	{ IPCX_F_NAME, &people, STRING("/\x1b[31m\n"), "/\\x1b[31m\\x0a" },
	{ IPCX_F_NAME, &people, STRING("/\xff\\"), "/\\xff\\x5c" },
	{ IPCX_F_NAME, &people, STRING("/\xc3\xa4"), "/\xc3\xa4" },
	{ IPCX_F_REF, &people, STRING("mq:/a\\x20b"), "mq:/a\\x20b" }, /* already escaped */
};
/* clang-format on */

static int two_hours_east(void **state)
{
	(void)state;
	return setenv("TZ", "XYZ-2", 1);
}

static void test_values_are_written_as_expected(void **state)
{
	static char buf[CELL_MAX + 64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *end = cell_text(buf, ipcx_field_info(rows[i].field), &rows[i].value,
				      rows[i].style);

		*end = '\0';
		if (strcmp(buf, rows[i].text))
			fail_msg("row %zu: \"%s\" and not \"%s\"", i, buf, rows[i].text);
	}
}

/* In every style, any value of a numeric type fits into the room reserved for numbers. */
static void test_numbers_fit_their_room(void **state)
{
	static const uint64_t numbers[] = { 0,          1,
					    1023,       UINT32_MAX,
					    INT64_MAX,  UINT64_C(1) << 63,
					    UINT64_MAX, UINT64_C(67768036191676800) };
	const struct cell_style *styles[] = { &people, &exact, &full, &programs };
	char buf[64];

	(void)state;
	for (unsigned f = 0; f < ipcx_field_count(); f++) {
		const struct ipcx_field_info *info = ipcx_field_info((enum ipcx_field)f);

		if (!info || info->type == IPCX_TYPE_STRING ||
		    info->type == IPCX_TYPE_ROWS || info->type == IPCX_TYPE_REAL)
			continue;
		for (size_t n = 0; n < ARRAY_SIZE(numbers) * ARRAY_SIZE(styles); n++) {
			struct ipcx_value v = { .type = info->type,
						.as.u = numbers[n / ARRAY_SIZE(styles)] };
			const struct cell_style *style = styles[n % ARRAY_SIZE(styles)];
			const char *end;

			memset(buf, '\n', sizeof(buf));
			end = cell_put(buf, info, &v, style);
			assert_true(end > buf && end <= buf + 48);
			assert_null(memchr(buf, '\n', (size_t)(end - buf)));
		}
	}
}

/* A string longer than a cell is truncated without writing past the end. */
static void test_long_strings_are_truncated(void **state)
{
	struct ipcx_value v = { .type = IPCX_TYPE_STRING };
	char *text = malloc(CELL_MAX + 1), *buf = malloc(CELL_MAX);
	const char *end;

	(void)state;
	assert_true(text && buf);
	memset(text, '\x01', CELL_MAX);
	text[CELL_MAX] = '\0';
	v.as.private_s = text;
	end = cell_text(buf, ipcx_field_info(IPCX_F_NAME), &v, &people);
	assert_true(end > buf + CELL_MAX - 8 && end < buf + CELL_MAX);
	assert_memory_equal(end - 4, "\\x01", 4);
	free(text);
	free(buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_are_written_as_expected),
		cmocka_unit_test(test_numbers_fit_their_room),
		cmocka_unit_test(test_long_strings_are_truncated),
	};

	return cmocka_run_group_tests_name("cell", tests, two_hours_east, NULL);
}

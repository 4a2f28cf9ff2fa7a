/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * base/num.c: which texts are numbers, keys, modes, sizes and spans, and above all which
 * are not.
 */
#include "base/num.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "unit.h"

/* clang-format off */

/* No parser accepts any of these. */
static const char *const junk[] = {
	/* empty */
	"", " ", "  ", "\t", "\n", "\r\n", "\v", "\f",
	/* blanks around */
	" 5", "5 ", "\t5", "5\t", "\n5", "5\n", "5\r", " 5 ", "5 5", "\v5", "\f5", "5\f",
	/* signs */
	"+", "-", "--5", "++5", "+-5", "-+5", "- 5", "+5", "+ 5", "5-", "5+", "+0",
	"--", "-0x5", "+0x5", "~5", "!5",
	/* other bases and notations */
	"0x", "0X", "0xg", "0x ", "0x+5", "0x-5", "0x 5", "0xx5", "0x0x5", "x5", "0b1",
	"0o7", "5h!", "5x", "5l", "5u", "5ULL", "1_000", "1'000", "1,000", "1,5", "#5",
	"$5", "\\5", "5;", "5,", "(5)", "5/2", "5%", "1e3", "1E3", "1e+3", "1p3",
	"0x1p3", "0x1.8",
	/* points */
	".", "..", "5.", ".5", "1..5", "1.5.", "1.2.3", "-.5", ".5K", "5.K", ".K",
	"0x.8",
	/* words */
	"nan", "NaN", "inf", "-inf", "Infinity", "null", "true", "five", "K", "s", "ns",
	"KiB",
	/* digits of other scripts, and characters that look like ASCII */
	"\xef\xbc\x95", "\xd9\xa5", "\xe0\xa5\xab", "\xe0\xa7\xab", /* fullwidth, Arabic, Devanagari, Bengali */
	"\xc2\xb2", "\xe2\x85\xa4", "\xf0\x9d\x9f\x93", "\xc2\xbe", /* superscript, Roman, bold, 3/4 */
	"5" "\xef\xbc\x95", "\xe2\x88\x92" "5", "5" "\xd9\xab" "5", /* mixed, minus sign, Arabic point */
	"5" "\xc2\xa0", "\xe2\x80\x8b" "5", "\xef\xbb\xbf" "5", "\xe3\x80\x80" "5", /* invisible or non-ASCII blanks */
	/* not text */
	"\xff", "5\xff", "\xff" "5", "5\x01", "\x01" "5", "5\x7f", "\xc3", "5\xc3",
	"\x80",
};

/* clang-format on */

_Static_assert(ARRAY_SIZE(junk) >= 100, "a hundred for each parser");

struct row {
	const char *text;
	int error;
	uint64_t value;
};

#define THIRTY_DIGITS "123456789012345678901234567890"

static const struct row u64_rows[] = {
	{ "0", 0, 0 },
	{ "5", 0, 5 },
	{ "010", 0, 10 },
	{ "000000000000000000000000000000000005", 0, 5 },
	{ "2147483647", 0, INT32_MAX },
	{ "2147483648", 0, UINT64_C(1) << 31 },
	{ "4294967295", 0, UINT32_MAX },
	{ "4294967296", 0, UINT64_C(1) << 32 },
	{ "9223372036854775808", 0, UINT64_C(1) << 63 },
	{ "18446744073709551615", 0, UINT64_MAX },
	{ "18446744073709551616", -ERANGE, 0 },
	{ "99999999999999999999", -ERANGE, 0 },
	{ THIRTY_DIGITS, -ERANGE, 0 },
	{ THIRTY_DIGITS "x", -EINVAL, 0 },
	{ "0x0", 0, 0 },
	{ "0x4d2", 0, 0x4d2 },
	{ "0X4D2", 0, 0x4d2 },
	{ "0xffffffffffffffff", 0, UINT64_MAX },
	{ "0x10000000000000000", -ERANGE, 0 },
	{ "0x10000000000000000g", -EINVAL, 0 },
	{ "-0", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
	{ "5K", -EINVAL, 0 },
	{ "1.5", -EINVAL, 0 },
	{ "ff", -EINVAL, 0 },
};

static const struct row key_rows[] = {
	{ "0", 0, 0 },
	{ "00", 0, 0 },
	{ "0x0", 0, 0 },
	{ "-0", 0, 0 },
	{ "1234", 0, 1234 },
	{ "0x4d2", 0, 1234 },
	{ "02322", 0, 1234 },
	{ "-1", 0, UINT32_MAX },
	{ "-2147483648", 0, UINT32_C(1) << 31 },
	{ "-2147483649", -ERANGE, 0 },
	{ "4294967295", 0, UINT32_MAX },
	{ "4294967296", -ERANGE, 0 },
	{ "0xffffffff", 0, UINT32_MAX },
	{ "0x80000000", 0, UINT32_C(1) << 31 },
	{ "0x100000000", -ERANGE, 0 },
	{ "0x100001111", -ERANGE, 0 },
	{ "037777777777", 0, UINT32_MAX },
	{ "040000000000", -ERANGE, 0 },
	{ "08", -EINVAL, 0 },
	{ "-010", -EINVAL, 0 },
	{ THIRTY_DIGITS, -ERANGE, 0 },
	{ "-" THIRTY_DIGITS, -ERANGE, 0 },
	{ "18446744073709551617", -ERANGE, 0 },
};

static const struct row mode_rows[] = {
	{ "0", 0, 0 },
	{ "600", 0, 0600 },
	{ "0600", 0, 0600 },
	{ "0000000600", 0, 0600 },
	{ "777", 0, 0777 },
	{ "1000", -ERANGE, 0 },
	{ "01777", -ERANGE, 0 },
	{ "2000000000000000000000", -ERANGE, 0 },
	{ "777777777777777777777777777777", -ERANGE, 0 },
	{ "8", -EINVAL, 0 },
	{ "0680", -EINVAL, 0 },
	{ "0x180", -EINVAL, 0 },
	{ "0o600", -EINVAL, 0 },
	{ "-600", -EINVAL, 0 },
	{ "rw-------", -EINVAL, 0 },
};

#define KIB UINT64_C(1024)
#define MIB (KIB * KIB)
#define GIB (KIB * MIB)
#define TIB (KIB * GIB)
#define PIB (KIB * TIB)
#define EIB (KIB * PIB)

static const struct row size_rows[] = {
	{ "0", 0, 0 },
	{ "4096", 0, 4096 },
	{ "0x1000", 0, 4096 },
	{ "0x1B", 0, 27 },
	{ "0x1000K", -EINVAL, 0 },
	{ "010", 0, 10 },
	{ "1B", 0, 1 },
	{ "1b", 0, 1 },
	{ "1K", 0, KIB },
	{ "1k", 0, KIB },
	{ "1KiB", 0, KIB },
	{ "1kib", 0, KIB },
	{ "1KB", 0, 1000 },
	{ "1kb", 0, 1000 },
	{ "1M", 0, MIB },
	{ "1MB", 0, 1000000 },
	{ "1MiB", 0, MIB },
	{ "1G", 0, GIB },
	{ "1GB", 0, UINT64_C(1000000000) },
	{ "1T", 0, TIB },
	{ "1TB", 0, UINT64_C(1000000000000) },
	{ "1P", 0, PIB },
	{ "1PB", 0, UINT64_C(1000000000000000) },
	{ "1E", 0, EIB },
	{ "1EB", 0, UINT64_C(1000000000000000000) },
	{ "1.5k", 0, 1536 },
	{ "1.5G", 0, 3 * GIB / 2 },
	{ "0.5K", 0, 512 },
	{ "1.5KB", 0, 1500 },
	{ "1.9B", 0, 1 },
	{ "0.001K", 0, 1 },
	{ "0.0009K", 0, 0 },
	/*
	 * 2^-60 has 60 decimals: of an exbibyte this is exactly one byte. With the last
	 * digit one lower, the result is rounded down to 0.
	 */
	{ "0.000000000000000000867361737988403547205962240695953369140625E", 0, 1 },
	{ "0.000000000000000000867361737988403547205962240695953369140624E", 0, 0 },
	{ "0.9999999999999999999999999999999999999999E", 0, EIB - 1 },
	{ "15.9999999999999999999999999999999999999999E", 0, UINT64_MAX },
	{ "15E", 0, 15 * EIB },
	{ "16E", -ERANGE, 0 },
	{ "16.0E", -ERANGE, 0 },
	{ "18EB", 0, UINT64_C(18000000000000000000) },
	{ "19EB", -ERANGE, 0 },
	{ "17179869184G", -ERANGE, 0 },
	{ "17179869183G", 0, UINT64_C(17179869183) * GIB },
	{ "18446744073709551615", 0, UINT64_MAX },
	{ "18446744073709551615B", 0, UINT64_MAX },
	{ "18446744073709551615.9B", 0, UINT64_MAX },
	{ "18446744073709551616", -ERANGE, 0 },
	{ "18014398509481984K", -ERANGE, 0 },
	{ THIRTY_DIGITS, -ERANGE, 0 },
	{ THIRTY_DIGITS "K", -ERANGE, 0 },
	{ THIRTY_DIGITS "KK", -EINVAL, 0 },
	{ THIRTY_DIGITS ".5K", -ERANGE, 0 },
	{ "0xffffffffffffffff", 0, UINT64_MAX },
	{ "0x10000000000000000", -ERANGE, 0 },
	{ "1.5", -EINVAL, 0 },
	{ "-1K", -EINVAL, 0 },
	{ "1Ki", -EINVAL, 0 },
	{ "1KiBB", -EINVAL, 0 },
	{ "1iB", -EINVAL, 0 },
	{ "1Z", -EINVAL, 0 },
	{ "1,5K", -EINVAL, 0 },
};

#define NS     UINT64_C(1)
#define SEC    UINT64_C(1000000000)
#define MINUTE (60 * SEC)
#define HOUR   (60 * MINUTE)

static const struct row duration_rows[] = {
	{ "0", 0, 0 },
	{ "90", 0, 90 * SEC },
	{ "1.5", 0, 3 * SEC / 2 },
	{ "1ns", 0, NS },
	{ "1us", 0, 1000 },
	{ "1ms", 0, 1000000 },
	{ "1s", 0, SEC },
	{ "1m", 0, MINUTE },
	{ "1min", 0, MINUTE },
	{ "1h", 0, HOUR },
	{ "1d", 0, 24 * HOUR },
	{ "1w", 0, 7 * 24 * HOUR },
	{ "1y", 0, 31557600 * SEC },
	{ "1.5y", 0, 47336400 * SEC },
	{ "1h30m", 0, 90 * MINUTE },
	{ "1min30s", 0, 90 * SEC },
	{ "1m30ms", 0, MINUTE + 30000000 },
	{ "1.5s", 0, 3 * SEC / 2 },
	{ "0.25h", 0, 15 * MINUTE },
	{ "1.9ns", 0, NS },
	{ "1d2h3m4s5ms6us7ns", 0, 26 * HOUR + 3 * MINUTE + 4 * SEC + 5000000 + 6000 + 7 },
	{ "18446744073s", 0, UINT64_C(18446744073) * SEC },
	{ "18446744073", 0, UINT64_C(18446744073) * SEC },
	{ "18446744074", -ERANGE, 0 },
	{ "18446744073709551615ns", 0, UINT64_MAX },
	{ "18446744073709551615ns1ns", -ERANGE, 0 },
	{ "18446744073709551616ns", -ERANGE, 0 },
	{ "30500w", 0, UINT64_C(30500) * 7 * 24 * HOUR },
	{ "30501w", -ERANGE, 0 },
	{ THIRTY_DIGITS, -ERANGE, 0 },
	{ THIRTY_DIGITS "s", -ERANGE, 0 },
	{ THIRTY_DIGITS "s1", -EINVAL, 0 },
	{ THIRTY_DIGITS "x", -EINVAL, 0 },
	{ "1h30", -EINVAL, 0 },
	{ "1h 30m", -EINVAL, 0 },
	{ "-1s", -EINVAL, 0 },
	{ "1h-30m", -EINVAL, 0 },
	{ "1S", -EINVAL, 0 },
	{ "1M", -EINVAL, 0 },
	{ "1mon", -EINVAL, 0 },
	{ "1yr", -EINVAL, 0 },
	{ "585y", -ERANGE, 0 },
	{ "h1", -EINVAL, 0 },
	{ "1sec", -EINVAL, 0 },
	{ "0x5s", -EINVAL, 0 },
};

/* The form in which all parsers are called: the result has 64 bits, and a parser that
 * fails leaves it unchanged. */
typedef int parser(const char *text, uint64_t *ret_n);

static int as_u64(const char *text, uint64_t *ret_n)
{
	return ix_parse_u64(text, UINT64_MAX, ret_n);
}

static int as_s64(const char *text, uint64_t *ret_n)
{
	return ix_parse_s64(text, INT64_MIN, INT64_MAX, (int64_t *)ret_n);
}

static int as_key(const char *text, uint64_t *ret_n)
{
	uint32_t key = (uint32_t)*ret_n;
	int r = ix_parse_key(text, &key);

	if (r == 0 || key != (uint32_t)*ret_n)
		*ret_n = key;
	return r;
}

static int as_mode(const char *text, uint64_t *ret_n)
{
	uint32_t mode = (uint32_t)*ret_n;
	int r = ix_parse_mode(text, &mode);

	if (r == 0 || mode != (uint32_t)*ret_n)
		*ret_n = mode;
	return r;
}

#define UNTOUCHED UINT64_C(0x5a5a5a5a5a5a5a5a)

static void check(parser *parse, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t value = UNTOUCHED;

		ROW_TRUE(rows[i].text, parse(rows[i].text, &value) == rows[i].error);
		ROW_TRUE(rows[i].text,
			 value == (rows[i].error ? UNTOUCHED : rows[i].value));
	}
	for (size_t i = 0; i < ARRAY_SIZE(junk); i++) {
		uint64_t value = UNTOUCHED;

		ROW_TRUE(junk[i], parse(junk[i], &value) == -EINVAL);
		ROW_TRUE(junk[i], value == UNTOUCHED);
	}
}

#define CHECKS(name, parse, rows)                     \
	static void name(void **state)                \
	{                                             \
		(void)state;                          \
		check(parse, rows, ARRAY_SIZE(rows)); \
	}

static const struct row s64_rows[] = {
	{ "0", 0, 0 },
	{ "-0", 0, 0 },
	{ "5", 0, 5 },
	{ "-5", 0, (uint64_t)-5 },
	{ "010", 0, 10 },
	{ "-010", 0, (uint64_t)-10 },
	{ "-2147483648", 0, (uint64_t)INT32_MIN },
	{ "9223372036854775807", 0, INT64_MAX },
	{ "9223372036854775808", -ERANGE, 0 },
	{ "-9223372036854775808", 0, (uint64_t)INT64_MIN },
	{ "-9223372036854775809", -ERANGE, 0 },
	{ "18446744073709551615", -ERANGE, 0 },
	{ "-18446744073709551616", -ERANGE, 0 },
	{ THIRTY_DIGITS, -ERANGE, 0 },
	{ "-" THIRTY_DIGITS, -ERANGE, 0 },
	{ "-" THIRTY_DIGITS "x", -EINVAL, 0 },
	{ "0x5", -EINVAL, 0 },
	{ "-K", -EINVAL, 0 },
};

CHECKS(unsigned_numbers, as_u64, u64_rows)
CHECKS(signed_numbers, as_s64, s64_rows)
CHECKS(keys, as_key, key_rows)
CHECKS(modes, as_mode, mode_rows)
CHECKS(sizes, ix_parse_size, size_rows)
CHECKS(durations, ix_parse_duration, duration_rows)

static void test_limits_of_each_type(void **state)
{
	uint64_t n = 0;
	int64_t i = 0;

	(void)state;
	assert_int_equal(ix_parse_u64("2147483647", INT32_MAX, &n), 0);
	assert_int_equal(ix_parse_u64("2147483648", INT32_MAX, &n), -ERANGE);
	assert_int_equal(ix_parse_u64("4294967296", INT32_MAX, &n), -ERANGE);
	assert_int_equal(ix_parse_u64("1", 0, &n), -ERANGE);
	assert_int_equal(ix_parse_u64("0", 0, &n), 0);
	assert_int_equal(ix_parse_s64("-1", 0, 10, &i), -ERANGE);
	assert_int_equal(ix_parse_s64("11", 0, 10, &i), -ERANGE);
	assert_int_equal(ix_parse_s64("10", 0, 10, &i), 0);
	assert_int_equal(ix_parse_s64("-5", -5, -5, &i), 0);
	assert_int_equal(i, -5);
}

static void test_numbers_are_written(void **state)
{
	char buf[IX_NUM_MAX + 1];

	(void)state;
#define WRITTEN(call, text)                     \
	do {                                    \
		*(call) = '\0';                 \
		assert_string_equal(buf, text); \
	} while (0)
	WRITTEN(ix_put_u64(buf, 0), "0");
	WRITTEN(ix_put_u64(buf, UINT64_MAX), "18446744073709551615");
	WRITTEN(ix_put_i64(buf, -1), "-1");
	WRITTEN(ix_put_i64(buf, INT64_MIN), "-9223372036854775808");
	WRITTEN(ix_put_i64(buf, INT64_MAX), "9223372036854775807");
	WRITTEN(ix_put_oct(buf, 0600, 4), "0600");
	WRITTEN(ix_put_oct(buf, 0, 0), "0");
	WRITTEN(ix_put_oct(buf, UINT64_MAX, 1), "1777777777777777777777");
	WRITTEN(ix_put_hex(buf, 0x4d2, 8), "000004d2");
	WRITTEN(ix_put_hex(buf, UINT64_MAX, 8), "ffffffffffffffff");
	WRITTEN(ix_put_key(buf, 0x4d2), "0x000004d2");
	WRITTEN(ix_put_key(buf, UINT32_MAX), "0xffffffff");
	WRITTEN(ix_put_key(buf, 0), "0x00000000");
	WRITTEN(ix_put_hex(buf, 1, 1000), "000000000000000000000001");
#undef WRITTEN
}

/* A number inside a longer text: the bytes after the number do not matter, and no NUL is
 * needed. */
static void test_number_within_a_text(void **state)
{
	static const struct {
		const char *text;
		size_t len, left;
		uint64_t max, n;
		int r;
	} cases[] = {
		{ "12 3", 4, 2, UINT64_MAX, 12, 0 },
		{ "123", 2, 0, UINT64_MAX, 12, 0 },
		{ "0]", 2, 1, UINT64_MAX, 0, 0 },
		{ "18446744073709551615", 20, 0, UINT64_MAX, UINT64_MAX, 0 },
		{ "18446744073709551616", 20, 20, UINT64_MAX, 77, -ERANGE },
		{ "256", 3, 3, 255, 77, -ERANGE },
		{ "", 0, 0, UINT64_MAX, 77, -EINVAL },
		{ "5", 0, 0, UINT64_MAX, 77, -EINVAL },
		{ " 5", 2, 2, UINT64_MAX, 77, -EINVAL },
		{ "-5", 2, 2, UINT64_MAX, 77, -EINVAL },
		{ "05", 2, 2, UINT64_MAX, 77, -EINVAL },
		{ "x", 1, 1, UINT64_MAX, 77, -EINVAL },
		{ "0x5", 3, 2, UINT64_MAX, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *p = cases[i].text, *end = p + cases[i].len;
		uint64_t n = 77;

		ROW_TRUE(cases[i].text,
			 ix_take_u64(&p, end, cases[i].max, &n) == cases[i].r);
		ROW_TRUE(cases[i].text, n == cases[i].n);
		ROW_TRUE(cases[i].text, (size_t)(end - p) == cases[i].left);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unsigned_numbers),
		cmocka_unit_test(signed_numbers),
		cmocka_unit_test(keys),
		cmocka_unit_test(modes),
		cmocka_unit_test(sizes),
		cmocka_unit_test(durations),
		cmocka_unit_test(test_limits_of_each_type),
		cmocka_unit_test(test_numbers_are_written),
		cmocka_unit_test(test_number_within_a_text),
	};

	return cmocka_run_group_tests_name("num", tests, NULL, NULL);
}

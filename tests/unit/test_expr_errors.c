/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts that are not conditions: the column of the mistake, and the message. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "ipcx.h"
#include "people.h"
#include "unit.h"

struct row {
	const char *text;
	size_t column;
	const char *says;
};

/* clang-format off */
static const struct row rows[] = {
	/* empty or incomplete */
	{ "", 1, "a condition is missing, such as size > 1M" },
	{ "   ", 4, "a condition is missing" },
	{ "size >", 7, "is missing at the end" },
	{ "size > ", 8, "is missing at the end" },
	{ "> 5", 1, "expected a condition before \">\"" },
	{ "size > 1M &&", 13, "a condition is missing at the end" },
	{ "&& size > 1M", 1, "expected a condition before \"&&\"" },
	{ "size > 1M && || dest", 14, "expected a condition before \"||\"" },
	{ "!", 2, "a condition is missing at the end" },
	{ "size > > 5", 8, "a field or a value" },
	{ "size == and", 9, "a field or a value (in quotes" },
	{ "size > 1M dest", 11, "expected an operator before \"dest\"" },
	{ "size > 1 M", 10, "expected an operator before \"M\"" },
	{ "name ~ x", 1, "not a condition" },
	/* parentheses */
	{ "(", 2, "a condition is missing" },
	{ "()", 2, "expected a condition before \")\"" },
	{ ")", 1, "expected a condition before \")\"" },
	{ "(dest", 1, "the ( has no )" },
	{ "dest && (dest || (dest)", 9, "the ( has no )" },
	{ "dest)", 5, "the ) has no (" },
	{ "(dest dest)", 7, "expected &&, || or ) before \"dest\"" },
	/* operators that do not exist */
	{ "size = 5", 6, "to compare, write ==" },
	{ "size => 5", 6, "write >=" },
	{ "size =< 5", 6, "write <=" },
	{ "size <> 5", 6, "write !=" },
	{ "name !~ x", 6, "write !(FIELD =~ PATTERN)" },
	{ "dest & dest", 6, "write &&" },
	{ "dest | dest", 6, "write ||" },
	{ "name =~ a|b", 10, "write || (or quote" },
	{ "dest\x01", 5, "control character" },
	{ "dest \x7f", 6, "control character" },
	{ "1M < size < 2M", 11, "do not chain" },
	/* quotes */
	{ "owner == 'bob", 10, "the quoted text has no end" },
	{ "owner == \"bob\\\"", 10, "the quoted text has no end" },
	{ "owner == '", 10, "the quoted text has no end" },
	{ "owner == 'a\\n'", 12, "must be doubled" },
	{ "owner == 'a\\x4'", 12, "two hexadecimal digits" },
	{ "owner == 'a\\x00'", 12, "not 00" },
	{ "owner == 'a\\xgg'", 12, "two hexadecimal digits" },
	/* fields */
	{ "siez > 1M", 1, "no field has the name \"siez\": did you mean size" },
	{ "dest && natch == 0", 9, "did you mean nattch?" },
	{ "foobarbaz > 1", 1, "no field has the name \"foobarbaz\"" },
	{ "bob == owner", 1, "no field has the name \"bob\"" },
	{ "ownr", 1, "did you mean owner?" },
	{ "size", 1, "size is a number of bytes and not a condition" },
	{ "owner && dest", 1, "owner is text and not a condition" },
	{ "5", 1, "\"5\" is not a condition" },
	{ "'dest'", 1, "is not a condition" },
	{ "5 == 5", 1, "one side of a comparison must be a field" },
	{ "'a' == 'a'", 1, "must be a field" },
	{ "null == null", 1, "must be a field" },
	{ "'a' =~ owner", 1, "the left side of =~ must be a field" },
	{ "\xc3\xa4 > 1", 1, "must be a field" },
	{ "name == '\xc3\xa4\xc3\xb6' && x == 5", 17, "no field has the name \"x\"" },
	{ "name == '\xff\xff' && x == 5", 17, "no field has the name \"x\"" },
	{ "\x1b[31m == 5", 1, "control character" },
	/* literals that do not fit their field */
	{ "size > 1X", 8, "size is a number of bytes, and \"1X\" is not a size (such as" },
	{ "size > 16E", 8, "\"16E\" is out of range" },
	{ "size > 123456789012345678901234567890", 8, "is out of range" },
	{ "size > 1.5", 8, "is not a size" },
	{ "size > +5", 8, "is not a size" },
	{ "size > ''", 8, "\"\" is not a size" },
	{ "size > big", 8, "\"big\" is not a size" },
	{ "size > '\x1b[31m'", 8, "\"\\x1b[31m\" is not a size" },
	{ "1X < size", 1, "\"1X\" is not a size" },
	{ "nattch > x", 10, "nattch is a number, and \"x\" is not a number" },
	{ "mtype > -9223372036854775809", 9, "out of range" },
	{ "mtype > -1K", 9, "is not a number" },
	{ "age > 1x", 7, "is not a span of time (such as" },
	{ "age > -5", 7, "is not a span of time" },
	{ "age > 31000w", 7, "out of range" },
	{ "p99 > 1x", 7, "p99 is a number of nanoseconds, and \"1x\" is not a duration (such as" },
	{ "p99 > -5", 7, "is not a duration" },
	{ "p99 > 0.5", 7, "is not a duration" },
	{ "p99 > 31000w", 7, "out of range" },
	{ "p99 > age", 7, "p99 is a number of nanoseconds, age is a span of time: they cannot be compared" },
	{ "use_percent > 80%%", 15, "is not a percentage" },
	{ "use_percent > 80.", 15, "is not a percentage" },
	{ "use_percent > .5", 15, "is not a percentage" },
	{ "use_percent > %", 15, "is not a percentage" },
	{ "use_percent > 1e3", 15, "is not a percentage" },
	{ "use_percent > 99999999999999999", 15, "out of range" },
	{ "dest == maybe", 9, "is neither true nor false" },
	{ "dest == 2", 9, "is neither true nor false" },
	{ "dest < true", 6, "use == or !=" },
	{ "key == 0x100000000", 8, "out of range" },
	{ "key == 5K", 8, "is not a key" },
	{ "mode == 888", 9, "is not a mode (octal" },
	{ "mode == 01777", 9, "out of range" },
	{ "grade > foo", 9, "grade is a grade, and \"foo\" is not a grade (possible, likely or certain)" },
	{ "grade >= 'sure'", 10, "\"sure\" is not a grade (possible, likely or certain)" },
	{ "size > 1 && maybe == held_grade", 13, "no field has the name \"maybe\"" },
	{ "'maybe' == held_grade", 1, "\"maybe\" is not a grade" },
	{ "grade > 1", 9, "\"1\" is not a grade" },
	{ "grade == ''", 10, "\"\" is not a grade" },
	{ "grade == likely1", 10, "\"likely1\" is not a grade" },
	{ "grade", 1, "grade is a grade and not a condition" },
	{ "grade < null", 7, "null has no order" },
	{ "owner == nobody-at-all", 10, "there is no user \"nobody-at-all\"" },
	{ "owner != Bob", 10, "there is no user \"Bob\"" },
	{ "owner == ''", 10, "there is no user \"\"" },
	{ "owner == 'bob '", 10, "there is no user" },
	{ "owner == -1", 10, "there is no user" },
	{ "owner == 0x10", 10, "there is no user" },
	{ "owner == 1e3", 10, "there is no user" },
	{ "owner == 4294967295", 10, "there is no user" },
	{ "owner == 4294967296", 10, "there is no user" },
	{ "owner == 99999999999999999999999", 10, "there is no user" },
	{ "creator == 'null'", 12, "there is no user" },
	{ "size > 0 || group == 'b\\x1b'", 22, "there is no group \"b\\x1b\"" },
	{ "'a:b' == creator_group", 1, "there is no group" },
	{ "user_ns_owner == nobody-at-all", 18, "there is no user" },
	{ "mech == smh", 9, "mech is never \"smh\": did you mean shm?" },
	{ "size > 1 && mech != SHM", 21, "mech is never \"SHM\": did you mean shm?" },
	{ "'pshn' == mech", 1, "mech is never \"pshn\": did you mean pshm?" },
	{ "mech == ''", 9, "mech is never \"\": it is shm, msg, sem, mq, pshm, psem, memfd or pipe" },
	{ "mech == sysv", 9, "mech is never \"sysv\": it is shm, " },
	{ "status == dset", 11, "status is never \"dset\": did you mean dest?" },
	{ "status == 'locked,dest'", 11, "status is never" },
	{ "notify != 5", 11, "notify is never \"5\": it is signal, thread or none" },
	{ "ctime > 1h", 9, "compare age with it" },
	{ "ctime > 5", 9, "@SECONDS" },
	{ "ctime > yesterday", 9, "is not a time (such as 2026-11-21" },
	{ "ctime > 2026-13-01", 9, "is not a time" },
	{ "ctime > '2026-11-21 25:00'", 9, "is not a time" },
	{ "size > null", 6, "null has no order" },
	{ "unknown", 1, "unknown takes a field, as in unknown(size)" },
	{ "unknown == 5", 1, "unknown takes a field" },
	{ "unknown rss", 1, "unknown takes a field" },
	{ "unknown(", 9, "a field is missing at the end" },
	{ "unknown()", 9, "expected a field before \")\"" },
	{ "unknown(rss", 8, "the ( has no )" },
	{ "unknown(rss > 1)", 13, "expected a ) before \">\"" },
	{ "unknown(rss, swap)", 9, "no field has the name \"rss,\": did you mean rss" },
	{ "unknown(rsss)", 9, "no field has the name \"rsss\": did you mean rss?" },
	{ "unknown('rss')", 9, "no field has the name" },
	{ "unknown(5)", 9, "no field has the name \"5\"" },
	{ "unknown(null)", 9, "no field has the name \"null\"" },
	{ "unknown((rss))", 9, "expected a field before \"(\"" },
	{ "unknown(rss) == true", 14, "unknown() is a condition and cannot be compared" },
	{ "unknown(rss) rss", 14, "expected an operator before" },
	{ "known(rss)", 1, "no field has the name \"known\"" },
	/* fields that cannot be compared */
	{ "size > age", 8, "size is a number of bytes, age is a span of time: they cannot be compared" },
	{ "size == name", 9, "they cannot be compared" },
	{ "ctime > age", 9, "they cannot be compared" },
	{ "key == id", 8, "they cannot be compared" },
	{ "grade > size", 9, "grade is a grade, size is a number of bytes: they cannot be compared" },
	{ "status == dest", 11, "(for the word, use quotes)" },
	/* patterns */
	{ "name =~ '('", 9, "is not a regular expression: " },
	{ "name =~ '[a'", 9, "is not a regular expression: " },
	{ "name =~", 8, "is missing at the end" },
};
/* clang-format on */

static void check(struct ipcx *x, const struct row *row)
{
	struct ipcx_expr *e = NULL;
	size_t column = 0;
	char prefix[60];

	ROW_TRUE(row->text, ipcx_expr_parse(x, row->text, &e, &column) == -EINVAL);
	ROW_TRUE(row->text, !e);
	(void)snprintf(prefix, sizeof(prefix),
		       "column %zu of the expression: ", row->column);
	if (column != row->column ||
	    strncmp(ipcx_error(x), prefix, strlen(prefix)) != 0 ||
	    !strstr(ipcx_error(x), row->says))
		fail_msg("\"%s\": \"%s\", not \"%s…%s\"", row->text, ipcx_error(x),
			 prefix, row->says);
	ROW_TRUE(row->text,
		 strlen(ipcx_error(x)) < 400 && !strpbrk(ipcx_error(x), "\n\x1b"));
	ROW_TRUE(row->text, ipcx_expr_parse(x, row->text, &e, NULL) == -EINVAL);
}

static void test_invalid_conditions_are_refused(void **state)
{
	struct ipcx *x = NULL;

	(void)state;
	assert_int_equal(ipcx_new(&x), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(x, &rows[i]);
	ipcx_free(x);
}

/* Return a text: n times "before", then "middle", then n times "after". The caller frees
 * it. */
static char *repeated(size_t n, const char *before, const char *middle, const char *after)
{
	char *text = malloc(n * (strlen(before) + strlen(after)) + strlen(middle) + 1),
	     *p = text;

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		p = stpcpy(p, before);
	p = stpcpy(p, middle);
	for (size_t i = 0; i < n; i++)
		p = stpcpy(p, after);
	return text;
}

static void test_bounds_on_length_and_depth(void **state)
{
	static const struct {
		size_t n;
		const char *before, *middle, *after;
		size_t column; /* 0: no error */
	} cases[] = {
		{ 64, "(", "dest", ")", 0 },
		{ 65, "(", "dest", ")", 65 },
		{ 64, "!", "dest", "", 0 },
		{ 65, "!", "dest", "", 65 },
		{ 60000, "(", "dest", "", 65 },
		{ 60000, "!", "dest", "", 65 },
		{ 8000, "dest && ", "dest", "", 0 },
		{ 8000, "dest||", "dest", "", 0 },
		{ 4000, "(dest) || ", "dest", "", 0 },
		{ 65532, " ", "dest", "", 0 },
		{ 65533, " ", "dest", "", 65537 },
		{ 200000, "x", "", "", 65537 },
		{ 65, "", "name =~ '", "(", 9 },
		{ 1023, "", "name =~ a", "a", 0 },
		{ 1024, "", "name =~ a", "a", 9 },
		{ 60000, "", "size > 1", "0", 8 },
		{ 60000, "x", " > 1", "", 1 },
		{ 30000, "\xff", " > 1", "", 1 },
	};
	struct ipcx *x = NULL;

	(void)state;
	assert_int_equal(ipcx_new(&x), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *text = repeated(cases[i].n, cases[i].before,
						cases[i].middle, cases[i].after);
		struct ipcx_expr *e = NULL;
		size_t column = 0;

		ROW_TRUE(cases[i].middle, ipcx_expr_parse(x, text, &e, &column) ==
						  (cases[i].column ? -EINVAL : 0));
		assert_int_equal(column, cases[i].column);
		ipcx_expr_free(e);
	}
	ipcx_free(x);
}

/* Several conditions at once: each is parsed alone, and the error says which one
 * failed. */
static void test_error_names_the_condition(void **state)
{
	static const struct {
		const char *texts[3];
		size_t which, column; /* column 0: no error */
	} cases[] = {
		{ { "size > 1", "dest", "!dest" }, 0, 0 },
		{ { "size > 1", "(dest", "dest)" }, 1, 1 },
		{ { "size > 1", "dest", "dest)" }, 2, 5 },
		{ { "size >", "1", "dest" }, 0, 7 },
		{ { "size > 1", "", "dest" }, 1, 1 },
		{ { "nope", "nope", "nope" }, 0, 1 },
	};
	struct ipcx_expr *e = NULL;
	struct ipcx *x = NULL;
	const char *none[2] = { "dest", NULL };

	(void)state;
	assert_int_equal(ipcx_new(&x), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t which = 99, column = 0;
		char prefix[60];
		int r = ipcx_expr_parse_all(x, cases[i].texts, 3, &e, &which, &column);

		assert_int_equal(r, cases[i].column ? -EINVAL : 0);
		assert_int_equal(column, cases[i].column);
		assert_int_equal(which, cases[i].column ? cases[i].which : 99);
		(void)snprintf(prefix, sizeof(prefix),
			       "column %zu of expression %zu: ", column, which + 1);
		if (column && strncmp(ipcx_error(x), prefix, strlen(prefix)) != 0)
			fail_msg("%s", ipcx_error(x));
		ipcx_expr_free(e);
		e = NULL;
	}
	assert_int_equal(ipcx_expr_parse_all(x, none, 0, &e, NULL, NULL), -EINVAL);
	assert_int_equal(ipcx_expr_parse_all(x, none, 2, &e, NULL, NULL), -EINVAL);
	assert_null(e);
	ipcx_free(x);
}

/* If looking up a user fails, the condition is nevertheless valid. */
static void test_failed_user_lookup_is_not_a_syntax_error(void **state)
{
	static const char *const texts[] = { "owner == away",
					     "size > 0 && 'away' != owner",
					     "group == 'away'", "creator_group != away" };
	struct ipcx *x = NULL;

	(void)state;
	assert_int_equal(ipcx_new(&x), 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct ipcx_expr *e = NULL;
		size_t column = 0;

		ROW_TRUE(texts[i], ipcx_expr_parse(x, texts[i], &e, &column) == -EIO);
		ROW_TRUE(texts[i],
			 !e && column == (size_t)(strstr(texts[i], "away") - texts[i]) +
						 (strchr(texts[i], '\'') ? 0 : 1));
		ROW_TRUE(texts[i], strstr(ipcx_error(x), "could not be looked up"));
		ROW_TRUE(texts[i], strstr(ipcx_error(x), "use its number"));
	}
	ipcx_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_invalid_conditions_are_refused),
		cmocka_unit_test(test_bounds_on_length_and_depth),
		cmocka_unit_test(test_error_names_the_condition),
		cmocka_unit_test(test_failed_user_lookup_is_not_a_syntax_error),
	};

	return cmocka_run_group_tests_name("expr_errors", tests, NULL, NULL);
}

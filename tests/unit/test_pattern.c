/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/pattern.c: which patterns are passed to regcomp(3), and that regcomp(3) copes with
 * all of these. */
#include "core/pattern.h"

#include <regex.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "base/util.h"
#include "unit.h"

#define D4(s)  s s s s
#define D16(s) D4(s) D4(s) D4(s) D4(s)
#define D64(s) D16(s) D16(s) D16(s) D16(s)

/* clang-format off */
static const struct {
	const char *pattern, *fault; /* NULL: the pattern may be compiled */
} rows[] = {
	{ "", NULL },
	{ "^/tmp.*[0-9]+$", NULL },
	{ "a{255}", NULL },
	{ "(a{1,60}){1,60}", "repeats too much" },
	{ "(a?){1000}", "repeats too much" },
	{ "((a{0,60}b?){0,60})z", "repeats too much" },
	{ "((a{0,20}b?){0,20})z", "repeats too much" },
	{ "a{0,200}b{0,200}", "repeats too much" },
	{ "(a?){250}", "repeats too much" },
	{ "a{200}|b{200}", "repeats too much" },
	{ "^(sem\\.|mq-)[a-z0-9_-]{1,64}$", NULL },
	{ "^/[a-z]{1,64}([.-][a-z0-9]{1,64}){0,2}$", NULL },
	{ "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", NULL },
	{ "(^|/)[^/]*\\.tmp$", NULL },
	{ "^(/[a-z0-9]+)+$", NULL },
	{ "([0-9]{1,3}\\.){3}[0-9]{1,3}", NULL },
	{ "(a*)*", NULL },
	{ "((a?b?)*){5}", NULL },
	{ "((a?b?)*){20}", "match the empty string in too many ways" },
	{ "(b?|.?\\W*){20,}", "match the empty string in too many ways" },
	{ "((a?)?(b?)?){20}", "match the empty string in too many ways" },
	{ "((a*)*(b*)*(c*)*(d*)*(e*)*(f*)*(g*)*)*", "match the empty string in too many ways" },
	{ D16("(a?|b?)"), NULL },
	{ "(" D16("(a?|b?)") ")*", "match the empty string in too many ways" },
	{ D64("(a|b?)"), NULL },
	{ "(a?b?c?d?e?f?)*", NULL },
	{ "()", NULL },
	{ "(a|)b", NULL },
	{ "(a|)?b", NULL },
	{ "(){100}", "cannot repeat a group with nothing" },
	{ "(a|)*", "cannot repeat a group with nothing" },
	{ "(|a)+", "cannot repeat a group with nothing" },
	{ "((())x){2}", "cannot repeat a group with nothing" },
	{ "(^a)?b", NULL },
	{ "(^|b){2}", "cannot repeat a part with ^" },
	{ "(a*|\\<\\`){0,120}", "cannot repeat a part with" },
	{ "((a$)?b)*", "cannot repeat a part with" },
	{ "\\b+", "cannot repeat a part with" },
	{ "(a[$]b)*(\\^)+", NULL },
	{ "a{", NULL },
	{ "a{x}", NULL },
	{ "a{,5}", NULL },
	{ "+", NULL },
	{ "a|+", NULL },
	{ "a++++", NULL },
	{ "))))", NULL },
	{ "[", NULL },
	{ "[[:alpha:]+(]{2}", NULL },
	{ "[]+++++++++++++++++++++++++]", NULL },
	{ "[^]+++++++++++++++++++++++++]", NULL },
	{ "[[.-.]+++++++++++++++++++++++++]", NULL },
	{ "[[:alpha+++++++++++++++++++++++++]", NULL },
	{ D64("\\(") D64("\\+"), NULL },
	{ D64("(") "a" D64(")"), NULL },
	{ D64("[(]"), NULL },
	{ D64("(a)"), NULL },
	{ D64("aaaaaaaaaaaaaaaa"), NULL },
	{ D64("aaaaaaaaaaaaaaaa") "a", "longer than 1024 bytes" },
	{ D64("(") "(a", "more than 64 deep" },
	{ "x++++++++++++++++++++++++++++++++", "repeats too much" },
	{ "((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+", "repeats too much" },
	{ "a{32767}", "repeats too much" },
	{ "a{99999999999999999999999}", "repeats too much" },
	{ "a{99999999999999999999999,}", "repeats too much" },
	{ "a{1,9999}", "repeats too much" },
	{ "a{100}{100}", "repeats too much" },
	{ "((a{20}){20}){20}", "repeats too much" },
	{ "(a[)]b{100}){100}", "repeats too much" },
	{ "(a)\\1", "cannot have back-references" },
	{ "\\9", "cannot have back-references" },
};
/* clang-format on */

static void test_dangerous_patterns_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *fault = ix_pattern_fault(rows[i].pattern);
		regex_t regex;

		ROW_TRUE(rows[i].pattern, !fault == !rows[i].fault);
		ROW_TRUE(rows[i].pattern, !fault || strstr(fault, rows[i].fault));
		if (!fault && ix_pattern_compile(rows[i].pattern, &regex) == 0)
			regfree(&regex);
	}
}

/* Any accepted pattern is matched with any name quickly: all combinations together take
 * less than a minute. Without the checks they took many minutes. */
static void test_accepted_patterns_match_quickly(void **state)
{
	static const char *const slow[] = {
		".{0,64}b.{64}z",
		".{0,120}b.{120}z",
		"[^-]*a.{150}z",
		"(a|b)+a.{200}z",
		".{0,80}b.{0,80}a.{80}z",
		"(a.............|.b............|..a..........|...b.......)+z",
		"([ab]{0,30}[^a]|.{3}[ab]){5}[^a]z",
		"\\b.{0,250}z",
		"\\<(()\\b)a{0,250}[^a]{3}",
		"((a{0,10}b?){0,10})z",
		"(.?.?b?){30}z",
		D64("(a|b?)") "z",
		D64("..............") "z",
		D64(".?.?.?.?") "z",
	};
	char name[256] = "";
	uint32_t seed = 1;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(slow); i++) {
		regex_t regex;

		ROW_TRUE(slow[i], !ix_pattern_fault(slow[i]));
		ROW_TRUE(slow[i], ix_pattern_compile(slow[i], &regex) == 0);
		for (unsigned n = 0; n < 10; n++) {
			for (size_t k = 0; k < sizeof(name) - 1; k++) {
				seed = seed * 1103515245 + 12345;
				name[k] = n ? "ab- "[(seed >> 16) % (n % 4 + 1)] : 'a';
			}
			ROW_TRUE(slow[i], ix_pattern_match(&regex, name) >= 0);
		}
		regfree(&regex);
	}
	assert_true(clock() < 60 * CLOCKS_PER_SEC);
}

static void test_matches(void **state)
{
	static const struct {
		const char *pattern, *text;
		int found;
	} cases[] = {
		{ "b", "abc", 1 },
		{ "^b", "abc", 0 },
		{ "^a|x", "abc", 1 },
		{ "x|c$", "abc", 1 },
		{ "", "", 1 },
		{ "^$", "", 1 },
		{ "a.c",
		  "a\xff"
		  "c",
		  1 },
		{ "c",
		  "\xff\xfe\xc3"
		  "c",
		  1 },
		{ "(^|/)b", "a/b", 1 },
		{ "(^|/)b", "ab", 0 },
		/* names are matched as one line */
		{ "^b", "a\nb", 0 },
		{ ".^b", "a\nb", 0 },
		{ "(.|x)^b", "a\nb", 0 },
		{ "a$", "a\nb", 0 },
		{ "a$", "a\n", 0 },
		{ "a$.", "a\n", 0 },
		{ "a.b", "a\nb", 1 },
		{ "a\nb", "a\nb", 1 },
		{ "a[[:space:]]b", "a\nb", 1 },
		{ "a[^x]b$", "a\nb", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		regex_t regex;

		ROW_TRUE(cases[i].pattern,
			 ix_pattern_compile(cases[i].pattern, &regex) == 0);
		ROW_TRUE(cases[i].pattern,
			 ix_pattern_match(&regex, cases[i].text) == cases[i].found);
		regfree(&regex);
	}
}

static void test_no_match(void **state)
{
	static const char *const bad[] = { "(", "a)(b", "[a", "a)", "(a)b)", "[[:x:]]" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		regex_t regex;
		int alone = regcomp(&regex, bad[i], REG_EXTENDED | REG_NOSUB);

		if (alone == 0) /* some C libraries accept an unmatched ) */
			regfree(&regex);
		ROW_TRUE(bad[i], !alone == !ix_pattern_compile(bad[i], &regex));
		if (alone == 0)
			regfree(&regex);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dangerous_patterns_are_refused),
		cmocka_unit_test(test_accepted_patterns_match_quickly),
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_no_match),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}

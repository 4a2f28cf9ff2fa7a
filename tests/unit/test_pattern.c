/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/pattern.c: what regcomp(3) may see, and that it lives through all of it. */
#include "core/pattern.h"

#include <regex.h>
#include <string.h>

#include "base/util.h"
#include "unit.h"

#define D4(s)  s s s s
#define D16(s) D4(s) D4(s) D4(s) D4(s)
#define D64(s) D16(s) D16(s) D16(s) D16(s)

/* clang-format off */
static const struct {
	const char *pattern, *fault; /* NULL: may be compiled */
} rows[] = {
	{ "", NULL },
	{ "^/tmp.*[0-9]+$", NULL },
	{ "a{255}", NULL },
	{ "(a{1,60}){1,60}", NULL },
	{ "(a?){1000}", NULL },
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
	{ "(a)\\1", "cannot refer back" },
	{ "\\9", "cannot refer back" },
};
/* clang-format on */

static void faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *fault = ix_pattern_fault(rows[i].pattern);
		regex_t regex;

		ROW_TRUE(rows[i].pattern, !fault == !rows[i].fault);
		ROW_TRUE(rows[i].pattern, !fault || strstr(fault, rows[i].fault));
		if (!fault &&
		    regcomp(&regex, rows[i].pattern, REG_EXTENDED | REG_NOSUB) == 0)
			regfree(&regex);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/esc.c: what is a valid character, what is safe to print, and how wide it is. */
#include "base/esc.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "unit.h"

static void test_utf8_characters(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		uint32_t code;
	} rows[] = {
		{ "a", 1, 'a' },
		{ "\x7f", 1, 0x7f },
		{ "\xc2\x80", 2, 0x80 },
		{ "\xc3\xa4", 2, 0xe4 },
		{ "\xdf\xbf", 2, 0x7ff },
		{ "\xe0\xa0\x80", 3, 0x800 },
		{ "\xe2\x82\xac", 3, 0x20ac },
		{ "\xed\x9f\xbf", 3, 0xd7ff },
		{ "\xee\x80\x80", 3, 0xe000 },
		{ "\xef\xbf\xbf", 3, 0xffff },
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf0\x9f\x98\x80", 4, 0x1f600 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		/* a continuation byte without a start byte, and invalid start bytes */
		{ "\x80", 0, 0 },
		{ "\xbf", 0, 0 },
		{ "\xc0\x80", 0, 0 },
		{ "\xc1\xbf", 0, 0 },
		{ "\xf5\x80\x80\x80", 0, 0 },
		{ "\xff", 0, 0 },
		/* overlong forms, surrogates, beyond U+10FFFF */
		{ "\xe0\x9f\xbf", 0, 0 },
		{ "\xf0\x8f\xbf\xbf", 0, 0 },
		{ "\xed\xa0\x80", 0, 0 },
		{ "\xed\xbf\xbf", 0, 0 },
		{ "\xf4\x90\x80\x80", 0, 0 },
		/* truncated, or followed by something else */
		{ "\xc3", 0, 0 },
		{ "\xe2\x82", 0, 0 },
		{ "\xf0\x9f\x98", 0, 0 },
		{ "\xc3"
		  "a",
		  0, 0 },
		{ "\xe2\x82"
		  "a",
		  0, 0 },
		{ "\xe2"
		  "a\xac",
		  0, 0 },
	};
	uint32_t code = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const unsigned char *p = (const unsigned char *)rows[i].bytes;

		code = 0;
		assert_int_equal(ix_utf8(p, strlen(rows[i].bytes), &code), rows[i].len);
		assert_int_equal(code, rows[i].code);
		/* No byte beyond the end is read. */
		for (size_t len = 0; len < rows[i].len; len++)
			assert_int_equal(ix_utf8(p, len, &code), 0);
	}
	assert_int_equal(ix_utf8((const unsigned char *)"", 1, &code), 1);
	assert_int_equal(code, 0);
}

struct row {
	const char *text, *shown, *word, *shell, *ref; /* NULL: unchanged */
};

/* clang-format off */
static const struct row rows[] = {
	{ "", NULL, NULL, NULL, NULL },
	{ "/jobs-1.2_x", NULL, NULL, NULL, NULL },
	{ "gr\xc3\xbc\xc3\x9f", NULL, NULL, NULL, NULL },
	{ "\xe6\x97\xa5\xe6\x9c\xac", NULL, NULL, NULL, NULL },
	{ "a b", NULL, "a\\x20b", NULL, "a%20b" },
	{ "*?[]", NULL, "\\x2a\\x3f\\x5b]", NULL, "%2A%3F%5B%5D" },
	{ "\"$`!'", NULL, "\\x22\\x24\\x60\\x21'", "\\x22\\x24\\x60\\x21'", "%22%24%60%21%27" },
	{ "\\", "\\x5c", "\\x5c", "\\x5c", "%5C" },
	{ "\\x41", "\\x5cx41", "\\x5cx41", "\\x5cx41", "%5Cx41" },
	{ "100%", NULL, NULL, NULL, "100%25" },
	{ "%41", NULL, NULL, NULL, "%2541" },
	{ "#;&|<>(){}~^", NULL, NULL, NULL, "%23%3B%26%7C%3C%3E%28%29%7B%7D%7E%5E" },
	{ "aZ09_-./:,+=@", NULL, NULL, NULL, NULL },
	{ "\x1b[31m", "\\x1b[31m", "\\x1b\\x5b31m", "\\x1b[31m", "%1B%5B31m" },
	{ "\a\b\t\n\r", "\\x07\\x08\\x09\\x0a\\x0d", "\\x07\\x08\\x09\\x0a\\x0d", "\\x07\\x08\\x09\\x0a\\x0d", "%07%08%09%0A%0D" },
	{ "\x7f", "\\x7f", "\\x7f", "\\x7f", "%7F" },
	{ "\xff" "a\xc3", "\\xffa\\xc3", "\\xffa\\xc3", "\\xffa\\xc3", "%FFa%C3" },
	{ "\xc2\x9b" "31m", "\\xc2\\x9b31m", "\\xc2\\x9b31m", "\\xc2\\x9b31m", "%C2%9B31m" },                     /* C1: CSI */
	{ "\xe2\x80\xae", "\\xe2\\x80\\xae", "\\xe2\\x80\\xae", "\\xe2\\x80\\xae", "%E2%80%AE" },                 /* right to left from here */
	{ "\xe2\x81\xa6", "\\xe2\\x81\\xa6", "\\xe2\\x81\\xa6", "\\xe2\\x81\\xa6", "%E2%81%A6" },                 /* bidi isolate */
	{ "\xe2\x80\x8b", "\\xe2\\x80\\x8b", "\\xe2\\x80\\x8b", "\\xe2\\x80\\x8b", "%E2%80%8B" },                 /* zero-width space */
	{ "\xe2\x80\xa8", "\\xe2\\x80\\xa8", "\\xe2\\x80\\xa8", "\\xe2\\x80\\xa8", "%E2%80%A8" },                 /* line separator */
	{ "\xe2\x80\xa9", "\\xe2\\x80\\xa9", "\\xe2\\x80\\xa9", "\\xe2\\x80\\xa9", "%E2%80%A9" },                 /* paragraph separator */
	{ "\xef\xbb\xbf", "\\xef\\xbb\\xbf", "\\xef\\xbb\\xbf", "\\xef\\xbb\\xbf", "%EF%BB%BF" },                 /* byte order mark */
	{ "\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81", "\\xf3\\xa0\\x81\\x81", "\\xf3\\xa0\\x81\\x81", "%F3%A0%81%81" }, /* tag A */
	{ "\xc2\xa0", NULL, "\\xc2\\xa0", NULL, "%C2%A0" },                                                       /* no-break space */
	{ "\xe3\x80\x80", NULL, "\\xe3\\x80\\x80", NULL, "%E3%80%80" },                                           /* ideographic space */
};
/* clang-format on */

static void check(const struct row *row, const char *want, enum ix_esc how)
{
	char buf[100];

	if (!want)
		want = row->text;
	ROW_TRUE(row->text, ix_escape(buf, sizeof(buf), row->text, how) == strlen(want));
	assert_string_equal(buf, want);
	ROW_TRUE(row->text, ix_esc_clean(row->text, how) == (want == row->text));
	ROW_TRUE(row->text, (how == IX_ESC_REF ? ix_unpercent : ix_unescape)(buf) ==
				    (int)strlen(row->text));
	assert_string_equal(buf, row->text);
}

static void test_texts_are_escaped(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check(&rows[i], rows[i].shown, IX_ESC_TEXT);
		check(&rows[i], rows[i].word, IX_ESC_WORD);
		check(&rows[i], rows[i].shell, IX_ESC_SHELL);
		check(&rows[i], rows[i].ref, IX_ESC_REF);
	}
}

/*
 * In a buffer that is too small, the result is the beginning of the full text and ends
 * between two characters.
 */
static void test_truncation_ends_between_characters(void **state)
{
	static const char text[] = "a\x1b\xc3\xa4\xe2\x80\xae"
				   "b";
	static const char *const steps[] = {
		"",
		"a",
		"a\\x1b",
		"a\\x1b\xc3\xa4",
		"a\\x1b\xc3\xa4\\xe2\\x80\\xae",
		"a\\x1b\xc3\xa4\\xe2\\x80\\xaeb",
	};
	size_t whole = strlen(steps[ARRAY_SIZE(steps) - 1]);

	(void)state;
	assert_int_equal(ix_escape(NULL, 0, text, IX_ESC_TEXT), whole);
	for (size_t size = 1; size <= whole + 2; size++) {
		char buf[32];
		size_t step = ARRAY_SIZE(steps) - 1;

		memset(buf, '#', sizeof(buf));
		assert_int_equal(ix_escape(buf, size, text, IX_ESC_TEXT), whole);
		while (strlen(steps[step]) >= size)
			step--;
		assert_string_equal(buf, steps[step]);
		assert_int_equal(buf[size], '#');
	}
}

static void test_texts_are_unescaped(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: refused */
	} cases[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "\\x41", "A" },
		{ "\\x4a\\x4B", "JK" },
		{ "a\\x5cx41", "a\\x41" },
		{ "\\xff", "\xff" },
		{ "a\\b", "a\\b" },
		{ "\\", "\\" },
		{ "\\\\x41", "\\A" },
		{ "\\x00", NULL },
		{ "\\x", NULL },
		{ "\\x4", NULL },
		{ "\\xg1", NULL },
		{ "\\x1g", NULL },
		{ "\\x41\\x", NULL },
		{ "\\x-1", NULL },
		{ "\\x 1", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *want = cases[i].want;
		char buf[32];

		strcpy(buf, cases[i].text);
		ROW_TRUE(cases[i].text,
			 ix_unescape(buf) == (want ? (int)strlen(want) : -EINVAL));
		assert_string_equal(buf, want ? want : cases[i].text);
	}
}

static void test_percent_escapes_are_decoded(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: refused */
	} cases[] = {
		{ "", "" },           { "plain", "plain" }, { "%41", "A" },
		{ "%4a%4B", "JK" },   { "a%2541", "a%41" }, { "%ff", "\xff" },
		{ "\\x41", "\\x41" }, { "%", NULL },        { "%%", NULL },
		{ "%%41", NULL },     { "%00", NULL },      { "a%0", NULL },
		{ "%4", NULL },       { "%g1", NULL },      { "%1g", NULL },
		{ "%41%", NULL },     { "%-1", NULL },      { "% 1", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *want = cases[i].want;
		char buf[32];

		strcpy(buf, cases[i].text);
		ROW_TRUE(cases[i].text,
			 ix_unpercent(buf) == (want ? (int)strlen(want) : -EINVAL));
		assert_string_equal(buf, want ? want : cases[i].text);
	}
}

/* Every byte can be escaped and read back, and the escaped form has only safe ASCII
 * characters. */
static void test_every_byte_survives_a_round_trip(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 256; c++) {
		char text[] = { 'a', (char)c, 'b', '\0' }, buf[16];

		(void)ix_escape(buf, sizeof(buf), text, IX_ESC_REF);
		assert_int_equal(strspn(buf, "abcdefghijklmnopqrstuvwxyz"
					     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					     "0123456789_-./:,+=@%"),
				 strlen(buf));
		assert_int_equal(ix_unpercent(buf), 3);
		assert_string_equal(buf, text);
	}
}

static void test_display_widths(void **state)
{
	static const struct {
		const char *text;
		size_t width;
	} cases[] = {
		{ "", 0 },
		{ "abc", 3 },
		{ "gr\xc3\xbc\xc3\x9f", 4 },
		{ "e\xcc\x81", 1 },                /* e, acute accent */
		{ "\xe6\x97\xa5\xe6\x9c\xac", 4 }, /* two Han characters */
		{ "\xed\x95\x9c", 2 },             /* a Hangul syllable */
		{ "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab",
		  2 },                     /* the same text in three pieces */
		{ "\xef\xbc\xa1", 2 },     /* fullwidth A */
		{ "\xef\xbd\xb1", 1 },     /* halfwidth katakana */
		{ "\xf0\x9f\x98\x80", 2 }, /* emoji */
		{ "\xe2\x9c\x85", 2 },     /* a dingbat shown as an emoji */
		{ "\xe2\x9c\x93", 1 },     /* a dingbat without */
		{ "\xe2\x80\x8b", 0 },     /* zero-width space */
		{ "\xe3\x80\xaa", 0 },     /* a combining mark among wide characters */
		{ "\xf0\xa0\x80\x80", 2 }, /* plane 2 */
		{ "\xff\xff", 2 },         /* each invalid byte takes one column */
		{ "\xee\x80\x80", 1 },     /* private use */
		{ "\xe0\xb8\x81\xe0\xb8\xb4", 1 }, /* Thai, a vowel above */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ROW_TRUE(cases[i].text, ix_width(cases[i].text) == cases[i].width);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8_characters),
		cmocka_unit_test(test_texts_are_escaped),
		cmocka_unit_test(test_truncation_ends_between_characters),
		cmocka_unit_test(test_texts_are_unescaped),
		cmocka_unit_test(test_percent_escapes_are_decoded),
		cmocka_unit_test(test_every_byte_survives_a_round_trip),
		cmocka_unit_test(test_display_widths),
	};

	return cmocka_run_group_tests_name("esc", tests, NULL, NULL);
}

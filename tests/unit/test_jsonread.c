/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/jsonread.c: reading values by their path and type from any text, valid JSON or
 * not. */
#include "base/jsonread.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "unit.h"

/* Skip if json-c is not installed. */
static int begin(void **state)
{
	struct ix_json *j = NULL;
	int r = ix_json_parse("{}", 2, &j);

	(void)state;
	ix_json_free(j);
	return r;
}

/* Parse a text from a buffer that ends right after the text. */
static int parse_bytes(const char *text, size_t len, struct ix_json **ret_json)
{
	auto_free char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return ix_json_parse(copy, len, ret_json);
}

static struct ix_json *parse(const char *text)
{
	struct ix_json *j = NULL;

	if (parse_bytes(text, strlen(text), &j) < 0)
		fail_msg("\"%s\" is not read", text);
	assert_non_null(j);
	return j;
}

static const char sample[] =
	"{ \"Id\": \"4d1f\", \"State\": { \"Pid\": 77, \"Status\": \"\" },\n"
	"  \"Names\": [ \"/web\", \"/db/alias\" ], \"grid\": [ [ 1, 2 ], [ 3 ], [] ],\n"
	"  \"list\": [ { \"n\": 5 } ], \"0\": \"zero\", \"\": \"no key\", \"yes\": true,\n"
	"  \"nothing\": null, \"half\": 0.5, \"large\": 1e3, \"digits\": \"12\",\n"
	"  \"least\": -9223372036854775807, \"below\": -9223372036854775809,\n"
	"  \"most\": 9223372036854775807, \"above\": 9223372036854775808,\n"
	"  \"far\": 99999999999999999999999999, \"minus\": -1,\n"
	"  \"tail\": \"a\\u0000b\", \"nul\": \"\\u0000\", \"esc\": \"\\u001b[31m\\n\",\n"
	"  \"a/b\": { \"c/d/\": 9 }, \"~2\": \"tilde\",\n"
	"  \"bytes\": \"\xff\xc3\", \"umlaut\": \"\\u00e4\", \"twice\": 1, \"twice\": \"2\" }";

struct row {
	const char *path;
	const char *text; /* NULL: no string at this path */
	bool is_number;
	int64_t number;
	size_t count;
};

/* clang-format off */
static const struct row rows[] = {
	{ "Id", "4d1f", false, 0, 0 },
	{ "State/Pid", NULL, true, 77, 0 },
	{ "State/Status", "", false, 0, 0 },
	{ "State", NULL, false, 0, 0 },
	{ "State/", NULL, false, 0, 0 },
	{ "State/Pid/", NULL, true, 77, 0 },
	{ "State/pid", NULL, false, 0, 0 },
	{ "State/Pid/Pid", NULL, false, 0, 0 },
	{ "Pid", NULL, false, 0, 0 },
	{ "", NULL, false, 0, 0 },
	{ "/", "no key", false, 0, 0 },
	{ "/Id", NULL, false, 0, 0 },
	{ "State//Pid", NULL, false, 0, 0 },

	{ "Names", NULL, false, 0, 2 },
	{ "Names/0", "/web", false, 0, 0 },
	{ "Names/1", "/db/alias", false, 0, 0 },
	{ "Names/2", NULL, false, 0, 0 },
	{ "Names/-1", NULL, false, 0, 0 },
	{ "Names/+1", NULL, false, 0, 0 },
	{ "Names/ 1", NULL, false, 0, 0 },
	{ "Names/1x", NULL, false, 0, 0 },
	{ "Names/18446744073709551616", NULL, false, 0, 0 },
	{ "Names/4294967296", NULL, false, 0, 0 },
	{ "Names/0/0", NULL, false, 0, 0 },
	{ "grid", NULL, false, 0, 3 },
	{ "grid/0", NULL, false, 0, 2 },
	{ "grid/0/1", NULL, true, 2, 0 },
	{ "grid/2", NULL, false, 0, 0 },
	{ "grid/2/0", NULL, false, 0, 0 },
	{ "list/0/n", NULL, true, 5, 0 },
	{ "list/n", NULL, false, 0, 0 },
	{ "0", "zero", false, 0, 0 },

	/* a slash within a key */
	{ "a~1b/c~1d~1", NULL, true, 9, 0 },
	{ "a/b/c~1d~1", NULL, false, 0, 0 },
	{ "~2", "tilde", false, 0, 0 },

	/* a value of another type counts as absent */
	{ "yes", NULL, false, 0, 0 },
	{ "nothing", NULL, false, 0, 0 },
	{ "nothing/x", NULL, false, 0, 0 },
	{ "half", NULL, false, 0, 0 },
	{ "large", NULL, false, 0, 0 },
	{ "digits", "12", false, 0, 0 },

	{ "minus", NULL, true, -1, 0 },
	{ "most", NULL, true, INT64_MAX, 0 },
	{ "least", NULL, true, INT64_MIN + 1, 0 },

	/* a key with an embedded NUL is a different key */
	{ "tail", NULL, false, 0, 0 },
	{ "nul", NULL, false, 0, 0 },
	{ "esc", "\x1b[31m\n", false, 0, 0 },
	{ "bytes", "\xff\xc3", false, 0, 0 },
	{ "umlaut", "\xc3\xa4", false, 0, 0 },

	/* the last duplicate counts, as in the runtimes' own readers */
	{ "twice", "2", false, 0, 0 },
};
/* clang-format on */

static void test_values_by_path(void **state)
{
	struct ix_json *j = parse(sample);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		const char *text = ix_json_text(j, row->path);
		int64_t n = 7777;

		ROW_TRUE(row->path, !text == !row->text);
		ROW_TRUE(row->path, !text || !strcmp(text, row->text));
		ROW_TRUE(row->path, ix_json_number(j, row->path, &n) == row->is_number);
		ROW_TRUE(row->path, n == (row->is_number ? row->number : 7777));
		ROW_TRUE(row->path, ix_json_count(j, row->path) == row->count);
	}
	ix_json_free(j);
}

/* A number out of range is absent, never wrapped or clamped. */
static void test_numbers_out_of_range_are_absent(void **state)
{
	static const char *const names[] = { "above", "below", "far" };
	struct ix_json *j = parse(sample);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int64_t n = 7777;

		ROW_TRUE(names[i], !ix_json_number(j, names[i], &n));
		ROW_TRUE(names[i], n == 7777);
	}
	ix_json_free(j);
}

/* Keys up to 127 bytes are found; a longer key never matches its first 127 bytes. */
static void test_long_keys_do_not_match_their_prefix(void **state)
{
	char text[160] = "{\"", path[140] = "";
	struct ix_json *j;

	(void)state;
	memset(text + 2, 'k', 127);
	(void)snprintf(text + 129, sizeof(text) - 129, "\":\"v\"}");
	j = parse(text);
	memset(path, 'k', 127);
	assert_string_equal(ix_json_text(j, path), "v");
	path[127] = 'k';
	assert_null(ix_json_text(j, path));
	memset(path, 'k', sizeof(path) - 1);
	assert_null(ix_json_text(j, path));
	ix_json_free(j);
}

/* Documents that are a list or a scalar instead of an object. */
static void test_top_level_may_be_a_list_or_scalar(void **state)
{
	struct ix_json *j = parse("[ \"a\", [ 7 ] ]");
	int64_t n;

	(void)state;
	assert_int_equal(ix_json_count(j, ""), 2);
	assert_string_equal(ix_json_text(j, "0"), "a");
	assert_true(ix_json_number(j, "1/0", &n) && n == 7);
	ix_json_free(j);
	j = parse("\"a\"");
	assert_string_equal(ix_json_text(j, ""), "a");
	assert_null(ix_json_text(j, "0"));
	ix_json_free(j);
}

static void not_read(const char *text, size_t len)
{
	struct ix_json *j = NULL;
	int r = parse_bytes(text, len, &j);

	if (r != -EPROTO || j)
		fail_msg("\"%.*s\": %d", (int)len, text, r);
}

/* clang-format off */
static const char *const bad[] = {
	"", " ", "\n", "{", "}", "[", "]", "\"", "\"a", "{]", "[}", "x", "nul", "tru", "{\"a\"}", "{\"a\":}",
	"{a:1}", "{\"a\":1", "[1", "[1 2]", "[,]", "{,}", "{\"a\" 1}", "\"\\u12\"", "\"\\x\"", "-", "\xff", "\xef\xbb\xbf{}",
	/* trailing text: the rest of a longer document that was overwritten */
	"{}}", "{} }", "{}{}", "{}x", "{} [", "{},", "[]1", "{\"a\":1}\n\"b\":2}", "\"a\"\"b\"", "{}\xff",
};
/* clang-format on */

static void test_invalid_json_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		not_read(bad[i], strlen(bad[i]));
	not_read("{\"a\":\0 1}", 9);
	not_read("{}\0", 3);
	not_read("\0", 1);
	not_read("\0{}", 3);
}

/* Surrounding blanks are not part of a value. */
static void test_blanks_around_the_document(void **state)
{
	static const char *const texts[] = { "{}", " {}", "{}\n", "\r\n\t {} \t\r\n\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		ix_json_free(parse(texts[i]));
}

/* A file that is just being written is not accepted: none of its beginnings is a complete
 * document. */
static void test_truncated_document_is_refused(void **state)
{
	size_t len = strlen(sample);

	(void)state;
	for (size_t i = 0; i < len; i++)
		not_read(sample, i);
	ix_json_free(parse(sample));
}

/* Parse lists nested to this depth. */
static int parse_deep(size_t depth, bool closed, struct ix_json **ret_json)
{
	auto_free char *text = malloc(2 * depth);

	assert_non_null(text);
	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	return parse_bytes(text, closed ? 2 * depth : depth, ret_json);
}

static void test_deep_nesting_is_refused(void **state)
{
	struct ix_json *j = NULL;

	(void)state;
	/* a list nested deeper than the file of any runtime */
	assert_int_equal(parse_deep(20, true, &j), 0);
	ix_json_free(TAKE(j));
	assert_int_equal(parse_deep(1000, true, &j), -EPROTO);
	assert_int_equal(parse_deep(1000, false, &j), -EPROTO);
	assert_int_equal(parse_deep(1000000, false, &j), -EPROTO);
	assert_null(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_by_path),
		cmocka_unit_test(test_numbers_out_of_range_are_absent),
		cmocka_unit_test(test_long_keys_do_not_match_their_prefix),
		cmocka_unit_test(test_top_level_may_be_a_list_or_scalar),
		cmocka_unit_test(test_invalid_json_is_refused),
		cmocka_unit_test(test_blanks_around_the_document),
		cmocka_unit_test(test_truncated_document_is_refused),
		cmocka_unit_test(test_deep_nesting_is_refused),
	};

	return cmocka_run_group_tests_name("jsonread", tests, begin, NULL);
}

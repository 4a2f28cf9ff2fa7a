/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/distance.c: the edit distance between two words. */
#include "base/distance.h"

#include <string.h>

#include "base/util.h"
#include "unit.h"

static void test_edit_distances(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} rows[] = {
		{ "", "", 0 },          { "", "size", 4 },     { "size", "size", 0 },
		{ "SIZE", "size", 0 },  { "siez", "size", 1 }, { "sze", "size", 1 },
		{ "sizes", "size", 1 }, { "side", "size", 1 }, { "nattach", "nattch", 1 },
		{ "zise", "size", 2 },  { "owner", "key", 4 }, { "ab", "ba", 1 },
		{ "abc", "ca", 3 },     { "uid", "gid", 1 },   { "", "x", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *a = rows[i].a, *b = rows[i].b;

		ROW_TRUE(a, ix_distance(a, strlen(a), b, strlen(b)) == rows[i].distance);
		ROW_TRUE(a, ix_distance(b, strlen(b), a, strlen(a)) == rows[i].distance);
	}
}

static void test_words_above_32_bytes_are_not_compared(void **state)
{
	static const char words[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

	(void)state;
	assert_int_equal(ix_distance(words, 32, words + 32, 32), 32);
	assert_true(ix_distance(words, 33, words, 5) == (size_t)-1);
	assert_true(ix_distance(words, 5, words, 33) == (size_t)-1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edit_distances),
		cmocka_unit_test(test_words_above_32_bytes_are_not_compared),
	};

	return cmocka_run_group_tests_name("near", tests, NULL, NULL);
}

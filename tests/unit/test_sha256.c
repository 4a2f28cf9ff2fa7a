/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/sha256.c: the examples of FIPS 180-4, whole and in pieces of every size. */
#include "base/sha256.h"

#include <string.h>

#include "base/util.h"
#include "unit.h"

/* clang-format off */
static const struct {
	const char *text, *hash;
} known[] = {
	{ "",    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
};
/* clang-format on */

static void knows_the_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct ix_sha256 s;
		char hex[IX_SHA256_HEX];

		ix_sha256_start(&s);
		ix_sha256_add(&s, known[i].text, strlen(known[i].text));
		ix_sha256_end(&s, hex);
		ROW_TRUE(known[i].text, !strcmp(hex, known[i].hash));
	}
}

/* A million times "a", in pieces that end before, at and behind each block. */
static void pieces_make_no_difference(void **state)
{
	char piece[300];

	(void)state;
	memset(piece, 'a', sizeof(piece));
	for (size_t step = 1; step <= sizeof(piece); step += step < 130 ? 9 : 31) {
		struct ix_sha256 s;
		char hex[IX_SHA256_HEX];

		ix_sha256_start(&s);
		for (size_t left = 1000000; left > 0; left -= MIN(step, left))
			ix_sha256_add(&s, piece, MIN(step, left));
		ix_sha256_end(&s, hex);
		assert_string_equal(hex,
				    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e"
				    "046d39ccc7112cd0");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_examples),
		cmocka_unit_test(pieces_make_no_difference),
	};

	return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}

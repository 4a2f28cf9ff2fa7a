/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/b64.c: each sequence of bytes has one encoding, and no other text is accepted. */
#include "base/b64.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "unit.h"

static void test_rfc_examples(void **state)
{
	/* The examples of RFC 4648, section 10, and texts with the first and last
	 * characters of the alphabet. */
	static const struct {
		const char *bytes, *text;
	} rows[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xfe", "+//+" },
		{ "\xff", "/w==" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_buf struct ix_buf text = { 0 }, bytes = { 0 };
		const char *t = rows[i].text, *b = rows[i].bytes;

		assert_int_equal(ix_b64_put(&text, b, strlen(b)), 0);
		ROW_TRUE(t, text.len == strlen(t) &&
				    (!text.len || !memcmp(text.data, t, text.len)));
		assert_int_equal(ix_b64_get(&bytes, t, strlen(t)), 0);
		ROW_TRUE(t, bytes.len == strlen(b) &&
				    (!bytes.len || !memcmp(bytes.data, b, bytes.len)));
	}
}

static void test_round_trip(void **state)
{
	unsigned char all[257];

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (unsigned char)(i * 167 + i / 3);
	for (size_t n = 0; n <= sizeof(all); n++) {
		auto_buf struct ix_buf text = { 0 }, bytes = { 0 };

		assert_int_equal(ix_buf_str(&bytes, "kept"), 0);
		assert_int_equal(ix_b64_put(&text, all, n), 0);
		assert_int_equal(ix_b64_get(&bytes, text.data, text.len), 0);
		assert_int_equal(bytes.len, 4 + n);
		assert_memory_equal(bytes.data, "kept", 4);
		assert_true(n == 0 || !memcmp(bytes.data + 4, all, n));
	}
}

static void test_invalid_texts_are_refused(void **state)
{
	static const char *const rows[] = {
		"Z",    "Zg",    "Zg=",  "Zg==Zg==", "Zg=v",     "====",
		"Z===", "Zh==",  "Zm9=", "Zm9v\n",   " Zm9v",    "Zm-v",
		"Zm_v", "Zm9v=", "=Zm9", "Zm9*",     "Zm9vZm9=", "Zm\xc3\xa4",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_buf struct ix_buf bytes = { 0 };

		ROW_TRUE(rows[i],
			 ix_b64_get(&bytes, rows[i], strlen(rows[i])) == -EINVAL &&
				 bytes.len == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc_examples),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_invalid_texts_are_refused),
	};

	return cmocka_run_group_tests_name("b64", tests, NULL, NULL);
}

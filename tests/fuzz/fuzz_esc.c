/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Escaping: it can be undone, its result is safe to print, and a truncated result is a
 * prefix of the whole result.
 */
#include "base/esc.h"

#include <errno.h>

#include "base/util.h"
#include "fuzz.h"

/* Check for valid UTF-8 without control characters. */
static void check_harmless(const char *text)
{
	size_t len = strlen(text);
	uint32_t c = 0;

	for (size_t i = 0, n; i < len; i += n) {
		n = ix_utf8((const unsigned char *)text + i, len - i, &c);
		CHECK(n > 0 && c >= 0x20 && !(c >= 0x7f && c < 0xa0) && c != 0x202e);
	}
}

static void check(const char *text, enum ix_esc how, size_t cut)
{
	size_t len = strlen(text), want = ix_escape(NULL, 0, text, how);
	auto_free char *whole = malloc(want + 1);
	auto_free char *part = malloc(cut + 1);
	int (*undo)(char *) = how == IX_ESC_REF ? ix_unpercent : ix_unescape;

	CHECK(whole && part);
	CHECK(want >= len && want <= 4 * len);
	CHECK(ix_escape(whole, want + 1, text, how) == want && strlen(whole) == want);
	CHECK(ix_esc_clean(text, how) == (strcmp(whole, text) == 0));
	check_harmless(whole);
	CHECK(ix_width(whole) <= want);
	CHECK(ix_escape(part, cut + 1, text, how) == want && strlen(part) <= cut);
	CHECK(strncmp(part, whole, strlen(part)) == 0);
	check_harmless(part);
	CHECK(undo(whole) == (int)len && strcmp(whole, text) == 0);
	CHECK(undo(part) >= 0 && strncmp(part, text, strlen(part)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = fuzz_text(data, size);
	size_t cut = size ? data[size - 1] : 0;
	int r;

	CHECK(ix_width(text) <= 2 * strlen(text));
	check(text, IX_ESC_TEXT, cut);
	check(text, IX_ESC_WORD, cut);
	check(text, IX_ESC_SHELL, cut);
	check(text, IX_ESC_REF, cut);
	r = ix_unescape(text);
	CHECK(r == -EINVAL || (r >= 0 && (size_t)r == strlen(text)));
	r = ix_unpercent(text);
	CHECK(r == -EINVAL || (r >= 0 && (size_t)r == strlen(text)));
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers, keys, modes, sizes, spans, times: whatever can be parsed is in range, and
 * parses to the same value when written again.
 */
#include <errno.h>

#include "base/num.h"
#include "base/util.h"
#include "base/when.h"
#include "fuzz.h"

static void check_error(int r)
{
	CHECK(r == 0 || r == -EINVAL || r == -ERANGE);
}

static void unsigned_number(const char *text)
{
	char again[IX_NUM_MAX + 1];
	uint64_t n = 0, m = 0;
	int r = ix_parse_u64(text, UINT64_MAX, &n);

	check_error(r);
	CHECK(ix_parse_u64(text, 255, &m) != 0 || (r == 0 && m == n && n <= 255));
	if (r < 0)
		return;
	*ix_put_u64(again, n) = '\0';
	CHECK(ix_parse_u64(again, UINT64_MAX, &m) == 0 && m == n);
	/* Every valid number is also a valid size. */
	CHECK(ix_parse_size(text, &m) == 0 && m == n);
}

static void signed_number(const char *text)
{
	char again[IX_NUM_MAX + 1];
	int64_t n = 0, m = 0;
	int r = ix_parse_s64(text, INT64_MIN, INT64_MAX, &n);

	check_error(r);
	if (r < 0)
		return;
	*ix_put_i64(again, n) = '\0';
	CHECK(ix_parse_s64(again, n, n, &m) == 0 && m == n);
}

static void key_and_mode(const char *text)
{
	char again[IX_NUM_MAX + 3] = "0x";
	uint32_t n = 0, m = 0;
	int r = ix_parse_key(text, &n);

	check_error(r);
	if (r == 0) {
		*ix_put_hex(again + 2, n, 8) = '\0';
		CHECK(ix_parse_key(again, &m) == 0 && m == n);
	}
	r = ix_parse_mode(text, &n);
	check_error(r);
	if (r == 0) {
		CHECK(n <= 0777);
		*ix_put_oct(again, n, 4) = '\0';
		CHECK(ix_parse_mode(again, &m) == 0 && m == n);
	}
}

static void size_and_span(const char *text)
{
	uint64_t n = 0;

	check_error(ix_parse_size(text, &n));
	check_error(ix_parse_duration(text, &n));
}

static void moment(const char *text)
{
	char again[IX_TIME_MAX + 1];
	int64_t n = 0, m = 0;
	double part = 0;

	if (ix_parse_time(text, &n, &part) < 0)
		return;
	CHECK(part >= 0 && part <= 1);
	*ix_put_time(again, n) = '\0';
	/* Years without exactly four digits can be written but not parsed. */
	if (n >= INT64_C(-62167219200) && n < INT64_C(253402300800))
		CHECK(ix_parse_time(again, &m, &part) == 0 && m == n && part == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = fuzz_text(data, size);

	unsigned_number(text);
	signed_number(text);
	key_and_mode(text);
	size_and_span(text);
	moment(text);
	return 0;
}

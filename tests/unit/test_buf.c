/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/buf.c: bytes that grow. */
#include "base/buf.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

static void grows(void **state)
{
	auto_buf struct ix_buf b = { 0 };
	char byte = 0;

	(void)state;
	for (size_t i = 0; i < 100000; i++) {
		byte = (char)(i * 7);
		assert_int_equal(ix_buf_add(&b, &byte, 1), 0);
		assert_true(b.len == i + 1 && b.cap >= b.len);
	}
	for (size_t i = 0; i < b.len; i++)
		assert_true(b.data[i] == (char)(i * 7));
	assert_true(b.cap < 2 * b.len);
}

static void room_is_not_used(void **state)
{
	auto_buf struct ix_buf b = { 0 };
	char *p;

	(void)state;
	assert_int_equal(ix_buf_str(&b, "abc"), 0);
	p = ix_buf_room(&b, 1000);
	assert_true(p == b.data + 3 && b.len == 3 && b.cap >= 1003);
	memset(p, 'x', 1000);
	assert_true(ix_buf_room(&b, 1000) == p);
	assert_int_equal(ix_buf_str(&b, "d"), 0);
	assert_memory_equal(b.data, "abcdx", 5);
	assert_int_equal(b.len, 4);
}

static void nothing_is_added(void **state)
{
	auto_buf struct ix_buf b = { 0 };

	(void)state;
	assert_int_equal(ix_buf_add(&b, NULL, 0), 0);
	assert_int_equal(ix_buf_str(&b, ""), 0);
	assert_int_equal(ix_buf_printf(&b, "%s", ""), 0);
	assert_int_equal(b.len, 0);
}

static void printf_fits_itself(void **state)
{
	auto_buf struct ix_buf b = { 0 };
	char longer[300];

	(void)state;
	memset(longer, 'y', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(ix_buf_printf(&b, "%d,%s", -7, "x"), 0);
	assert_int_equal(ix_buf_printf(&b, ";%s;", longer), 0);
	assert_int_equal(b.len, 4 + 301);
	assert_memory_equal(b.data, "-7,x;yy", 7);
	assert_true(b.data[b.len - 1] == ';');
}

/* What cannot be had changes nothing. */
static void too_much(void **state)
{
	auto_buf struct ix_buf b = { 0 };
	char *before;

	(void)state;
	assert_int_equal(ix_buf_str(&b, "abc"), 0);
	before = b.data;
	assert_null(ix_buf_room(&b, SIZE_MAX));
	assert_null(ix_buf_room(&b, SIZE_MAX - 2));
	assert_null(ix_buf_room(&b, SIZE_MAX / 2 + 2));
	assert_int_equal(ix_buf_add(&b, "x", SIZE_MAX - 3), -ENOMEM);
	assert_true(b.data == before && b.len == 3);
	assert_memory_equal(b.data, "abc", 3);
}

static void ends_empty(void **state)
{
	struct ix_buf b = { 0 };

	(void)state;
	ix_buf_free(&b);
	assert_int_equal(ix_buf_str(&b, "abc"), 0);
	ix_buf_free(&b);
	assert_true(!b.data && !b.len && !b.cap);
	assert_int_equal(ix_buf_str(&b, "again"), 0);
	assert_int_equal(b.len, 5);
	ix_buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows),
		cmocka_unit_test(room_is_not_used),
		cmocka_unit_test(nothing_is_added),
		cmocka_unit_test(printf_fits_itself),
		cmocka_unit_test(too_much),
		cmocka_unit_test(ends_empty),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}

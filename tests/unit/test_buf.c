/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/buf.c: a buffer that grows. */
#include "base/buf.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

static void test_buffer_grows(void **state)
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

static void test_reserved_room_does_not_count(void **state)
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

static void test_adding_nothing_changes_nothing(void **state)
{
	auto_buf struct ix_buf b = { 0 };

	(void)state;
	assert_int_equal(ix_buf_add(&b, NULL, 0), 0);
	assert_int_equal(ix_buf_str(&b, ""), 0);
	assert_int_equal(ix_buf_printf(&b, "%s", ""), 0);
	assert_int_equal(b.len, 0);
}

static void test_printf_fits_any_length(void **state)
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

/* A failed allocation leaves the buffer unchanged. */
static void test_failed_growth_changes_nothing(void **state)
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

static void test_released_buffer_is_empty(void **state)
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
		cmocka_unit_test(test_buffer_grows),
		cmocka_unit_test(test_reserved_room_does_not_count),
		cmocka_unit_test(test_adding_nothing_changes_nothing),
		cmocka_unit_test(test_printf_fits_any_length),
		cmocka_unit_test(test_failed_growth_changes_nothing),
		cmocka_unit_test(test_released_buffer_is_empty),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/copyin.c: structs of programs built against an older or newer library. */
#include "core/copyin.h"

#include <errno.h>
#include <string.h>

#include "unit.h"

/* The struct as the library knows it; its first version ended before c. */
struct sample {
	size_t size;
	uint64_t a, b;
	uint32_t c, d;
};

#define LEAST (offsetof(struct sample, b) + sizeof(uint64_t))
#define KNOWN sizeof(struct sample)
#define ROOM  8192

/* The memory of a program that was built with any version of the struct. */
union memory {
	struct sample s;
	unsigned char bytes[ROOM];
};

static const struct row {
	size_t size;
	size_t odd; /* index of the only byte that is not 0; 0: there is none */
	int r;
	uint32_t c, d;
} rows[] = {
	{ 0, 0, -EINVAL, 0, 0 },
	{ 1, 0, -EINVAL, 0, 0 },
	{ sizeof(size_t), 0, -EINVAL, 0, 0 },
	{ LEAST - 1, 0, -EINVAL, 0, 0 },
	{ LEAST, 0, 0, 0, 0 },
	/* bytes beyond the stated size are ignored */
	{ LEAST, LEAST, 0, 0, 0 },
	{ LEAST, KNOWN + 8, 0, 0, 0 },
	{ LEAST + 4, 0, 0, 3, 0 },
	{ KNOWN, 0, 0, 3, 4 },
	{ KNOWN, KNOWN, 0, 3, 4 },
	{ KNOWN + 8, 0, 0, 3, 4 },
	{ KNOWN + 8, KNOWN, -E2BIG, 0, 0 },
	{ KNOWN + 8, KNOWN + 7, -E2BIG, 0, 0 },
	{ KNOWN + 8, KNOWN + 8, 0, 3, 4 },
	{ 4096, 0, 0, 3, 4 },
	{ 4096, 4095, -E2BIG, 0, 0 },
	{ 4097, 0, -E2BIG, 0, 0 },
	{ SIZE_MAX / 2, 0, -E2BIG, 0, 0 },
	{ SIZE_MAX, 0, -E2BIG, 0, 0 },
};

static struct ipcx *begin(void)
{
	struct ipcx *x = NULL;

	assert_int_equal(ipcx_new(&x), 0);
	return x;
}

static int copy_in(struct ipcx *x, const void *from, struct sample *to)
{
	return ix_copy_in(x, "struct sample", from, LEAST, to, KNOWN);
}

static int copy_out(struct ipcx *x, const void *from, void *to)
{
	return ix_copy_out(x, "struct sample", from, LEAST, to, KNOWN);
}

static void test_copy_in_completes_or_refuses(void **state)
{
	static union memory m;
	struct ipcx *x = begin();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sample to, before;

		memset(&m, 0, sizeof(m));
		m.s = (struct sample){ rows[i].size, 1, 2, 3, 4 };
		if (rows[i].odd)
			m.bytes[rows[i].odd] = 0x5a;
		memset(&to, 0x77, sizeof(to));
		before = to;
		x->error[0] = '\0';
		assert_int_equal(copy_in(x, &m, &to), rows[i].r);
		if (rows[i].r < 0) {
			assert_memory_equal(&to, &before, sizeof(to));
			assert_non_null(strstr(x->error, "struct sample"));
			continue;
		}
		assert_string_equal(x->error, "");
		assert_int_equal(to.size, KNOWN);
		assert_true(to.a == 1 && to.b == 2);
		assert_true(to.c == rows[i].c && to.d == rows[i].d);
	}
	ipcx_free(x);
}

static void test_copy_in_of_null(void **state)
{
	struct sample to = { .a = 7 };
	struct ipcx *x = begin();

	(void)state;
	assert_int_equal(copy_in(x, NULL, &to), -EINVAL);
	assert_non_null(strstr(x->error, "struct sample"));
	assert_int_equal(to.a, 7);
	ipcx_free(x);
}

/* An older program's struct may end at the end of mapped memory. */
static void test_copy_in_reads_no_further_than_size(void **state)
{
	struct ipcx *x = begin();
	size_t *old = malloc(LEAST);
	struct sample to;

	(void)state;
	assert_non_null(old);
	memset(old, 1, LEAST);
	*old = LEAST;
	assert_int_equal(copy_in(x, old, &to), 0);
	assert_true(to.c == 0 && to.d == 0);
	free(old);
	ipcx_free(x);
}

static void test_copy_out(void **state)
{
	static const struct sample from = { KNOWN, 1, 2, 3, 4 };
	static const size_t sizes[] = { LEAST, LEAST + 4, KNOWN, KNOWN + 8, 4096 };
	static union memory m;
	struct ipcx *x = begin();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(&m, 0x77, sizeof(m));
		m.s.size = sizes[i];
		assert_int_equal(copy_out(x, &from, &m), 0);
		assert_int_equal(m.s.size, sizes[i]);
		assert_true(m.s.a == 1 && m.s.b == 2);
		if (sizes[i] >= KNOWN)
			assert_true(m.s.c == 3 && m.s.d == 4);
		for (size_t at = KNOWN; at < sizes[i]; at++)
			assert_int_equal(m.bytes[at], 0);
		for (size_t at = sizes[i]; at < ROOM; at++)
			assert_int_equal(m.bytes[at], 0x77);
	}
	ipcx_free(x);
}

static void test_copy_out_refused(void **state)
{
	static const struct sample from = { KNOWN, 1, 2, 3, 4 };
	static const struct {
		size_t size;
		int r;
	} sizes[] = { { 0, -EINVAL },
		      { LEAST - 1, -EINVAL },
		      { 4097, -E2BIG },
		      { SIZE_MAX, -E2BIG } };
	struct ipcx *x = begin();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct sample to = { .size = sizes[i].size, .a = 7 };

		x->error[0] = '\0';
		assert_int_equal(copy_out(x, &from, &to), sizes[i].r);
		assert_non_null(strstr(x->error, "struct sample"));
		assert_true(to.size == sizes[i].size && to.a == 7);
	}
	assert_int_equal(copy_out(x, &from, NULL), -EINVAL);
	ipcx_free(x);
}

static int three(struct ipcx *x, const void *a, const void *b)
{
	IX_REQUIRE(x, a, b);
	return 1;
}

static void test_require_reports_null(void **state)
{
	struct ipcx *x = begin();

	(void)state;
	assert_int_equal(three(x, "", ""), 1);
	assert_string_equal(x->error, "");
	assert_int_equal(three(NULL, "", ""), -EINVAL);
	assert_int_equal(three(x, NULL, ""), -EINVAL);
	assert_int_equal(three(x, "", NULL), -EINVAL);
	assert_non_null(strstr(x->error, "three"));
	ipcx_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy_in_completes_or_refuses),
		cmocka_unit_test(test_copy_in_of_null),
		cmocka_unit_test(test_copy_in_reads_no_further_than_size),
		cmocka_unit_test(test_copy_out),
		cmocka_unit_test(test_copy_out_refused),
		cmocka_unit_test(test_require_reports_null),
	};

	return cmocka_run_group_tests_name("copyin", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/value.c: values of every type have one common order. */
#include "base/util.h"
#include "ipcx.h"
#include "unit.h"

/* clang-format off */
#define INT(n)    { .type = IPCX_TYPE_INT, .as.i = (n) }
#define UINT(n)   { .type = IPCX_TYPE_UINT, .as.u = (n) }
#define REAL(n)   { .type = IPCX_TYPE_REAL, .as.d = (n) }
#define TIME(n)   { .type = IPCX_TYPE_TIME, .as.i = (n) }
#define STRING(t) { .type = IPCX_TYPE_STRING, .as.private_s = (t) }

/* Each value is less than the next. */
static const struct ipcx_value ascending[] = {
	{ .type = IPCX_TYPE_NONE },
	INT(INT64_MIN),
	TIME(-86400),
	REAL(-1.5),
	INT(-1),
	{ .type = IPCX_TYPE_BOOL, .as.u = 0 },
	REAL(0.5),
	{ .type = IPCX_TYPE_BOOL, .as.u = 1 },
	REAL(1.5),
	{ .type = IPCX_TYPE_GRADE, .as.u = IPCX_LIKELY },
	{ .type = IPCX_TYPE_GRADE, .as.u = IPCX_CERTAIN },
	{ .type = IPCX_TYPE_MODE, .as.u = 0600 },
	{ .type = IPCX_TYPE_KEY, .as.u = 0x4d2 },
	TIME(1795255200),
	{ .type = IPCX_TYPE_KEY, .as.u = 0xffffffff },
	INT(INT64_MAX),
	UINT((uint64_t)INT64_MAX + 1),
	UINT(UINT64_MAX - 1),
	UINT(UINT64_MAX),
	REAL(1e30),
	STRING(""),
	STRING("A"),
	STRING("a"),
	STRING("ab"),
	STRING("b"),
	STRING("\xc3\xa4"),
};

static const struct {
	struct ipcx_value a, b;
} equal[] = {
	{ { .type = IPCX_TYPE_NONE }, { .type = IPCX_TYPE_NONE, .as.u = 5 } },
	{ INT(5), UINT(5) },
	{ INT(5), REAL(5) },
	{ TIME(5), INT(5) },
	{ UINT(UINT64_MAX), UINT(UINT64_MAX) },
	{ INT(INT64_MIN), INT(INT64_MIN) },
	{ STRING("x"), STRING("x") },
	{ { .type = IPCX_TYPE_MODE, .as.u = 0 }, { .type = IPCX_TYPE_BOOL, .as.u = 0 } },
	{ { .type = IPCX_TYPE_GRADE, .as.u = IPCX_POSSIBLE }, UINT(1) },
	{ REAL(-0.0), REAL(0.0) },
};
/* clang-format on */

static void test_order_of_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ascending); i++)
		for (size_t j = 0; j < ARRAY_SIZE(ascending); j++) {
			int r = ipcx_value_compare(&ascending[i], &ascending[j]);

			if ((r > 0) - (r < 0) != (i > j) - (i < j))
				fail_msg("%zu and %zu: %d", i, j, r);
		}
}

static void test_equal_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(equal); i++) {
		if (ipcx_value_compare(&equal[i].a, &equal[i].b) ||
		    ipcx_value_compare(&equal[i].b, &equal[i].a))
			fail_msg("%zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_of_values),
		cmocka_unit_test(test_equal_values),
	};

	return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}

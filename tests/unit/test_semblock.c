/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mech/semblock.c: which operation of several has to wait. */
#include "mech/semblock.h"

#include "base/util.h"
#include "unit.h"

#define N 3

struct row {
	unsigned short values[N];
	struct sembuf ops[4]; /* {0} ends them, but the first is always one */
	size_t n;
	bool blocks;
	struct ix_semblock want;
};

/* clang-format off */
static const struct row rows[] = {
	{ { 0, 0, 0 }, { { 0, -1, 0 } }, 1, true, { .num = 0, .op = -1, .value = 0, .before = 0 } },
	{ { 1, 0, 0 }, { { 0, -1, 0 } }, 1, false, { .num = 0 } },
	{ { 1, 0, 7 }, { { 0, -1, 0 }, { 2, -8, SEM_UNDO }, { 1, -1, 0 } }, 3, true, { .num = 2, .op = -8, .value = 7, .before = 7 } },
	/* each begins with what those before it leave */
	{ { 1, 0, 0 }, { { 0, -1, 0 }, { 0, -1, 0 } }, 2, true, { .num = 0, .op = -1, .value = 1, .before = 0 } },
	{ { 1, 0, 0 }, { { 0, 4, 0 }, { 0, -6, 0 } }, 2, true, { .num = 0, .op = -6, .value = 1, .before = 5 } },
	{ { 1, 0, 0 }, { { 0, 5, 0 }, { 0, -6, 0 } }, 2, false, { .num = 0 } },
	/* waiting for zero */
	{ { 0, 0, 3 }, { { 0, 0, 0 }, { 2, 0, 0 } }, 2, true, { .num = 2, .op = 0, .value = 3, .before = 3 } },
	{ { 0, 0, 3 }, { { 2, -3, 0 }, { 2, 0, 0 } }, 2, false, { .num = 0 } },
	{ { 0, 0, 3 }, { { 2, -2, 0 }, { 2, 0, 0 } }, 2, true, { .num = 2, .op = 0, .value = 3, .before = 1 } },
	{ { 0, 0, 0 }, { { 1, 1, 0 }, { 1, 0, 0 } }, 2, true, { .num = 1, .op = 0, .value = 0, .before = 1 } },
	/* what would fail now does not wait */
	{ { 32767, 0, 0 }, { { 0, 1, 0 }, { 1, -1, 0 } }, 2, false, { .num = 0 } },
	{ { 0, 0, 0 }, { { N, 1, 0 }, { 1, -1, 0 } }, 2, false, { .num = 0 } },
	{ { 32767, 0, 0 }, { { 0, -32767, 0 }, { 0, 32767, 0 }, { 1, -1, 0 } }, 3, true, { .num = 1, .op = -1, .value = 0, .before = 0 } },
};
/* clang-format on */

static void test_the_first_that_waits(void **state)
{
	unsigned short now[N];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct ix_semblock b = { .num = 99 };

		assert_int_equal(ix_semblock_find(row->values, now, N, row->ops, row->n,
						  &b),
				 row->blocks);
		if (!row->blocks) {
			assert_int_equal(b.num, 99);
			continue;
		}
		assert_int_equal(b.num, row->want.num);
		assert_int_equal(b.op, row->want.op);
		assert_int_equal(b.value, row->want.value);
		assert_int_equal(b.before, row->want.before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_that_waits),
	};

	return cmocka_run_group_tests_name("semblock", tests, NULL, NULL);
}

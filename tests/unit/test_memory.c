/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stress/memory.c: how much of a control group's memory can be reclaimed. */
#include "stress/run/memory.h"

#include "base/util.h"
#include "unit.h"

struct row {
	const char *stat, *prefix;
	uint64_t files;
};

/* clang-format off */
static const struct row rows[] = {
	/* cgroup v2: the numbers include the group's descendants */
	{ "anon 4096\nfile 40960\ninactive_anon 1\nactive_anon 2\ninactive_file 36864\nactive_file 8192\nunevictable 0\n", "", 45056 },
	{ "active_file 5\ninactive_file 7\n", "", 12 },
	{ "inactive_file 7", "", 7 },
	{ "active_file 5\nanon 3", "", 5 },
	/* cgroup v1: numbers of the group alone, then with its descendants */
	{ "cache 9\ninactive_file 100\nactive_file 200\ntotal_cache 9\ntotal_inactive_file 1000\ntotal_active_file 2000\n", "total_", 3000 },
	{ "cache 9\ninactive_file 100\nactive_file 200\n", "total_", 0 },
	/* names with the same end as the right name; invalid numbers; no text */
	{ "workingset_active_file 5\nxinactive_file 7\n", "", 0 },
	{ "inactive_files 5\nactive_filed 7\n", "", 0 },
	{ "inactive_file\nactive_file 4\n", "", 4 },
	{ "inactive_file x\nactive_file max\n", "", 0 },
	{ "inactive_file 99999999999999999999999999\nactive_file 3\n", "", 3 },
	{ "\n\nactive_file 3\n\n", "", 3 },
	{ "", "", 0 },
	{ "\n", "total_", 0 },
};
/* clang-format on */

static void test_reclaimable_memory_of_memory_stat(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		print_message("# %zu\n", i);
		assert_int_equal(ix_memory_files(rows[i].stat, rows[i].prefix),
				 rows[i].files);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(
		test_reclaimable_memory_of_memory_stat) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

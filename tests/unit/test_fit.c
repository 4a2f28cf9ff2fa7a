/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query/fit.c: requests checked against the limits of a recorded tree. */
#include "query/fit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "limits/limits.h"
#include "tree.h"
#include "unit.h"

static void test_limits_are_explained(void **state)
{
	const struct tree *t = *state;
	struct ipcx_attrs a = { .size = sizeof(a), .set = IPCX_A_NSEMS, .nsems = 300 };
	struct ipcx_hint hint = { .subject = "" };
	char text[256] = "";
	unsigned sem;

	assert_int_equal(ipcx_mech_by_name("sem", (size_t)-1, &sem), 0);
	put(t, "sys/kernel/sem", "250\t32000\t32\t128\n");
	assert_int_equal(ix_explain(t->x, sem, &a, -EINVAL, text, sizeof(text), &hint),
			 0);
	assert_string_equal(text, "semmsl is 250, 300 needed: raise kernel.sem");
	assert_int_equal(hint.kind, IPCX_HINT_SET_LIMIT);
	assert_string_equal(hint.subject, "semmsl");
	assert_int_equal(hint.value, 300);
	assert_int_equal(ix_explain(t->x, sem, &a, EINVAL, text, 12, &hint), 0);
	assert_string_equal(text, "semmsl is 2");
	a.nsems = 250;
	assert_int_equal(ix_explain(t->x, sem, &a, -EINVAL, text, sizeof(text), &hint),
			 -ENOENT);
	assert_int_equal(ix_explain(t->x, sem, &a, -EIO, text, sizeof(text), &hint),
			 -ENOENT);
	assert_int_equal(ix_explain(t->x, IPCX_NO_MECH, &a, -EINVAL, text, sizeof(text),
				    &hint),
			 -ENOENT);
}

/* permission, shmmax, size_max, shmmni, shmall, and the pool of huge pages */
#define HUGE_ROW 5

/* The process of the recorded machine counts as being in the first user namespace if this
 * test is in it. */
static bool in_first_userns(const struct tree *t)
{
	struct stat st;

	assert_int_equal(symlinkat("/proc/self", t->fd, "thread-self"), 0);
	assert_int_equal(stat("/proc/self/ns/user", &st), 0);
	return st.st_ino == 0xEFFFFFFD;
}

/* Huge pages are counted in units of their size, which is in the recorded meminfo. */
static void test_huge_pages_count_in_their_own_size(void **state)
{
	const struct tree *t = *state;
	struct ipcx_table *table;
	struct ipcx_value v;
	bool first;

	assert_ptr_equal(ix_limit_of_pages(2 << 20),
			 ix_limit_by_name("hugepages_2048kB"));
	assert_null(ix_limit_of_pages(4096));
	put(t, "meminfo",
	    "HugePages_Total: 10\nHugePages_Free: 4\nHugePages_Rsvd: 1\n"
	    "HugePages_Surp: 0\nHugepagesize: 2048 kB\n");
	/* Members of one group are permitted to use huge pages. */
	put(t, "sys/vm/hugetlb_shm_group", "0\n");
	first = in_first_userns(t);
	/* In 32 bits, limits that this machine does not have as files are unknown. */
	assert_int_equal(ipcx_fit(t->x, "shm:3x2M,huge", &table),
			 first && getegid() == 0 && sizeof(long) > 4);
	assert_int_equal(unlinkat(t->fd, "thread-self", 0), 0);
	ipcx_table_free(table);
	assert_int_equal(ipcx_fit(t->x, "shm:2x2049K,huge", &table), 0);
	assert_int_equal(ipcx_table_rows(table), HUGE_ROW + 1);
	assert_int_equal(ipcx_row_get(table, HUGE_ROW, IPCX_F_NEEDED, &v), 0);
	assert_true(v.as.u == 4);
	assert_int_equal(ipcx_row_get(table, HUGE_ROW, IPCX_F_RAISE_TO, &v), 0);
	assert_true(v.as.u == 11);
	ipcx_table_free(table);

	/* If the size of a huge page is unknown, the number needed is unknown. */
	put(t, "meminfo",
	    "HugePages_Total: 10\nHugePages_Free: 4\nHugePages_Rsvd: 1\n"
	    "HugePages_Surp: 0\n");
	assert_int_equal(ipcx_fit(t->x, "shm:2M,huge", &table), 0);
	assert_int_equal(ipcx_row_get(table, HUGE_ROW, IPCX_F_NEEDED, &v), 0);
	assert_true(v.type == IPCX_TYPE_NONE);
	assert_int_equal(ipcx_row_get(table, HUGE_ROW, IPCX_F_FITS, &v), 0);
	assert_true(v.type == IPCX_TYPE_NONE);
	ipcx_table_free(table);
}

/* Return as text whether a request fits a limit. */
static const char *fits(const struct tree *t, const char *wish, const char *limit)
{
	struct ipcx_table *table;
	struct ipcx_value v;
	const char *says = "no such row";

	assert_true(ipcx_fit(t->x, wish, &table) >= 0);
	for (size_t i = 0; i < ipcx_table_rows(table); i++) {
		assert_int_equal(ipcx_row_get(table, i, IPCX_F_NAME, &v), 0);
		if (strcmp(ipcx_value_string(&v), limit) != 0)
			continue;
		assert_int_equal(ipcx_row_get(table, i, IPCX_F_FITS, &v), 0);
		says = v.type == IPCX_TYPE_NONE ? "unknown" : v.as.u ? "yes" : "no";
	}
	ipcx_table_free(table);
	return says;
}

/* Memory under each of the three modes of vm.overcommit_memory. */
static void test_memory_by_overcommit_mode(void **state)
{
	static const struct {
		const char *mode, *wish, *says;
	} rows[] = {
		/* mode 0: each object is compared alone with memory and swap, 1 GiB + 1
		 * GiB */
		{ "0\n", "shm:2G", "yes" },
		{ "0\n", "shm:5x2G", "yes" },
		{ "0\n", "shm:2147483649", "no" },
		{ "0\n", "shm:8E", "no" },
		{ "1\n", "shm:4E", "yes" },
		/* mode 2: the sum is compared with CommitLimit: 1 GiB, half of it already
		 * committed; the kernel may be wrong by 4 MiB */
		{ "2\n", "shm:500M", "yes" },
		{ "2\n", "shm:5x100M", "yes" },
		{ "2\n", "shm:511M", "unknown" },
		{ "2\n", "shm:513M", "unknown" },
		{ "2\n", "shm:520M", "no" },
		{ "2\n", "shm:6x100M", "no" },
		{ "2\n", "shm:2G", "no" },
		{ "x\n", "shm:1", "unknown" },
		/* huge pages do not count */
		{ "0\n", "shm:8G,huge", "no such row" },
	};
	const struct tree *t = *state;

	put(t, "meminfo",
	    "MemTotal: 1048576 kB\nSwapTotal: 1048576 kB\nCommitLimit: 1048576 kB\n"
	    "Committed_AS: 524288 kB\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		put(t, "sys/vm/overcommit_memory", rows[i].mode);
		ROW_TRUE(rows[i].wish,
			 !strcmp(fits(t, rows[i].wish, "memory"), rows[i].says));
	}
}

/* The hint never advises the user to raise a limit above its maximum. */
static void test_hint_respects_a_limits_maximum(void **state)
{
	const struct tree *t = *state;
	struct ipcx_attrs a = { .size = sizeof(a),
				.set = IPCX_A_NSEMS | IPCX_A_COUNT,
				.nsems = 1 };
	struct ipcx_hint hint = { .subject = "" };
	char text[256] = "";
	unsigned sem;

	assert_int_equal(ipcx_mech_by_name("sem", (size_t)-1, &sem), 0);
	put(t, "sys/kernel/sem", "250\t32000\t32\t128\n");
	a.count = 33000;
	assert_int_equal(ix_explain(t->x, sem, &a, -ENOSPC, text, sizeof(text), &hint),
			 0);
	assert_string_equal(text, "semmni is 128 (0 used), 33000 needed: it cannot be "
				  "raised above 32768");
	assert_int_equal(hint.kind, IPCX_HINT_NONE);
	put(t, "cmdline", "quiet ipcmni_extend\n");
	assert_int_equal(ix_explain(t->x, sem, &a, -ENOSPC, text, sizeof(text), &hint),
			 0);
	assert_string_equal(text,
			    "semmni is 128 (0 used), 33000 needed: raise kernel.sem");
	assert_int_equal(hint.value, 33000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(test_memory_by_overcommit_mode),
		IN_TREE(test_hint_respects_a_limits_maximum),
		IN_TREE(test_limits_are_explained),
		IN_TREE(test_huge_pages_count_in_their_own_size),
	};

	return cmocka_run_group_tests_name("fit", tests, NULL, NULL);
}

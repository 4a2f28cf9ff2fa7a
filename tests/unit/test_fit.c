/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query/fit.c: objects against the limits of a recorded tree. */
#include "query/fit.h"

#include <errno.h>
#include <string.h>

#include "limits/limits.h"
#include "tree.h"
#include "unit.h"

static void explained(void **state)
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

/* Huge pages are counted in pages of their own size, which the recorded machine tells. */
static void huge_pages(void **state)
{
	const struct tree *t = *state;
	struct ipcx_table *table;
	struct ipcx_value v;

	assert_ptr_equal(ix_limit_of_pages(2 << 20),
			 ix_limit_by_name("hugepages_2048kB"));
	assert_null(ix_limit_of_pages(4096));
	put(t, "meminfo",
	    "HugePages_Total: 10\nHugePages_Free: 4\nHugePages_Rsvd: 1\n"
	    "HugePages_Surp: 0\nHugepagesize: 2048 kB\n");
	assert_int_equal(ipcx_fit(t->x, "shm:3x2M,huge", &table), 1);
	ipcx_table_free(table);
	assert_int_equal(ipcx_fit(t->x, "shm:2x2049K,huge", &table), 0);
	assert_int_equal(ipcx_table_rows(table), 4);
	assert_int_equal(ipcx_row_get(table, 3, IPCX_F_NEEDED, &v), 0);
	assert_true(v.as.u == 4);
	assert_int_equal(ipcx_row_get(table, 3, IPCX_F_RAISE_TO, &v), 0);
	assert_true(v.as.u == 11);
	ipcx_table_free(table);

	/* Of pages of an unknown size nobody can say how many it takes. */
	put(t, "meminfo",
	    "HugePages_Total: 10\nHugePages_Free: 4\nHugePages_Rsvd: 1\n"
	    "HugePages_Surp: 0\n");
	assert_int_equal(ipcx_fit(t->x, "shm:2M,huge", &table), 0);
	assert_int_equal(ipcx_row_get(table, 3, IPCX_F_NEEDED, &v), 0);
	assert_true(v.type == IPCX_TYPE_NONE);
	assert_int_equal(ipcx_row_get(table, 3, IPCX_F_FITS, &v), 0);
	assert_true(v.type == IPCX_TYPE_NONE);
	ipcx_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(explained),
		IN_TREE(huge_pages),
	};

	return cmocka_run_group_tests_name("fit", tests, NULL, NULL);
}

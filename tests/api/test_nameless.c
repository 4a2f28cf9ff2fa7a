/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects without a name: references by device and inode, and objects that exist only as
 * long as processes use them. */
#include "api.h"

/* The members that the form of a reference does not use must be 0. A name by inode cannot
 * be opened. */
static void test_references_by_inode(void **state)
{
	struct ipcx *x = *state;
	unsigned pshm = mech_of("pshm");
	const struct ipcx_ref right = {
		.mech = pshm, .by = IPCX_BY_INODE, .device = 26, .inode = 7
	};
	const struct ipcx_ref wrong[] = {
		{ .mech = pshm, .by = IPCX_BY_NAME, .name = "/x", .device = 26 },
		{ .mech = pshm, .by = IPCX_BY_NAME, .name = "/x", .inode = 7 },
		{ .mech = mech_of("shm"), .by = IPCX_BY_ID, .inode = 7 },
		{ .mech = pshm,
		  .by = IPCX_BY_INODE,
		  .name = "/x",
		  .device = 1,
		  .inode = 7 },
	};
	struct ipcx_query q = { .size = sizeof(q), .refs = &right, .nrefs = 1 };
	struct ipcx_table *t = UNTOUCHED;
	struct ipcx_mem *m = NULL;

	assert_int_equal(sizeof(struct ipcx_ref), 320);
	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 0);
	assert_int_equal(ipcx_table_note(t, 0)->kind, IPCX_NOTE_MISSING);
	ipcx_table_free(t);
	t = UNTOUCHED;
	assert_fails(x, ipcx_mem_open(x, &right, 0, &m), -EINVAL, m, NULL);
	assert_fails(x, ipcx_contents(x, &right, &t), -ENODATA, t, UNTOUCHED);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		q.refs = &wrong[i];
		assert_fails(x, ipcx_scan(x, &q, &t), -EINVAL, t, UNTOUCHED);
	}
}

/* Objects that last as long as processes use them can be neither created nor changed nor
 * removed; only listed. */
static void test_objects_that_cannot_be_acted_on(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_table *t = UNTOUCHED;

	for (unsigned m = 0; ipcx_mech_info(m); m++) {
		const struct ipcx_attrs a = { .size = sizeof(a), .mech = m };
		struct ipcx_ref ref = {
			.mech = m, .by = IPCX_BY_INODE, .device = 1, .inode = 5
		};
		struct ipcx_query q = { .size = sizeof(q),
					.mechs = IPCX_MECH_BIT(m),
					.flags = IPCX_ALL };

		if (!ipcx_mech_info(m)->lasts)
			continue;
		for (int by_ref = 0; by_ref < 2; by_ref++) {
			assert_fails(x, ipcx_remove(x, &q, &t), -EINVAL, t, UNTOUCHED);
			assert_fails(x, ipcx_change(x, &q, &a, &t), -EINVAL, t,
				     UNTOUCHED);
			assert_non_null(strstr(ipcx_error(x), ipcx_mech_info(m)->lasts));
			q.mechs = 0;
			q.refs = &ref;
			q.nrefs = 1;
		}
		assert_fails(x, ipcx_create(x, &a, 1, &t), -EINVAL, t, UNTOUCHED);
		assert_int_equal(ipcx_scan(x, &q, &t), 0);
		assert_int_equal(ipcx_table_rows(t), 0);
		ipcx_table_free(t);
		t = UNTOUCHED;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_references_by_inode),
		TEST(test_objects_that_cannot_be_acted_on),
	};

	return cmocka_run_group_tests_name("nameless", tests, NULL, NULL);
}

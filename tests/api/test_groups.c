/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of rows: what defines them is checked before anything is made. */
#include "api.h"

#include <sys/shm.h>
#include <unistd.h>

#define PAGE ((uint64_t)sysconf(_SC_PAGESIZE))

static int make_shm(size_t size)
{
	int id = shmget(IPC_PRIVATE, size, 0600);

	assert_true(id >= 0);
	return id;
}

static void test_fields_that_define_groups(void **state)
{
	const enum ipcx_field twice[] = { IPCX_F_ID, IPCX_F_ID },
			      rows = IPCX_F_CONTAINERS;
	struct ipcx_groups *const untouched = (struct ipcx_groups *)0x5a5a,
				  *g = untouched;
	const enum ipcx_field none = IPCX_NO_FIELD;
	struct ipcx *x = *state;

	assert_fails(x, ipcx_groups_new(x, twice, 2, &g), -EINVAL, g, untouched);
	assert_fails(x, ipcx_groups_new(x, &rows, 1, &g), -EINVAL, g, untouched);
	assert_fails(x, ipcx_groups_new(x, &none, 1, &g), -EINVAL, g, untouched);
}

static void test_null_pointers(void **state)
{
	struct ipcx *x = *state;
	const enum ipcx_field by = IPCX_F_OWNER;
	struct ipcx_groups *const untouched = (struct ipcx_groups *)0x5a5a,
				  *g = untouched;
	struct ipcx_table *t = NULL;

	assert_fails(x, ipcx_groups_new(x, NULL, 1, &g), -EINVAL, g, untouched);
	assert_fails(x, ipcx_groups_new(x, &by, 0, &g), -EINVAL, g, untouched);
	assert_fails(x, ipcx_groups_new(x, &by, 1, NULL), -EINVAL, g, untouched);
	assert_int_equal(ipcx_groups_new(x, &by, 1, &g), 0);
	assert_fails(x, ipcx_groups_add(g, NULL, 0), -EINVAL, t, NULL);
	assert_fails(x, ipcx_groups_add_all(g, NULL), -EINVAL, t, NULL);
	assert_fails(x, ipcx_groups_sum(g, NULL, 1), -EINVAL, t, NULL);
	assert_fails(x, ipcx_groups_table(g, NULL), -EINVAL, t, NULL);
	ipcx_groups_free(g);
}

static void test_sums_that_are_asked_for(void **state)
{
	const enum ipcx_field by[] = { IPCX_F_MECH, IPCX_F_OWNER, IPCX_F_GROUP,
				       IPCX_F_MODE },
			      sums[] = { IPCX_F_OBJECTS, IPCX_F_RESIDENT },
			      twice[] = { IPCX_F_BYTES, IPCX_F_BYTES },
			      no_sum = IPCX_F_KEY, no_field = IPCX_NO_FIELD;
	struct ipcx *x = *state;
	struct ipcx_groups *g;
	struct ipcx_fieldset fields;
	int unused = 0;

	assert_int_equal(ipcx_groups_new(x, by, ARRAY_SIZE(by), &g), 0);
	assert_fails(x, ipcx_groups_sum(g, twice, 2), -EINVAL, unused, 0);
	assert_fails(x, ipcx_groups_sum(g, &no_sum, 1), -EINVAL, unused, 0);
	assert_fails(x, ipcx_groups_sum(g, &no_field, 1), -EINVAL, unused, 0);
	assert_int_equal(ipcx_groups_sum(g, sums, ARRAY_SIZE(sums)), 0);
	fields = ipcx_groups_fields(g);
	assert_true(ipcx_fieldset_has(&fields, IPCX_F_RSS));
	assert_true(ipcx_fieldset_has(&fields, IPCX_F_MODE));
	assert_false(ipcx_fieldset_has(&fields, IPCX_F_SWAP));
	ipcx_groups_free(g);
}

/* Every sum of every object, and that the rows of a table are added as they are one by
 * one. */
static void test_sums_of_objects(void **state)
{
	const enum ipcx_field by = IPCX_F_MECH;
	const enum ipcx_field sums[] = { IPCX_F_OBJECTS,          IPCX_F_BYTES,
					 IPCX_F_ALLOCATED,        IPCX_F_MESSAGE_COUNT,
					 IPCX_F_SEMAPHORE_COUNT,  IPCX_F_ATTACHES,
					 IPCX_F_UNATTACHED_COUNT, IPCX_F_UNATTACHED_BYTES,
					 IPCX_F_FULLEST };
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(mech_of("shm")) };
	struct ipcx_groups *g[2];
	struct ipcx_table *t, *sum[2];
	const void *at;
	const int id = make_shm(3), other = make_shm(2 * PAGE);

	at = shmat(id, NULL, 0);
	assert_true(at != (void *)-1);
	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	for (size_t k = 0; k < 2; k++) {
		assert_int_equal(ipcx_groups_new(x, &by, 1, &g[k]), 0);
		assert_int_equal(ipcx_groups_sum(g[k], sums, ARRAY_SIZE(sums)), 0);
	}
	assert_int_equal(ipcx_groups_add_all(g[0], t), 0);
	for (size_t i = 0; i < ipcx_table_rows(t); i++)
		assert_int_equal(ipcx_groups_add(g[1], t, i), 0);
	ipcx_table_free(t);
	assert_int_equal(ipcx_groups_sum(g[0], sums, 1), -EINVAL);
	for (size_t k = 0; k < 2; k++) {
		struct ipcx_value v;

		assert_int_equal(ipcx_groups_table(g[k], &sum[k]), 0);
		assert_int_equal(ipcx_table_rows(sum[k]), 1);
		assert_true(number(sum[k], 0, IPCX_F_OBJECTS) == 2);
		assert_true(number(sum[k], 0, IPCX_F_BYTES) == 3 + 2 * PAGE);
		assert_true(number(sum[k], 0, IPCX_F_ALLOCATED) == 3 * PAGE);
		assert_true(number(sum[k], 0, IPCX_F_ATTACHES) == 1);
		assert_true(number(sum[k], 0, IPCX_F_UNATTACHED_COUNT) == 1);
		assert_true(number(sum[k], 0, IPCX_F_UNATTACHED_BYTES) == 2 * PAGE);
		assert_int_equal(ipcx_row_get(sum[k], 0, IPCX_F_MESSAGE_COUNT, &v),
				 -ENODATA);
		assert_int_equal(ipcx_row_get(sum[k], 0, IPCX_F_COUNT, &v), -ENODATA);
		ipcx_table_free(sum[k]);
		ipcx_groups_free(g[k]);
	}
	assert_int_equal(shmdt(at), 0);
	assert_int_equal(shmctl(id, IPC_RMID, NULL), 0);
	assert_int_equal(shmctl(other, IPC_RMID, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fields_that_define_groups),
		TEST(test_null_pointers),
		TEST(test_sums_that_are_asked_for),
		TEST(test_sums_of_objects),
	};

	return cmocka_run_group_tests_name("groups", tests, NULL, NULL);
}

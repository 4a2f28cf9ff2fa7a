/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Semaphores through the library: which operations work and which are refused, and that a
 * refused call changes nothing. */
#include <semaphore.h>
#include <sys/sem.h>
#include <time.h>

#include "api.h"

static struct ipcx_ref made(struct ipcx *x, const char *mech, const char *name,
			    const uint32_t *init, size_t n)
{
	struct ipcx_attrs a = { .size = sizeof(a), .mech = mech_of(mech), .name = name };
	struct ipcx_table *t;
	struct ipcx_value v;
	struct ipcx_ref ref;

	a.set = IPCX_A_INIT | (name ? IPCX_A_NAME : IPCX_A_NSEMS);
	a.init = init;
	a.ninit = n;
	a.nsems = n;
	assert_int_equal(ipcx_create(x, &a, 1, &t), 0);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_REF, &v), 0);
	assert_int_equal(ipcx_ref_parse(x, ipcx_value_string(&v), IPCX_NO_MECH, &ref), 0);
	ipcx_table_free(t);
	return ref;
}

static int64_t passed(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)(now.tv_sec - since->tv_sec) * 1000000000 + now.tv_nsec -
	       since->tv_nsec;
}

/* Initialise an operation. */
#define OP(num_, op_, flags_)                                                   \
	{                                                                       \
		.size = sizeof(struct ipcx_sem_op), .num = (num_), .op = (op_), \
		.flags = (flags_)                                               \
	}

static void test_arrays(void **state)
{
	const uint32_t init[] = { 1, 5, 0 }, all[] = { 7, 8, 9 }, nums[] = { 2, 0 };
	const struct ipcx_sem_op take[] = { OP(0, -1, 0), OP(1, 2, 0) };
	const struct ipcx_sem_op undone = OP(1, -3, IPCX_SEM_UNDO);
	struct ipcx *x = *state;
	struct ipcx_ref ref = made(x, "sem", NULL, init, 3);
	struct timespec begun;

	assert_int_equal(ipcx_sem_op(x, &ref, take, 2, -1), 0);
	assert_int_equal(semctl(ref.id, 0, GETVAL), 0);
	assert_int_equal(semctl(ref.id, 1, GETVAL), 7);
	assert_int_equal(ipcx_sem_op(x, &ref, take, 2, 0), -ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &begun);
	assert_int_equal(ipcx_sem_op(x, &ref, take, 2, 50000000), -ETIMEDOUT);
	assert_true(passed(&begun) >= 50000000);
	assert_int_equal(semctl(ref.id, 1, GETVAL), 7);
	assert_int_equal(ipcx_sem_op(x, &ref, &undone, 1, 0), 0);
	assert_int_equal(semctl(ref.id, 1, GETVAL), 4);
	assert_int_equal(ipcx_sem_set(x, &ref, NULL, all, 3), 0);
	assert_int_equal(semctl(ref.id, 2, GETVAL), 9);
	assert_int_equal(ipcx_sem_set(x, &ref, nums, all, 2), 0);
	assert_int_equal(semctl(ref.id, 2, GETVAL), 7);
	assert_int_equal(semctl(ref.id, 0, GETVAL), 8);
}

static void test_refused_operations(void **state)
{
	const uint32_t init[] = { 1, 5 }, high[] = { 9, 32768 }, nums[] = { 0, 2 };
	const struct ipcx_sem_op no_such = OP(2, 1, 0), wide = OP(65536, 1, 0);
	const struct ipcx_sem_op much = OP(1, 32767, 0), huge = OP(1, 32768, 0);
	struct ipcx *x = *state;
	struct ipcx_ref ref = made(x, "sem", NULL, init, 2), gone = ref;
	struct ipcx_ref shm = { .mech = mech_of("shm"), .by = IPCX_BY_ID };
	struct ipcx_ns *ns;

	assert_int_equal(ipcx_sem_op(x, &ref, &no_such, 1, -1), -EFBIG);
	assert_int_equal(ipcx_sem_op(x, &ref, &wide, 1, -1), -EFBIG);
	assert_int_equal(ipcx_sem_op(x, &ref, &much, 1, -1), -ERANGE);
	assert_int_equal(ipcx_sem_op(x, &ref, &huge, 1, -1), -ERANGE);
	assert_int_equal(ipcx_sem_op(x, &ref, NULL, 0, -1), -EINVAL);
	assert_int_equal(ipcx_sem_op(x, &shm, &much, 1, -1), -EINVAL);
	assert_int_equal(ipcx_sem_set(x, &ref, NULL, high, 2), -ERANGE);
	assert_int_equal(ipcx_sem_set(x, &ref, NULL, init, 1), -EINVAL);
	assert_int_equal(ipcx_sem_set(x, &ref, nums, init, 2), -EFBIG);
	assert_int_equal(ipcx_sem_set(x, &ref, NULL, NULL, 0), -EINVAL);
	gone.id += 77;
	assert_int_equal(ipcx_sem_op(x, &gone, &much, 1, -1), -ENOENT);
	assert_int_equal(ipcx_sem_set(x, &gone, NULL, init, 2), -ENOENT);
	assert_int_equal(semctl(ref.id, 0, GETVAL), 1);
	assert_int_equal(semctl(ref.id, 1, GETVAL), 5);
	assert_int_equal(ipcx_ns_open(x, "self", &ns), 0);
	ipcx_use(x, ns);
	assert_int_equal(ipcx_sem_op(x, &ref, &no_such, 1, 0), -EINVAL);
	assert_non_null(strstr(ipcx_error(x), "ipcx_ns_enter"));
	ipcx_use(x, NULL);
	ipcx_ns_free(ns);
}

static void test_named(void **state)
{
	const uint32_t init = 1;
	const struct ipcx_sem_op take = OP(0, -1, 0), give = OP(0, 1, 0);
	const struct ipcx_sem_op wrong[] = { OP(1, 1, 0), OP(0, 2, 0), OP(0, 0, 0),
					     OP(0, 1, IPCX_SEM_UNDO) };
	struct ipcx *x = *state;
	struct ipcx_ref ref = made(x, "psem", "/named", &init, 1);
	struct ipcx_psem_taken *taken = (struct ipcx_psem_taken *)0x5a5a;
	sem_t *sem = sem_open(SEM_NAME("named"), 0);
	int value;

	assert_ptr_not_equal(sem, SEM_FAILED);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(ipcx_sem_op(x, &ref, &wrong[i], 1, 0), -EINVAL);
	assert_int_equal(ipcx_sem_set(x, &ref, NULL, &init, 1), -EINVAL);
	assert_int_equal(ipcx_sem_op(x, &ref, &take, 1, -1), 0);
	assert_int_equal(ipcx_psem_take(x, &ref, 0, &taken), -ETIMEDOUT);
	assert_int_equal(ipcx_psem_take(x, &ref, 10000000, &taken), -ETIMEDOUT);
	assert_ptr_equal(taken, (struct ipcx_psem_taken *)0x5a5a);
	assert_int_equal(ipcx_sem_op(x, &ref, &give, 1, 0), 0);
	assert_int_equal(ipcx_psem_take(x, &ref, -1, &taken), 0);
	assert_int_equal(sem_getvalue(sem, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(sem_unlink(SEM_NAME("named")), 0);
	assert_int_equal(ipcx_psem_give(x, taken), 0);
	assert_int_equal(sem_getvalue(sem, &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(ipcx_sem_op(x, &ref, &take, 1, 0), -ENOENT);
	sem_close(sem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_arrays),
		TEST(test_refused_operations),
		TEST(test_named),
	};

	return cmocka_run_group_tests_name("sems", tests, NULL, NULL);
}

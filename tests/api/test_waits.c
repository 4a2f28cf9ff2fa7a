/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx_waits(): its rows, its conditions, what it refuses. tests/truth/ plants every way
 * of waiting. */
#include "api.h"

#include <pthread.h>
#include <sys/sem.h>
#include <unistd.h>

/* A thread of this process that waits for a semaphore of an array of three. */
struct waiter {
	int id;
	pthread_t thread;
	struct ipcx_ref ref;
};

static void *take(void *arg)
{
	const struct waiter *w = arg;
	struct sembuf op = { .sem_num = 1, .sem_op = -2, .sem_flg = SEM_UNDO };

	while (semop(w->id, &op, 1) < 0 && errno == EINTR)
		;
	return NULL;
}

static void begin_wait(struct ipcx *x, struct waiter *w)
{
	char name[32];

	w->id = semget(IPC_PRIVATE, 3, 0600);
	assert_true(w->id >= 0);
	(void)snprintf(name, sizeof(name), "sem:%d", w->id);
	assert_int_equal(ipcx_ref_parse(x, name, IPCX_NO_MECH, &w->ref), 0);
	assert_int_equal(pthread_create(&w->thread, NULL, take, w), 0);
	while (semctl(w->id, 1, GETNCNT) == 0)
		(void)usleep(1000);
}

static void end_wait(const struct waiter *w)
{
	assert_int_equal(semctl(w->id, 0, IPC_RMID), 0);
	assert_int_equal(pthread_join(w->thread, NULL), 0);
}

static void test_a_semaphore(void **state)
{
	struct ipcx_unseen unseen = { .size = sizeof(unseen), .waiters = 99 };
	struct ipcx_query q = { .size = sizeof(q), .nrefs = 1 };
	struct ipcx_table *t = NULL;
	struct ipcx_value v;
	struct waiter w;

	begin_wait(*state, &w);
	q.refs = &w.ref;
	assert_int_equal(ipcx_waits(*state, &q, NULL, &unseen, &t), 0);
	assert_string_equal(ipcx_table_kind(t), "waits");
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_int_equal(ipcx_row_mech(t, 0), w.ref.mech);
	assert_int_equal(number(t, 0, IPCX_F_PID), getpid());
	assert_int_not_equal(number(t, 0, IPCX_F_TID), getpid());
	assert_string_equal(string(t, 0, IPCX_F_WANTS), "-2 on 1 (undo)");
	assert_int_equal(number(t, 0, IPCX_F_SEMNUM), 1);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_OP, &v), 0);
	assert_int_equal(v.as.i, -2);
	assert_int_equal(number(t, 0, IPCX_F_UNDO), 1);
	assert_string_equal(string(t, 0, IPCX_F_TASK_STATE), "S");
	assert_string_equal(string(t, 0, IPCX_F_BASIS), "memory");
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_TIMEOUT, &v), 0);
	assert_int_equal(v.type, IPCX_TYPE_NONE);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_SINCE, &v), 0);
	assert_int_equal(v.type, IPCX_TYPE_NONE);
	assert_int_equal(unseen.waiters, 0);
	ipcx_table_free(t);
	end_wait(&w);
}

/* With for_ns, threads that slept all the time are listed, and since when. */
static void test_for_a_time(void **state)
{
	const struct ipcx_wait_opts opts = { .size = sizeof(opts), .for_ns = 1000000 };
	struct ipcx_query q = { .size = sizeof(q), .nrefs = 1 };
	int64_t before = (int64_t)time(NULL);
	struct ipcx_table *t = NULL;
	struct ipcx_value v;
	struct waiter w;

	begin_wait(*state, &w);
	q.refs = &w.ref;
	assert_int_equal(ipcx_waits(*state, &q, &opts, NULL, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_SINCE, &v), 0);
	assert_int_equal(v.type, IPCX_TYPE_TIME);
	assert_true(v.as.i >= before && v.as.i <= (int64_t)time(NULL));
	ipcx_table_free(t);
	end_wait(&w);
}

static void test_conditions_are_on_waits(void **state)
{
	static const struct {
		const char *text;
		size_t rows;
	} conditions[] = {
		{ "op == -2 && semnum == 1 && undo", 1 },
		{ "call =~ \"^semop\"", 1 },
		{ "op > -2", 0 },
		{ "grade >= likely", 0 },
		{ "timeout > 0", 0 },
	};
	struct ipcx_query q = { .size = sizeof(q), .nrefs = 1 };
	struct waiter w;

	begin_wait(*state, &w);
	q.refs = &w.ref;
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
		struct ipcx_expr *where = NULL;
		struct ipcx_table *t = NULL;

		assert_int_equal(
			ipcx_expr_parse(*state, conditions[i].text, &where, NULL), 0);
		q.where = where;
		assert_int_equal(ipcx_waits(*state, &q, NULL, NULL, &t), 0);
		assert_int_equal(ipcx_table_rows(t), conditions[i].rows);
		ipcx_table_free(t);
		ipcx_expr_free(where);
	}
	end_wait(&w);
}

static void test_missing_objects(void **state)
{
	struct ipcx_query q = { .size = sizeof(q), .nrefs = 1 };
	struct ipcx_table *t = NULL;
	struct ipcx_ref ref;
	size_t missing = 0;

	assert_int_equal(ipcx_ref_parse(*state, "sem:2147483647", IPCX_NO_MECH, &ref), 0);
	q.refs = &ref;
	assert_int_equal(ipcx_waits(*state, &q, NULL, NULL, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 0);
	assert_int_equal(ipcx_table_failures(t, &missing), 1);
	assert_int_equal(missing, 1);
	ipcx_table_free(t);
}

static void test_what_is_refused(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_unseen small = { .size = IPCX_UNSEEN_SIZE_0_1 - 1, .attaches = 7 };
	struct ipcx_wait_opts opts = { .size = IPCX_WAIT_OPTS_SIZE_0_1 - 1 };
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(mech_of("sem")) };
	struct ipcx_query wrong = q;
	struct ipcx_table *t = UNTOUCHED, *all = scan(x, "sem");

	assert_int_equal(ipcx_waits(NULL, &q, NULL, NULL, &t), -EINVAL);
	assert_fails(x, ipcx_waits(x, NULL, NULL, NULL, &t), -EINVAL, t, UNTOUCHED);
	assert_fails(x, ipcx_waits(x, &q, NULL, NULL, NULL), -EINVAL, t, UNTOUCHED);
	assert_fails(x, ipcx_waits(x, &q, &opts, NULL, &t), -EINVAL, t, UNTOUCHED);
	assert_fails(x, ipcx_waits(x, &q, NULL, &small, &t), -EINVAL, t, UNTOUCHED);
	assert_int_equal(small.attaches, 7);
	wrong.max_rows = 1;
	assert_fails(x, ipcx_waits(x, &wrong, NULL, NULL, &t), -EINVAL, t, UNTOUCHED);
	wrong = q;
	wrong.same = all;
	assert_fails(x, ipcx_waits(x, &wrong, NULL, NULL, &t), -EINVAL, t, UNTOUCHED);
	ipcx_table_free(all);
}

/* An older program has no member "waiters". */
static void test_a_smaller_struct(void **state)
{
	struct ipcx_unseen older = { .size = IPCX_UNSEEN_SIZE_0_1, .waiters = 5 };
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(mech_of("sem")) };
	struct ipcx_table *t = NULL;

	assert_int_equal(ipcx_waits(*state, &q, NULL, &older, &t), 0);
	assert_int_equal(older.size, IPCX_UNSEEN_SIZE_0_1);
	assert_int_equal(older.waiters, 5);
	ipcx_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_semaphore),
		TEST(test_for_a_time),
		TEST(test_conditions_are_on_waits),
		TEST(test_missing_objects),
		TEST(test_what_is_refused),
		TEST(test_a_smaller_struct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shortest runs under load: listing workloads, starting, watching and stopping a run,
 * and its results. */
#include "api.h"

#include <ipcx-stress.h>

#define NO_RUN ((struct ipcx_stress *)0x5a5a)

/* The length of the interval does not matter, since waiting ends when the run ends. */
#define MOMENT INT64_C(10000000)

static const char *const churn[] = { "churn", NULL };

static struct ipcx_stress_plan short_plan(void)
{
	struct ipcx_stress_plan plan = { .size = sizeof(plan),
					 .mechs = IPCX_MECH_BIT(mech_of("shm")),
					 .workloads = churn,
					 .ops = 20,
					 .workers = 2,
					 .objects = 1,
					 .cpus = IPCX_ON_ONE,
					 .seed = 4711 };

	return plan;
}

static struct ipcx_stress *start(struct ipcx *x, const struct ipcx_stress_plan *plan)
{
	struct ipcx_stress *s = NULL;

	if (ipcx_stress_start(x, plan, &s) < 0)
		fail_msg("%s", ipcx_error(x));
	return s;
}

static void test_list(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_table *t;
	unsigned shm_churn = 0;

	assert_int_equal(ipcx_stress_list(x, 0, &t), 0);
	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		assert_true(ipcx_mech_can(ipcx_row_mech(t, row)) & IPCX_CAN_STRESS);
		assert_true(*string(t, row, IPCX_F_WHAT) != '\0');
		shm_churn += ipcx_row_mech(t, row) == mech_of("shm") &&
			     !strcmp(string(t, row, IPCX_F_WORKLOAD), "churn");
	}
	assert_int_equal(shm_churn, 1);
	ipcx_table_free(t);
	assert_int_equal(ipcx_stress_list(x, IPCX_STRESS_COMPARE, &t), 0);
	assert_true(ipcx_table_rows(t) > 0);
	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		assert_int_equal(ipcx_row_mech(t, row), IPCX_NO_MECH);
		assert_true(*string(t, row, IPCX_F_NAME) != '\0');
	}
	ipcx_table_free(t);
}

static void test_run(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_stress_plan plan = short_plan();
	struct ipcx_stress *s = start(x, &plan);
	struct ipcx_stress_progress p = { .size = sizeof(p) };
	struct ipcx_table *t;
	bool seed = false;
	uint64_t ops = 0;

	assert_int_equal(ipcx_stress_wait(s, -1), 0);
	assert_int_equal(ipcx_stress_wait(s, 0), 0); /* still finished */
	assert_int_equal(ipcx_stress_progress(s, &p), 0);
	assert_int_equal(p.all, 1);
	assert_int_equal(p.done, 1);
	assert_string_equal(p.subject, "");
	assert_int_equal(p.left, 0);

	assert_int_equal(ipcx_stress_results(s, &t), 0);
	assert_string_equal(ipcx_table_kind(t), "results");
	assert_true(ipcx_table_rows(t) > 0);
	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		assert_int_equal(ipcx_row_mech(t, row), mech_of("shm"));
		assert_string_equal(string(t, row, IPCX_F_WORKLOAD), "churn");
		assert_string_equal(string(t, row, IPCX_F_CPUS), "1");
		assert_int_equal(number(t, row, IPCX_F_WORKERS), 2);
		assert_int_equal(number(t, row, IPCX_F_ERRORS), 0);
		assert_int_equal(number(t, row, IPCX_F_FAULTS), 0);
		ops += number(t, row, IPCX_F_OPS);
		assert_true(number(t, row, IPCX_F_P50) <= number(t, row, IPCX_F_MAX));
	}
	assert_true(ops >= 2 * plan.ops);
	assert_true(ipcx_table_complete(t));
	ipcx_table_free(t);

	assert_int_equal(ipcx_stress_facts(s, &t), 0);
	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		assert_true(*string(t, row, IPCX_F_NAME) != '\0');
		if (!strcmp(string(t, row, IPCX_F_NAME), "seed")) {
			seed = true;
			assert_string_equal(string(t, row, IPCX_F_WHAT), "4711");
		}
	}
	assert_true(seed);
	ipcx_table_free(t);
	assert_int_equal(ipcx_stress_end(s), 0);
	assert_int_equal(count(x, "all"), 0);
}

/* Stop a run after this time; return the number of operations measured. */
static uint64_t stopped_after(struct ipcx *x, uint64_t least)
{
	struct ipcx_stress_plan plan = short_plan();
	struct ipcx_stress_progress p = { .size = sizeof(p) };
	struct ipcx_stress *s;
	struct ipcx_table *t;
	uint64_t ops = 0;

	plan.ops = 0;
	plan.duration = UINT64_C(3600) * 1000000000;
	s = start(x, &plan);
	while (p.ops == 0 || p.elapsed < least) {
		assert_int_equal(ipcx_stress_wait(s, MOMENT), 1);
		assert_int_equal(ipcx_stress_progress(s, &p), 0);
	}
	assert_string_equal(p.subject, "shm");
	assert_string_equal(p.workload, "churn");
	assert_int_equal(p.cpus, IPCX_ON_ONE);
	assert_int_equal(p.done, 0);
	assert_true(p.left > 0);
	ipcx_stress_stop(s);
	assert_int_equal(ipcx_stress_wait(s, -1), 0);
	assert_int_equal(ipcx_stress_results(s, &t), 0);
	assert_true(ipcx_table_rows(t) > 0);
	for (size_t row = 0; row < ipcx_table_rows(t); row++)
		ops += number(t, row, IPCX_F_OPS);
	ipcx_table_free(t);
	assert_int_equal(ipcx_stress_end(s), 0);
	return ops;
}

/* A run planned for an hour ends when it is stopped and returns what it has measured,
 * which is nothing if its warm-up was not over. */
static void test_stopped_run_returns_results(void **state)
{
	uint64_t least = 200000000;

	for (int tries = 0; stopped_after(*state, least) == 0; tries++, least *= 2)
		assert_true(tries < 8);
}

/* A run in the caller's own namespace that is stopped at once leaves no object. */
static void test_stopped_at_once_leaves_nothing(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_stress_plan plan = short_plan();
	struct ipcx_stress_progress p = { .size = sizeof(p) };
	struct ipcx_stress *s;

	plan.flags = IPCX_STRESS_HERE;
	plan.ops = 0;
	plan.duration = UINT64_C(3600) * 1000000000;
	s = start(x, &plan);
	while (p.ops == 0) {
		assert_int_equal(ipcx_stress_wait(s, MOMENT), 1);
		assert_int_equal(ipcx_stress_progress(s, &p), 0);
	}
	assert_int_equal(ipcx_stress_end(s), 0);
	assert_int_equal(count(x, "all"), 0);
	assert_int_equal(ipcx_stress_end(NULL), 0);
}

static void test_impossible_runs(void **state)
{
	static const char *const nope[] = { "nope", NULL };
	struct ipcx *x = *state;
	const struct ipcx_stress_plan good = short_plan();
	struct ipcx_stress_plan wrong[] = { good, good, good, good, good };
	struct ipcx_stress *s = NO_RUN;

	wrong[0].size = IPCX_STRESS_PLAN_SIZE_0_1 - 1;
	wrong[1].flags = 1U << 31;
	wrong[2].cpus = 1U << 31;
	wrong[3].workers = 257;
	wrong[4].objects = 32769;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_fails(x, ipcx_stress_start(x, &wrong[i], &s), -EINVAL, s, NO_RUN);
	wrong[0] = good;
	wrong[0].workloads = nope;
	assert_fails(x, ipcx_stress_start(x, &wrong[0], &s), -ENOENT, s, NO_RUN);
	assert_non_null(strstr(ipcx_error(x), "nope"));
	wrong[0] = (struct ipcx_stress_plan){ .size = sizeof(good),
					      .ways = nope,
					      .flags = IPCX_STRESS_COMPARE };
	assert_fails(x, ipcx_stress_start(x, &wrong[0], &s), -ENOENT, s, NO_RUN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_list),
		TEST(test_run),
		TEST(test_stopped_run_returns_results),
		TEST(test_stopped_at_once_leaves_nothing),
		TEST(test_impossible_runs),
	};

	return cmocka_run_group_tests_name("stress", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A call with NULL for a required pointer returns -EINVAL and never crashes; if there is
 * a context, it has an error text. */
#include "api.h"

#include <ipcx-stress.h>

/* Return a pointer that must not be read or written. */
static void *some(void)
{
	return (void *)(uintptr_t)0x5a5a;
}

/* Replace the error text, so that the text of an earlier call is not taken for that of
 * the next call. */
static void forget(struct ipcx *x)
{
	struct ipcx_ref ref;

	assert_int_equal(ipcx_ref_parse(x, "forget", IPCX_NO_MECH, &ref), -EINVAL);
}

#define refused(x, call)                                          \
	do {                                                      \
		forget(x);                                        \
		assert_int_equal((call), -EINVAL);                \
		assert_null(strstr(ipcx_error(x), "\"forget\"")); \
		assert_null(strpbrk(ipcx_error(x), "\n\r"));      \
	} while (0)

static void test_without_a_context(void **state)
{
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_attrs a = { .size = sizeof(a) };
	struct ipcx_ref ref = { .mech = 0 };
	struct ipcx_setting setting = { .size = sizeof(setting), .value = 1 };
	uint64_t caps;
	char buf[8];

	(void)state;
	setting.name = "shmmni";
	assert_int_equal(ipcx_new(NULL), -EINVAL);
	assert_int_equal(ipcx_scan(NULL, &q, some()), -EINVAL);
	assert_int_equal(ipcx_remove(NULL, &q, some()), -EINVAL);
	assert_int_equal(ipcx_change(NULL, &q, &a, some()), -EINVAL);
	assert_int_equal(ipcx_create(NULL, &a, 1, some()), -EINVAL);
	assert_int_equal(ipcx_contents(NULL, &ref, some()), -EINVAL);
	assert_int_equal(ipcx_ref_parse(NULL, "shm:0", IPCX_NO_MECH, &ref), -EINVAL);
	assert_int_equal(ipcx_expr_parse(NULL, "id == 1", some(), NULL), -EINVAL);
	assert_int_equal(ipcx_expr_parse_all(NULL, some(), 1, some(), NULL, NULL),
			 -EINVAL);
	assert_int_equal(ipcx_limits(NULL, NULL, some()), -EINVAL);
	assert_int_equal(ipcx_limit_values(NULL, NULL, some()), -EINVAL);
	assert_int_equal(ipcx_limits_given(NULL, NULL, some(), some()), -EINVAL);
	assert_int_equal(ipcx_totals(NULL, some()), -EINVAL);
	assert_int_equal(ipcx_memory(NULL, NULL, some()), -EINVAL);
	assert_int_equal(ipcx_limit_set(NULL, "shmmni", 1), -EINVAL);
	assert_int_equal(ipcx_limit_check(NULL, "shmmni", 1, some()), -EINVAL);
	assert_int_equal(ipcx_limit_sysctl(NULL, "shmmni", 1, buf, 8), -EINVAL);
	assert_int_equal(ipcx_limit_lines(NULL, &setting, 1, buf, 8), -EINVAL);
	assert_int_equal(ipcx_fit(NULL, "shm:1", some()), -EINVAL);
	assert_int_equal(ipcx_shares(NULL, some(), 0, some()), -EINVAL);
	assert_int_equal(ipcx_ns_open(NULL, "self", some()), -EINVAL);
	assert_int_equal(ipcx_namespaces(NULL, 0, some()), -EINVAL);
	assert_int_equal(ipcx_user_namespaces(NULL, 0, some()), -EINVAL);
	assert_int_equal(ipcx_usage(NULL, some()), -EINVAL);
	assert_int_equal(ipcx_members(NULL, some()), -EINVAL);
	assert_int_equal(ipcx_containers(NULL, some()), -EINVAL);
	assert_int_equal(ipcx_sharers(NULL, some()), -EINVAL);
	assert_int_equal(ipcx_compare(NULL, some(), some(), some()), -EINVAL);
	assert_int_equal(ipcx_ns_bounding(NULL, some(), &caps), -EINVAL);
	assert_int_equal(ipcx_ns_user(NULL, some(), 0, NULL, NULL, some()), -EINVAL);
	assert_int_equal(ipcx_ns_environ(NULL, some(), buf, 8, some()), -EINVAL);
	assert_int_equal(ipcx_ns_become(NULL, some(), 0, 0), -EINVAL);
	assert_int_equal(ipcx_ns_enter(NULL, some(), 0), -EINVAL);
	assert_int_equal(ipcx_ns_may_act(NULL, some()), -EINVAL);
	assert_int_equal(ipcx_ns_new(NULL, 0), -EINVAL);
	assert_int_equal(ipcx_ns_new_mapped(NULL, some()), -EINVAL);
	assert_int_equal(ipcx_ns_pin(NULL, some(), "name"), -EINVAL);
	assert_int_equal(ipcx_ns_unpin(NULL, "name", 0), -EINVAL);
	ipcx_use(NULL, NULL);
	ipcx_namespace(NULL, buf, sizeof(buf));
}

static void test_without_a_context_in_use(void **state)
{
	struct ipcx_fieldset none;
	struct ipcx_ref ref = { .mech = 0 };
	struct ipcx_stress_plan plan = { .size = sizeof(plan) };
	struct ipcx_sem_op op = { .size = sizeof(op), .op = 1 };
	const char *const path = "/";
	uint32_t value = 0;

	(void)state;
	assert_int_equal(ipcx_mem_open(NULL, &ref, 0, some()), -EINVAL);
	assert_int_equal(ipcx_queue_open(NULL, &ref, IPCX_QUEUE_SEND, some()), -EINVAL);
	assert_int_equal(ipcx_sem_op(NULL, &ref, &op, 1, 0), -EINVAL);
	assert_int_equal(ipcx_sem_set(NULL, &ref, NULL, &value, 1), -EINVAL);
	assert_int_equal(ipcx_psem_take(NULL, &ref, 0, some()), -EINVAL);
	assert_int_equal(ipcx_psem_give(NULL, some()), -EINVAL);
	assert_int_equal(ipcx_key(NULL, path, 1, &value), -EINVAL);
	assert_int_equal(ipcx_why(NULL, NULL, some()), -EINVAL);
	assert_int_equal(ipcx_doctor(NULL, NULL, NULL, some()), -EINVAL);
	assert_int_equal(ipcx_keys(NULL, &path, 1, 1, some()), -EINVAL);
	assert_int_equal(ipcx_key_search(NULL, 1, &path, 1, false, some()), -EINVAL);
	assert_int_equal(ipcx_id_split(NULL, &ref, 1, some()), -EINVAL);
	assert_int_equal(ipcx_key_ways(NULL, 1, &path, 1, 0, some()), -EINVAL);
	assert_int_equal(ipcx_key_collisions(NULL, &path, 1, 1, 0, some()), -EINVAL);
	assert_int_equal(ipcx_groups_new(NULL, some(), 1, some()), -EINVAL);
	assert_int_equal(ipcx_groups_add(NULL, some(), 0), -EINVAL);
	assert_int_equal(ipcx_groups_add_all(NULL, some()), -EINVAL);
	assert_int_equal(ipcx_groups_sum(NULL, some(), 1), -EINVAL);
	none = ipcx_groups_fields(NULL);
	assert_true(ipcx_fieldset_empty(&none));
	assert_int_equal(ipcx_groups_table(NULL, some()), -EINVAL);
	ipcx_groups_free(NULL);
	assert_int_equal(ipcx_stress_start(NULL, &plan, some()), -EINVAL);
	assert_int_equal(ipcx_stress_list(NULL, 0, some()), -EINVAL);
}

static void test_objects(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_attrs a = small("shm", NULL);
	struct ipcx_ref ref = { .mech = a.mech, .by = IPCX_BY_ID };
	struct ipcx_table *t = UNTOUCHED;
	char text[16] = "as it was";

	refused(x, ipcx_scan(x, NULL, &t));
	refused(x, ipcx_scan(x, &q, NULL));
	refused(x, ipcx_remove(x, NULL, &t));
	refused(x, ipcx_remove(x, &q, NULL));
	refused(x, ipcx_change(x, NULL, &a, &t));
	refused(x, ipcx_change(x, &q, NULL, &t));
	refused(x, ipcx_change(x, &q, &a, NULL));
	refused(x, ipcx_create(x, NULL, 1, &t));
	refused(x, ipcx_create(x, &a, 1, NULL));
	refused(x, ipcx_contents(x, NULL, &t));
	refused(x, ipcx_contents(x, &ref, NULL));
	q.nrefs = 1;
	refused(x, ipcx_scan(x, &q, &t));
	assert_true(t == UNTOUCHED);
	assert_int_equal(count(x, "all"), 0);
	refused(x, ipcx_ref_parse(x, NULL, IPCX_NO_MECH, &ref));
	refused(x, ipcx_ref_parse(x, "shm:5", IPCX_NO_MECH, NULL));
	assert_int_equal(ipcx_ref_format(NULL, text, sizeof(text)), -EINVAL);
	assert_int_equal(ipcx_ref_format(&ref, NULL, 5), -EINVAL);
	assert_int_equal(ipcx_ref_format(&ref, NULL, 0), 5);
	assert_string_equal(text, "as it was");
	refused(x, ipcx_expr_parse(x, NULL, some(), NULL));
	refused(x, ipcx_expr_parse(x, "id == 1", NULL, NULL));
	refused(x, ipcx_expr_parse_all(x, NULL, 1, some(), NULL, NULL));
	refused(x, ipcx_expr_parse_all(x, some(), 1, NULL, NULL, NULL));
}

static void test_lookups(void **state)
{
	enum ipcx_field field = IPCX_F_ID;
	unsigned mech = 77;
	uint64_t mask = 77;

	(void)state;
	for (size_t len = 0; len < 2; len++) {
		assert_int_equal(ipcx_field_by_name(NULL, len - 1, &field), -EINVAL);
		assert_int_equal(ipcx_mech_by_name(NULL, len - 1, &mech), -EINVAL);
	}
	assert_int_equal(ipcx_field_by_name("id", 2, NULL), -EINVAL);
	assert_int_equal(ipcx_mech_by_name("shm", 3, NULL), -EINVAL);
	assert_int_equal(ipcx_mech_mask(NULL, &mask), -EINVAL);
	assert_int_equal(ipcx_mech_mask("shm", NULL), -EINVAL);
	assert_true(field == IPCX_F_ID && mech == 77 && mask == 77);
}

/* A NULL table has no rows and no notes, and is not complete. */
static void test_tables(void **state)
{
	struct ipcx *x = *state;
	const struct ipcx_value one = { .type = IPCX_TYPE_UINT, .as.u = 1 };
	struct ipcx_expr *e = NULL;
	struct ipcx_fieldset none;
	struct ipcx_value v;
	struct ipcx_ref ref;
	struct ipcx_table *t;
	size_t missing = 77;

	make_small(x, "sem", NULL, NULL);
	t = scan(x, "sem");
	assert_int_equal(ipcx_expr_parse(x, "nsems == 2", &e, NULL), 0);
	assert_int_equal(ipcx_table_rows(NULL), 0);
	assert_non_null(ipcx_table_kind(NULL));
	assert_int_equal(ipcx_row_mech(NULL, 0), IPCX_NO_MECH);
	assert_int_equal(ipcx_row_get(NULL, 0, IPCX_F_ID, &v), -EINVAL);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_ID, NULL), -EINVAL);
	assert_int_equal(ipcx_row_ref(NULL, 0, &ref), -EINVAL);
	assert_int_equal(ipcx_row_ref(t, 0, NULL), -EINVAL);
	none = ipcx_row_fields(NULL, 0);
	assert_true(ipcx_fieldset_empty(&none));
	none = ipcx_row_unknown(NULL, 0);
	assert_true(ipcx_fieldset_empty(&none));
	(void)ipcx_row_changed(NULL, 0);
	assert_int_equal(ipcx_table_resume(NULL), 0);
	assert_null(ipcx_table_note(NULL, 0));
	assert_int_equal(ipcx_table_failures(NULL, &missing), 0);
	assert_int_equal(missing, 0);
	assert_false(ipcx_table_complete(NULL));
	assert_int_equal(ipcx_expr_match(e, t, 0), 1);
	assert_int_equal(ipcx_expr_match(NULL, t, 0), -1);
	assert_int_equal(ipcx_expr_match(e, NULL, 0), -1);
	none = ipcx_expr_fields(NULL);
	assert_true(ipcx_fieldset_empty(&none));
	assert_int_equal(ipcx_value_compare(NULL, NULL), 0);
	assert_true(ipcx_value_compare(NULL, &one) < 0);
	assert_true(ipcx_value_compare(&one, NULL) > 0);
	ipcx_expr_free(e);
	ipcx_table_free(t);
}

static void test_limits_and_keys(void **state)
{
	struct ipcx *x = *state;
	const struct ipcx_setting none = { .size = sizeof(none), .value = 1 };
	const char *const paths[] = { "/", NULL };
	struct ipcx_table *t = UNTOUCHED;
	uint32_t key = 77;
	struct ipcx_failed_call failed = { .size = sizeof(failed), .call = "shmget" };
	char buf[8];

	refused(x, ipcx_limits(x, NULL, NULL));
	refused(x, ipcx_limit_values(x, NULL, NULL));
	refused(x, ipcx_limits_given(x, NULL, NULL, &t));
	refused(x, ipcx_limits_given(x, NULL, some(), NULL));
	refused(x, ipcx_totals(x, NULL));
	refused(x, ipcx_memory(x, NULL, NULL));
	refused(x, ipcx_limit_set(x, NULL, 1));
	refused(x, ipcx_limit_check(x, NULL, 1, some()));
	refused(x, ipcx_limit_check(x, "shmmni", 1, NULL));
	refused(x, ipcx_limit_sysctl(x, NULL, 1, buf, sizeof(buf)));
	refused(x, ipcx_limit_sysctl(x, "shmmni", 1, NULL, 5));
	refused(x, ipcx_limit_lines(x, NULL, 1, buf, sizeof(buf)));
	refused(x, ipcx_limit_lines(x, &none, 1, buf, sizeof(buf)));
	refused(x, ipcx_fit(x, NULL, &t));
	refused(x, ipcx_fit(x, "shm:1", NULL));
	refused(x, ipcx_shares(x, NULL, 0, &t));
	refused(x, ipcx_key(x, NULL, 1, &key));
	refused(x, ipcx_key(x, "/", 1, NULL));
	refused(x, ipcx_keys(x, NULL, 1, 1, &t));
	refused(x, ipcx_keys(x, paths, 2, 1, &t));
	refused(x, ipcx_keys(x, paths, 1, 1, NULL));
	refused(x, ipcx_key_search(x, 1, NULL, 1, false, &t));
	refused(x, ipcx_key_search(x, 1, paths, 2, false, &t));
	refused(x, ipcx_key_search(x, 1, paths, 1, false, NULL));
	refused(x, ipcx_why(x, NULL, &t));
	refused(x, ipcx_doctor(x, NULL, NULL, NULL));
	refused(x, ipcx_why(x, &failed, NULL));
	refused(x, ipcx_key_ways(x, 1, NULL, 1, 0, &t));
	refused(x, ipcx_key_ways(x, 1, paths, 2, 0, &t));
	refused(x, ipcx_key_ways(x, 1, paths, 1, 0, NULL));
	refused(x, ipcx_key_collisions(x, NULL, 1, 1, 0, &t));
	refused(x, ipcx_key_collisions(x, paths, 2, 1, 0, &t));
	refused(x, ipcx_key_collisions(x, paths, 1, 1, 0, NULL));
	refused(x, ipcx_id_split(x, NULL, 1, &t));
	refused(x, ipcx_id_split(x, NULL, 0, NULL));
	assert_true(t == UNTOUCHED && key == 77);
}

static void test_namespaces(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_table *t = UNTOUCHED;
	struct ipcx_ns *ns = NULL;
	struct ipcx_ns_user user = { .size = sizeof(user) };
	uint64_t caps;
	char buf[8];
	size_t len;

	assert_int_equal(ipcx_ns_open(x, "self", &ns), 0);
	refused(x, ipcx_ns_open(x, NULL, &ns));
	refused(x, ipcx_ns_open(x, "self", NULL));
	refused(x, ipcx_namespaces(x, 0, NULL));
	refused(x, ipcx_user_namespaces(x, 0, NULL));
	refused(x, ipcx_usage(x, NULL));
	refused(x, ipcx_members(x, NULL));
	refused(x, ipcx_containers(x, NULL));
	refused(x, ipcx_sharers(x, NULL));
	refused(x, ipcx_compare(x, NULL, ns, &t));
	refused(x, ipcx_compare(x, ns, NULL, &t));
	refused(x, ipcx_compare(x, ns, ns, NULL));
	refused(x, ipcx_ns_bounding(x, NULL, &caps));
	refused(x, ipcx_ns_bounding(x, ns, NULL));
	refused(x, ipcx_ns_user(x, NULL, 0, NULL, NULL, &user));
	refused(x, ipcx_ns_user(x, ns, 0, NULL, NULL, NULL));
	refused(x, ipcx_ns_environ(x, NULL, buf, sizeof(buf), &len));
	refused(x, ipcx_ns_environ(x, ns, NULL, 1, &len));
	refused(x, ipcx_ns_environ(x, ns, buf, sizeof(buf), NULL));
	refused(x, ipcx_ns_become(x, NULL, 0, 0));
	refused(x, ipcx_ns_enter(x, NULL, 0));
	refused(x, ipcx_ns_may_act(x, NULL));
	refused(x, ipcx_ns_new_mapped(x, NULL));
	refused(x, ipcx_ns_pin(x, NULL, "name"));
	refused(x, ipcx_ns_pin(x, ns, NULL));
	refused(x, ipcx_ns_unpin(x, NULL, 0));
	assert_false(ipcx_ns_is_all(NULL));
	ipcx_namespace(x, NULL, 5);
	ipcx_ns_free(ns);
	ipcx_ns_free(NULL);
}

static void test_memory(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_mem *m = NULL;
	struct ipcx_ref ref;
	char byte = 0;

	make_small(x, "pshm", "/m", &ref);
	refused(x, ipcx_mem_open(x, NULL, 0, &m));
	refused(x, ipcx_mem_open(x, &ref, 0, NULL));
	assert_int_equal(ipcx_mem_size(NULL), 0);
	assert_int_equal(ipcx_mem_read(NULL, 0, &byte, 1), -EINVAL);
	assert_int_equal(ipcx_mem_write(NULL, 0, &byte, 1), -EINVAL);
	for (unsigned flags = 0; flags <= IPCX_MEM_WRITE; flags++) {
		assert_int_equal(ipcx_mem_open(x, &ref, flags, &m), 0);
		refused(x, ipcx_mem_read(m, 0, NULL, 1));
		refused(x, ipcx_mem_write(m, 0, NULL, 1));
		ipcx_mem_close(m);
	}
	ipcx_mem_close(NULL);
}

static void test_queues(void **state)
{
	static const char *const mechs[] = { "msg", "mq" };
	struct ipcx *x = *state;
	const struct ipcx_take take = { .size = sizeof(take) };
	struct ipcx_queue_state s = { .size = sizeof(s) };
	struct ipcx_message m = { .size = sizeof(m), .rank = 1 };
	struct ipcx_queue *q = NULL;
	struct ipcx_ref ref;

	for (size_t i = 0; i < ARRAY_SIZE(mechs); i++) {
		make_small(x, mechs[i], "/q", &ref);
		refused(x, ipcx_queue_open(x, NULL, IPCX_QUEUE_SEND, &q));
		refused(x, ipcx_queue_open(x, &ref, IPCX_QUEUE_SEND, NULL));
		assert_int_equal(ipcx_queue_open(x, &ref,
						 IPCX_QUEUE_SEND | IPCX_QUEUE_RECEIVE,
						 &q),
				 0);
		refused(x, ipcx_queue_state(q, NULL));
		refused(x, ipcx_queue_check(q, NULL));
		refused(x, ipcx_queue_send(q, NULL, 0));
		m.size = 5;
		refused(x, ipcx_queue_check(q, &m)); /* a length without bytes */
		refused(x, ipcx_queue_send(q, &m, 0));
		m.size = 0;
		refused(x, ipcx_queue_receive(q, NULL, 0, &m));
		refused(x, ipcx_queue_receive(q, &take, 0, NULL));
		refused(x, ipcx_queue_peek(q, 0, NULL));
		refused(x, ipcx_queue_messages(q, 0, 1, NULL));
		ipcx_queue_close(q);
	}
	assert_int_equal(ipcx_queue_state(NULL, &s), -EINVAL);
	assert_int_equal(ipcx_queue_check(NULL, &m), -EINVAL);
	assert_int_equal(ipcx_queue_send(NULL, &m, 0), -EINVAL);
	assert_int_equal(ipcx_queue_receive(NULL, &take, 0, &m), -EINVAL);
	assert_int_equal(ipcx_queue_peek(NULL, 0, &m), -EINVAL);
	assert_int_equal(ipcx_queue_notify(NULL, 0), -EINVAL);
}

static void test_semaphores(void **state)
{
	struct ipcx *x = *state;
	const struct ipcx_sem_op op = { .size = sizeof(op), .op = 1 };
	const uint32_t value = 1;
	struct ipcx_psem_taken *taken = NULL;
	struct ipcx_ref ref;

	make_small(x, "sem", NULL, &ref);
	refused(x, ipcx_sem_op(x, NULL, &op, 1, 0));
	refused(x, ipcx_sem_op(x, &ref, NULL, 1, 0));
	refused(x, ipcx_sem_set(x, NULL, NULL, &value, 1));
	refused(x, ipcx_sem_set(x, &ref, NULL, NULL, 2));
	make_small(x, "psem", "/p", &ref);
	refused(x, ipcx_psem_take(x, NULL, 0, &taken));
	refused(x, ipcx_psem_take(x, &ref, 0, NULL));
	refused(x, ipcx_psem_give(x, NULL));
}

static void test_stress(void **state)
{
	static const char *const churn[] = { "churn", NULL };
	struct ipcx *x = *state;
	struct ipcx_stress_plan plan = { .size = sizeof(plan),
					 .mechs = IPCX_MECH_BIT(mech_of("psem")),
					 .workloads = churn,
					 .ops = 1,
					 .objects = 1,
					 .cpus = IPCX_ON_ONE };
	struct ipcx_stress_progress p = { .size = sizeof(p) };
	struct ipcx_stress *s = NULL;
	struct ipcx_table *t = UNTOUCHED;

	refused(x, ipcx_stress_list(x, 0, NULL));
	refused(x, ipcx_stress_list(x, 1U << 31, &t));
	refused(x, ipcx_stress_start(x, NULL, &s));
	refused(x, ipcx_stress_start(x, &plan, NULL));
	assert_int_equal(ipcx_stress_wait(NULL, 0), -EINVAL);
	assert_int_equal(ipcx_stress_results(NULL, &t), -EINVAL);
	assert_int_equal(ipcx_stress_facts(NULL, &t), -EINVAL);
	assert_int_equal(ipcx_stress_end(NULL), 0);
	assert_int_equal(ipcx_stress_progress(NULL, &p), -EINVAL);
	ipcx_stress_stop(NULL);
	assert_int_equal(ipcx_stress_start(x, &plan, &s), 0);
	refused(x, ipcx_stress_progress(s, NULL));
	refused(x, ipcx_stress_results(s, NULL));
	refused(x, ipcx_stress_facts(s, NULL));
	assert_int_equal(ipcx_stress_end(s), 0);
	assert_true(t == UNTOUCHED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_without_a_context),
		TEST(test_without_a_context_in_use),
		TEST(test_objects),
		TEST(test_lookups),
		TEST(test_tables),
		TEST(test_limits_and_keys),
		TEST(test_namespaces),
		TEST(test_memory),
		TEST(test_queues),
		TEST(test_semaphores),
		TEST(test_stress),
	};

	return cmocka_run_group_tests_name("null", tests, NULL, NULL);
}

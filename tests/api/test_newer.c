/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program built against a later version runs with this library: in its headers each
 * struct has one more member, and there is one more field (newer/newer.py). Calls work if
 * the new members are zero; if one is not zero, the call fails and does nothing.
 */
#include "api.h"

#include <ipcx-stress.h>

#define NAME(name) #name,

/* Each struct with a size member needs a test in this file. */
static void test_every_struct_is_tested(void **state)
{
	static const char *const grown[] = { NEWER_IPCX_H(NAME)
						     NEWER_IPCX_STRESS_H(NAME) };
	static const char *const known[] = {
		"ipcx_query",       "ipcx_attrs",       "ipcx_take",
		"ipcx_stress_plan", "ipcx_message",     "ipcx_sem_op",
		"ipcx_setting",     "ipcx_queue_state", "ipcx_stress_progress",
		"ipcx_outcome",     "ipcx_base",        "ipcx_unseen",
		"ipcx_wait_opts",   "ipcx_ns_user",     "ipcx_id_range",
		"ipcx_ns_map",      "ipcx_failed_call", "ipcx_doctor_opts",
	};
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(grown); i++) {
		size_t k = 0;

		while (k < ARRAY_SIZE(known) && strcmp(grown[i], known[k]))
			k++;
		if (k == ARRAY_SIZE(known))
			fail_msg("struct %s has a size, but no test here", grown[i]);
		found++;
	}
	assert_true(found >= 4);
}

static void test_zero_new_members_are_accepted(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_ALL };
	struct ipcx_attrs two[2] = { small("sem", NULL), small("pshm", "/n") };
	struct ipcx_attrs mode = { .size = sizeof(mode),
				   .set = IPCX_A_MODE,
				   .mode = 0640 };
	struct ipcx_table *t;

	assert_int_equal(ipcx_create(x, two, 2, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 2);
	ipcx_table_free(t);
	q.mechs = IPCX_MECH_BIT(two[0].mech) | IPCX_MECH_BIT(two[1].mech);
	assert_int_equal(ipcx_change(x, &q, &mode, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 2);
	assert_int_equal(number(t, 1, IPCX_F_MODE), 0640);
	ipcx_table_free(t);
	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 2);
	ipcx_table_free(t);
	assert_int_equal(ipcx_remove(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 2);
	ipcx_table_free(t);
	assert_int_equal(count(x, "all"), 0);
}

/* A filter unknown to the library must not be ignored: the query would then match every
 * object. */
static void test_newer_query(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_ALL, .newer = 1 };
	struct ipcx_attrs mode = { .size = sizeof(mode),
				   .set = IPCX_A_MODE,
				   .mode = 0640 };
	struct ipcx_table *t = UNTOUCHED;
	struct ipcx_ref ref;

	for (unsigned m = 0; ipcx_mech_info(m); m++)
		if (ipcx_mech_info(m)->create)
			make_small(x, ipcx_mech_info(m)->name, "/n", &ref);
	assert_int_equal(ipcx_mech_mask("all", &q.mechs), 0);
	for (int by_ref = 0; by_ref < 2; by_ref++) {
		assert_fails(x, ipcx_remove(x, &q, &t), -E2BIG, t, UNTOUCHED);
		assert_non_null(strstr(ipcx_error(x), "struct ipcx_query"));
		assert_non_null(strstr(ipcx_error(x), ipcx_version()));
		assert_fails(x, ipcx_change(x, &q, &mode, &t), -E2BIG, t, UNTOUCHED);
		assert_fails(x, ipcx_scan(x, &q, &t), -E2BIG, t, UNTOUCHED);
		q.mechs = 0;
		q.refs = &ref;
		q.nrefs = 1;
	}
	t = scan(x, "all");
	assert_int_equal(ipcx_table_rows(t), 6);
	for (size_t row = 0; row < 6; row++)
		assert_int_equal(number(t, row, IPCX_F_MODE), 0600);
	ipcx_table_free(t);
}

static void test_newer_attributes(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_ALL };
	struct ipcx_attrs two[2] = { small("sem", NULL), small("pshm", "/n") };
	struct ipcx_attrs mode = { .size = sizeof(mode),
				   .set = IPCX_A_MODE,
				   .mode = 0640,
				   .newer = UINT64_C(1) << 63 };
	struct ipcx_table *t = UNTOUCHED;

	two[1].newer = 1;
	assert_fails(x, ipcx_create(x, two, 2, &t), -E2BIG, t, UNTOUCHED);
	assert_non_null(strstr(ipcx_error(x), "struct ipcx_attrs"));
	assert_int_equal(count(x, "all"), 0);
	make_small(x, "sem", NULL, NULL);
	q.mechs = IPCX_MECH_BIT(mech_of("sem"));
	assert_fails(x, ipcx_change(x, &q, &mode, &t), -E2BIG, t, UNTOUCHED);
	t = scan(x, "sem");
	assert_int_equal(number(t, 0, IPCX_F_MODE), 0600);
	ipcx_table_free(t);
}

static void test_newer_field(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_ALL };
	struct ipcx_table *t = UNTOUCHED;
	struct ipcx_value v = { .type = IPCX_TYPE_KEY };
	char text[16];

	make_small(x, "msg", NULL, NULL);
	q.mechs = IPCX_MECH_BIT(mech_of("msg"));
	q.fields = IPCX_FIELDSET(IPCX_F_ID, IPCX_F_NEWER);
	(void)snprintf(text, sizeof(text), "%d", IPCX_F_NEWER);
	assert_fails(x, ipcx_scan(x, &q, &t), -EINVAL, t, UNTOUCHED);
	assert_non_null(strstr(ipcx_error(x), text));
	assert_fails(x, ipcx_remove(x, &q, &t), -EINVAL, t, UNTOUCHED);
	assert_int_equal(count(x, "msg"), 1);

	t = scan(x, "msg");
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_NEWER, &v), -EINVAL);
	assert_int_equal(v.type, IPCX_TYPE_KEY);
	ipcx_table_free(t);
	assert_null(ipcx_field_info(IPCX_F_NEWER));
	assert_false(ipcx_mech_has(q.mechs ? mech_of("msg") : 0, IPCX_F_NEWER));
}

/* Unknown members of a base are not ignored; in a result the library fills only the
 * members it knows. */
static void test_newer_base_and_result(void **state)
{
	struct ipcx *x = *state, *other = x;
	struct ipcx_base base = { .size = sizeof(base), .newer = 1 };
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_ALL };
	struct ipcx_outcome o = { .size = sizeof(o), .newer = 1 };
	struct ipcx_unseen unseen = { .size = sizeof(unseen), .newer = 1 };
	struct ipcx_table *t;

	assert_int_equal(ipcx_new_at(&base, &other), -E2BIG);
	assert_ptr_equal(other, x);
	base.newer = 0;
	assert_int_equal(ipcx_new_at(&base, &other), 0);
	ipcx_free(other);
	make_small(x, "sem", NULL, NULL);
	q.mechs = IPCX_MECH_BIT(mech_of("sem"));
	assert_int_equal(ipcx_remove_count(x, &q, &o), 0);
	assert_true(o.done == 1 && o.newer == 0);
	q.flags = 0;
	assert_int_equal(ipcx_users(x, &q, 0, 0, &unseen, &t), 0);
	assert_true(unseen.newer == 0 && unseen.attaches == 0);
	ipcx_table_free(t);
	unseen.newer = 1;
	assert_int_equal(ipcx_memory(x, &unseen, &t), 0);
	assert_true(unseen.newer == 0);
	ipcx_table_free(t);
}

static void test_newer_options_of_waits(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(mech_of("sem")) };
	struct ipcx_wait_opts opts = { .size = sizeof(opts), .newer = 1 };
	struct ipcx_table *t;

	assert_int_equal(ipcx_waits(x, &q, &opts, NULL, &t), -E2BIG);
	assert_non_null(strstr(ipcx_error(x), "struct ipcx_wait_opts"));
	opts.newer = 0;
	assert_int_equal(ipcx_waits(x, &q, &opts, NULL, &t), 0);
	ipcx_table_free(t);
}

static void test_newer_failed_call(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_failed_call failed = {
		.size = sizeof(failed), .call = "semget", .error = "ENOSPC", .newer = 1
	};
	struct ipcx_table *t;

	assert_int_equal(ipcx_why(x, &failed, &t), -E2BIG);
	assert_non_null(strstr(ipcx_error(x), "struct ipcx_failed_call"));
	failed.newer = 0;
	assert_int_equal(ipcx_why(x, &failed, &t), 0);
	assert_true(ipcx_table_rows(t) > 0);
	ipcx_table_free(t);
}

static void test_newer_options_of_doctor(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_doctor_opts opts = { .size = sizeof(opts), .newer = 1 };
	struct ipcx_table *t = UNTOUCHED;

	assert_fails(x, ipcx_doctor(x, &opts, NULL, &t), -E2BIG, t, UNTOUCHED);
	assert_non_null(strstr(ipcx_error(x), "struct ipcx_doctor_opts"));
	opts.newer = 0;
	assert_int_equal(ipcx_doctor(x, &opts, NULL, &t), 0);
	ipcx_table_free(t);
}

static void test_newer_user(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_ns_user user = { .size = sizeof(user), .newer = 7 };
	struct ipcx_ns *ns;

	assert_int_equal(ipcx_ns_open(x, "self", &ns), 0);
	assert_int_equal(ipcx_ns_user(x, ns, 0, "0", "0", &user), 0);
	assert_true(user.uid == 0 && user.gid == 0 && user.newer == 0);
	ipcx_ns_free(ns);
}

static void test_newer_messages(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_ref ref;
	struct ipcx_queue *q;
	struct ipcx_take take = { .size = sizeof(take), .newer = 1 };
	struct ipcx_message m = { .size = sizeof(m) };

	make_small(x, "msg", NULL, &ref);
	assert_int_equal(
		ipcx_queue_open(x, &ref, IPCX_QUEUE_SEND | IPCX_QUEUE_RECEIVE, &q), 0);
	assert_int_equal(ipcx_queue_receive(q, &take, 0, &m), -E2BIG);
	assert_non_null(strstr(ipcx_error(x), "struct ipcx_take"));
	take.newer = 0;
	assert_int_equal(ipcx_queue_receive(q, &take, 0, &m), -ETIMEDOUT);
#ifdef HAS_NEWER_ipcx_message
	m = (struct ipcx_message){ .size = sizeof(m), .newer = 1 };
	assert_int_equal(ipcx_queue_check(q, &m), -E2BIG);
	assert_int_equal(ipcx_queue_send(q, &m, 0), -E2BIG);
#endif
#ifdef HAS_NEWER_ipcx_queue_state
	{
		struct ipcx_queue_state s = { .size = sizeof(s), .newer = 1 };

		assert_int_equal(ipcx_queue_state(q, &s), 0);
		assert_int_equal(s.newer, 0); /* unknown to the library */
	}
#endif
	ipcx_queue_close(q);
}

#ifdef HAS_NEWER_ipcx_sem_op
static void test_newer_semaphores(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_sem_op ops[2] = { { .size = sizeof(ops[0]), .op = 1 },
				      { .size = sizeof(ops[0]), .op = 1, .newer = 1 } };
	struct ipcx_table *t;
	struct ipcx_ref ref;

	make_small(x, "sem", NULL, &ref);
	assert_int_equal(ipcx_sem_op(x, &ref, ops, 2, 0), -E2BIG);
	assert_int_equal(ipcx_contents(x, &ref, &t), 0);
	assert_int_equal(number(t, 0, IPCX_F_VALUE), 0);
	ipcx_table_free(t);
}
#endif

#ifdef HAS_NEWER_ipcx_setting
static void test_newer_settings(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_setting s = { .size = sizeof(s), .name = "shmmni", .newer = 1 };
	char buf[64] = "as it was";

	s.value = 4096;
	assert_int_equal(ipcx_limit_lines(x, &s, 1, buf, sizeof(buf)), -E2BIG);
	assert_string_equal(buf, "as it was");
}
#endif

static void test_newer_maps(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_id_range range = { .size = sizeof(range), .count = 1, .newer = 1 };
	struct ipcx_ns_map map = { .size = sizeof(map), .newer = 1 };

	assert_int_equal(ipcx_ns_new_mapped(x, &map), -E2BIG);
	assert_non_null(strstr(ipcx_error(x), "struct ipcx_ns_map"));
	map.newer = 0;
	map.groups = &range;
	map.ngroups = 1;
	assert_int_equal(ipcx_ns_new_mapped(x, &map), -E2BIG);
	assert_non_null(strstr(ipcx_error(x), "struct ipcx_id_range"));
}

static void test_newer_stress(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_stress *const untouched = (struct ipcx_stress *)0x5a5a;
	struct ipcx_stress_plan plan = { .size = sizeof(plan), .ops = 1, .newer = 1 };
	struct ipcx_stress *s = untouched;

	assert_fails(x, ipcx_stress_start(x, &plan, &s), -E2BIG, s, untouched);
	assert_non_null(strstr(ipcx_error(x), "struct ipcx_stress_plan"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_struct_is_tested),
		TEST(test_zero_new_members_are_accepted),
		TEST(test_newer_query),
		TEST(test_newer_attributes),
		TEST(test_newer_field),
		TEST(test_newer_base_and_result),
		TEST(test_newer_options_of_waits),
		TEST(test_newer_failed_call),
		TEST(test_newer_options_of_doctor),
		TEST(test_newer_user),
		TEST(test_newer_messages),
#ifdef HAS_NEWER_ipcx_sem_op
		TEST(test_newer_semaphores),
#endif
#ifdef HAS_NEWER_ipcx_setting
		TEST(test_newer_settings),
#endif
		TEST(test_newer_maps),
		TEST(test_newer_stress),
	};

	return cmocka_run_group_tests_name("newer", tests, NULL, NULL);
}

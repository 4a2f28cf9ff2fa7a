/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why calls fail: what is refused, and an answer with its rows; what ipcx_doctor()
 * refuses. */
#include "api.h"

static void test_refused(void **state)
{
	static const char *const twice[] = { "size=1", "size=2" }, *const none[] = {
		"sizes=1"
	};
	const struct ipcx_failed_call wrong[] = {
		{ .size = sizeof(wrong[0]) },
		{ .size = 1, .call = "shmget" },
		{ .size = sizeof(wrong[0]), .call = "shmgett", .error = "ENOSPC" },
		{ .size = sizeof(wrong[0]), .call = "", .error = "" },
		{ .size = sizeof(wrong[0]), .call = "shmget", .error = "EWHAT" },
		{ .size = sizeof(wrong[0]), .call = "shmget", .error = "EXDEV" },
		{ .size = sizeof(wrong[0]), .call = "shmget", .nargs = 1 },
		{ .size = sizeof(wrong[0]), .call = "shmget", .args = twice, .nargs = 2 },
		{ .size = sizeof(wrong[0]), .call = "shmget", .args = none, .nargs = 1 },
		{ .size = sizeof(wrong[0]), .call = "shmget", .flags = 4 },
		{ .size = sizeof(wrong[0]),
		  .call = "shmget",
		  .flags = IPCX_WHY_UID | IPCX_WHY_PID },
	};
	const struct ipcx_failed_call gone = { .size = sizeof(gone),
					       .call = "shmget",
					       .flags = IPCX_WHY_PID,
					       .pid = INT32_MAX };
	const struct ipcx_failed_call line = { .size = sizeof(line), .line = "" };
	struct ipcx *x = *state;
	struct ipcx_table *t = UNTOUCHED;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_fails(x, ipcx_why(x, &wrong[i], &t), -EINVAL, t, UNTOUCHED);
	assert_fails(x, ipcx_why(x, &gone, &t), -ESRCH, t, UNTOUCHED);
	assert_fails(x, ipcx_why(x, &line, &t), -ENODATA, t, UNTOUCHED);
}

static void test_answer(void **state)
{
	static const char *const args[] = { "nsems=32001" };
	const struct ipcx_failed_call failed = {
		.size = sizeof(failed),
		.line = "semget(5, 1, 0600): Invalid argument",
		.args = args,
		.nargs = 1
	};
	struct ipcx *x = *state;
	struct ipcx_value v;
	struct ipcx_table *t;

	/* Of the arguments, those beside the line count. */
	assert_int_equal(ipcx_why(x, &failed, &t), 0);
	assert_true(ipcx_table_rows(t) >= 2);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_CALL, &v), 0);
	assert_string_equal(ipcx_value_string(&v), "semget");
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_ERROR, &v), 0);
	assert_string_equal(ipcx_value_string(&v), "EINVAL");
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_APPLIES, &v), 0);
	assert_true(v.type == IPCX_TYPE_BOOL && v.as.u);
	ipcx_table_free(t);
}

/* Each call that is listed has errnos and arguments, and is answered. */
static void test_what_is_understood(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_table *t;
	const char *call;

	for (size_t i = 0; (call = ipcx_why_call(i)) != NULL; i++) {
		struct ipcx_failed_call failed = { .size = sizeof(failed), .call = call };

		failed.error = ipcx_why_error(call, 0);
		assert_non_null(failed.error);
		assert_non_null(ipcx_why_argument(call, 0));
		assert_int_equal(ipcx_why(x, &failed, &t), 0);
		assert_true(ipcx_table_rows(t) > 0);
		ipcx_table_free(t);
	}
}

static void test_options_of_doctor(void **state)
{
	struct ipcx *x = *state;
	const struct ipcx_doctor_opts wrong[] = {
		{ .size = 0 },
		{ .size = sizeof(struct ipcx_doctor_opts) - 1 },
		{ .size = sizeof(struct ipcx_doctor_opts), .what_if = "" },
		{ .size = sizeof(struct ipcx_doctor_opts), .what_if = "shmmni=1" },
		{ .size = sizeof(struct ipcx_doctor_opts),
		  .what_if = "shm_rmid_forced=0" },
	};
	struct ipcx_table *t = UNTOUCHED;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_fails(x, ipcx_doctor(x, &wrong[i], NULL, &t), -EINVAL, t,
			     UNTOUCHED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_refused),
		TEST(test_answer),
		TEST(test_what_is_understood),
		TEST(test_options_of_doctor),
	};

	return cmocka_run_group_tests_name("why", tests, NULL, NULL);
}

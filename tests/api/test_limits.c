/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits: reading and setting them, lines for sysctl.conf, and what still fits. */
#include "api.h"

#include <inttypes.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

static uint64_t limit_of(struct ipcx *x, const char *name)
{
	const char *const names[] = { name, NULL };
	struct ipcx_table *t;
	uint64_t n;

	assert_int_equal(ipcx_limit_values(x, names, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_string_equal(string(t, 0, IPCX_F_NAME), name);
	n = number(t, 0, IPCX_F_LIMIT);
	ipcx_table_free(t);
	return n;
}

/* Skip the test if /proc/sys is not writable. */
static void set_limit(struct ipcx *x, const char *name, uint64_t value)
{
	int r = ipcx_limit_set(x, name, value);

	if (r == -EACCES || r == -EPERM || r == -EROFS || r == -ENOTSUP) {
		print_message("%s\n", ipcx_error(x));
		skip();
	}
	if (r < 0)
		fail_msg("%s", ipcx_error(x));
}

/* Return the value that the kernel's file holds. */
static uint64_t in_proc(const char *name)
{
	uint64_t n = UINT64_MAX;
	char path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/sys/kernel/%s", name);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%" SCNu64, &n), 1);
	(void)fclose(file);
	return n;
}

static void test_set_and_read_back(void **state)
{
	struct ipcx *x = *state;
	uint64_t before = limit_of(x, "shmmni"), semmsl = limit_of(x, "semmsl"),
		 semmns = limit_of(x, "semmns"), now;

	set_limit(x, "shmmni", 77);
	assert_int_equal(in_proc("shmmni"), 77);
	assert_int_equal(limit_of(x, "shmmni"), 77);
	set_limit(x, "shmmni", before);
	assert_int_equal(in_proc("shmmni"), before);
	/* The file holds four numbers; setting one leaves the others unchanged. */
	set_limit(x, "semmns", 12345);
	assert_int_equal(limit_of(x, "semmns"), 12345);
	assert_int_equal(limit_of(x, "semmsl"), semmsl);
	set_limit(x, "semmns", semmns);
	assert_int_equal(ipcx_limit_check(x, "semmns", 12345, &now), 0);
	assert_true(now == semmns && limit_of(x, "semmns") == semmns);
	assert_fails(x, ipcx_limit_check(x, "semmns", UINT64_MAX, &now), -ERANGE, now,
		     semmns);
}

static void test_invalid_settings_are_refused(void **state)
{
	struct ipcx *x = *state;
	char buf[16] = "as it was";
	uint64_t now = 7;

	assert_fails(x, ipcx_limit_set(x, "nope", 1), -ENOENT, buf[0], 'a');
	assert_fails(x, ipcx_limit_check(x, "nope", 1, &now), -ENOENT, now, 7);
	assert_fails(x, ipcx_limit_check(x, "semvmx", 1, &now), -ENOTSUP, now, 7);
	assert_fails(x, ipcx_limit_set(x, "semvmx", 1), -ENOTSUP, buf[0], 'a');
	assert_fails(x, ipcx_limit_set(x, "kernel.sem", 1), -EINVAL, buf[0], 'a');
	assert_fails(x, ipcx_limit_sysctl(x, "semvmx", 1, buf, sizeof(buf)), -ENOTSUP,
		     buf[0], 'a');
	assert_string_equal(buf, "as it was");
}

/* Return how much of a limit is used, according to totals (NULL: to the kernel). */
static uint64_t used_of(struct ipcx *x, const char *name, const struct ipcx_table *totals)
{
	const char *const names[] = { name, NULL };
	struct ipcx_table *t;
	uint64_t n;

	assert_int_equal(totals ? ipcx_limits_given(x, names, totals, &t)
				: ipcx_limits(x, names, &t),
			 0);
	n = number(t, 0, IPCX_F_USED);
	ipcx_table_free(t);
	return n;
}

/* What totals say is taken from them, the rest is asked of the kernel. */
static void test_use_from_totals(void **state)
{
	const enum ipcx_field by = IPCX_F_MECH;
	const enum ipcx_field sums[] = { IPCX_F_OBJECTS, IPCX_F_ALLOCATED };
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(mech_of("shm")) };
	struct ipcx_groups *g;
	struct ipcx_table *objects, *totals;
	int ids[2], sem = semget(IPC_PRIVATE, 3, 0600);

	for (size_t i = 0; i < 2; i++) {
		ids[i] = shmget(IPC_PRIVATE, 1 + 5000 * i, 0600);
		assert_true(ids[i] >= 0);
	}
	assert_true(sem >= 0);
	assert_int_equal(ipcx_scan(x, &q, &objects), 0);
	assert_int_equal(ipcx_groups_new(x, &by, 1, &g), 0);
	assert_int_equal(ipcx_groups_sum(g, sums, ARRAY_SIZE(sums)), 0);
	assert_int_equal(ipcx_groups_add_all(g, objects), 0);
	assert_int_equal(ipcx_groups_table(g, &totals), 0);
	assert_true(used_of(x, "shmmni", totals) == used_of(x, "shmmni", NULL));
	assert_true(used_of(x, "shmall", totals) == used_of(x, "shmall", NULL));
	assert_true(used_of(x, "semmns", totals) == used_of(x, "semmns", NULL));
	/* The totals are those of before. */
	assert_int_equal(shmctl(ids[1], IPC_RMID, NULL), 0);
	assert_int_equal(semctl(sem, 0, IPC_RMID), 0);
	assert_true(used_of(x, "shmmni", totals) == used_of(x, "shmmni", NULL) + 1);
	assert_true(used_of(x, "shmall", totals) > used_of(x, "shmall", NULL));
	assert_true(used_of(x, "semmns", totals) == used_of(x, "semmns", NULL));
	assert_int_equal(shmctl(ids[0], IPC_RMID, NULL), 0);
	ipcx_table_free(totals);
	ipcx_groups_free(g);
	ipcx_table_free(objects);
}

static void test_lines(void **state)
{
	struct ipcx *x = *state;
	const struct ipcx_setting settings[] = { { .size = sizeof(struct ipcx_setting),
						   .name = "shmmni",
						   .value = 1 },
						 { .size = sizeof(struct ipcx_setting),
						   .name = "semmns",
						   .value = 500 },
						 { .size = sizeof(struct ipcx_setting),
						   .name = "shmmni",
						   .value = 2 } },
				  wrong[] = { { .size = sizeof(struct ipcx_setting),
						.name = "shmmni",
						.value = 1 },
					      { .size = sizeof(struct ipcx_setting),
						.name = "nope",
						.value = 1 } };
	char text[200], wanted[200], part[8] = "abcdefg";
	int len;

	(void)snprintf(wanted, sizeof(wanted),
		       "kernel.sem = %" PRIu64 " 500 %" PRIu64 " %" PRIu64,
		       limit_of(x, "semmsl"), limit_of(x, "semopm"),
		       limit_of(x, "semmni"));
	len = ipcx_limit_lines(x, settings, 3, text, sizeof(text));
	assert_int_equal(len, strlen(text));
	assert_non_null(strstr(text, wanted));
	assert_non_null(strstr(text, "kernel.shmmni = 2"));
	assert_null(strstr(text, "kernel.shmmni = 1"));
	assert_ptr_equal(strchr(text, '\n'),
			 strrchr(text, '\n')); /* exactly one newline */
	assert_int_equal(ipcx_limit_lines(x, settings, 3, part, sizeof(part)), len);
	assert_int_equal(strlen(part), sizeof(part) - 1);
	assert_memory_equal(part, text, sizeof(part) - 1);
	assert_fails(x, ipcx_limit_lines(x, wrong, 2, part, sizeof(part)), -ENOENT,
		     part[0], text[0]);
	assert_int_equal(ipcx_limit_sysctl(x, "semmns", 500, text, sizeof(text)),
			 strlen(wanted));
	assert_string_equal(text, wanted);
}

/* ipcx_fit() predicts which limit makes ipcx_create() fail. */
static void test_fit_predicts_create(void **state)
{
	struct ipcx *x = *state;
	uint64_t before = limit_of(x, "shmmni");
	struct ipcx_attrs a = small("shm", NULL);
	struct ipcx_table *t = UNTOUCHED;
	bool found = false;

	make_small(x, "shm", NULL, NULL);
	assert_int_equal(ipcx_fit(x, "shm:2x4K", &t), 1);
	ipcx_table_free(t);
	set_limit(x, "shmmni", 2);
	assert_int_equal(ipcx_fit(x, "shm:2x4K", &t), 0);
	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		if (strcmp(string(t, row, IPCX_F_NAME), "shmmni"))
			continue;
		found = true;
		assert_int_equal(number(t, row, IPCX_F_LIMIT), 2);
		assert_int_equal(number(t, row, IPCX_F_USED), 1);
		assert_int_equal(number(t, row, IPCX_F_NEEDED), 2);
		assert_int_equal(number(t, row, IPCX_F_FITS), 0);
		assert_int_equal(number(t, row, IPCX_F_RAISE_TO), 3);
	}
	assert_true(found);
	ipcx_table_free(t);
	t = UNTOUCHED;
	a.set |= IPCX_A_COUNT;
	a.count = 2;
	assert_fails(x, ipcx_create(x, &a, 1, &t), -ENOSPC, t, UNTOUCHED);
	assert_non_null(strstr(ipcx_error(x), "shmmni"));
	assert_int_equal(ipcx_error_hint(x)->kind, IPCX_HINT_SET_LIMIT);
	assert_string_equal(ipcx_error_hint(x)->subject, "shmmni");
	assert_int_equal(ipcx_error_hint(x)->value, 3);
	set_limit(x, "shmmni", before);
	assert_int_equal(count(x, "shm"), 1);
}

/* Objects have the share that each of them uses of each limit; a table of limits has no
 * shares. */
static void test_shares(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_table *objects, *t, *none = UNTOUCHED;
	uint64_t nsems = 0;

	make_small(x, "sem", NULL, NULL);
	objects = scan(x, "sem");
	assert_int_equal(ipcx_shares(x, objects, 0, &t), 0);
	assert_string_equal(ipcx_table_kind(t), "shares");
	for (size_t row = 0; row < ipcx_table_rows(t); row++)
		if (!strcmp(string(t, row, IPCX_F_NAME), "semmns"))
			nsems = number(t, row, IPCX_F_NEEDED);
	assert_int_equal(nsems, 2);
	assert_fails(x, ipcx_shares(x, objects, 1, &none), -EINVAL, none, UNTOUCHED);
	ipcx_table_free(t);
	ipcx_table_free(objects);
}

/* Shares are known only if these fields were requested. */
static void test_fields_that_shares_need(void **state)
{
	struct ipcx_fieldset sem = IPCX_FIELDSET(IPCX_F_NSEMS),
			     mq = IPCX_FIELDSET(IPCX_F_MAXMSG, IPCX_F_MSGSIZE), both = mq,
			     is;
	unsigned m;

	(void)state;
	assert_int_equal(ipcx_mech_by_name("sem", 3, &m), 0);
	is = ipcx_share_fields(IPCX_MECH_BIT(m));
	assert_memory_equal(&is, &sem, sizeof(is));
	ipcx_fieldset_merge(&both, &sem);
	{
		uint64_t mechs = IPCX_MECH_BIT(m);

		assert_int_equal(ipcx_mech_by_name("mq", 2, &m), 0);
		is = ipcx_share_fields(IPCX_MECH_BIT(m));
		assert_memory_equal(&is, &mq, sizeof(is));
		is = ipcx_share_fields(mechs | IPCX_MECH_BIT(m));
		assert_memory_equal(&is, &both, sizeof(is));
	}
	is = ipcx_share_fields(0);
	assert_true(ipcx_fieldset_empty(&is));
}

/* The totals agree with the result of ipcx_usage() and with that of a scan. */
static void test_totals(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_table *t, *usage;

	for (int i = 0; i < 3; i++)
		make_small(x, "msg", NULL, NULL);
	make_small(x, "shm", NULL, NULL);
	assert_int_equal(ipcx_totals(x, &t), 0);
	assert_int_equal(ipcx_usage(x, &usage), 0);
	assert_int_equal(ipcx_table_rows(t), 3);
	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		unsigned mech = ipcx_row_mech(t, row);

		assert_true(ipcx_mech_can(mech) & IPCX_CAN_TOTALS);
		assert_int_equal(ipcx_row_mech(usage, mech), mech);
		assert_int_equal(number(t, row, IPCX_F_OBJECTS),
				 number(usage, mech, IPCX_F_OBJECTS));
		assert_int_equal(number(t, row, IPCX_F_OBJECTS),
				 count(x, ipcx_mech_info(mech)->name));
	}
	ipcx_table_free(usage);
	ipcx_table_free(t);
}

/* Every limit is found by its name. */
static void test_names(void **state)
{
	struct ipcx *x = *state;

	for (unsigned i = 0; ipcx_limit_name(i); i++) {
		const char *const one[] = { ipcx_limit_name(i), NULL };
		struct ipcx_table *t;

		assert_int_equal(ipcx_limit_values(x, one, &t), 0);
		assert_int_equal(ipcx_table_rows(t), 1);
		assert_string_equal(string(t, 0, IPCX_F_NAME), one[0]);
		ipcx_table_free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_set_and_read_back),
		TEST(test_invalid_settings_are_refused),
		TEST(test_use_from_totals),
		TEST(test_lines),
		TEST(test_fit_predicts_create),
		TEST(test_shares),
		TEST(test_fields_that_shares_need),
		TEST(test_totals),
		TEST(test_names),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}

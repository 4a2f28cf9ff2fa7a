/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls that return an answer instead of a table. */
#include "api.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

static struct ipcx_query all_of(const char *which)
{
	struct ipcx_query q = { .size = sizeof(q) };

	assert_int_equal(ipcx_mech_mask(which, &q.mechs), 0);
	return q;
}

static void make_many(struct ipcx *x, const char *mech, uint64_t n)
{
	struct ipcx_attrs a = small(mech, NULL);
	struct ipcx_table *t;

	a.set |= IPCX_A_COUNT;
	a.count = n;
	assert_int_equal(ipcx_create(x, &a, 1, &t), 0);
	ipcx_table_free(t);
}

static void test_any(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = all_of("all");
	struct ipcx_ref ref = { .mech = mech_of("shm"), .by = IPCX_BY_ID, .id = 12345 };
	struct ipcx_expr *e = NULL;

	assert_int_equal(ipcx_any(x, &q), 0);
	for (unsigned m = 0; ipcx_mech_info(m); m++) {
		if (!ipcx_mech_info(m)->create)
			continue;
		make_small(x, ipcx_mech_info(m)->name, "/any", NULL);
		q.mechs = IPCX_MECH_BIT(m);
		assert_int_equal(ipcx_any(x, &q), 1);
	}
	make_many(x, "sem", 50);
	q = all_of("all");
	assert_int_equal(ipcx_any(x, &q), 1);
	assert_int_equal(ipcx_expr_parse(x, "mech == psem", &e, NULL), 0);
	q.where = e;
	assert_int_equal(ipcx_any(x, &q), 1);
	q = all_of("sysv");
	q.where = e;
	assert_int_equal(ipcx_any(x, &q), 0);
	ipcx_expr_free(e);
	/* A reference to an object that does not exist is known to match nothing. */
	q = (struct ipcx_query){ .size = sizeof(q), .refs = &ref, .nrefs = 1 };
	assert_int_equal(ipcx_any(x, &q), 0);
	q.mechs = 1;
	assert_int_equal(ipcx_any(x, &q), -EINVAL);
	assert_int_equal(ipcx_any(x, NULL), -EINVAL);
}

/* If an object cannot be read, it may match: the answer is not "none". */
static void test_any_with_unreadable_objects(void **state)
{
	struct ipcx *x = *state, *elsewhere = NULL;
	struct ipcx_base base = { .size = sizeof(base), .set = IPCX_BASE_ROOT };
	struct ipcx_query q = all_of("pshm");
	char top[] = "/tmp/api-root-XXXXXX";

	(void)x;
	assert_non_null(mkdtemp(top));
	base.root_fd = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(base.root_fd >= 0);
	assert_int_equal(ipcx_new_at(&base, &elsewhere), 0);
	assert_int_equal(ipcx_any(elsewhere, &q), -ENODATA);
	assert_non_null(strstr(ipcx_error(elsewhere), "pshm"));
	ipcx_free(elsewhere);
	assert_int_equal(close(base.root_fd), 0);
	assert_int_equal(rmdir(top), 0);
}

static void test_removal_with_counts(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = all_of("msg");
	struct ipcx_ref refs[2] = { { .mech = mech_of("msg") },
				    { .mech = mech_of("msg"), .id = 4000000 } };
	struct ipcx_outcome o = { .size = sizeof(o) }, small_one = { .size = 8 };
	const struct ipcx_outcome before = { .size = sizeof(o), .done = 7 };

	make_many(x, "msg", 1300); /* more than two slices */
	o = before;
	assert_int_equal(ipcx_remove_count(x, &q, &o), -EINVAL); /* no condition */
	assert_memory_equal(&o, &before, sizeof(o));
	q.flags = IPCX_ALL | IPCX_DRY_RUN;
	assert_int_equal(ipcx_remove_count(x, &q, &small_one), -EINVAL);
	assert_int_equal(ipcx_remove_count(x, &q, &o), 0);
	assert_true(o.done == 1300 && o.missing == 0 && o.failed == 0);
	assert_int_equal(count(x, "msg"), 1300);
	q.flags = IPCX_ALL;
	assert_int_equal(ipcx_remove_count(x, &q, &o), 0);
	assert_true(o.done == 1300 && o.missing == 0 && o.failed == 0);
	assert_int_equal(count(x, "msg"), 0);
	make_small(x, "msg", NULL, &refs[0]);
	q = (struct ipcx_query){ .size = sizeof(q), .refs = refs, .nrefs = 2 };
	assert_int_equal(ipcx_remove_count(x, &q, &o), -ENOENT);
	assert_non_null(strstr(ipcx_error(x), "msg:4000000"));
	assert_true(o.done == 1 && o.missing == 1 && o.failed == 0);
}

/* As an unprivileged user: every removal is tried, none succeeds, and the error names the
 * first object that could not be removed. */
static void test_removal_without_permission(void **state)
{
	struct ipcx *x = *state;
	int status;
	pid_t pid;

	make_many(x, "sem", 3);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_ALL };
		struct ipcx_outcome o = { .size = sizeof(o) };
		struct ipcx *mine;
		int r;

		if (setresuid(65534, 65534, 65534) < 0)
			_exit(77);
		if (ipcx_new(&mine) < 0 || ipcx_mech_mask("sem", &q.mechs) < 0)
			_exit(1);
		r = ipcx_remove_count(mine, &q, &o);
		_exit(!(r == -EPERM && o.failed == 3 && o.done == 0 &&
			strstr(ipcx_error(mine), "sem:")));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip(); /* there is no second uid here */
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(count(x, "sem"), 3);
}

static void test_scanner(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = all_of("sysv");
	struct ipcx_scanner *s = NULL;
	const struct ipcx_table *t = NULL, *first;
	size_t rows = 0, slices = 0;
	int r;

	make_many(x, "shm", 5);
	make_many(x, "sem", 900);
	assert_int_equal(ipcx_scanner_new(x, &q, &s), 0);
	assert_int_equal(ipcx_scanner_next(s, &first), 0);
	assert_int_equal(ipcx_table_rows(first), 905);
	make_many(x, "shm", 1);
	assert_int_equal(ipcx_scanner_next(s, &t), 0);
	assert_ptr_equal(t, first); /* the same memory */
	assert_int_equal(ipcx_table_rows(t), 906);
	assert_int_equal(number(t, 905, IPCX_F_NSEMS), 2);
	ipcx_scanner_free(s);

	q.max_rows = 100;
	assert_int_equal(ipcx_scanner_new(x, &q, &s), 0);
	for (int pass = 0; pass < 2; pass++) {
		rows = slices = 0;
		do {
			r = ipcx_scanner_next(s, &t);
			assert_true(r == 0 || r == 1);
			assert_true(ipcx_table_rows(t) < 300);
			rows += ipcx_table_rows(t);
			slices++;
		} while (r == 1);
		assert_int_equal(rows, 906);
		assert_true(slices > 5);
	}
	ipcx_scanner_free(s);
	ipcx_scanner_free(NULL);

	q.resume = 5;
	assert_int_equal(ipcx_scanner_new(x, &q, &s), -EINVAL);
}

/* The scanner makes its own copy of the references. */
static void test_scanner_copies_references(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_ref *refs = calloc(2, sizeof(*refs));
	struct ipcx_query q = { .size = sizeof(q), .refs = refs, .nrefs = 2 };
	const struct ipcx_table *t = NULL;
	struct ipcx_scanner *s = NULL;

	assert_non_null(refs);
	make_small(x, "shm", NULL, &refs[0]);
	make_small(x, "mq", "/again", &refs[1]);
	assert_int_equal(ipcx_scanner_new(x, &q, &s), 0);
	memset(refs, 0x5a, 2 * sizeof(*refs));
	free(refs);
	assert_int_equal(ipcx_scanner_next(s, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 2);
	assert_string_equal(string(t, 1, IPCX_F_REF), "mq:/again");
	assert_true(ipcx_table_complete(t));
	ipcx_scanner_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_any),
		TEST(test_any_with_unreadable_objects),
		TEST(test_removal_with_counts),
		TEST(test_removal_without_permission),
		TEST(test_scanner),
		TEST(test_scanner_copies_references),
	};

	return cmocka_run_group_tests_name("ask", tests, NULL, NULL);
}

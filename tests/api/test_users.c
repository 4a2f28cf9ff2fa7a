/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx_users(): its rows, its conditions, what it refuses. tests/truth/ plants every way
 * of using an object. */
#include "api.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#define NOBODY 4194303 /* above the PIDs of a machine with the usual pid_max */

/* A segment that this process has attached twice. */
struct attached {
	int id;
	void *at[2];
	struct ipcx_ref ref;
};

static void attach(struct ipcx *x, struct attached *a)
{
	char name[32];

	a->id = shmget(IPC_PRIVATE, 4096, 0600);
	assert_true(a->id >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(a->at); i++) {
		a->at[i] = shmat(a->id, NULL, i ? SHM_RDONLY : 0);
		assert_true(a->at[i] != (void *)-1);
	}
	(void)snprintf(name, sizeof(name), "shm:%d", a->id);
	assert_int_equal(ipcx_ref_parse(x, name, IPCX_NO_MECH, &a->ref), 0);
}

static void detach(const struct attached *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(a->at); i++)
		assert_int_equal(shmdt(a->at[i]), 0);
	assert_int_equal(shmctl(a->id, IPC_RMID, NULL), 0);
}

static void test_a_segment(void **state)
{
	struct ipcx_unseen unseen = { .size = sizeof(unseen), .attaches = 99 };
	struct ipcx_query q = { .size = sizeof(q), .nrefs = 1 };
	struct ipcx_table *t = NULL;
	struct attached a;

	attach(*state, &a);
	q.refs = &a.ref;
	assert_int_equal(ipcx_users(*state, &q, 0, 0, &unseen, &t), 0);
	assert_string_equal(ipcx_table_kind(t), "users");
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_int_equal(ipcx_row_mech(t, 0), a.ref.mech);
	assert_int_equal(number(t, 0, IPCX_F_PID), getpid());
	assert_int_equal(number(t, 0, IPCX_F_UID), geteuid());
	assert_int_equal(number(t, 0, IPCX_F_MAPPINGS), 2);
	assert_int_equal(number(t, 0, IPCX_F_FDS), 0);
	assert_int_equal(number(t, 0, IPCX_F_MAPPED), 2 * 4096);
	assert_int_equal(number(t, 0, IPCX_F_ADDRESS),
			 (uintptr_t)(a.at[0] < a.at[1] ? a.at[0] : a.at[1]));
	assert_string_equal(string(t, 0, IPCX_F_HOW), "mapped");
	assert_string_equal(string(t, 0, IPCX_F_ACCESS), "rw");
	assert_string_equal(string(t, 0, IPCX_F_BASIS), "kernel");
	assert_int_equal(unseen.attaches, 0);
	ipcx_table_free(t);
	detach(&a);
}

/* With flags = IPCX_USERS_LAST there is another row for the creator. */
static void test_what_the_object_records(void **state)
{
	struct ipcx_query q = { .size = sizeof(q), .nrefs = 1 };
	struct ipcx_table *t = NULL;
	struct attached a;

	attach(*state, &a);
	q.refs = &a.ref;
	assert_int_equal(ipcx_users(*state, &q, 0, IPCX_USERS_LAST, NULL, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 2);
	assert_string_equal(string(t, 1, IPCX_F_HOW), "last-op");
	assert_int_equal(number(t, 1, IPCX_F_PID), getpid());
	ipcx_table_free(t);
	detach(&a);
}

static size_t users_where(struct ipcx *x, const char *where, pid_t pid)
{
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(mech_of("shm")) };
	struct ipcx_table *t = NULL;
	struct ipcx_expr *e;
	size_t rows;

	assert_int_equal(ipcx_expr_parse(x, where, &e, NULL), 0);
	q.where = e;
	assert_int_equal(ipcx_users(x, &q, pid, 0, NULL, &t), 0);
	rows = ipcx_table_rows(t);
	ipcx_table_free(t);
	ipcx_expr_free(e);
	return rows;
}

static void test_conditions_are_on_users(void **state)
{
	struct attached a, b;

	attach(*state, &a);
	attach(*state, &b);
	assert_int_equal(users_where(*state, "mappings == 2", 0), 2);
	assert_int_equal(users_where(*state, "mappings == 3", 0), 0);
	assert_int_equal(users_where(*state, "how == \"mapped\"", getpid()), 2);
	assert_int_equal(users_where(*state, "pid > 0", getppid()), 0);
	detach(&a);
	detach(&b);
}

static void test_unlinked_memory(void **state)
{
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_table *t = NULL;
	struct ipcx_ref ref;
	void *at;
	int fd = shm_open("/users", O_CREAT | O_EXCL | O_RDWR, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 8192), 0);
	at = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(at != MAP_FAILED);
	assert_int_equal(shm_unlink("/users"), 0);
	q.mechs = IPCX_MECH_BIT(mech_of("pshm"));
	assert_int_equal(ipcx_users(*state, &q, 0, 0, NULL, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_string_equal(string(t, 0, IPCX_F_HOW), "both");
	assert_int_equal(
		ipcx_ref_parse(*state, string(t, 0, IPCX_F_REF), IPCX_NO_MECH, &ref), 0);
	assert_int_equal(ref.by, IPCX_BY_INODE);
	ipcx_table_free(t);
	assert_int_equal(munmap(at, 8192) | close(fd), 0);
	assert_int_equal(ipcx_users(*state, &q, 0, 0, NULL, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 0);
	ipcx_table_free(t);
}

static void test_missing_objects(void **state)
{
	struct ipcx_query q = { .size = sizeof(q), .nrefs = 1 };
	struct ipcx_table *t = NULL;
	struct ipcx_ref ref;
	size_t missing;

	assert_int_equal(ipcx_ref_parse(*state, "shm:12345", IPCX_NO_MECH, &ref), 0);
	q.refs = &ref;
	assert_int_equal(ipcx_users(*state, &q, 0, 0, NULL, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 0);
	assert_int_equal(ipcx_table_failures(t, &missing), 1);
	assert_int_equal(missing, 1);
	ipcx_table_free(t);
}

static void test_what_is_refused(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_unseen small = { .size = IPCX_UNSEEN_SIZE_0_1 - 1, .attaches = 7 };
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(mech_of("shm")) };
	struct ipcx_query wrong = q;
	struct ipcx_table *t = UNTOUCHED, *all = scan(x, "shm");

	assert_int_equal(ipcx_users(NULL, &q, 0, 0, NULL, &t), -EINVAL);
	assert_fails(x, ipcx_users(x, NULL, 0, 0, NULL, &t), -EINVAL, t, UNTOUCHED);
	assert_fails(x, ipcx_users(x, &q, 0, 0, NULL, NULL), -EINVAL, t, UNTOUCHED);
	assert_fails(x, ipcx_users(x, &q, -1, 0, NULL, &t), -EINVAL, t, UNTOUCHED);
	assert_fails(x, ipcx_users(x, &q, NOBODY, 0, NULL, &t), -ESRCH, t, UNTOUCHED);
	assert_fails(x, ipcx_users(x, &q, 0, 2, NULL, &t), -EINVAL, t, UNTOUCHED);
	assert_fails(x, ipcx_users(x, &q, 0, 0, &small, &t), -EINVAL, t, UNTOUCHED);
	assert_fails(x, ipcx_memory(x, &small, &t), -EINVAL, t, UNTOUCHED);
	assert_int_equal(small.attaches, 7);
	wrong.max_rows = 1;
	assert_fails(x, ipcx_users(x, &wrong, 0, 0, NULL, &t), -EINVAL, t, UNTOUCHED);
	wrong = q;
	wrong.same = all;
	assert_fails(x, ipcx_users(x, &wrong, 0, 0, NULL, &t), -EINVAL, t, UNTOUCHED);
	wrong = q;
	wrong.size = 1;
	assert_fails(x, ipcx_users(x, &wrong, 0, 0, NULL, &t), -EINVAL, t, UNTOUCHED);
	ipcx_table_free(all);
}

/* A program of a later version has a larger struct: what this version does not know is
 * zero. */
static void test_a_larger_struct(void **state)
{
	struct {
		struct ipcx_unseen unseen;
		uint64_t later;
	} more = { .unseen = { .size = sizeof(more) }, .later = 5 };
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(mech_of("shm")) };
	struct ipcx_table *t = NULL;

	assert_int_equal(ipcx_users(*state, &q, 0, 0, &more.unseen, &t), 0);
	assert_int_equal(more.later, 0);
	assert_int_equal(more.unseen.size, sizeof(more));
	ipcx_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_segment),
		TEST(test_what_the_object_records),
		TEST(test_conditions_are_on_users),
		TEST(test_unlinked_memory),
		TEST(test_missing_objects),
		TEST(test_what_is_refused),
		TEST(test_a_larger_struct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces: opening them by each kind of name, reading and comparing them. */
#include "api.h"

#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>

#include "other.h"

#define NO_NS ((struct ipcx_ns *)0x5a5a)

/* Return the row with this number; fail if there is none. */
static size_t row_with(const struct ipcx_table *t, enum ipcx_field field, uint64_t n)
{
	struct ipcx_value v;

	for (size_t row = 0; row < ipcx_table_rows(t); row++)
		if (ipcx_row_get(t, row, field, &v) == 0 && v.type != IPCX_TYPE_NONE &&
		    v.as.u == n)
			return row;
	fail_msg("no row has %" PRIu64, n);
	return 0;
}

/* ---- opening */

static void test_self(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_ns *ns = NULL;
	char before[64], name[64];

	make_small(x, "shm", NULL, NULL);
	ipcx_namespace(x, before, sizeof(before));
	assert_int_equal(ipcx_ns_open(x, "self", &ns), 0);
	assert_false(ipcx_ns_is_all(ns));
	ipcx_use(x, ns);
	ipcx_namespace(x, name, sizeof(name));
	assert_string_equal(name, before);
	assert_int_equal(count(x, "shm"), 1);
	ipcx_use(x, NULL);
	ipcx_ns_free(ns);
	ipcx_ns_free(NULL);
}

static void test_every_name_of_another_namespace(void **state)
{
	struct ipcx *x = *state;
	struct other o = begin_other();
	char where[3][64], wanted[64], name[64];

	(void)snprintf(where[0], sizeof(where[0]), "%d", (int)o.pid);
	(void)snprintf(where[1], sizeof(where[1]), "/proc/%d/ns/ipc", (int)o.pid);
	(void)snprintf(where[2], sizeof(where[2]), "ipc:[%" PRIu64 "]", o.ino);
	(void)snprintf(wanted, sizeof(wanted), "ipc:[%" PRIu64 "]", o.ino);
	for (size_t i = 0; i < ARRAY_SIZE(where); i++) {
		struct ipcx_ns *ns = NULL;

		if (ipcx_ns_open(x, where[i], &ns) < 0)
			fail_msg("%s: %s", where[i], ipcx_error(x));
		assert_int_equal(count(x, "all"), 0);
		ipcx_use(x, ns);
		ipcx_namespace(x, name, sizeof(name));
		assert_string_equal(name, wanted);
		assert_int_equal(count(x, "shm"), 1);
		ipcx_use(x, NULL);
		ipcx_ns_free(ns);
	}
	end_other(&o);
}

/* If some processes cannot be read, a container may exist that is not found. */
#define IF_SEEN 1

static bool sees_all(void)
{
	DIR *proc = opendir("/proc");
	const struct dirent *d;
	bool all = true;

	assert_non_null(proc);
	while ((d = readdir(proc)) != NULL) {
		char path[300], text[64];

		(void)snprintf(path, sizeof(path), "/proc/%s/ns/ipc", d->d_name);
		if (atoi(d->d_name) > 0 && readlink(path, text, sizeof(text)) < 0)
			all &= errno != EACCES && errno != EPERM;
	}
	(void)closedir(proc);
	return all;
}

static void test_no_such_namespace(void **state)
{
	static const struct {
		const char *where;
		int error;
	} rows[] = {
		{ "", -EINVAL },
		{ "0", -EINVAL },
		{ "ipc:[1]", -ENOENT },
		{ "no-such-container-or-pin", IF_SEEN },
		{ "pin:no-such-pin", -ENOENT },
		{ "/nowhere/at/all", -ENOENT },
		{ "/dev/null", -EINVAL },
		{ "/proc/self/ns/mnt", -EINVAL },
		{ "4194305", IF_SEEN }, /* a number greater than any PID */
	};
	struct ipcx *x = *state;
	struct ipcx_ns *ns = NO_NS;
	char ended[24];
	int status;
	pid_t pid;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int r = ipcx_ns_open(x, rows[i].where, &ns), error = rows[i].error;

		if (error == IF_SEEN)
			error = sees_all() ? -ENOENT : -EACCES;
		if (r != error)
			fail_msg("'%s': %d: %s", rows[i].where, r, ipcx_error(x));
		assert_fails(x, r, error, ns, NO_NS);
	}
	pid = fork();
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)snprintf(ended, sizeof(ended), "%d", (int)pid);
	assert_fails(x, ipcx_ns_open(x, ended, &ns), -ESRCH, ns, NO_NS);
	assert_non_null(strstr(ipcx_error(x), ended));
}

static volatile sig_atomic_t caught;

static void catch (int number)
{
	(void)number;
	caught++;
}

/* A thread with all signals blocked enters the namespace: the caller's signal mask stays
 * unchanged, and a signal arrives when the caller unblocks that signal. */
static void test_signal_mask_is_unchanged(void **state)
{
	struct ipcx *x = *state;
	struct other o = begin_other();
	struct sigaction act = { .sa_handler = catch }, old;
	struct ipcx_ns *ns = NULL;
	sigset_t mine, before, now;
	char where[24];

	(void)snprintf(where, sizeof(where), "%d", (int)o.pid);
	assert_int_equal(sigaction(SIGUSR1, &act, &old), 0);
	assert_int_equal(ipcx_ns_open(x, where, &ns), 0);
	for (int blocked = 0; blocked < 2; blocked++) {
		(void)sigemptyset(&mine);
		if (blocked)
			(void)sigaddset(&mine, SIGUSR1);
		assert_int_equal(pthread_sigmask(SIG_SETMASK, &mine, &before), 0);
		ipcx_use(x, ns);
		assert_int_equal(count(x, "shm"), 1);
		ipcx_use(x, NULL);
		assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &now), 0);
		for (int n = 1; n < SIGRTMAX; n++)
			if (sigismember(&now, n) != sigismember(&mine, n))
				fail_msg("signal %d: blocked %d", n,
					 sigismember(&now, n));
		caught = 0;
		assert_int_equal(raise(SIGUSR1), 0);
		assert_int_equal(caught, !blocked);
		assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
		assert_int_equal(caught, 1);
	}
	assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0);
	ipcx_ns_free(ns);
	end_other(&o);
}

/* With all namespaces selected, objects can be read, but not created or changed. */
static void test_all_namespaces_are_readable(void **state)
{
	struct ipcx *x = *state;
	struct other o = begin_other();
	struct ipcx_attrs a = small("msg", NULL);
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_ALL };
	struct ipcx_table *t = UNTOUCHED;
	struct ipcx_ns *ns = NULL;
	char name[16];

	make_small(x, "shm", NULL, NULL);
	assert_int_equal(ipcx_ns_open(x, "all", &ns), 0);
	assert_true(ipcx_ns_is_all(ns));
	ipcx_use(x, ns);
	ipcx_namespace(x, name, sizeof(name));
	assert_string_equal(name, "all");
	q.mechs = IPCX_MECH_BIT(mech_of("shm"));
	assert_fails(x, ipcx_remove(x, &q, &t), -EINVAL, t, UNTOUCHED);
	assert_fails(x, ipcx_create(x, &a, 1, &t), -EINVAL, t, UNTOUCHED);
	assert_fails(x, ipcx_compare(x, ns, ns, &t), -EINVAL, t, UNTOUCHED);
	assert_int_equal(ipcx_ns_pin(x, ns, "everything"), -EINVAL);
	assert_int_equal(ipcx_ns_enter(x, ns, 0), -EINVAL);
	q.fields = IPCX_FIELDSET(IPCX_F_ID, IPCX_F_NS);
	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	(void)row_with(t, IPCX_F_NS, o.ino);
	(void)row_with(t, IPCX_F_NS, inode(getpid()));
	ipcx_table_free(t);
	ipcx_use(x, NULL);
	ipcx_ns_free(ns);
	end_other(&o);
	assert_int_equal(count(x, "shm"), 1);
}

/* ---- reading */

static void test_objects_and_processes(void **state)
{
	struct ipcx *x = *state;
	struct other o = begin_other();
	struct ipcx_ns *ns = open_pid(x, o.pid);
	struct ipcx_table *t;
	size_t row;

	for (unsigned flags = 0; flags <= IPCX_THOROUGH; flags++) {
		assert_int_equal(ipcx_namespaces(x, flags, &t), 0);
		assert_string_equal(ipcx_table_kind(t), "namespaces");
		row = row_with(t, IPCX_F_NS, o.ino);
		assert_int_equal(number(t, row, IPCX_F_PID), o.pid);
		assert_int_equal(number(t, row, IPCX_F_PROCESSES), 1);
		assert_int_equal(number(t, row, IPCX_F_OBJECTS), 2);
		(void)row_with(t, IPCX_F_NS, inode(getpid()));
		ipcx_table_free(t);
	}
	ipcx_use(x, ns);
	assert_int_equal(ipcx_namespaces(x, 0, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_int_equal(number(t, 0, IPCX_F_NS), o.ino);
	ipcx_table_free(t);

	assert_int_equal(ipcx_usage(x, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 6);
	for (row = 0; row < 6; row++) {
		unsigned mech = ipcx_row_mech(t, row);
		bool has = mech == mech_of("shm") || mech == mech_of("pshm");

		assert_int_equal(number(t, row, IPCX_F_OBJECTS), has);
		if (has)
			assert_int_equal(number(t, row, IPCX_F_BYTES), 4096);
	}
	ipcx_table_free(t);

	assert_int_equal(ipcx_members(x, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_int_equal(number(t, 0, IPCX_F_PID), o.pid);
	assert_int_equal(number(t, 0, IPCX_F_UID), geteuid());
	ipcx_table_free(t);

	assert_int_equal(ipcx_sharers(x, &t), 0);
	row = row_with(t, IPCX_F_NS, o.ino);
	assert_int_equal(number(t, row, IPCX_F_PID), o.pid);
	assert_int_equal(number(t, row, IPCX_F_PROCESSES), 1);
	ipcx_table_free(t);

	assert_int_equal(ipcx_containers(x, &t), 0); /* not a container */
	assert_int_equal(ipcx_table_rows(t), 0);
	ipcx_table_free(t);
	ipcx_use(x, NULL);
	ipcx_ns_free(ns);
	end_other(&o);
}

/* Two places that share their System V objects and their POSIX objects, and two that
 * share neither. */
static void test_compare(void **state)
{
	struct ipcx *x = *state;
	struct other o = begin_other();
	struct ipcx_ns *there = open_pid(x, o.pid), *here = open_pid(x, getpid());
	struct ipcx_table *t;

	make_small(x, "pshm", "/here", NULL);
	assert_int_equal(ipcx_compare(x, here, here, &t), 1);
	assert_int_equal(number(t, 0, IPCX_F_SAME), 1);
	ipcx_table_free(t);
	assert_int_equal(ipcx_compare(x, here, there, &t), 0);
	assert_string_equal(string(t, 0, IPCX_F_NAME), "IPC namespace");
	assert_int_equal(number(t, 0, IPCX_F_SAME), 0);
	assert_string_equal(string(t, ipcx_table_rows(t) - 2, IPCX_F_NAME), "pshm:/here");
	assert_string_equal(string(t, ipcx_table_rows(t) - 1, IPCX_F_NAME),
			    "pshm:/there");
	ipcx_table_free(t);
	assert_int_equal(count(x, "pshm"), 1); /* x uses its old namespace */
	ipcx_ns_free(there);
	ipcx_ns_free(here);
	end_other(&o);
}

static int leave_ipc(void)
{
	return unshare(CLONE_NEWIPC);
}

/* Drop effective capabilities below the permitted ones; without a second uid both stay
 * equal. */
static int drop_rights(void)
{
	(void)!setuid(65534);
	return 0;
}

/* Two places that share their POSIX objects (one file system), but not their System V
 * objects. */
static void test_compare_half_shared(void **state)
{
	struct ipcx *x = *state;
	struct sub s = begin_sub(leave_ipc);
	struct ipcx_ns *there = open_pid(x, s.pid), *here = open_pid(x, getpid());
	struct ipcx_table *t;

	assert_int_equal(ipcx_compare(x, here, there, &t), 0);
	assert_int_equal(number(t, 0, IPCX_F_SAME), 0);
	assert_string_equal(string(t, 1, IPCX_F_NAME), "/dev/shm");
	assert_int_equal(number(t, 1, IPCX_F_SAME), 1);
	ipcx_table_free(t);
	ipcx_ns_free(there);
	ipcx_ns_free(here);
	end_sub(&s);
}

static void test_bounding_set(void **state)
{
	struct ipcx *x = *state;
	struct sub s = begin_sub(drop_rights);
	struct ipcx_ns *ns = open_pid(x, s.pid);
	uint64_t caps = 0, wanted = 0;
	char line[256];
	FILE *status;

	(void)snprintf(line, sizeof(line), "/proc/%d/status", (int)s.pid);
	status = fopen(line, "re");
	assert_non_null(status);
	while (fgets(line, sizeof(line), status))
		(void)sscanf(line, "CapBnd: %" SCNx64, &wanted);
	(void)fclose(status);
	assert_int_equal(ipcx_ns_bounding(x, ns, &caps), 0);
	assert_int_equal(caps, wanted);
	ipcx_ns_free(ns);
	end_sub(&s);
	/* If no process is known, any capability may be needed. */
	assert_int_equal(ipcx_ns_open(x, "/proc/self/ns/ipc", &ns), 0);
	assert_int_equal(ipcx_ns_bounding(x, ns, &caps), 0);
	assert_true((caps & wanted) == wanted && caps != 0);
	ipcx_ns_free(ns);
}

/* ---- as an unprivileged user: some namespaces can be seen but not entered */

static int become_nobody(void)
{
	return setresuid(65534, 65534, 65534) < 0 ? -1 : prctl(PR_SET_DUMPABLE, 1);
}

static int leave_ipc_as_nobody(void)
{
	return leave_ipc() < 0 ? -1 : become_nobody();
}

static int look_as_nobody(struct ipcx *x, void *arg)
{
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(mech_of("sem")) };
	struct ipcx_ns *all = NULL;
	struct ipcx_table *t = NULL;

	(void)arg;
	if (become_nobody() < 0)
		return SKIPPED;
	MUST_BE(x, ipcx_ns_open(x, "all", &all), 0);
	ipcx_use(x, all);
	MUST_BE(x, ipcx_scan(x, &q, &t), 0);
	MUST(ipcx_table_rows(t) == 2 && !ipcx_table_complete(t));
	ipcx_table_free(t);
	MUST_BE(x, ipcx_any(x, &q), 1);
	q.mechs = IPCX_MECH_BIT(mech_of("msg"));
	MUST_BE(x, ipcx_any(x, &q), -ENODATA);
	ipcx_use(x, NULL);
	ipcx_ns_free(all);
	return 0;
}

/* Even if the last namespace cannot be entered, the objects of the other namespaces are
 * returned. */
static void test_all_namespaces_without_privileges(void **state)
{
	struct sub s[2];
	int r;

	make_small(*state, "sem", NULL, NULL);
	make_small(*state, "sem", NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(s); i++)
		s[i] = begin_sub(leave_ipc_as_nobody);
	r = in_child(look_as_nobody, NULL);
	for (size_t i = ARRAY_SIZE(s);
	     i-- > 0;) /* later children hold the pipe ends of earlier ones */
		end_sub(&s[i]);
	if (r == SKIPPED)
		skip();
	assert_int_equal(r, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_self),
		TEST(test_every_name_of_another_namespace),
		TEST(test_no_such_namespace),
		TEST(test_all_namespaces_are_readable),
		TEST(test_objects_and_processes),
		TEST(test_compare),
		TEST(test_compare_half_shared),
		TEST(test_bounding_set),
		TEST(test_all_namespaces_without_privileges),
		TEST(test_signal_mask_is_unchanged),
	};

	return cmocka_run_group_tests_name("namespaces", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contexts based on descriptors of the caller: another root, /proc or namespace. */
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

/* Start a process in new namespaces, and wait until it has created one segment there.
 * Return -1 if namespaces cannot be created. */
static pid_t elsewhere(int flags)
{
	int ready[2];
	pid_t pid;
	char c = 0;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		bool own_proc = flags & CLONE_NEWPID;

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(flags) < 0)
			_exit(1);
		/* only a child is in the new PID namespace */
		if (own_proc && (pid = fork()) != 0) {
			(void)close(ready[1]);
			if (pid < 0 || waitpid(pid, NULL, 0) < 0)
				_exit(1);
			_exit(0);
		}
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (own_proc && (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
				 mount("proc", "/proc", "proc", 0, NULL) < 0))
			_exit(1);
		if (shmget(0x1234, 4096, IPC_CREAT | 0600) < 0 ||
		    write(ready[1], "r", 1) != 1)
			_exit(1);
		(void)close(ready[1]);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	if (read(ready[0], &c, 1) != 1) {
		(void)waitpid(pid, NULL, 0);
		pid = -1;
	}
	(void)close(ready[0]);
	return pid;
}

static void stop(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static int open_of(pid_t pid, const char *what, int flags)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	fd = open(path, flags | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void test_namespace_descriptor(void **state)
{
	struct ipcx *x = *state, *there = NULL;
	struct ipcx_base base = { .size = sizeof(base), .set = IPCX_BASE_NS };
	struct ipcx_ns *self = NULL;
	struct ipcx_table *t;
	char name[64], link[64] = "";
	pid_t pid = elsewhere(CLONE_NEWIPC);

	if (pid < 0)
		skip();
	base.ns_fd = open_of(pid, "ns/ipc", O_RDONLY);
	assert_int_equal(ipcx_new_at(&base, &there), 0);
	assert_int_equal(close(base.ns_fd), 0); /* the context has its own descriptor */
	assert_int_equal(count(there, "shm"), 1);
	assert_int_equal(count(x, "shm"), 0);
	(void)snprintf(name, sizeof(name), "/proc/%d/ns/ipc", (int)pid);
	assert_true(readlink(name, link, sizeof(link) - 1) > 0);
	ipcx_namespace(there, name, sizeof(name));
	assert_string_equal(name, link);
	t = scan(there, "shm");
	assert_int_equal(number(t, 0, IPCX_F_KEY), 0x1234);
	ipcx_table_free(t);
	/* Use a namespace other than that of the base, then that of the base again. */
	assert_int_equal(ipcx_ns_open(there, "self", &self), 0);
	ipcx_use(there, self);
	assert_int_equal(count(there, "shm"), 0);
	ipcx_use(there, NULL);
	assert_int_equal(count(there, "shm"), 1);
	ipcx_ns_free(self);
	ipcx_free(there);
	stop(pid);
}

/* After the process has moved, a context acts where the process is, not in its base. */
static void test_moving_leaves_the_base(void **state)
{
	struct ipcx_base base = { .size = sizeof(base), .set = IPCX_BASE_NS };
	struct ipcx *there = NULL;
	struct ipcx_ns *self = NULL;
	pid_t pid = elsewhere(CLONE_NEWIPC), child;
	int status = 0;

	(void)state;
	if (pid < 0)
		skip();
	base.ns_fd = open_of(pid, "ns/ipc", O_RDONLY);
	assert_int_equal(ipcx_new_at(&base, &there), 0);
	assert_int_equal(close(base.ns_fd), 0);
	child = fork();
	if (child == 0) {
		if (count(there, "shm") != 1 || ipcx_ns_open(there, "self", &self) < 0)
			_exit(1);
		if (ipcx_ns_enter(there, self, 0) < 0)
			_exit(2);
		ipcx_ns_free(self);
		ipcx_use(there, NULL);
		if (count(there, "shm") != 0)
			_exit(3);
		ipcx_free(there);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	ipcx_free(there);
	stop(pid);
}

/* A base with a root directory and a namespace: each mechanism reads from whichever of
 * the two holds its objects. */
static void test_root_and_namespace(void **state)
{
	struct ipcx *there = NULL;
	struct ipcx_base base = { .size = sizeof(base),
				  .set = IPCX_BASE_NS | IPCX_BASE_ROOT };
	pid_t pid = elsewhere(CLONE_NEWIPC);

	if (pid < 0)
		skip();
	make_small(*state, "pshm", "/here", NULL);
	base.ns_fd = open_of(pid, "ns/ipc", O_RDONLY);
	base.root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(ipcx_new_at(&base, &there), 0);
	assert_int_equal(close(base.ns_fd), 0);
	assert_int_equal(close(base.root_fd), 0);
	assert_int_equal(count(there, "shm"), 1);
	assert_int_equal(count(there, "pshm"), 1);
	ipcx_free(there);
	stop(pid);
}

/* The files of a foreign /proc show the namespace of the process that reads them. */
static void test_foreign_proc(void **state)
{
	struct ipcx_base base = { .size = sizeof(base),
				  .set = IPCX_BASE_PROC | IPCX_BASE_INIT };
	struct ipcx *there = NULL;
	struct ipcx_query q = all_of("shm");
	struct ipcx_table *t = NULL;
	char children[64] = "";
	FILE *file;
	pid_t pid = elsewhere(CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNS), init = 0;

	if (pid < 0)
		skip();
	(void)snprintf(children, sizeof(children), "/proc/%d/task/%d/children", (int)pid,
		       (int)pid);
	file = fopen(children, "re");
	if (!file || fscanf(file, "%d", &init) != 1)
		init = 0;
	if (file)
		assert_int_equal(fclose(file), 0);
	if (!init) {
		stop(pid);
		skip(); /* the kernel lacks that file */
	}
	base.proc_fd = open_of(init, "root/proc", O_PATH | O_DIRECTORY);
	assert_int_equal(ipcx_new_at(&base, &there), 0);
	/* only the text has these fields */
	q.fields = IPCX_FIELDSET(IPCX_F_KEY, IPCX_F_RSS);
	assert_int_equal(ipcx_scan(there, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_int_equal(number(t, 0, IPCX_F_KEY), 0x1234);
	ipcx_table_free(t);
	make_small(*state, "pshm", "/seen", NULL); /* the process shares our /dev/shm */
	assert_int_equal(count(there, "pshm"), 1);
	ipcx_free(there);
	assert_int_equal(close(base.proc_fd), 0);
	/* A subdirectory of /proc is not accepted as /proc. */
	base = (struct ipcx_base){ .size = sizeof(base), .set = IPCX_BASE_PROC };
	base.proc_fd = open_of(init, "root/proc/1", O_PATH | O_DIRECTORY);
	assert_int_equal(ipcx_new_at(&base, &there), -EINVAL);
	assert_int_equal(close(base.proc_fd), 0);
	stop(pid);
}

static void test_invalid_bases_are_refused(void **state)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* clang-format off */
	const struct ipcx_base wrong[] = {
		{ .size = 0 },
		{ .size = sizeof(struct ipcx_base), .set = UINT64_C(1) << 40 },
		{ .size = sizeof(struct ipcx_base), .reserved = 1 },
		{ .size = sizeof(struct ipcx_base), .set = IPCX_BASE_INIT },
		{ .size = sizeof(struct ipcx_base), .set = IPCX_BASE_INIT | IPCX_BASE_PROC | IPCX_BASE_NS, .proc_fd = proc, .ns_fd = null },
		{ .size = sizeof(struct ipcx_base), .set = IPCX_BASE_PROC, .proc_fd = null },
		{ .size = sizeof(struct ipcx_base), .set = IPCX_BASE_ROOT, .root_fd = null },
		{ .size = sizeof(struct ipcx_base), .set = IPCX_BASE_NS, .ns_fd = null },
	};
	/* clang-format on */
	struct ipcx *const untouched = (struct ipcx *)0x5a5a;
	struct ipcx *x = untouched;

	(void)state;
	assert_true(null >= 0 && proc >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(ipcx_new_at(&wrong[i], &x), -EINVAL);
		assert_ptr_equal(x, untouched);
	}
	assert_int_equal(ipcx_new_at(&(struct ipcx_base){ .size = sizeof(wrong[0]),
							  .set = IPCX_BASE_NS,
							  .ns_fd = -1 },
				     &x),
			 -EBADF);
	assert_int_equal(ipcx_new_at(NULL, &x), -EINVAL);
	assert_int_equal(ipcx_new_at(&wrong[0], NULL), -EINVAL);
	assert_ptr_equal(x, untouched);
	assert_int_equal(close(null), 0);
	assert_int_equal(close(proc), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_namespace_descriptor),      TEST(test_moving_leaves_the_base),
		TEST(test_root_and_namespace),        TEST(test_foreign_proc),
		TEST(test_invalid_bases_are_refused),
	};

	return cmocka_run_group_tests_name("bases", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entering, creating and pinning a namespace, in child processes. */
#include "api.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "other.h"

/* ---- entering */

static int enter_it(struct ipcx *x, void *arg)
{
	const struct other *o = arg;
	struct ipcx_table *t;
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_ns *ns = open_pid(x, o->pid);

	MUST_BE(x, ipcx_ns_enter(x, ns, 1U << 31), -EINVAL);
	MUST(inode(getpid()) != o->ino);
	MUST_BE(x, ipcx_ns_enter(x, ns, 0), 0);
	MUST(inode(getpid()) == o->ino);
	ipcx_ns_free(ns);
	q.mechs = IPCX_MECH_BIT(mech_of("pshm")) | IPCX_MECH_BIT(mech_of("shm"));
	MUST_BE(x, ipcx_scan(x, &q, &t), 0);
	MUST(ipcx_table_rows(t) == 2);
	ipcx_table_free(t);
	MUST(access("/dev/shm/there", F_OK) == 0);
	return 0;
}

static void test_enter(void **state)
{
	struct other o = begin_other();

	(void)state;
	assert_int_equal(in_child(enter_it, &o), 0);
	end_other(&o);
}

static int make_one(struct ipcx *x, void *arg)
{
	uint64_t before = inode(getpid());
	struct ipcx_attrs a = small("pshm", "/mine");
	struct ipcx_table *t;
	struct statvfs fs;

	(void)arg;
	MUST_BE(x, ipcx_ns_new(x, 1 << 20), 0);
	MUST(inode(getpid()) != before);
	MUST(statvfs("/dev/shm", &fs) == 0);
	MUST(fs.f_blocks * fs.f_frsize == 1 << 20);
	MUST(count(x, "all") == 0);
	MUST_BE(x, ipcx_create(x, &a, 1, &t), 0);
	ipcx_table_free(t);
	return 0;
}

static void test_new_namespace(void **state)
{
	struct ipcx *x = *state;

	make_small(x, "shm", NULL, NULL);
	assert_int_equal(in_child(make_one, NULL), 0);
	assert_int_equal(count(x, "pshm"), 0);
	assert_int_equal(count(x, "all"), 1);
}

static void *wait_for_end(void *arg)
{
	char byte;

	(void)!read(*(int *)arg, &byte, 1);
	return NULL;
}

/* A multithreaded process cannot enter a namespace: the call fails and does nothing. */
static int in_threads(struct ipcx *x, void *arg)
{
	uint64_t before = inode(getpid());
	struct stat mnt, now;
	pthread_t thread;
	int fds[2];

	(void)arg;
	MUST(stat("/proc/self/ns/mnt", &mnt) == 0);
	MUST(pipe(fds) == 0);
	MUST(pthread_create(&thread, NULL, wait_for_end, &fds[0]) == 0);
	MUST_BE(x, ipcx_ns_new(x, 0), -EBUSY);
	MUST(ipcx_error(x)[0]);
	MUST(inode(getpid()) == before);
	MUST(stat("/proc/self/ns/mnt", &now) == 0 && now.st_ino == mnt.st_ino);
	(void)close(fds[1]);
	MUST(pthread_join(thread, NULL) == 0);
	MUST_BE(x, ipcx_ns_new(x, 0), 0);
	MUST(inode(getpid()) != before);
	return 0;
}

static void test_threads_cannot_enter(void **state)
{
	(void)state;
	assert_int_equal(in_child(in_threads, NULL), 0);
}

/* ---- pinning */

static int pin_it(struct ipcx *x, void *arg)
{
	static const char *const wrong[] = { "", "9x", "a/b", ".a", "self", "all", "-x" };
	const struct other *o = arg;
	struct ipcx_ns *ns = open_pid(x, o->pid), *pinned = NULL;
	char name[64], wanted[64];
	int r;

	MUST(unshare(CLONE_NEWNS) == 0);
	MUST(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	MUST(mount("tmpfs", "/run", "tmpfs", 0, "mode=755") == 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		MUST_BE(x, ipcx_ns_pin(x, ns, wrong[i]), -EINVAL);
		MUST_BE(x, ipcx_ns_unpin(x, wrong[i], 0), -EINVAL);
	}
	MUST_BE(x, ipcx_ns_unpin(x, "kept", 0), -ENOENT);
	r = ipcx_ns_pin(x, ns, "kept");
	if (r == -ENOPKG)
		return SKIPPED;
	MUST(r == 0 || r == 1);
	MUST_BE(x, ipcx_ns_pin(x, ns, "kept"), -EEXIST);
	ipcx_ns_free(ns);
	MUST_BE(x, ipcx_ns_open(x, "kept", &pinned), 0);
	(void)snprintf(wanted, sizeof(wanted), "ipc:[%" PRIu64 "]", o->ino);
	ipcx_use(x, pinned);
	ipcx_namespace(x, name, sizeof(name));
	MUST(!strcmp(name, wanted));
	ipcx_use(x, NULL);
	ipcx_ns_free(pinned);
	MUST_BE(x, ipcx_ns_unpin(x, "kept", 1U << 31), -EINVAL);
	MUST_BE(x, ipcx_ns_unpin(x, "kept", 0), 0);
	MUST_BE(x, ipcx_ns_open(x, "pin:kept", &pinned), -ENOENT);
	/* A file on which nothing is mounted here may be a pin in another mount
	 * namespace. */
	MUST(mknod("/run/ipcx/ns/left", S_IFREG | 0600, 0) == 0);
	MUST_BE(x, ipcx_ns_unpin(x, "left", 0), -EXDEV);
	MUST(access("/run/ipcx/ns/left", F_OK) == 0);
	MUST_BE(x, ipcx_ns_unpin(x, "left", IPCX_UNPIN_FILE), 0);
	MUST(access("/run/ipcx/ns/left", F_OK) < 0);
	return 0;
}

static void test_pin(void **state)
{
	struct other o = begin_other();
	int r = in_child(pin_it, &o);

	(void)state;
	end_other(&o);
	if (r == SKIPPED) {
		print_message("no libmount here\n");
		skip();
	}
	assert_int_equal(r, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_enter),
		TEST(test_new_namespace),
		TEST(test_threads_cannot_enter),
		TEST(test_pin),
	};

	return cmocka_run_group_tests_name("moving", tests, NULL, NULL);
}

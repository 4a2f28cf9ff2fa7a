/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * holder HOW [ARGUMENT…]: make an IPC namespace, hold it in one way and in no other, and
 * wait. Prints "NAME VALUE" lines (ns, id, pid, and those of the way), then "ready".
 * holder alive ID INODE: print whether the namespace exists, as its file handle says.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <mqueue.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef NS_GET_ID
#define NS_GET_ID _IOR(0xb7, 13, uint64_t)
#endif

static int own, made; /* the namespace before, and the new one */
static char **args;
static int nargs;

static void check(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(99);
}

static int is(const char *word)
{
	return !strcmp(args[0], word);
}

static const char *argument(int i)
{
	return i < nargs ? args[i] : "";
}

static void say(const char *name, uint64_t value)
{
	printf("%s %llu\n", name, (unsigned long long)value);
}

static int alive(uint64_t id, uint32_t inode)
{
	struct {
		uint32_t bytes;
		int32_t kind;
		uint64_t id;
		uint32_t type, inum;
	} h = { 16, 0xf1, id, CLONE_NEWIPC, inode };
	int fd = open_by_handle_at(-10003, (struct file_handle *)(void *)&h, O_RDONLY);

	check(fd >= 0 || errno == ESTALE, "open_by_handle_at");
	puts(fd >= 0 ? "yes" : "no");
	return 0;
}

static void back(void)
{
	check(setns(own, CLONE_NEWIPC) == 0, "setns");
}

/* ---- threads */

static int ready[2];

static void *in_it(void *arg)
{
	(void)arg;
	prctl(PR_SET_NAME, "worker");
	check(setns(made, CLONE_NEWIPC) == 0, "setns of a thread");
	close(made);
	say("tid", (uint64_t)gettid());
	check(write(ready[1], "", 1) == 1, "pipe");
	for (;;)
		pause();
	return NULL;
}

static void *with_fd(void *arg)
{
	(void)arg;
	prctl(PR_SET_NAME, "worker");
	check(unshare(CLONE_FILES) == 0, "unshare");
	say("tid", (uint64_t)gettid());
	say("fd", (uint64_t)made);
	check(write(ready[1], "", 1) == 1, "pipe");
	for (;;)
		pause();
	return NULL;
}

static void start(void *(*run)(void *))
{
	pthread_t thread;
	char byte;

	check(pipe(ready) == 0 && pthread_create(&thread, NULL, run, NULL) == 0,
	      "thread");
	check(read(ready[0], &byte, 1) == 1, "pipe");
}

/* ---- the ways */

static void bind_on(const char *path)
{
	char from[40];
	int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);

	check(fd >= 0, path);
	close(fd);
	snprintf(from, sizeof(from), "/proc/self/fd/%d", made);
	check(mount(from, path, NULL, MS_BIND, NULL) == 0, "mount");
}

static void by_mount(void)
{
	struct stat st;

	if (!strcmp(argument(2), "stay"))
		check(unshare(CLONE_NEWNS) == 0 &&
			      mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0,
		      "mount namespace");
	bind_on(argument(1));
	close(made);
	check(stat("/proc/self/ns/mnt", &st) == 0, "ns/mnt");
	say("mnt", st.st_ino);
}

/* Attach a segment of the new namespace; called in it. */
static void *attach(void)
{
	int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	void *at = id < 0 ? NULL : shmat(id, NULL, 0);

	check(id >= 0 && at != (void *)-1, "segment");
	say("shm", (uint64_t)id);
	return at;
}

static void by_mapping(void)
{
	(void)attach();
	if (strcmp(argument(1), "only") != 0)
		bind_on(argument(2));
	close(made);
	back();
	if (!strcmp(argument(1), "twice"))
		(void)attach();
}

/* Things that are opened in the new namespace; called in it. */
static int opened(void)
{
	char path[80];
	void *at;
	int fd;

	if (is("sysvipc"))
		return open("/proc/sysvipc/shm", O_RDONLY);
	if (is("sysctl"))
		return open("/proc/sys/kernel/shmmax", O_RDONLY);
	if (is("mqd"))
		return mq_open("/q", O_CREAT | O_RDWR, 0600, NULL);
	if (is("fscontext"))
		return (int)syscall(SYS_fsopen, "mqueue", 0);
	if (is("mqmount")) {
		check(unshare(CLONE_NEWNS) == 0 &&
			      mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0,
		      "mount namespace");
		return mount("mqueue", "/tmp", "mqueue", 0, NULL);
	}
	at = attach();
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)at,
		 (unsigned long)at + 4096);
	fd = open(path, O_RDWR);
	check(shmdt(at) == 0, "shmdt");
	return fd;
}

static void many(const char *count, int processes)
{
	for (long i = strtol(count, NULL, 10) - !processes; i > 0; i--)
		if (!processes)
			check(dup(made) >= 0, "dup");
		else if (fork() == 0) {
			close(made);
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
}

static void hold(void)
{
	if (is("process")) {
		many(argument(1), 1);
		close(made);
		return;
	}
	if (is("mapping")) {
		by_mapping();
		return;
	}
	if (is("sysvipc") || is("sysctl") || is("mqd") || is("mqmount") ||
	    is("mapfile") || is("fscontext")) {
		int fd = opened();

		check(fd >= 0, args[0]);
		say("fd", (uint64_t)fd);
		say("did", 1);
		close(made);
		back();
		return;
	}
	back();
	if (is("fd")) {
		say("fd", (uint64_t)made);
		many(argument(1), 0);
	} else if (is("detached")) {
		int fd =
			(int)syscall(SYS_open_tree, made, "",
				     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

		check(fd >= 0, "open_tree");
		say("fd", (uint64_t)fd);
		close(made);
	} else if (is("thread") || is("orphan")) {
		start(in_it);
	} else if (is("threadfd")) {
		start(with_fd);
		close(made);
	} else if (is("mount")) {
		by_mount();
	} else {
		check(is("none"), "HOW");
		close(made);
	}
}

int main(int argc, char **argv)
{
	struct stat st;
	uint64_t id;

	check(argc > 1, "HOW");
	if (!strcmp(argv[1], "alive"))
		return alive(strtoull(argv[2], NULL, 10),
			     (uint32_t)strtoul(argv[3], NULL, 10));
	args = argv + 1;
	nargs = argc - 1;
	own = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC);
	check(own >= 0 && unshare(CLONE_NEWIPC) == 0, "unshare");
	made = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC);
	check(made >= 0 && fstat(made, &st) == 0 && ioctl(made, NS_GET_ID, &id) == 0,
	      "namespace");
	setvbuf(stdout, NULL, _IOLBF, 0);
	say("pid", (uint64_t)getpid());
	say("ns", st.st_ino);
	say("id", id);
	hold();
	puts("ready");
	fflush(stdout);
	if (is("mount") && !strcmp(argument(2), "exit"))
		return 0;
	if (is("orphan"))
		pthread_exit(NULL);
	for (;;)
		pause();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * without PART [filter] COMMAND…: run a command on a kernel that seems to have been built
 * without a part: sysvipc, mqueue or ipcns. Its calls fail as they do there, and its
 * files in /proc are not found. A seccomp filter passes calls with a path on to this
 * process, and answers PR_GET_SECCOMP with "none", unless the second word is "filter".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define SYSTEMS  "filesystems" /* of /proc: answered with a file that lacks mqueue */

struct part {
	const char *name;
	int error;            /* of the calls */
	uint32_t bits;        /* calls fail if their flags have these bits; 0: always */
	const char *paths[5]; /* absent are paths with one of these */
	struct {
		long call;
		unsigned flags; /* the argument with the flags */
	} calls[16];
};

static const struct part parts[] = {
	{ "sysvipc",
	  ENOSYS,
	  0,
	  { "sysvipc", "kernel/shm", "kernel/msg", "kernel/sem" },
	  { { SYS_shmget },
	    { SYS_shmat },
	    { SYS_shmdt },
	    { SYS_shmctl },
	    { SYS_msgget },
	    { SYS_msgsnd },
	    { SYS_msgrcv },
	    { SYS_msgctl },
	    { SYS_semget },
	    { SYS_semop },
	    { SYS_semtimedop },
	    { SYS_semctl } } },
	{ "mqueue",
	  ENOSYS,
	  0,
	  { "fs/mqueue" },
	  { { SYS_mq_open },
	    { SYS_mq_unlink },
	    { SYS_mq_getsetattr },
	    { SYS_mq_timedsend },
	    { SYS_mq_timedreceive },
	    { SYS_mq_notify } } },
	{ "ipcns",
	  EINVAL,
	  CLONE_NEWIPC,
	  { "ns/ipc" },
	  { { SYS_unshare, 0 }, { SYS_clone, 0 }, { SYS_setns, 1 } } },
};

/* Calls with a text, and its argument. */
static const struct {
	long call;
	unsigned text;
} texts[] = {
	{ SYS_openat, 1 },     { SYS_openat2, 1 },
	{ SYS_newfstatat, 1 }, { SYS_statx, 1 },
	{ SYS_readlinkat, 1 }, { SYS_faccessat, 1 },
	{ SYS_faccessat2, 1 }, { SYS_name_to_handle_at, 1 },
	{ SYS_fsopen, 0 },     { SYS_mount, 2 },
#ifdef SYS_open
	{ SYS_open, 0 },       { SYS_stat, 0 },
	{ SYS_lstat, 0 },      { SYS_readlink, 0 },
	{ SYS_access, 0 },
#endif
};

static void check(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(99);
}

static struct sock_filter code[512];
static unsigned short ncode;

static void put(uint16_t op, uint8_t yes, uint8_t no, size_t k)
{
	code[ncode++] = (struct sock_filter){ op, yes, no, (uint32_t)k };
}

static void on_call(long call, uint8_t skip)
{
	put(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	put(BPF_JMP | BPF_JEQ | BPF_K, 0, skip, (size_t)call);
}

static void on_bits(uint16_t test, unsigned arg, uint32_t bits)
{
	put(BPF_LD | BPF_W | BPF_ABS, 0, 0,
	    offsetof(struct seccomp_data, args) + 8 * arg);
	put((uint16_t)(BPF_JMP | test | BPF_K), 0, 1, bits);
}

static int install(const struct part *p, int shown)
{
	struct sock_fprog prog = { .filter = code };
	int fd;

	for (size_t i = 0; i < COUNT(p->calls) && (i == 0 || p->calls[i].call); i++) {
		on_call(p->calls[i].call, p->bits ? 3 : 1);
		if (p->bits)
			on_bits(BPF_JSET, p->calls[i].flags, p->bits);
		put(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | (unsigned)p->error);
	}
	if (p->bits) { /* its flags are in memory */
		on_call(SYS_clone3, 1);
		put(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS);
	}
	if (!shown) {
		on_call(SYS_prctl, 3);
		on_bits(BPF_JEQ, 0, PR_GET_SECCOMP);
		put(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO); /* 0 */
	}
	for (size_t i = 0; i < COUNT(texts); i++) {
		on_call(texts[i].call, 1);
		put(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF);
	}
	put(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	prog.len = ncode;
	fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			  SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
	check(fd >= 0, "seccomp");
	return fd;
}

/* The listener is taken by its number: a call to pass it on would need a listener. */
static int listener_of(pid_t pid, int number)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int fd = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);

	check(fd >= 0, "pidfd_getfd");
	close(pidfd);
	return fd;
}

static void read_text(const struct seccomp_notif *n, char *text, size_t size)
{
	char path[40];
	unsigned arg = 0;
	ssize_t len;
	int fd;

	for (size_t i = 0; i < COUNT(texts); i++)
		if (texts[i].call == n->data.nr)
			arg = texts[i].text;
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)n->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : pread(fd, text, size - 1, (off_t)n->data.args[arg]);
	text[len < 0 ? 0 : len] = '\0';
	if (fd >= 0)
		close(fd);
}

/* Return the errno for a call with this text; 0: the call goes on. */
static int answer(const struct part *p, const char *text)
{
	if (!strcmp(p->name, "mqueue") && !strcmp(text, "mqueue"))
		return ENODEV; /* no such file system */
	for (size_t i = 0; i < COUNT(p->paths) && p->paths[i]; i++)
		if (strstr(text, p->paths[i]))
			return ENOENT;
	return 0;
}

static int give_systems(int listener, uint64_t id)
{
	static const char list[] = "nodev\tproc\nnodev\ttmpfs\n";
	struct seccomp_notif_addfd add = { .id = id,
					   .flags = SECCOMP_ADDFD_FLAG_SEND,
					   .newfd_flags = O_CLOEXEC };
	int fd = memfd_create("list", MFD_CLOEXEC), r;

	check(fd >= 0 && write(fd, list, sizeof(list) - 1) == sizeof(list) - 1 &&
		      lseek(fd, 0, SEEK_SET) == 0,
	      "list");
	add.srcfd = (uint32_t)fd;
	r = ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
	close(fd);
	return r;
}

static void serve(const struct part *p, int listener)
{
	struct pollfd poll_for = { .fd = listener, .events = POLLIN };
	struct seccomp_notif n;
	struct seccomp_notif_resp r;
	char text[4096];

	while (poll(&poll_for, 1, -1) > 0 && !(poll_for.revents & POLLHUP)) {
		memset(&n, 0, sizeof(n));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0)
			continue;
		read_text(&n, text, sizeof(text));
		if (!strcmp(p->name, "mqueue") && strstr(text, SYSTEMS) &&
		    give_systems(listener, n.id) >= 0)
			continue;
		r = (struct seccomp_notif_resp){ .id = n.id, .error = -answer(p, text) };
		if (!r.error)
			r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r);
	}
}

int main(int argc, char **argv)
{
	int pair[2], status, listener = -1,
			     shown = argc > 2 && !strcmp(argv[2], "filter");
	const struct part *p = NULL;
	pid_t pid;

	for (size_t i = 0; argc > 2 + shown && i < COUNT(parts); i++)
		if (!strcmp(parts[i].name, argv[1]))
			p = &parts[i];
	check(p && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "part");
	pid = fork();
	check(pid >= 0, "fork");
	if (pid == 0) {
		char byte;

		check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
		listener = install(p, shown);
		check(write(pair[1], &listener, sizeof(listener)) == sizeof(listener) &&
			      read(pair[1], &byte, 1) == 1,
		      "start");
		execvp(argv[2 + shown], argv + 2 + shown);
		check(0, argv[2 + shown]);
	}
	check(read(pair[0], &listener, sizeof(listener)) == sizeof(listener), "listener");
	listener = listener_of(pid, listener);
	check(write(pair[0], "", 1) == 1, "start");
	serve(p, listener);
	check(waitpid(pid, &status, 0) == pid, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listns MODE PAGE COUNT FILE COMMAND…: run a command on a kernel that seems to have
 * listns(2) (Linux 6.19) and file handles of namespaces by id alone. COUNT new IPC
 * namespaces, which only this process keeps, are listed, at most PAGE in a call, and
 * between them a UTS namespace; FILE gets their inode numbers. A seccomp filter passes
 * the calls on to this process, and answers PR_GET_SECCOMP with "none".
 *
 * MODE: good; stale (handles cannot be opened); efault (the second page fails); empty;
 * loop (each page is the first one again); gone (they end when the list has been read);
 * kill (the call is answered by a signal, and the filter can be seen).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/nsfs.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef NS_GET_ID
#define NS_GET_ID _IOR(0xb7, 13, uint64_t)
#endif

#define LISTNS (SYS_openat2 + 33)
#define NR(n)  offsetof(struct seccomp_data, n)

struct space {
	uint64_t id;
	int fd;
};

static struct space all[4096];
static size_t count;

static void check(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(99);
}

static int by_id(const void *a, const void *b)
{
	const struct space *p = a, *q = b;

	return (p->id > q->id) - (p->id < q->id);
}

static void make(int type, const char *path, FILE *out)
{
	int own = open(path, O_RDONLY | O_CLOEXEC);
	struct space *s = &all[count++];
	struct stat st;

	check(own >= 0 && unshare(type) == 0, "unshare");
	s->fd = open(path, O_RDONLY | O_CLOEXEC);
	check(s->fd >= 0 && ioctl(s->fd, NS_GET_ID, &s->id) == 0, "NS_GET_ID");
	check(setns(own, type) == 0 && fstat(s->fd, &st) == 0, "setns");
	close(own);
	if (out)
		fprintf(out, "%lu\n", (unsigned long)st.st_ino);
}

static int filter(int kill)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NR(nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LISTNS, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_open_by_handle_at, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NR(args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_GET_SECCOMP, 2, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO), /* 0 */
	};
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(*code), .filter = code };
	int fd;

	if (kill) {
		code[5].k = UINT32_MAX;
		code[7].k = SECCOMP_RET_KILL_PROCESS;
	}
	fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			  SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);

	check(fd >= 0, "seccomp");
	return fd;
}

static void pass(int to, int fd)
{
	char room[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = room,
			    .msg_controllen = sizeof(room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	check(sendmsg(to, &m, 0) == 1, "sendmsg");
}

static int passed(int from)
{
	char room[CMSG_SPACE(sizeof(int))], byte;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = room,
			    .msg_controllen = sizeof(room) };
	int fd = -1;

	check(recvmsg(from, &m, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&m), "recvmsg");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

/* Copy to or from the memory of the process that made the call. */
static void copy(pid_t pid, uint64_t address, void *data, size_t len, int out)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, (out ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	check(fd >= 0, path);
	check((out ? pwrite(fd, data, len, (off_t)address)
		   : pread(fd, data, len, (off_t)address)) == (ssize_t)len,
	      "memory");
	close(fd);
}

static int64_t list(const char *mode, size_t page, const struct seccomp_notif *n)
{
	struct {
		uint32_t size, spare;
		uint64_t after;
		uint32_t type, spare2;
		uint64_t user;
	} req;
	uint64_t ids[4096];
	size_t most = n->data.args[2], k = 0;

	copy((pid_t)n->pid, n->data.args[0], &req, sizeof(req), 0);
	if (req.size < sizeof(req) || req.type != CLONE_NEWIPC || n->data.args[3])
		return -EINVAL;
	if (!strcmp(mode, "empty"))
		return 0;
	if (req.after && !strcmp(mode, "efault"))
		return -EFAULT;
	if (!strcmp(mode, "loop"))
		req.after = 0;
	for (size_t i = 0; i < count && k < most && k < page; i++)
		if (all[i].id > req.after)
			ids[k++] = all[i].id;
	if (k)
		copy((pid_t)n->pid, n->data.args[1], ids, k * sizeof(*ids), 1);
	return (int64_t)k;
}

/* Answer open_by_handle_at(FD_NSFS_ROOT, {id, 0, 0}). */
static int64_t lookup(const char *mode, int listener, const struct seccomp_notif *n)
{
	struct {
		uint32_t bytes;
		int32_t kind;
		uint64_t id;
		uint32_t type, inum;
	} h;

	copy((pid_t)n->pid, n->data.args[1], &h, sizeof(h), 0);
	if ((int)n->data.args[0] != -10003 || h.bytes != 16 || h.kind != 0xf1 || h.type ||
	    h.inum)
		return -EINVAL;
	if (!strcmp(mode, "gone"))
		count = 0;
	for (size_t i = 0; strcmp(mode, "stale") && i < count; i++) {
		struct seccomp_notif_addfd add = {
			.id = n->id,
			.flags = SECCOMP_ADDFD_FLAG_SEND,
			.srcfd = (uint32_t)all[i].fd,
			.newfd_flags = O_CLOEXEC,
		};

		if (all[i].id == h.id)
			return ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0
				       ? -errno
				       : 1;
	}
	return -ESTALE;
}

static void serve(const char *mode, size_t page, int listener)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	struct seccomp_notif n;
	struct seccomp_notif_resp r;

	while (poll(&p, 1, -1) > 0 && !(p.revents & POLLHUP)) {
		memset(&n, 0, sizeof(n));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0)
			continue;
		r = (struct seccomp_notif_resp){ .id = n.id };
		r.val = n.data.nr == LISTNS ? list(mode, page, &n)
					    : lookup(mode, listener, &n);
		if (n.data.nr != LISTNS && r.val > 0)
			continue; /* adding the descriptor was the answer */
		if (r.val < 0) {
			r.error = (int)r.val;
			r.val = 0;
		}
		(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &r);
	}
}

int main(int argc, char **argv)
{
	int pair[2], status, listener;
	FILE *out;
	pid_t pid;

	check(argc > 5 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0,
	      "socketpair");
	pid = fork();
	check(pid >= 0, "fork");
	if (pid == 0) {
		char byte;

		check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
		listener = filter(!strcmp(argv[1], "kill"));
		pass(pair[1], listener);
		check(read(pair[1], &byte, 1) == 1, "start");
		execvp(argv[5], argv + 5);
		check(0, argv[5]);
	}
	out = fopen(argv[4], "we");
	check(out != NULL, argv[4]);
	for (long i = strtol(argv[3], NULL, 10); i > 0; i--) {
		make(CLONE_NEWIPC, "/proc/self/ns/ipc", out);
		if (i == 1)
			make(CLONE_NEWUTS, "/proc/self/ns/uts", NULL);
	}
	fclose(out);
	qsort(all, count, sizeof(*all), by_id);
	listener = passed(pair[0]);
	check(write(pair[0], "", 1) == 1, "start");
	serve(argv[1], strtoul(argv[2], NULL, 10), listener);
	check(waitpid(pid, &status, 0) == pid, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

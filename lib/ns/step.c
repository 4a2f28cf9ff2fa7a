/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps that enter and leave namespaces and change ids: each makes a call, and then
 * checks the effect of the call. */
#include "ns/step.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "base/calls.h"
#include "base/file.h"
#include "proc/status.h"

/* From Linux 6.9 and 6.11 (pidfd_open(2), linux/pidfd.h); older headers lack these
 * definitions. */
#define THREAD_PIDFD     O_EXCL
#define PIDFD_GET_NS(nr) _IO(0xFF, nr)

static const struct step_type {
	int type;
	char name[IX_TEXT(17)]; /* name of the file in /proc/thread-self/ns */
	unsigned ioctl; /* request to a pidfd: opens this namespace of its process */
} types[] = {
	{ CLONE_NEWIPC, "ipc", PIDFD_GET_NS(2) },
	{ CLONE_NEWNS, "mnt", PIDFD_GET_NS(3) },
	{ CLONE_NEWNET, "net", PIDFD_GET_NS(4) },
	{ CLONE_NEWPID, "pid_for_children", PIDFD_GET_NS(6) },
	{ CLONE_NEWUSER, "user", PIDFD_GET_NS(9) },
	{ CLONE_NEWUTS, "uts", PIDFD_GET_NS(10) },
	{ CLONE_NEWCGROUP, "cgroup", PIDFD_GET_NS(1) },
};

/* Identifies a namespace as long as a descriptor or a process keeps the namespace
 * alive. */
struct identity {
	dev_t dev;
	ino_t ino;
};

static bool is_same(const struct identity *a, const struct identity *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

static const struct step_type *step_type_of(int type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

/* For use without /proc: open a namespace through a pidfd of the thread. */
static int own_by_pidfd(const struct step_type *t, struct identity *ret_id)
{
	auto_fd int thread =
		(int)IX_CALL(SYS_pidfd_open, (pid_t)syscall(SYS_gettid), THREAD_PIDFD);
	auto_fd int fd = thread < 0 ? -1 : ioctl(thread, t->ioctl, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return IX_STEP_UNVERIFIED;
	*ret_id = (struct identity){ st.st_dev, st.st_ino };
	return 0;
}

/* Get the thread's own namespace, as the kernel shows it now. */
static int own(struct ipcx *x, const struct step_type *t, struct identity *ret_id)
{
	char path[64];
	struct stat st;
	int proc = ix_procfd(x), r = -1;

	(void)snprintf(path, sizeof(path), "/proc/thread-self/ns/%s", t->name);
	if (proc >= 0)
		r = fstatat(proc, path + strlen("/proc/"), &st, 0);
	/* A /proc given by the caller may belong to a PID namespace in which this process
	 * does not exist. */
	if (r < 0 && x->lent)
		r = fstatat(AT_FDCWD, path, &st, 0);
	if (r < 0)
		return own_by_pidfd(t, ret_id);
	*ret_id = (struct identity){ st.st_dev, st.st_ino };
	return 0;
}

/* Get the namespace that a descriptor refers to; it is an error if the namespace has
 * another type. */
static int step_meant(int fd, const struct step_type *t, struct identity *ret_id)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (fs.f_type != NSFS_MAGIC || ioctl(fd, NS_GET_NSTYPE) != t->type)
		return -EINVAL;
	*ret_id = (struct identity){ st.st_dev, st.st_ino };
	return 0;
}

/* ---- namespaces */

int ix_step_check(struct ipcx *x, int fd, int type)
{
	const struct step_type *t = step_type_of(type);
	struct identity want = { 0, 0 }, now = { 0, 0 };
	int r = t ? step_meant(fd, t, &want) : -EINVAL;

	if (r == 0)
		r = own(x, t, &now);
	if (r < 0)
		return IX_STEP_UNVERIFIED;
	return is_same(&want, &now) ? 0 : IX_STEP_ELSEWHERE;
}

int ix_step_into(struct ipcx *x, int fd, int type)
{
	int r = ix_step_check(x, fd, type);

	/* If the present namespace of the thread is unknown, the step could not be
	 * verified afterwards, either. */
	if (r == IX_STEP_UNVERIFIED || (r == 0 && type != CLONE_NEWNS))
		return r;
	if (setns(fd, type) < 0)
		return -errno;
	return ix_step_check(x, fd, type);
}

int ix_step_apart(struct ipcx *x, int mask)
{
	struct identity before[ARRAY_SIZE(types)], now = { 0, 0 };
	int known = 0;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (!(mask & types[i].type))
			continue;
		if (own(x, &types[i], &before[i]) < 0)
			return IX_STEP_UNVERIFIED;
		known |= types[i].type;
	}
	/* Nothing can be compared for a new PID namespace, since no process is in it
	 * yet. */
	if (known != mask || (mask & CLONE_NEWPID))
		return -EINVAL;
	if (unshare(mask) < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (!(mask & types[i].type))
			continue;
		if (own(x, &types[i], &now) < 0)
			return IX_STEP_UNVERIFIED;
		if (is_same(&before[i], &now))
			return IX_STEP_ELSEWHERE;
	}
	return 0;
}

/* ---- ids */

static bool may_not_set_groups(struct ipcx *x)
{
	char text[16];
	bool denied;
	int proc = ix_procfd(x);
	int len = proc < 0 ? proc
			   : ix_read_file(proc, "thread-self/setgroups", text,
					  sizeof(text));

	return len > 0 && ix_setgroups_denied(text, (size_t)len, &denied) == 0 && denied;
}

int ix_step_drop_groups(struct ipcx *x)
{
	int n;

	if (setgroups(0, NULL) < 0) {
		int error = -errno;

		return error == -EPERM && may_not_set_groups(x) ? 0 : error;
	}
	n = getgroups(0, NULL);
	if (n < 0)
		return IX_STEP_UNVERIFIED;
	return n == 0 ? 0 : IX_STEP_ELSEWHERE;
}

int ix_step_become(uid_t uid, gid_t gid)
{
	gid_t gids[3];
	uid_t uids[3];

	if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return -errno;
	if (getresgid(&gids[0], &gids[1], &gids[2]) < 0 ||
	    getresuid(&uids[0], &uids[1], &uids[2]) < 0)
		return IX_STEP_UNVERIFIED;
	for (size_t i = 0; i < ARRAY_SIZE(uids); i++)
		if (gids[i] != gid || uids[i] != uid)
			return IX_STEP_ELSEWHERE;
	return 0;
}

int ix_step_no_new_privs(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : IX_STEP_UNVERIFIED;
}

int ix_step_hide(void)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : IX_STEP_UNVERIFIED;
}

/* ---- texts */

const char *ix_step_text(int r)
{
	switch (r) {
	case IX_STEP_ELSEWHERE:
		return "the kernel reported success, but the effect is a different one";
	case IX_STEP_UNVERIFIED:
		return "its effect cannot be verified";
	default:
		return ix_errno_text(r);
	}
}

int ix_step_failed(struct ipcx *x, const struct ix_target *p, const char *what, int r)
{
	(void)ix_fail_plain(x, r, "ipc:[%" PRIu64 "]: cannot %s: %s", p->ino, what,
			    ix_step_text(r));
	return r == -EINVAL ? -EIO : r;
}

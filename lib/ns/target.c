/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens the namespaces of one and the same process: first a pidfd, then everything
 * through one descriptor of /proc/PID, and at the end a check that the pidfd's process is
 * alive (setns(2), pidfd_open(2)).
 */
#include "ns/target.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "base/calls.h"
#include "base/file.h"
#include "base/port.h"
#include "proc/numbers.h"
#include "proc/stat.h"

/* From Linux 6.18; older headers lack this definition. */
#ifndef NS_GET_ID
#define NS_GET_ID IX_IOCTL(_IOR(NSIO, 13, uint64_t))
#endif

int ix_ns_identity(int fd, int type, uint64_t *ret_ino, uint64_t *ret_id)
{
	struct statfs fs;
	struct stat st;
	uint64_t id = 0;

	if (fstatfs(fd, &fs) < 0)
		return -errno;
	if (fs.f_type != NSFS_MAGIC || ioctl(fd, NS_GET_NSTYPE) != type)
		return -EINVAL;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (ioctl(fd, NS_GET_ID, &id) < 0)
		id = 0;
	*ret_ino = st.st_ino;
	*ret_id = id;
	return 0;
}

uint64_t ix_ns_own(struct ipcx *x, const char *type)
{
	char path[40];
	struct stat st;
	int proc = ix_procfd(x);

	/* Use the namespace of the calling thread: other threads of this process may be
	 * in other namespaces. */
	(void)snprintf(path, sizeof(path), "thread-self/ns/%s", type);
	if (proc >= 0 && fstatat(proc, path, &st, 0) == 0)
		return st.st_ino;
	/* A /proc given by the caller may belong to a PID namespace in which this process
	 * does not exist. */
	(void)snprintf(path, sizeof(path), "/proc/thread-self/ns/%s", type);
	return x->lent && fstatat(AT_FDCWD, path, &st, 0) == 0 ? st.st_ino : 0;
}

void ix_target_close(struct ix_target *p)
{
	const struct ix_target none = IX_NO_TARGET;

	const int fds[] = { p->nsfd, p->rootfd, p->pidfd, p->dirfd, p->userfd, p->shmfd };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	free(p->boxes);
	free(p->directory);
	*p = none;
}

/*
 * Open the user namespace that owns an IPC namespace; -1 if this user namespace is ours,
 * or is known to give us no rights (EPERM: it is outside ours; ENOTTY: Linux before 4.9).
 * Any other failure is an error: an unknown user namespace must not be taken for ours.
 */
static int owner_of(struct ipcx *x, int nsfd, int *ret_fd)
{
	uint64_t own = ix_ns_own(x, "user"), ino = 0, id;
	auto_fd int fd = ioctl(nsfd, NS_GET_USERNS);
	int r;

	if (fd < 0 && errno != EPERM && errno != ENOTTY)
		return -errno;
	if (fd < 0) {
		*ret_fd = -1;
		return 0;
	}
	r = ix_ns_identity(fd, CLONE_NEWUSER, &ino, &id);
	if (r == 0 && !own)
		r = -ENODATA; /* without /proc, this is unknown */
	if (r)
		return r == -EINVAL ? -EIO : r;
	*ret_fd = ino == own ? -1 : take_fd(&fd);
	return 0;
}

int ix_target_of_fd(struct ipcx *x, int fd, const char *what, struct ix_target *ret_place)
{
	struct ix_target p = IX_NO_TARGET;
	int r;

	p.nsfd = fd;
	r = ix_ns_identity(fd, CLONE_NEWIPC, &p.ino, &p.id);
	if (r < 0) {
		ix_target_close(&p);
		return r == -EINVAL ? ix_fail_plain(x, -EINVAL,
						    "%s: is not an IPC namespace", what)
				    : ix_fail(x, r, "%s", what);
	}
	r = owner_of(x, fd, &p.userfd);
	if (r < 0) {
		ix_target_close(&p);
		return ix_fail(x, r, "%s: the user namespace that owns it", what);
	}
	*ret_place = p;
	return 0;
}

int ix_target_failed(struct ipcx *x, const struct ix_target *p, const char *what)
{
	int error = errno;

	(void)ix_fail(x, -error, "ipc:[%" PRIu64 "]: cannot %s", p->ino, what);
	return error == EINVAL ? -EIO : -error;
}

/* A zombie is regarded as a process that has ended. */
int ix_target_lives(const struct ix_target *place)
{
	struct pollfd p = { .fd = place->pidfd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n == 0;
}

/* Check that the process with this pid is the one that was meant. Returns 0 and the start
 * time of the process; -ESRCH; another -errno. */
static int check_start(int dir, uint64_t want, uint64_t *ret_start)
{
	struct ix_proc_stat st;
	char text[1024];
	int len = ix_read_file(dir, "stat", text, sizeof(text));

	if (len < 0)
		return len;
	if (ix_proc_stat_parse(text, (size_t)len, &st) < 0 || (want && st.start != want))
		return -ESRCH;
	*ret_start = st.start;
	return 0;
}

static int place_gone(struct ipcx *x, int32_t pid)
{
	return ix_fail_plain(x, -ESRCH, "process %d: no such process (any more)", pid);
}

int ix_target_check_lives(struct ipcx *x, const struct ix_target *p)
{
	int lives = ix_target_lives(p);

	if (lives < 0)
		return ix_fail(x, lives,
			       "process %d: cannot find out whether it has ended",
			       p->pid);
	return lives ? 0 : place_gone(x, p->pid);
}

/* Only these errors mean that the process is gone; running out of descriptors, for
 * example, does not. */
static int place_failed(struct ipcx *x, int32_t pid, int error, const char *what)
{
	return error == -ENOENT || error == -ESRCH
		       ? place_gone(x, pid)
		       : ix_fail(x, error, "process %d: %s", pid, what);
}

/* Open a pidfd; -1 if the kernel has no pidfds (Linux before 5.3) or a filter blocks the
 * call: the descriptor of /proc/PID then has to suffice. */
static int open_pidfd(int32_t pid, int *ret_error)
{
	long fd = IX_CALL(SYS_pidfd_open, pid, 0);

	*ret_error = fd < 0 ? -errno : 0;
	return (int)fd;
}

/* The link of a process that has ended is still there, but leads nowhere. */
bool ix_target_no_ipcns(int dir)
{
	struct stat st;

	return fstatat(dir, "ns/ipc", &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT &&
	       fstatat(dir, "ns", &st, 0) == 0;
}

bool ix_target_lacks_ipcns(struct ipcx *x)
{
	int proc = ix_procfd(x);
	auto_fd int self = proc < 0 ? proc : ix_open(proc, "self", O_PATH | O_DIRECTORY);

	return self >= 0 && ix_target_no_ipcns(self);
}

static int open_parts(struct ipcx *x, int dir, struct ix_target *p)
{
	struct ix_target named = IX_NO_TARGET;
	char what[64];
	int fd, r;

	(void)snprintf(what, sizeof(what), "process %d: its IPC namespace", p->pid);
	fd = ix_open_link(dir, "ns/ipc", O_RDONLY);
	if (fd == -EACCES || fd == -EPERM)
		return ix_fail_plain(
			x, fd, "%s may not be looked at (needs CAP_SYS_PTRACE over it)",
			what);
	if (fd == -ENOENT && ix_target_no_ipcns(dir))
		return ix_fail_plain(x, -EOPNOTSUPP, "process %d: %s", p->pid,
				     IX_NO_IPCNS);
	if (fd < 0)
		return place_failed(x, p->pid, fd, "its IPC namespace");
	r = ix_target_of_fd(x, fd, what, &named);
	if (r < 0)
		return r;
	p->nsfd = named.nsfd;
	p->userfd = named.userfd;
	p->ino = named.ino;
	p->id = named.id;
	/* A user who may open the namespace may also open the root, unless a security
	 * module forbids it. */
	fd = ix_open_link(dir, "root", O_PATH | O_DIRECTORY);
	if (fd < 0 && fd != -EACCES && fd != -EPERM)
		return place_failed(x, p->pid, fd, "its root");
	p->rootfd = fd < 0 ? -1 : fd;
	return 0;
}

static int open_process(struct ipcx *x, uint64_t start, struct ix_target *p)
{
	int ours = ix_proc_is_ours(x);
	char name[16];
	int error = 0, r;

	if (ours < 0)
		return ix_fail(
			x, ours,
			"process %d: cannot find out to which PID namespace /proc belongs",
			p->pid);
	/* If the pid was not found in this /proc, it may belong to another process there;
	 * unless the caller supplied this /proc. */
	if (!ours && !start && !x->lent)
		return ix_fail_plain(x, -EIO,
				     "process %d: /proc is that of another PID namespace, "
				     "with other pids (mount -t proc proc /proc)",
				     p->pid);
	p->pidfd = ours ? open_pidfd(p->pid, &error) : -1;
	if (error && error != -ENOSYS && error != -EPERM)
		return place_failed(x, p->pid, error, "pidfd_open");
	(void)snprintf(name, sizeof(name), "%d", p->pid);
	r = ix_open(ix_procfd(x), name, O_PATH | O_DIRECTORY);
	if (r < 0)
		return place_failed(x, p->pid, r, "its directory in /proc");
	p->dirfd = r;
	r = check_start(p->dirfd, start, &p->start);
	if (r < 0)
		return place_failed(x, p->pid, r, "its start time");
	r = open_parts(x, p->dirfd, p);
	return r == 0 && p->pidfd >= 0 ? ix_target_check_lives(x, p) : r;
}

int ix_target_of_pid(struct ipcx *x, int32_t pid, uint64_t start,
		     struct ix_target *ret_place)
{
	struct ix_target p = IX_NO_TARGET;
	int proc = ix_procfd(x), r;

	if (proc < 0)
		return ix_fail(x, proc, "process %d: /proc", pid);
	/* This is one of many targets that discovery found: it has no process, and its
	 * file could not be opened. */
	if (pid <= 0)
		return ix_fail_plain(
			x, -EACCES,
			"what keeps the namespace alive may not be opened from here");
	p.pid = pid;
	r = open_process(x, start, &p);
	/* The mount option hidepid hides a process's /proc directory, but not the process
	 * from kill(2). */
	if (r == -ESRCH && !start && p.pidfd >= 0 && ix_target_lives(&p) == 1)
		r = ix_fail_plain(x, -EACCES,
				  "process %d: /proc hides it from you (hidepid)", pid);
	if (r < 0) {
		ix_target_close(&p);
		return r;
	}
	*ret_place = p;
	return 0;
}

int ix_target_again(struct ipcx *x, const struct ix_target *p,
		    struct ix_target *ret_place)
{
	struct ix_target now = IX_NO_TARGET;
	int r = ix_target_of_pid(x, p->pid, p->start, &now);

	if (r == -ESRCH && p->spare && p->spare != p->pid)
		r = ix_target_of_pid(x, p->spare, 0, &now);
	if (r < 0)
		return r;
	if (now.ino != p->ino) {
		ix_target_close(&now);
		return ix_fail_plain(x, -ESRCH,
				     "process %d has moved to another namespace", p->pid);
	}
	now.boxes = p->boxes; /* p still owns them */
	now.self = p->self;
	now.only_shm = p->only_shm;
	now.elsewhere = p->elsewhere;
	now.oldest = p->oldest;
	now.spare = p->spare;
	*ret_place = now;
	return 0;
}

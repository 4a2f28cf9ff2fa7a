/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds namespaces that are kept alive by a thread that is in another namespace than its
 * process, or by an open descriptor. The text of a link in /proc/PID/fd is not enough to
 * find such descriptors: for a detached mount of a namespace it is "/". A thread may have
 * descriptors of its own (unshare(2) with CLONE_FILES), which only kcmp(2) tells.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/magic.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "base/calls.h"
#include "base/file.h"
#include "ns/holders.h"
#include "ns/target.h"
#include "proc/numbers.h"

/* What the functions below work on. */
struct opened {
	struct ipcx *x;
	struct ix_nslist *l;
	const struct ix_holders *h;
	int proc;
	int32_t pid, tid; /* tid: descriptors of this thread only; or 0 */
};

static DIR *opened_dir(const struct opened *o, const char *what)
{
	char path[48];
	int fd;
	DIR *dir;

	if (o->tid)
		(void)snprintf(path, sizeof(path), "%d/task/%d/%s", o->pid, o->tid, what);
	else
		(void)snprintf(path, sizeof(path), "%d/%s", o->pid, what);
	fd = ix_open(o->proc, path, O_RDONLY | O_DIRECTORY);
	if (fd < 0) {
		ix_nslist_shut(o->l, fd);
		return NULL;
	}
	dir = fdopendir(fd);
	if (!dir) {
		ix_nslist_missed(o->l, -errno);
		(void)close(fd);
	}
	return dir;
}

static int opened_keep(const struct opened *o, uint64_t ns, int fd, char *what)
{
	return ix_holders_keep(o->h, o->l,
			       &(struct ix_keeper){ .ns = ns,
						    .kind = IX_KEEPER_FD,
						    .pid = o->pid,
						    .tid = o->tid,
						    .fd = fd,
						    .path = what });
}

/* ---- descriptors */

/*
 * Return the inode number of the IPC namespace that a descriptor refers to, and open it;
 * returns 0 if it refers to something else. The text of the link is only a hint: the
 * process may replace the descriptor at any time, and for a detached mount the text is
 * "/".
 */
static uint64_t opened_number(const struct opened *o, int dir, const char *name,
			      const char *text, int *ret_fd)
{
	auto_fd int held = -1, fd = -1;
	uint64_t ino, id;
	int r;

	if (strcmp(text, "/") != 0 && !ix_ns_number("ipc", text, strlen(text)))
		return 0;
	held = ix_open_link(dir, name, O_PATH);
	fd = held < 0 ? held : ix_holders_open_nsfs(o->proc, held);
	r = fd < 0 ? fd : ix_ns_identity(fd, CLONE_NEWIPC, &ino, &id);
	if (r < 0) {
		if (r != -EINVAL)
			ix_nslist_shut(o->l, r);
		return 0;
	}
	*ret_fd = take_fd(&fd);
	return ino;
}

/* Whether a descriptor keeps an IPC namespace, but it cannot be told which: an open file
 * of /proc/sysvipc, and what fsopen(2) returns, which may be for another file system. */
static bool opened_is_vague(int dir, const char *name, const char *text)
{
	const char *file = strstr(text, "/sysvipc/");
	auto_fd int held = -1;
	struct statfs fs;

	if (!strcmp(text, "anon_inode:[fscontext]"))
		return true;
	if (!file || strchr(file + strlen("/sysvipc/"), '/'))
		return false;
	held = ix_open_link(dir, name, O_PATH);
	return held >= 0 && fstatfs(held, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

static int opened_one(const struct opened *o, int dir, const char *name)
{
	int len, number = (int)strtol(name, NULL, 10);
	struct ix_nsseen *seen;
	auto_fd int fd = -1;
	char text[64];
	uint64_t ino;

	len = ix_read_link(dir, name, text, sizeof(text));
	if (len < 0 && len != -ENAMETOOLONG)
		ix_nslist_shut(o->l, len);
	if (len <= 0)
		return 0;
	ino = opened_number(o, dir, name, text, &fd);
	if (!ino)
		return (o->h->how & IX_SEEK_KEEPERS) && opened_is_vague(dir, name, text)
			       ? opened_keep(o, 0, number, text)
			       : 0;
	seen = ix_nslist_add(o->l, ino);
	if (!seen)
		return -ENOMEM;
	if (!seen->processes)
		ix_holders_hold(seen, take_fd(&fd));
	return seen->fds++ < IX_KEEPERS_OTHERS ? opened_keep(o, ino, number, NULL) : 0;
}

static int opened_fds(const struct opened *o)
{
	DIR *dir auto_dir = opened_dir(o, "fd");
	const struct dirent *d;
	int r = 0, bad = 0;

	while (dir && bad == 0 && (r = ix_readdir(dir, &d)) == 0 && d)
		if (d->d_name[0] != '.')
			bad = opened_one(o, dirfd(dir), d->d_name);
	ix_nslist_missed(o->l, r);
	return bad;
}

/* ---- threads */

static int opened_thread(const struct opened *o, int dir, const char *name, uint64_t ino)
{
	struct ix_nsseen *seen;
	uint64_t other;
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/ns/ipc", name);
	other = ix_ns_link(dir, path, "ipc");
	if (!other)
		ix_nslist_missed(o->l, -errno);
	if (!other || other == ino)
		return 0;
	seen = ix_nslist_add(o->l, other);
	if (!seen)
		return -ENOMEM;
	if (!seen->processes)
		ix_holders_hold(seen, ix_open(dir, path, O_RDONLY));
	if (seen->threads++ >= IX_KEEPERS_OTHERS)
		return 0;
	return ix_holders_keep(o->h, o->l,
			       &(struct ix_keeper){
				       .ns = other,
				       .kind = IX_KEEPER_THREAD,
				       .pid = o->pid,
				       .tid = (int32_t)strtol(name, NULL, 10),
				       .fd = -1 });
}

/* Whether two threads have the same descriptors, as far as it can be told. */
static bool opened_alike(int32_t a, int32_t b)
{
	return a == b || IX_CALL(SYS_kcmp, a, b, KCMP_FILES, 0, 0) <= 0;
}

/* Search the descriptors of a thread, unless they are those of the process or of the
 * thread that was searched last. */
static int opened_own_fds(const struct opened *o, int32_t tid, int32_t *last)
{
	struct opened one = *o;

	if (!(o->h->how & IX_SEEK_FDS) || o->pid == getpid() ||
	    ix_proc_is_ours(o->x) <= 0 || opened_alike(o->pid, tid) ||
	    opened_alike(*last, tid))
		return 0;
	one.tid = *last = tid;
	return opened_fds(&one);
}

static int opened_threads(const struct opened *o, uint64_t ino)
{
	DIR *dir auto_dir = opened_dir(o, "task");
	const struct dirent *d;
	int32_t last = o->pid;
	int r = 0, bad = 0;

	while (dir && bad == 0 && (r = ix_readdir(dir, &d)) == 0 && d) {
		if (d->d_name[0] == '.')
			continue;
		bad = opened_thread(o, dirfd(dir), d->d_name, ino);
		if (bad == 0)
			bad = opened_own_fds(o, (int32_t)strtol(d->d_name, NULL, 10),
					     &last);
	}
	ix_nslist_missed(o->l, r);
	return bad;
}

int ix_holders_opened(struct ipcx *x, struct ix_nslist *l, const struct ix_holders *h,
		      int32_t pid, uint64_t ino)
{
	const struct opened o = {
		.x = x, .l = l, .h = h, .proc = ix_procfd(x), .pid = pid
	};
	int r = 0;

	if (h->how & IX_SEEK_THREADS)
		r = opened_threads(&o, ino);
	if (r == 0 && (h->how & IX_SEEK_FDS) && pid != getpid())
		r = opened_fds(&o);
	return r;
}

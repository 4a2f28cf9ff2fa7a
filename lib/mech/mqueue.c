/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finding the directory that lists the POSIX message queues of this IPC namespace.
 *
 * mq_open(3) uses the caller's IPC namespace, whatever is mounted; an mqueue mount shows
 * the queues of the namespace in which it was mounted. Each namespace has one mqueue
 * superblock, so st_dev identifies it: if a listed queue can be opened and has the same
 * st_dev, the mount is ours. A detached mount of our own (fsopen(2), Linux 5.2) is always
 * the right one, but needs CAP_SYS_ADMIN over the namespace, and a seccomp filter may
 * kill a process that tries to make one.
 */
#include "mech/mqueue.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <sys/vfs.h>

#include "base/file.h"
#include "base/mnt.h"

#define MQUEUE_DIR   "/dev/mqueue"
#define MQUEUE_MAGIC 0x19800202 /* ipc/mqueue.c */

static int keep_dir(int fd, struct ix_posix_dir *ret_dir)
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		int r = -errno;

		(void)close(fd);
		return r;
	}
	*ret_dir = (struct ix_posix_dir){ .fd = fd, .dev = st.st_dev };
	return 0;
}

/* Open the path if an mqueue file system is mounted on it. */
static int mqueue_open_mounted(struct ipcx *x, const char *path,
			       struct ix_posix_dir *ret_dir)
{
	int root = ix_rootfd(x), fd;
	struct statfs fs;

	if (root < 0)
		return root;
	fd = ix_open(root, ix_relative(path), O_PATH | O_DIRECTORY);
	if (fd < 0)
		return fd;
	if (fstatfs(fd, &fs) < 0 || fs.f_type != MQUEUE_MAGIC) {
		(void)close(fd);
		return -ENOENT;
	}
	return keep_dir(fd, ret_dir);
}

static int open_detached(struct ix_posix_dir *ret_dir)
{
	int fd = ix_mnt_detached("mqueue");

	return fd < 0 ? fd : keep_dir(fd, ret_dir);
}

static int open_detached_there(void *ret_dir)
{
	return open_detached(ret_dir);
}

/*
 * Check whether a name listed in the directory is the same queue in the caller's
 * namespace. Returns 1 yes, 0 no, -EAGAIN undecided. If the queue cannot be found by
 * name, checks afterwards that the directory still lists it: a queue that was removed
 * meanwhile proves nothing.
 */
static int same_namespace(const struct ix_posix_dir *dir, const char *name)
{
	char path[NAME_MAX + 2];
	struct stat st;
	mqd_t q;
	int r;

	(void)snprintf(path, sizeof(path), "/%s", name);
	q = mq_open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (q != (mqd_t)-1) {
		r = fstat(q, &st) < 0 ? -EAGAIN : st.st_dev == dir->dev;
		(void)mq_close(q);
		return r;
	}
	if (errno != ENOENT)
		return -EAGAIN;
	return fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -EAGAIN : 0;
}

/* Try the listed queues until one shows to which namespace the directory
 * belongs. Returns 1 if the directory
 * is this namespace's, -EXDEV if it is another's, 0 if there are no queues, or none that
 * shows it. */
static int check_namespace(const struct ix_posix_dir *dir, bool *ret_empty)
{
	struct ix_posix_names *names auto_posix_names = NULL;
	const char *name;
	int r = ix_posix_names_open(dir, &names);

	*ret_empty = true;
	if (r < 0)
		return r;
	while ((r = ix_posix_names_next(names, &name)) > 0) {
		int same = same_namespace(dir, name);

		*ret_empty = false;
		if (same >= 0)
			return same ? 1 : -EXDEV;
	}
	return r;
}

/* What is mounted, and whether it belongs to this namespace. */
struct mounted {
	struct ix_posix_dir dir;
	int is; /* 1: ours; 0: undecided; -EXDEV: another namespace's; other -errno: not
		   available */
	bool empty;
};

static void mqueue_look_at(struct ipcx *x, const char *path, struct mounted *m)
{
	ix_posix_dir_end(&m->dir);
	*m = (struct mounted){ .dir = IX_NO_DIR };
	m->is = mqueue_open_mounted(x, path, &m->dir);
	if (m->is == 0)
		m->is = check_namespace(&m->dir, &m->empty);
}

static int hand(struct mounted *m, struct ix_posix_dir *ret_dir)
{
	*ret_dir = m->dir;
	m->dir.fd = -1;
	return 0;
}

/* If the mount at the usual place does not belong to our namespace, try the last mqueue
 * mount of the mount table, although this loads libmount. If that mount is of no use
 * either, keep the first result: its error is more useful. */
static void look_further(struct ipcx *x, struct mounted *m)
{
	struct mounted other = { .dir = IX_NO_DIR };
	char path[PATH_MAX];
	int r = ix_mnt_find("mqueue", path, sizeof(path));

	if (r == 0)
		mqueue_look_at(x, path, &other);
	else
		other.is = r;
	if (other.is >= 0 || other.is == -ENOMEM || m->is == -ENOENT) {
		ix_posix_dir_end(&m->dir);
		*m = other;
	} else {
		ix_posix_dir_end(&other.dir);
	}
}

/* We have the right directory: add a note if /dev/mqueue shows the queues of another
 * namespace. */
static void note_mounted(struct ix_scan *s, const struct mounted *seen,
			 const struct ix_posix_dir *ours)
{
	if (seen->dir.fd >= 0 && seen->dir.dev != ours->dev)
		ix_table_note(
			s->t, IPCX_NOTE_INFO, s->mech, 0, MQUEUE_DIR,
			"shows the queues of another IPC namespace; the listed queues are those of this one");
}

static void note_unproved(struct ix_scan *s, const struct mounted *m)
{
	ix_table_note(
		s->t, IPCX_NOTE_INCOMPLETE, s->mech, -EPERM, "",
		"whether the mounted queues are those of this IPC namespace is unknown: %s",
		m->empty ? "there are none" : "none of them may be opened");
}

/* With rights over the IPC namespace but not over the mount namespace ("unshare --user
 * --ipc"), mount in a mount namespace of our own. Which rights we have is known only
 * after trying. */
static int mount_one(struct ix_posix_dir *ret_dir)
{
	int r = open_detached(ret_dir);

	return r == -EPERM ? ix_mnt_in_thread(open_detached_there, ret_dir) : r;
}

static int none_is_ours(struct ipcx *x, int error, const char *why)
{
	if (error == -EXDEV)
		return ix_fail_plain(
			x, error,
			"the mounted mqueue file system belongs to another IPC namespace, and that of this one may not be mounted temporarily: %s",
			why);
	/* Queues may exist although no mount shows them: mq_open(3) needs none. */
	if (error == -ENOENT || error == -ENOPKG)
		return ix_fail_plain(
			x, error == -ENOENT ? -ENODATA : error,
			"no mqueue file system is mounted (mount -t mqueue none %s), and none may be mounted temporarily: %s",
			MQUEUE_DIR, why);
	return ix_fail(x, error, "the mounted mqueue file system");
}

int ix_mqueue_dir(struct ix_scan *s, struct ix_posix_dir *ret_dir)
{
	struct mounted m = { .dir = IX_NO_DIR, .is = -ENOENT };
	int may = ix_mnt_may(), r;

	/* In another namespace the local mount is usually the wrong one: use it only if a
	 * mount of our own is impossible. */
	if (!s->x->view.remote || may < 0)
		mqueue_look_at(s->x, MQUEUE_DIR, &m);
	if (m.is == 1)
		return hand(&m, ret_dir);
	r = may < 0 ? may : mount_one(ret_dir);
	if (r == 0) {
		note_mounted(s, &m, ret_dir);
		ix_posix_dir_end(&m.dir);
		return 0;
	}
	if (m.is < 0 && m.is != -ENOMEM)
		look_further(s->x, &m);
	if (m.is >= 0) {
		if (m.is == 0)
			note_unproved(s, &m);
		return hand(&m, ret_dir);
	}
	ix_posix_dir_end(&m.dir);
	return m.is == -ENOMEM
		       ? -ENOMEM
		       : none_is_ours(s->x, m.is,
				      may == -EACCES ? "a seccomp filter may forbid it"
						     : ix_errno_text(r));
}

int ix_mqueue_device(struct ipcx *x, uint64_t *ret_dev)
{
	struct mounted m = { .dir = IX_NO_DIR, .is = ix_mnt_may() };

	if (m.is == 0)
		m.is = mount_one(&m.dir);
	if (m.is < 0) {
		mqueue_look_at(x, MQUEUE_DIR, &m);
		if (m.is >= 0)
			m.is = m.is ? 0 : -ENODATA;
	}
	if (m.is == 0)
		*ret_dev = m.dir.dev;
	ix_posix_dir_end(&m.dir);
	return m.is;
}

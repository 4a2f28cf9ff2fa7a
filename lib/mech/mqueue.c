/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where POSIX message queues are listed.
 *
 * mq_open(3) uses the caller's IPC namespace, whatever is mounted; a mount shows the
 * namespace that it was made in. Each namespace has one mqueue superblock, so st_dev
 * tells them apart. A mount of our own, attached nowhere (fsopen(2), Linux 5.2), is
 * always the right one, but needs CAP_SYS_ADMIN over the namespace.
 */
#include "mech/mqueue.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <mqueue.h>
#include <sys/syscall.h>
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

/* A mount point, if it is one. */
static int open_mounted(struct ipcx *x, const char *path, struct ix_posix_dir *ret_dir)
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

/* A mount of our own, seen by nobody else and gone with its descriptor. */
static int open_detached(struct ix_posix_dir *ret_dir)
{
	auto_fd int fs = (int)syscall(SYS_fsopen, "mqueue", FSOPEN_CLOEXEC);
	long fd;

	if (fs < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
		     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
			     MOUNT_ATTR_NOATIME);
	if (fd < 0)
		return -errno;
	return keep_dir((int)fd, ret_dir);
}

static int open_detached_there(void *ret_dir)
{
	return open_detached(ret_dir);
}

/*
 * Does this listed name lead to the same queue in the caller's namespace? 1 yes, 0 no,
 * -EAGAIN: this one cannot tell. Looking in the directory last: a queue that was removed
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

/* Ask with the queues that are listed until one gives an answer. An empty directory is
 * believed. */
static int check_namespace(const struct ix_posix_dir *dir)
{
	struct ix_posix_names *names auto_posix_names = NULL;
	const char *name;
	int r = ix_posix_names_open(dir, &names);

	if (r < 0)
		return r;
	while ((r = ix_posix_names_next(names, &name)) > 0) {
		int same = same_namespace(dir, name);

		if (same >= 0)
			return same ? 0 : -EXDEV;
	}
	return r;
}

/* A mount of this namespace's queues: at its usual place, or else the last of the mount
 * table, which costs libmount. */
static int find_mounted(struct ipcx *x, struct ix_posix_dir *ret_dir)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	int first = open_mounted(x, MQUEUE_DIR, &dir), r = first;
	char path[PATH_MAX];

	if (first == 0)
		r = first = check_namespace(&dir);
	if (r != 0) {
		ix_posix_dir_end(&dir);
		dir.fd = -1;
		r = ix_mnt_find("mqueue", path, sizeof(path));
		if (r == 0)
			r = open_mounted(x, path, &dir);
		if (r == 0)
			r = check_namespace(&dir);
	}
	if (r < 0) /* what was wrong with the usual one says more */
		return r == -ENOMEM || first == -ENOENT ? r : first;
	*ret_dir = dir;
	dir.fd = -1;
	return 0;
}

/* There is a right one. Say so when the one that everybody sees is another. */
static void note_mounted(struct ix_scan *s, const struct ix_posix_dir *ours)
{
	struct ix_posix_dir seen auto_posix_dir = IX_NO_DIR;

	if (open_mounted(s->x, MQUEUE_DIR, &seen) == 0 && seen.dev != ours->dev)
		ix_table_note(
			s->t, IPCX_NOTE_INFO, s->mech, 0, MQUEUE_DIR,
			"shows the queues of another IPC namespace; these are those of this one");
}

int ix_mqueue_dir(struct ix_scan *s, struct ix_posix_dir *ret_dir)
{
	int detached = open_detached(ret_dir), r;

	/* Rights over the IPC namespace, but not over the mounts ("unshare --user --ipc"):
	 * whether one has them, libcap would tell, at a cost for all who do not. */
	if (detached == -EPERM && geteuid() == 0)
		detached = ix_mnt_aside(open_detached_there, ret_dir);
	if (detached == 0) {
		if (!s->x->view.away) /* there, nobody looks at ours */
			note_mounted(s, ret_dir);
		return 0;
	}
	r = find_mounted(s->x, ret_dir);
	if (r == 0 || r == -ENOMEM)
		return r;
	if (r == -EXDEV)
		return ix_fail_plain(
			s->x, r,
			"only queues of another IPC namespace are mounted, and this one's may not be mounted for this look: %s",
			ix_errno_text(detached));
	if (r == -ENOENT || r == -ENOPKG)
		return ix_fail_plain(
			s->x, r,
			"no mqueue file system is mounted (mount -t mqueue none %s), and none may be mounted for this look: %s",
			MQUEUE_DIR, ix_errno_text(detached));
	return ix_fail(s->x, r, "the mounted mqueue file system");
}

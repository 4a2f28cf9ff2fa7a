/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mounts of a command that keeps our root and programs: a mount namespace of its own,
 * and in it what the target has on /dev/shm and /dev/mqueue.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "base/file.h"
#include "ns/gear.h"
#include "ns/ns.h"

/* A copy of the mount of its /dev/shm: it can only be made in its mount namespace. */
static int clone_shm(const struct ix_gear *g, int home, int root, int *ret_tree)
{
	long tree;
	int r = 0;

	if (setns(g->mnt, CLONE_NEWNS) < 0)
		return ix_gear_failed(g, "enter its mount namespace for its " SHM_DIR);
	tree = syscall(SYS_open_tree, g->shm, "",
		       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (tree < 0)
		r = ix_gear_failed(g, "take its " SHM_DIR " along");
	/* setns(2) goes to the root of a mount namespace: ours may be further down. */
	if (setns(home, CLONE_NEWNS) < 0 || fchdir(root) < 0 || chroot(".") < 0)
		r = ix_gear_failed(g, "come back from its mount namespace");
	if (r < 0) {
		if (tree >= 0)
			(void)close((int)tree);
		return r;
	}
	*ret_tree = (int)tree;
	return 0;
}

/* As ours would be; and what is mounted below it in there does not come here. */
static const struct mount_attr safe = { .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
					.propagation = MS_PRIVATE };

/* The same in the older way, which takes the flags that are not named. */
static int make_safe(void)
{
	struct statvfs now;
	unsigned long flags = MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV;

	if (statvfs(SHM_DIR, &now) < 0)
		return -errno;
	flags |= now.f_flag & (ST_RDONLY | ST_NOEXEC | ST_NOATIME | ST_NODIRATIME);
	if (mount(NULL, SHM_DIR, NULL, MS_PRIVATE, NULL) < 0 ||
	    mount(NULL, SHM_DIR, NULL, flags, NULL) < 0)
		return -errno;
	return 0;
}

int ix_mounts_shm(const struct ix_gear *g)
{
	int proc = ix_procfd(g->x);
	auto_fd int home = ix_open(proc, "thread-self/ns/mnt", O_RDONLY), tree = -1;
	auto_fd int root = ix_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	int r;

	/* Without a root of its own there is no /dev/shm to share: an empty one. */
	if (g->shm < 0)
		return mount("tmpfs", SHM_DIR, "tmpfs", MS_NOSUID | MS_NODEV,
			     "mode=1777") < 0
			       ? ix_gear_failed(g, "mount an empty " SHM_DIR)
			       : 0;
	if (home < 0 || root < 0)
		return ix_fail(g->x, MIN(home, root), "our own mounts");
	r = clone_shm(g, home, root, &tree);
	if (r < 0)
		return r;
	r = syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &safe, sizeof(safe)) < 0
		    ? -errno
		    : 0;
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, SHM_DIR,
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0)
		return ix_gear_failed(g, "put its " SHM_DIR " in the place of ours");
	if (r == -ENOSYS) /* Linux before 5.12 */
		r = make_safe();
	errno = -r;
	return r < 0 ? ix_gear_failed(g, "make its " SHM_DIR " harmless") : 0;
}

/* A mount namespace of our own, so that nobody else sees what comes on /dev. */
int ix_mounts_own(const struct ix_gear *g)
{
	if (unshare(CLONE_NEWNS) < 0)
		return ix_gear_failed(g, "make a mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return ix_gear_failed(g, "keep its mounts to itself");
	return 0;
}

int ix_mounts_queues(const struct ix_gear *g)
{
	struct stat st;

	if (stat(MQUEUE_DIR, &st) < 0)
		return 0; /* mq_open(3) works without */
	if (mount("mqueue", MQUEUE_DIR, "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  NULL) == 0)
		return 0;
	/* do_add_mount() in fs/namespace.c: it is the file system that is there already. */
	if (errno == EBUSY)
		return 0;
	/* A user's own namespace: what he sees there anyway. */
	if (errno == EPERM && !g->moves)
		return 0;
	return ix_gear_failed(g, "mount its queues on " MQUEUE_DIR);
}

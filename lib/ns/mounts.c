/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes the mounts for a command that keeps our root and programs: in a private mount
 * namespace, the command gets the target's /dev/shm and /dev/mqueue. After each mount,
 * the type and flags of the file system are checked.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "base/calls.h"
#include "base/file.h"
#include "ns/ns.h"
#include "ns/plan.h"
#include "ns/step.h"

/* The magic number of mqueue file systems: no header defines it, so it is copied from
 * ipc/mqueue.c. */
#define MQUEUE_MAGIC 0x19800202

/* ---- what is mounted */

/* Check that the flags of a mount disable devices and setuid programs. */
static int check_safe(const char *dir)
{
	struct statvfs now;

	if (statvfs(dir, &now) < 0)
		return IX_STEP_UNVERIFIED;
	return (now.f_flag & ST_NOSUID) && (now.f_flag & ST_NODEV) ? 0
								   : IX_STEP_ELSEWHERE;
}

static int check_type(const char *dir, long type, long other)
{
	struct statfs fs;

	if (statfs(dir, &fs) < 0)
		return IX_STEP_UNVERIFIED;
	return (long)fs.f_type == type || (long)fs.f_type == other ? 0
								   : IX_STEP_ELSEWHERE;
}

/* Whether a line of the mount table shows that mounts propagate to others: "shared:N"
 * among the optional fields, which end with "-" (proc_pid_mountinfo(5)). */
static bool is_shared(const char *line)
{
	const char *end = strchrnul(line, '\n'), *fields = strstr(line, " - "),
		   *shared = strstr(line, " shared:");

	return !fields || fields > end || (shared && shared < fields);
}

int ix_mounts_private(struct ipcx *x)
{
	/* The mount table has one line per mount. */
	static const size_t most = (size_t)1 << 28;
	auto_buf struct ix_buf b = { 0 };
	int proc = ix_procfd(x);
	auto_fd int fd = -1;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	fd = ix_open(proc, "thread-self/mountinfo", O_RDONLY);
	if (fd < 0 || ix_read_all(fd, most, &b) < 0 || ix_buf_add(&b, "", 1) < 0 ||
	    !*b.data)
		return IX_STEP_UNVERIFIED;
	for (const char *line = b.data; *line;) {
		if (is_shared(line))
			return IX_STEP_ELSEWHERE;
		line = strchrnul(line, '\n');
		line += *line == '\n';
	}
	return 0;
}

int ix_mounts_new_shm(const char *options)
{
	struct stat before, now;
	int r;

	if (stat(SHM_DIR, &before) < 0)
		return -errno;
	if (mount("tmpfs", SHM_DIR, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
		return -errno;
	if (stat(SHM_DIR, &now) < 0)
		return IX_STEP_UNVERIFIED;
	if (before.st_dev == now.st_dev)
		return IX_STEP_ELSEWHERE;
	r = check_type(SHM_DIR, TMPFS_MAGIC, RAMFS_MAGIC);
	return r < 0 ? r : check_safe(SHM_DIR);
}

int ix_mounts_new_queues(void)
{
	int r;

	if (mount("mqueue", MQUEUE_DIR, "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  NULL) < 0) {
		r = -errno;
		/* No kernel has mounted what it was built without. */
		return r == -ENODEV && check_type(MQUEUE_DIR, MQUEUE_MAGIC,
						  MQUEUE_MAGIC) == IX_STEP_ELSEWHERE
			       ? 1
			       : r;
	}
	r = check_type(MQUEUE_DIR, MQUEUE_MAGIC, MQUEUE_MAGIC);
	return r < 0 ? r : check_safe(MQUEUE_DIR);
}

/* ---- the target's /dev/shm */

/* Return to our own mount namespace and root: setns(2) changes to the root of that
 * namespace, but our own root may be a directory below it. */
static int come_back(const struct ix_plan *p, int self, int root)
{
	struct stat want, now;
	int r = ix_step_into(p->x, self, CLONE_NEWNS);

	if (r < 0)
		return r;
	if (fchdir(root) < 0 || chroot(".") < 0)
		return -errno;
	if (fstat(root, &want) < 0 || stat("/", &now) < 0)
		return IX_STEP_UNVERIFIED;
	return want.st_dev == now.st_dev && want.st_ino == now.st_ino ? 0
								      : IX_STEP_ELSEWHERE;
}

/* Clone the mount of the target's /dev/shm; this is possible only inside the target's
 * mount namespace. */
static int clone_shm(const struct ix_plan *p, int self, int root, int *ret_tree)
{
	auto_fd int tree = -1;
	int r = ix_step_into(p->x, p->mnt, CLONE_NEWNS), back;

	if (r < 0)
		return r;
	tree = (int)IX_CALL(SYS_open_tree, p->shm, "",
			    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	r = tree < 0 ? -errno : 0;
	back = come_back(p, self, root);
	if (back < 0 || r < 0)
		return back < 0 ? back : r;
	*ret_tree = take_fd(&tree);
	return 0;
}

/* Set the flags that a /dev/shm usually has, and keep later mounts below the target's
 * /dev/shm from propagating to ours. */
static const struct mount_attr safe = { .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
					.propagation = MS_PRIVATE };

/* Do the same with mount(2), to which the present flags must be given again, as it would
 * clear them otherwise. */
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

static int put_shm(int tree)
{
	bool old = false; /* Linux before 5.12 has no mount_setattr() */

	if (IX_CALL(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &safe, sizeof(safe)) <
	    0) {
		if (errno != ENOSYS)
			return -errno;
		old = true;
	}
	if (IX_CALL(SYS_move_mount, tree, "", AT_FDCWD, SHM_DIR,
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0)
		return -errno;
	return old ? make_safe() : 0;
}

int ix_mounts_shm(struct ix_plan *p)
{
	int proc = ix_procfd(p->x), r;
	auto_fd int self = -1, root = -1, tree = -1;

	/* A target without a root has no /dev/shm that could be shared: mount an empty
	 * /dev/shm. */
	if (p->shm < 0)
		return ix_mounts_new_shm("mode=1777");
	self = ix_open(proc, "thread-self/ns/mnt", O_RDONLY);
	root = ix_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	if (self < 0 || root < 0)
		return MIN(self, root);
	r = clone_shm(p, self, root, &tree);
	return r < 0 ? r : put_shm(tree);
}

/* Check that our /dev/shm is now the same directory as the target's, and that its mount
 * has safe flags. */
int ix_mounts_shm_is(struct ix_plan *p)
{
	struct stat want, now;

	if (p->shm < 0)
		return check_safe(SHM_DIR);
	if (fstat(p->shm, &want) < 0 || stat(SHM_DIR, &now) < 0)
		return IX_STEP_UNVERIFIED;
	return want.st_dev == now.st_dev && want.st_ino == now.st_ino
		       ? check_safe(SHM_DIR)
		       : IX_STEP_ELSEWHERE;
}

/* ---- our own mount namespace */

/* Make a mount namespace of our own, so that our mounts on /dev are not seen
 * elsewhere. */
int ix_mounts_part(struct ix_plan *p)
{
	return ix_step_apart(p->x, CLONE_NEWNS);
}

int ix_mounts_keep(struct ix_plan *p)
{
	return ix_mounts_private(p->x);
}

int ix_mounts_queues(struct ix_plan *p)
{
	struct stat st;
	int r;

	if (stat(MQUEUE_DIR, &st) < 0) {
		p->old_queues = true; /* without this directory, mq_open(3) still works */
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	}
	r = ix_mounts_new_queues();
	/* Without the right to mount the queues of an IPC namespace in which we are
	 * already, keep what is mounted there. */
	if (r == 1 || (r == -EPERM && !p->moves))
		p->old_queues = true;
	/* EBUSY means that the same file system is mounted there already (do_add_mount()
	 * in fs/namespace.c). */
	return r == -EBUSY || p->old_queues ? 0 : r;
}

int ix_mounts_queues_are(struct ix_plan *p)
{
	return p->old_queues ? 0 : check_type(MQUEUE_DIR, MQUEUE_MAGIC, MQUEUE_MAGIC);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * setns(2) into an IPC namespace requires CAP_SYS_ADMIN both in the user namespace that
 * owns it and in the caller's own. The creator of a user namespace has every capability
 * in it, but only after entering it.
 */
#include "ns/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "base/cap.h"
#include "base/file.h"
#include "ns/ns.h"
#include "ns/user.h"

/* Open the parent of a user namespace; -1 if we may not see the parent (NS_GET_PARENT
 * fails with EPERM). Returns 0 or -errno. */
static int parent_of(int userfd, int *ret_parent)
{
	int parent = ioctl(userfd, NS_GET_PARENT);

	if (parent < 0 && errno != EPERM)
		return -errno;
	*ret_parent = parent;
	return 0;
}

/*
 * Climb from the given user namespace to its ancestor directly below the caller's own
 * user namespace. If the caller created that ancestor, get it: the caller then has all
 * rights in the ancestor and in all its descendants (cap_capable(), NS_GET_PARENT).
 * Otherwise, *ret_user is -1. Returns 0 or -errno.
 */
static int made_by_us(struct ipcx *x, int userfd, int *ret_user)
{
	uint64_t own = ix_ns_own(x, "user"), ino = 0, id;
	auto_fd int fd = fcntl(userfd, F_DUPFD_CLOEXEC, 3);
	uid_t uid;
	int r;

	if (fd < 0)
		return -errno;
	while (ino != own) {
		auto_fd int parent = -1;

		r = parent_of(fd, &parent);
		if (r == 0 && parent >= 0)
			r = ix_ns_identity(parent, CLONE_NEWUSER, &ino, &id);
		if (r < 0 || parent < 0) {
			*ret_user = -1;
			return r;
		}
		if (ino == own)
			break;
		r = fd;
		fd = parent;
		parent = r;
	}
	if (ioctl(fd, NS_GET_OWNER_UID, &uid) < 0)
		return -errno;
	*ret_user = uid == geteuid() ? take_fd(&fd) : -1;
	return 0;
}

static int rights_untold(struct ipcx *x, const struct ix_target *p, int error,
			 const char *what)
{
	return ix_fail(x, error == -EINVAL ? -EIO : error, "ipc:[%" PRIu64 "]: %s",
		       p->ino, what);
}

int ix_rights(struct ipcx *x, const struct ix_target *p, int below, int *ret_user)
{
	uint64_t own = ix_ns_own(x, "user"), owner = own, id;
	bool ours = p->ino == ix_ns_own(x, "ipc");
	auto_fd int user = ioctl(p->nsfd, NS_GET_USERNS);
	int error = user < 0 ? -errno : 0, has = ix_cap_has(CAP_SYS_ADMIN), r = 0;

	*ret_user = -1;
	if (!ours && error == -EPERM)
		return ix_fail_plain(
			x, -EPERM,
			"ipc:[%" PRIu64
			"]: cannot enter: not permitted: it belongs to a user namespace above yours, where you have no capabilities",
			p->ino);
	if (has < 0)
		return rights_untold(x, p, has,
				     "cannot find out whether we have CAP_SYS_ADMIN");
	if (has)
		return 0;
	/* ENOTTY: Linux before 4.9. */
	if (error && error != -EPERM && error != -ENOTTY)
		return rights_untold(x, p, error, "the user namespace that owns it");
	if (user >= 0)
		r = ix_ns_identity(user, CLONE_NEWUSER, &owner, &id);
	if (r == 0 && below >= 0)
		r = made_by_us(x, below, ret_user);
	if (r < 0)
		return rights_untold(
			x, p, r,
			"cannot find out whether you created the user namespace around it");
	if (*ret_user >= 0)
		return 0;
	if (ours)
		return ix_fail_plain(
			x, -EPERM,
			"ipc:[%" PRIu64
			"]: cannot make a mount namespace: not permitted: needs CAP_SYS_ADMIN in user:[%" PRIu64
			"], your own",
			p->ino, own);
	return ix_fail_plain(
		x, -EPERM,
		"ipc:[%" PRIu64
		"]: cannot enter: not permitted: needs CAP_SYS_ADMIN in the user namespace user:[%" PRIu64
		"] that owns it%s",
		p->ino, owner, owner == own ? "" : ", and in your own");
}

/* Whether a descriptor refers to our own user namespace. Returns 1, 0 or -errno. */
static int is_own(struct ipcx *x, int userfd)
{
	uint64_t own = ix_ns_own(x, "user"), ino, id;
	int r = ix_ns_identity(userfd, CLONE_NEWUSER, &ino, &id);

	if (r == 0 && !own)
		r = -ENODATA; /* without /proc, this is unknown */
	return r < 0 ? r : ino == own;
}

static int cannot_tell(struct ipcx *x, const struct ix_target *p, int error)
{
	if (error == -EPERM)
		return ix_fail_plain(
			x, error,
			"process %d: its /dev/shm can only be listed: its mount namespace belongs to a user namespace above yours",
			p->pid);
	return ix_fail(
		x, error,
		"process %d: its /dev/shm can only be listed: the owner of its mount namespace is unknown",
		p->pid);
}

int ix_rights_mounted(struct ipcx *x, const struct ix_target *p, int *ret_user)
{
	auto_fd int mnt = -1, owner = -1;
	int r;

	/* Our own rights apply: the target is our own namespace, it has no root, or the
	 * caller passed its root. */
	if (p->self || p->rootfd < 0 || p->dirfd < 0) {
		*ret_user = -1;
		return 0;
	}
	mnt = ix_open_link(p->dirfd, "ns/mnt", O_RDONLY);
	if (mnt < 0)
		return cannot_tell(x, p, mnt == -EPERM ? -EACCES : mnt);
	owner = ioctl(mnt, NS_GET_USERNS);
	if (owner < 0)
		return cannot_tell(x, p, -errno);
	r = is_own(x, owner);
	if (r < 0)
		return cannot_tell(x, p, r);
	if (r)
		return ix_user_of(x, p, ret_user);
	*ret_user = take_fd(&owner);
	return 0;
}

/* ---- mapping of user ids */

void ix_rights_map(struct ipcx *x, const struct ix_target *p, int user,
		   struct ix_idmap *ret_map)
{
	int proc = ix_procfd(x);
	auto_fd int dir = -1;
	struct stat here, there;
	char name[16];

	ret_map->nusers = ret_map->ngroups = 0;
	(void)snprintf(name, sizeof(name), "%d", p->pid);
	if (p->dirfd >= 0) /* this is safe even if the pid is reused */
		dir = ix_open(p->dirfd, ".", O_PATH | O_DIRECTORY);
	else if (proc >= 0 && p->pid)
		dir = ix_open(proc, name, O_PATH | O_DIRECTORY);
	if (dir < 0 || fstatat(dir, "ns/user", &there, 0) < 0 || fstat(user, &here) < 0 ||
	    here.st_ino != there.st_ino)
		return;
	if (ix_idmap_read(dir, "uid_map", ret_map->users, &ret_map->nusers) < 0 ||
	    ix_idmap_read(dir, "gid_map", ret_map->groups, &ret_map->ngroups) < 0)
		ret_map->nusers = ret_map->ngroups = 0;
}

/* ---- what may be shown */

static void rights_ask(struct ipcx *x, struct ix_showing *w)
{
	auto_fd int user = -1;

	w->how = IX_SHOW_MAPPED;
	w->map.nusers = w->map.ngroups = 0;
	if (ix_rights_mounted(x, w->p, &user) < 0)
		x->error[0] = '\0'; /* show only what everybody may read */
	else if (user < 0)
		w->how = IX_SHOW_ALL;
	else
		ix_rights_map(x, w->p, user, &w->map);
}

/* A capability in a user namespace applies to a file only if the owner and the group of
 * the file are mapped there (capable_wrt_inode_uidgid() in the kernel). */
bool ix_rights_show(struct ipcx *x, const struct stat *st)
{
	struct ix_showing *w = x->view.showing;
	uint32_t there;

	if (w->how == IX_NOT_ASKED)
		rights_ask(x, w);
	return w->how == IX_SHOW_ALL || (st->st_mode & S_IROTH) ||
	       (ix_id_there(w->map.users, w->map.nusers, st->st_uid, &there) == 0 &&
		ix_id_there(w->map.groups, w->map.ngroups, st->st_gid, &there) == 0);
}

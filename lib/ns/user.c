/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the process of a place is: by its own namespace and by what /proc says of it. None
 * of it comes from the process itself, which may be hostile.
 */
#include "ns/user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <sched.h>

#include "base/cap.h"
#include "base/file.h"
#include "core/copyin.h"
#include "ns/ns.h"
#include "proc/status.h"

int ix_user_of(struct ipcx *x, const struct ix_place *p, int *ret_fd)
{
	uint64_t own = ix_ns_own(x, "user"), ino = 0, id;
	int fd;

	*ret_fd = -1;
	if (p->dirfd < 0)
		return 0;
	if (!own)
		return ix_fail_plain(x, -EIO,
				     "our own user namespace: /proc does not tell");
	fd = ix_open(p->dirfd, "ns/user", O_RDONLY);
	if (fd < 0)
		return ix_fail(x, fd, "process %d: its user namespace", p->pid);
	if (ix_ns_identity(fd, CLONE_NEWUSER, &ino, &id) == 0 && ino == own)
		(void)close(fd);
	else
		*ret_fd = fd;
	return 0;
}

/* ---- what /proc says of the process */

int ipcx_ns_bounding(struct ipcx *x, const struct ipcx_ns *ns, uint64_t *ret_caps)
{
	IX_REQUIRE(x, ns, ret_caps);
	const struct ix_place *p = ns->places;
	auto_buf struct ix_buf b = { 0 };
	uint64_t caps = 0;
	int r;

	if (ns->all || p->dirfd < 0) {
		*ret_caps = IX_CAPS_ALL;
		return 0;
	}
	r = ix_status_read(p->dirfd, "status", &b);
	if (r == 0)
		r = ix_status_bounding(b.data, b.len, &caps);
	if (r < 0)
		return ix_fail(x, r, "process %d: which capabilities it may have",
			       p->pid);
	*ret_caps = caps;
	return 0;
}

/* ---- becoming it */

static int become(uid_t uid, gid_t gid)
{
	return setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0 ? -errno : 0;
}

/* The effective ones. */
static int become_process(const struct ix_place *p)
{
	auto_buf struct ix_buf b = { 0 };
	struct ix_status_ids users, groups;
	int r = p->dirfd < 0 ? -EINVAL : ix_status_read(p->dirfd, "status", &b);

	if (r == 0)
		r = ix_status_uids(b.data, b.len, &users);
	if (r == 0)
		r = ix_status_gids(b.data, b.len, &groups);
	return r < 0 ? r : become(users.effective, groups.effective);
}

int ix_user_enter(struct ipcx *x, const struct ix_place *p, int fd)
{
	uint64_t ino = 0, id;
	int r;

	/* The kernel lets nobody enter the one that he is in. */
	if ((ix_ns_identity(fd, CLONE_NEWUSER, &ino, &id) < 0 ||
	     ino != ix_ns_own(x, "user")) &&
	    setns(fd, CLONE_NEWUSER) < 0)
		return ix_place_failed(x, p, "enter its user namespace");
	(void)setgroups(0, NULL); /* of a user's own namespace, where that is forbidden */
	r = become(0, 0);
	if (r == -EINVAL) /* it knows no root */
		r = become_process(p);
	if (r == 0)
		return 0;
	errno = -r;
	return ix_place_failed(x, p, "become a user of its user namespace");
}

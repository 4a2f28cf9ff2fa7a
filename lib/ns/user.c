/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The identity of a target's process, from its user namespace and from /proc. This
 * information comes from the kernel; the process, which may be hostile, cannot forge it.
 */
#include "ns/user.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>

#include "base/cap.h"
#include "base/file.h"
#include "core/copyin.h"
#include "ns/ns.h"
#include "ns/step.h"
#include "proc/status.h"

int ix_user_of(struct ipcx *x, const struct ix_target *p, int *ret_fd)
{
	uint64_t own = ix_ns_own(x, "user"), ino = 0, id;
	auto_fd int fd = -1;
	int r;

	*ret_fd = -1;
	if (p->dirfd < 0)
		return 0;
	if (!own)
		return ix_fail_plain(x, -EIO,
				     "our own user namespace: not shown in /proc");
	fd = ix_open_link(p->dirfd, "ns/user", O_RDONLY);
	if (fd < 0)
		return ix_fail(x, fd, "process %d: its user namespace", p->pid);
	r = ix_ns_identity(fd, CLONE_NEWUSER, &ino, &id);
	if (r < 0)
		return ix_fail(x, r == -EINVAL ? -EIO : r,
			       "process %d: its user namespace", p->pid);
	*ret_fd = ino == own ? -1 : take_fd(&fd);
	return 0;
}

/* ---- from /proc */

int ipcx_ns_bounding(struct ipcx *x, const struct ipcx_ns *ns, uint64_t *ret_caps)
{
	IX_REQUIRE(x, ns, ret_caps);
	const struct ix_target *p = ns->places;
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
		return ix_fail(x, r, "process %d: its capability bounding set", p->pid);
	*ret_caps = caps;
	return 0;
}

/* ---- becoming the user of the process */

/* Take on the effective ids of the process. /proc shows them as seen from the user
 * namespace of the reader; we are already in the process's user namespace, so these are
 * the ids to use. */
static int become_process(const struct ix_target *p)
{
	auto_buf struct ix_buf b = { 0 };
	struct ix_status_ids users, groups;
	int r = p->dirfd < 0 ? -EINVAL : ix_status_read(p->dirfd, "status", &b);

	if (r == 0)
		r = ix_status_uids(b.data, b.len, &users);
	if (r == 0)
		r = ix_status_gids(b.data, b.len, &groups);
	return r ? r : ix_step_become(users.effective, groups.effective);
}

int ix_user_become(const struct ix_target *p)
{
	int r = ix_step_become(0, 0);

	return r == -EINVAL ? become_process(p) : r; /* its namespace has no root */
}

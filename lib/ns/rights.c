/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * setns(2) of an IPC namespace asks for CAP_SYS_ADMIN twice: in the user namespace that
 * owns it, and in the caller's own. Whoever made a user namespace has every capability in
 * it, but only once he is inside.
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

/*
 * The user namespace directly below the caller's own that this one is, or lies in, when
 * the caller made it: he has all rights in it and in all below (cap_capable(),
 * NS_GET_PARENT). -1: there is none.
 */
static int made_by_us(struct ipcx *x, int userfd)
{
	uint64_t own = ix_ns_own(x, "user"), ino = 0, id;
	int fd = fcntl(userfd, F_DUPFD_CLOEXEC, 3), parent;

	while (fd >= 0) {
		uid_t uid;

		parent = ioctl(fd, NS_GET_PARENT);
		if (parent >= 0 &&
		    ix_ns_identity(parent, CLONE_NEWUSER, &ino, &id) == 0 && ino == own) {
			(void)close(parent);
			if (ioctl(fd, NS_GET_OWNER_UID, &uid) == 0 && uid == geteuid())
				return fd;
			(void)close(fd);
			return -1;
		}
		(void)close(fd);
		fd = parent;
	}
	return -1;
}

int ix_rights(struct ipcx *x, const struct ix_place *p, int below, int *ret_user)
{
	uint64_t own = ix_ns_own(x, "user"), owner = own, id;
	bool ours = p->ino == ix_ns_own(x, "ipc");
	auto_fd int user = ioctl(p->nsfd, NS_GET_USERNS);
	int has = ix_cap_has(CAP_SYS_ADMIN);

	*ret_user = -1;
	if (!ours && user < 0 && errno == EPERM)
		return ix_fail_plain(
			x, -EPERM,
			"ipc:[%" PRIu64
			"]: cannot enter: not permitted: it belongs to a user namespace above yours, where you have no capabilities",
			p->ino);
	/* Without libcap the kernel will tell. */
	if (has != 0)
		return 0;
	if (user >= 0)
		(void)ix_ns_identity(user, CLONE_NEWUSER, &owner, &id);
	*ret_user = below < 0 ? -1 : made_by_us(x, below);
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
		"]: cannot enter: not permitted: needs CAP_SYS_ADMIN in user:[%" PRIu64
		"], which owns it%s",
		p->ino, owner, owner == own ? "" : ", and in your own");
}

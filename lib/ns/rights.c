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
#include <string.h>
#include <sys/ioctl.h>

#include "base/cap.h"
#include "base/file.h"
#include "ns/ns.h"

/* Whether the caller made this user namespace, or one above it: whoever made one directly
 * below his own has all rights in it and in all below (cap_capable(), NS_GET_PARENT). */
static bool made_by_us(struct ipcx *x, int userfd)
{
	uint64_t own = ix_ns_own(x, "user"), ino = 0, id;
	int fd = fcntl(userfd, F_DUPFD_CLOEXEC, 3), parent;
	uid_t uid = (uid_t)-1;

	while (fd >= 0) {
		parent = ioctl(fd, NS_GET_PARENT);
		if (ioctl(fd, NS_GET_OWNER_UID, &uid) < 0)
			uid = (uid_t)-1;
		(void)close(fd);
		fd = parent;
		if (fd >= 0 && ix_ns_identity(fd, CLONE_NEWUSER, &ino, &id) == 0 &&
		    ino == own) {
			(void)close(fd);
			return uid == geteuid();
		}
	}
	return false;
}

int ix_rights(struct ipcx *x, const struct ix_place *p, int below)
{
	uint64_t own = ix_ns_own(x, "user"), owner = own, id;
	bool ours = p->ino == ix_ns_own(x, "ipc");
	auto_fd int user = ioctl(p->nsfd, NS_GET_USERNS);
	int has = ix_cap_has(CAP_SYS_ADMIN);

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
	if (below >= 0 && made_by_us(x, below))
		return 1;
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

/* The hexadecimal number behind "CapBnd:" (proc(5)). */
static bool parse_bounding(const char *text, uint64_t *ret_caps)
{
	static const char key[] = "\nCapBnd:\t";
	const char *at = strstr(text, key);
	uint64_t caps = 0;

	if (!at)
		return false;
	for (at += strlen(key); *at && *at != '\n'; at++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = strchr(digits, *at);

		if (!digit)
			return false;
		caps = caps << 4 | (uint64_t)(digit - digits);
	}
	*ret_caps = caps;
	return true;
}

/* "Groups:" before it makes the file as long as the process wants. */
#define STATUS_MAX ((size_t)1 << 20)

int ipcx_ns_bounding(struct ipcx *x, const struct ipcx_ns *ns, uint64_t *ret_caps)
{
	const struct ix_place *p = ns->places;
	auto_buf struct ix_buf b = { 0 };
	auto_fd int fd = -1;
	uint64_t caps = 0;
	int r;

	if (ns->all || p->dirfd < 0) {
		*ret_caps = IX_CAPS_ALL;
		return 0;
	}
	fd = ix_open(p->dirfd, "status", O_RDONLY);
	r = fd < 0 ? fd : ix_read_all(fd, STATUS_MAX, &b);
	if (r == 0)
		r = ix_buf_add(&b, "", 1);
	if (r == 0 && !parse_bounding(b.data, &caps))
		r = -EPROTO;
	if (r < 0)
		return ix_fail(x, r, "process %d: which capabilities it may have",
			       p->pid);
	*ret_caps = caps;
	return 0;
}

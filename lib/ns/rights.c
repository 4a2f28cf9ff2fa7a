/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * setns(2) of an IPC namespace asks for CAP_SYS_ADMIN twice: in the user namespace that
 * owns it, and in the caller's own. Whoever made a user namespace has every capability in
 * it, but only once he is inside.
 */
#include "ns/rights.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cap.h"
#include "base/file.h"
#include "ns/ns.h"

/* Whether the caller made this user namespace, which lies directly below his own. */
static bool made_by_us(struct ipcx *x, int userfd)
{
	uint64_t ino = 0, id;
	auto_fd int parent = ioctl(userfd, NS_GET_PARENT);
	uid_t uid = (uid_t)-1;

	return parent >= 0 && ioctl(userfd, NS_GET_OWNER_UID, &uid) == 0 &&
	       uid == geteuid() &&
	       ix_ns_identity(parent, CLONE_NEWUSER, &ino, &id) == 0 &&
	       ino == ix_ns_own(x, "user");
}

int ix_rights(struct ipcx *x, const struct ix_place *p)
{
	uint64_t owner = ix_ns_own(x, "user"), id;
	auto_fd int user = ioctl(p->nsfd, NS_GET_USERNS);
	int has = ix_cap_has(CAP_SYS_ADMIN);

	if (user < 0 && errno == EPERM)
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
	if (p->userfd >= 0 && made_by_us(x, p->userfd))
		return 1;
	return ix_fail_plain(
		x, -EPERM,
		"ipc:[%" PRIu64
		"]: cannot enter: not permitted: needs CAP_SYS_ADMIN in user:[%" PRIu64
		"], which owns it%s",
		p->ino, owner, owner == ix_ns_own(x, "user") ? "" : ", and in your own");
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

uint64_t ipcx_ns_bounding(struct ipcx *x, const struct ipcx_ns *ns)
{
	const struct ix_place *p = ns->places;
	char path[32], text[8192];
	uint64_t caps;
	int len;

	if (ns->all || !p->pid || ix_procfd(x) < 0)
		return IX_CAPS_ALL;
	(void)snprintf(path, sizeof(path), "%d/status", p->pid);
	len = ix_read_file(ix_procfd(x), path, text, sizeof(text));
	if (len < 0 || !parse_bounding(text, &caps) ||
	    (p->pidfd >= 0 && !ix_place_lives(p)))
		return IX_CAPS_ALL;
	return caps;
}

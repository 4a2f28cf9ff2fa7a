/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of capable(), ns_capable() and capable_wrt_inode_uidgid()
 * (kernel/capability.c, security/commoncap.c), applied to what user space can read. */
#include "core/may.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cap.h"
#include "base/file.h"
#include "base/older.h"
#include "core/mech.h"

static void may_untold(struct ix_scan *s, int error)
{
	ix_table_once(s->t, error,
		      s->verb == IX_REMOVE
			      ? "cannot determine whether all of these may be removed"
			      : "cannot determine whether all of these may be changed");
}

void ix_may_end(struct ix_may *m)
{
	free(m->map);
	*m = (struct ix_may){ .asked = false };
}

static uint32_t us(struct ix_scan *s)
{
	if (!s->may.asked_euid)
		s->may.euid = geteuid();
	s->may.asked_euid = true;
	return s->may.euid;
}

static void may_ask(struct ix_scan *s)
{
	int r;

	if (s->may.asked)
		return;
	s->may.asked = true;
	r = ix_cap_effective(&s->may.caps);
	if (r < 0)
		may_untold(s, r);
}

static bool may_among(uint64_t caps, int cap)
{
	return caps >> cap & 1;
}

/* Two unmapped users cannot be distinguished. */
bool ix_may_as(struct ix_scan *s, uint32_t uid)
{
	if (uid == us(s) && uid == IX_UNMAPPED && !ix_may_name(s, false, uid))
		may_untold(s, 0);
	return uid == us(s);
}

/* ---- the IPC namespace */

/*
 * Compute which capabilities count over the IPC namespace: from the user namespace that
 * owns the IPC namespace, go up to our own. The capabilities that are effective in our
 * own user namespace also count in all its descendants; the user who created a direct
 * child of it has all capabilities in that child. Returns 0 or -errno.
 */
static int may_climb(struct ix_scan *s, int proc, int first)
{
	auto_fd int user = first;
	struct stat own, now;

	if (fstatat(proc, "thread-self/ns/user", &own, 0) < 0)
		return -errno;
	s->may.over_ipc = s->may.caps;
	for (;;) {
		auto_fd int parent = -1;
		uid_t uid;
		int r;

		if (fstat(user, &now) < 0)
			return -errno;
		if (now.st_dev == own.st_dev && now.st_ino == own.st_ino)
			return 0;
		parent = ioctl(user, NS_GET_PARENT);
		if (parent < 0 || fstat(parent, &now) < 0)
			return -errno;
		if (now.st_dev == own.st_dev && now.st_ino == own.st_ino) {
			if (ioctl(user, NS_GET_OWNER_UID, &uid) < 0)
				return -errno;
			if (uid == us(s))
				s->may.over_ipc = IX_CAPS_ALL;
			return 0;
		}
		r = user;
		user = parent;
		parent = r;
	}
}

/* EPERM means that the IPC namespace's owner is neither our user namespace nor one of its
 * descendants, so no capability counts. ENOTTY means that Linux is older than 4.9 and
 * cannot be asked. */
static int ask_over_ipc(struct ix_scan *s)
{
	int proc = ix_procfd(s->x), user;
	auto_fd int ipc = proc < 0 ? proc : ix_open(proc, "thread-self/ns/ipc", O_RDONLY);

	s->may.over_ipc = s->may.caps;
	if (ipc < 0)
		return ipc;
	user = ioctl(ipc, NS_GET_USERNS);
	if (user >= 0)
		return may_climb(s, proc, user);
	if (errno == EPERM)
		s->may.over_ipc = 0;
	return errno == EPERM || errno == ENOTTY ? 0 : -errno;
}

bool ix_may_over_ipc(struct ix_scan *s, int cap)
{
	int r;

	may_ask(s);
	if (!s->may.asked_over_ipc) {
		s->may.asked_over_ipc = true;
		r = ask_over_ipc(s);
		if (r < 0)
			may_untold(s, r);
	}
	return may_among(s->may.over_ipc, cap);
}

/* ---- files and the host */

/* If the kernel does not support user namespaces, there are no maps, and every id is
 * mapped. */
static int ask_map(struct ix_scan *s)
{
	struct ix_idmap *map;
	int proc = ix_procfd(s->x), r;

	if (proc < 0)
		return proc;
	map = malloc(sizeof(*map));
	if (!map)
		return -ENOMEM;
	r = ix_idmap_read(proc, "thread-self/uid_map", map->users, &map->nusers);
	if (r == 0)
		r = ix_idmap_read(proc, "thread-self/gid_map", map->groups,
				  &map->ngroups);
	if (r == 0)
		s->may.map = map;
	else
		free(map);
	return r == -ENOENT && ix_access(proc, "thread-self/ns/user", F_OK, 0) == -ENOENT
		       ? 0
		       : r;
}

bool ix_may_name(struct ix_scan *s, bool group, uint32_t id)
{
	const struct ix_idrange *ranges;
	size_t n;
	int r;

	if (!s->may.asked_map) {
		s->may.asked_map = true;
		r = ask_map(s);
		if (r < 0)
			may_untold(s, r);
	}
	if (!s->may.map)
		return true;
	ranges = group ? s->may.map->groups : s->may.map->users;
	n = group ? s->may.map->ngroups : s->may.map->nusers;
	for (size_t i = 0; i < n; i++)
		if (id - ranges[i].inside < ranges[i].count)
			return true;
	return false;
}

/* Whether an id is mapped. Any id is, except possibly the overflow id, for which the map
 * must be checked. */
static bool is_mapped(struct ix_scan *s, bool group, uint32_t id)
{
	return id != IX_UNMAPPED || ix_may_name(s, group, id);
}

bool ix_may_over_file(struct ix_scan *s, int cap, uint32_t uid, uint32_t gid)
{
	may_ask(s);
	return may_among(s->may.caps, cap) && is_mapped(s, false, uid) &&
	       is_mapped(s, true, gid);
}

bool ix_may_over_machine(struct ix_scan *s, int cap)
{
	int r;

	may_ask(s);
	if (!may_among(s->may.caps, cap))
		return false;
	r = ix_cap_counts(ix_procfd(s->x), cap);
	if (r < 0)
		may_untold(s, r);
	return r != 0;
}

bool ix_may_be_in(struct ix_scan *s, uint32_t gid)
{
	int n = getgroups(0, NULL);
	auto_free gid_t *groups = n > 0 ? calloc((size_t)n, sizeof(*groups)) : NULL;

	if (getegid() == gid)
		return true;
	if (n > 0)
		n = groups ? getgroups(n, groups) : -1;
	if (n < 0)
		may_untold(s, groups ? -errno : -ENOMEM);
	for (int i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return n < 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Creates an IPC namespace with a /dev/shm and a /dev/mqueue of its own, in a private
 * mount namespace. If the caller lacks the rights for this, a new user namespace is
 * created first, in which the caller becomes root; and also if ids are to be mapped.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cap.h"
#include "base/file.h"
#include "core/copyin.h"
#include "ns/maps.h"
#include "ns/ns.h"
#include "ns/plan.h"
#include "ns/step.h"
#include "ns/target.h"

static int fresh_failed(struct ipcx *x, int r, const char *what)
{
	return ix_fail_plain(x, r, "cannot %s: %s", what, ix_step_text(r));
}

static int write_map(int proc, const char *file, const char *text)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "thread-self/%s", file);
	return ix_write_file(proc, path, text);
}

/* Map the caller to root of the new user namespace, in which no other user is mapped
 * (user_namespaces(7)). */
static int map_self(struct ipcx *x, uid_t uid, gid_t gid)
{
	int proc = ix_procfd(x), r = write_map(proc, "setgroups", "deny");
	char text[64];

	if (r < 0 && r != -ENOENT) /* ENOENT: Linux before 3.19 */
		return r;
	(void)snprintf(text, sizeof(text), "0 %u 1", uid);
	r = write_map(proc, "uid_map", text);
	if (r < 0)
		return r;
	(void)snprintf(text, sizeof(text), "0 %u 1", gid);
	r = write_map(proc, "gid_map", text);
	return r < 0 ? r : geteuid() == 0 && getegid() == 0 ? 0 : IX_STEP_ELSEWHERE;
}

/* "maps" is NULL if the caller gave none. */
static int fresh_leave(struct ipcx *x, struct ix_maps *maps)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int has = ix_cap_has(CAP_SYS_ADMIN);
	int alone = has == 0 || maps ? CLONE_NEWUSER : 0;
	int proc = ix_procfd(x), r;

	if (proc < 0) /* without /proc, no step could be verified */
		return ix_fail(x, proc, "/proc");
	if (has < 0)
		return ix_fail(x, has, "cannot find out whether we have CAP_SYS_ADMIN");
	r = ix_step_apart(x, alone | CLONE_NEWIPC | CLONE_NEWNS);
	if (r == -ENOSPC)
		return ix_fail_plain(
			x, -ENOSPC,
			"cannot make a namespace: user.max_ipc_namespaces, max_mnt_namespaces or max_user_namespaces is reached");
	if (r == -EINVAL && ix_target_lacks_ipcns(x))
		return ix_fail_plain(x, -EOPNOTSUPP, "cannot make a namespace: %s",
				     IX_NO_IPCNS);
	if (r < 0)
		return fresh_failed(
			x, r,
			alone ? "make a namespace (needs CAP_SYS_ADMIN, or user namespaces for unprivileged users)"
			      : "make a namespace");
	if (maps)
		return ix_maps_become(x, maps);
	r = alone ? map_self(x, uid, gid) : 0;
	return r < 0 ? fresh_failed(x, r, "become root of the new user namespace") : 0;
}

static int mount_both(struct ipcx *x, uint64_t shm_size)
{
	char options[64] = "mode=1777";
	struct stat st;
	int r;

	if (shm_size)
		(void)snprintf(options, sizeof(options), "mode=1777,size=%llu",
			       (unsigned long long)shm_size);
	r = ix_mounts_private(x);
	if (r < 0)
		return fresh_failed(x, r, "make its mounts private");
	r = ix_mounts_new_shm(options);
	if (r < 0)
		return fresh_failed(x, r, "mount a " SHM_DIR);
	if (stat(MQUEUE_DIR, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : fresh_failed(x, -errno,
					      "find out whether there is a " MQUEUE_DIR);
	r = ix_mounts_new_queues();
	return r < 0 ? fresh_failed(x, r, "mount a " MQUEUE_DIR) : 0;
}

static int fresh_make(struct ipcx *x, uint64_t shm_size, struct ix_maps *maps)
{
	int r = ix_ns_alone(x);

	if (r == 0 && maps)
		r = ix_maps_begin(x, maps);
	if (r == 0)
		r = fresh_leave(x, maps);
	if (maps)
		ix_maps_end(maps);
	if (r == 0)
		r = mount_both(x, shm_size);
	ix_moved(x);
	return r;
}

int ipcx_ns_new(struct ipcx *x, uint64_t shm_size)
{
	IX_REQUIRE(x, x);
	int r = ix_leave_root(x);

	return r < 0 ? r : fresh_make(x, shm_size, NULL);
}

int ipcx_ns_new_mapped(struct ipcx *x, const struct ipcx_ns_map *map)
{
	IX_REQUIRE(x, map);
	auto_free struct ix_maps *maps = malloc(sizeof(*maps));
	struct ipcx_ns_map own;
	int r = IX_COPY_IN(x, ipcx_ns_map, IPCX_NS_MAP_SIZE_0_1, map, &own);

	if (r < 0)
		return r;
	if (!maps)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	if (own.flags & ~(IPCX_MAP_AUTO_USERS | IPCX_MAP_AUTO_GROUPS))
		return ix_fail_plain(x, -EINVAL, "unknown flags for a map of ids");
	r = ix_leave_root(x);
	if (r == 0)
		r = ix_maps_read(x, &own, maps);
	return r < 0 ? r : fresh_make(x, own.shm_size, maps);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A new IPC namespace with what belongs to it: a /dev/shm and a /dev/mqueue of its own in
 * a mount namespace that nobody else sees. Whoever has no right to make one gets it in a
 * user namespace, where he is root.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/cap.h"
#include "base/file.h"
#include "core/copyin.h"
#include "ns/ns.h"

static int write_proc(struct ipcx *x, const char *file, const char *text)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "thread-self/%s", file);
	return ix_write_file(ix_procfd(x), path, text);
}

/* Ourselves as root, the only user there (user_namespaces(7)). */
static int map_self(struct ipcx *x, uid_t uid, gid_t gid)
{
	char text[64];
	int r = write_proc(x, "setgroups", "deny");

	if (r < 0 && r != -ENOENT) /* Linux before 3.19 */
		return r;
	(void)snprintf(text, sizeof(text), "0 %u 1", uid);
	r = write_proc(x, "uid_map", text);
	if (r < 0)
		return r;
	(void)snprintf(text, sizeof(text), "0 %u 1", gid);
	return write_proc(x, "gid_map", text);
}

static int leave(struct ipcx *x)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int alone = ix_cap_has(CAP_SYS_ADMIN) == 0 ? CLONE_NEWUSER : 0, r;

	if (ix_procfd(x) < 0)
		return ix_fail(x, ix_procfd(x), "/proc");
	if (unshare(alone | CLONE_NEWIPC | CLONE_NEWNS) < 0) {
		if (errno == ENOSPC)
			return ix_fail_plain(
				x, -ENOSPC,
				"cannot make a namespace: user.max_ipc_namespaces, max_mnt_namespaces or max_user_namespaces is reached");
		return ix_fail(
			x, -errno, "cannot make a namespace%s",
			alone ? " (needs CAP_SYS_ADMIN, or user namespaces for everybody)"
			      : "");
	}
	r = alone ? map_self(x, uid, gid) : 0;
	return r < 0 ? ix_fail(x, r, "cannot become root of the new user namespace") : 0;
}

static int mount_both(struct ipcx *x, uint64_t shm_size)
{
	char options[64] = "mode=1777";
	struct stat st;

	if (shm_size)
		(void)snprintf(options, sizeof(options), "mode=1777,size=%llu",
			       (unsigned long long)shm_size);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return ix_fail(x, -errno, "cannot keep the mounts to itself");
	if (mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
		return ix_fail(x, -errno, "cannot mount a /dev/shm");
	if (stat("/dev/mqueue", &st) == 0 &&
	    mount("mqueue", "/dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  NULL) < 0)
		return ix_fail(x, -errno, "cannot mount a /dev/mqueue");
	return 0;
}

int ipcx_ns_new(struct ipcx *x, uint64_t shm_size)
{
	IX_REQUIRE(x, x);
	int r = ix_may_move(x);

	if (r < 0)
		return r;
	r = ix_ns_alone(x);
	if (r == 0)
		r = leave(x);
	if (r == 0)
		r = mount_both(x, shm_size);
	ix_moved(x);
	return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ids, rights and limits of the caller, of a user or of a process. */
#include "why/as.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cap.h"
#include "base/esc.h"
#include "base/file.h"
#include "base/nss.h"
#include "proc/status.h"

/* ---- capabilities */

#define AS_FIRST_USERNS 0xEFFFFFFD /* PROC_USER_INIT_INO of the kernel */
#define AS_OVERFLOW     65534      /* an id that a user namespace does not map */

/* Whether the capabilities that are effective in the process's user namespace count over
 * its IPC namespace: that one belongs to the same user namespace or to one below. */
static enum ix_so as_counts(int dir, bool ours)
{
	auto_fd int ipc = ix_open(dir, "ns/ipc", O_RDONLY);
	struct stat own, now;
	int user;

	if (ipc < 0 || fstatat(dir, "ns/user", &own, 0) < 0)
		return IX_SO_UNKNOWN;
	user = ioctl(ipc, NS_GET_USERNS);
	/* The owner is not ours to see: it is above. */
	if (user < 0 && errno == EPERM && ours)
		return IX_SO_NOT;
	while (user >= 0) {
		auto_fd int below = user;

		if (fstat(below, &now) < 0)
			return IX_SO_UNKNOWN;
		if (now.st_dev == own.st_dev && now.st_ino == own.st_ino)
			return IX_SO;
		user = ioctl(below, NS_GET_PARENT);
		/* The parent is not ours to see: it is above, and so is the process. */
		if (user < 0)
			return errno == EPERM ? IX_SO_NOT : IX_SO_UNKNOWN;
	}
	return IX_SO_UNKNOWN;
}

/* Find out over what capabilities count. dir: its directory in /proc, or -1. */
static void as_caps(struct ipcx *x, struct ix_as *as, int dir)
{
	int proc = ix_procfd(x);
	struct stat own, self;
	enum ix_so counts;

	as->own_caps = as->caps;
	as->maps = IX_MAPS_UNKNOWN;
	if (!as->caps_known || !as->caps)
		return;
	if (dir >= 0 && fstatat(dir, "ns/user", &own, 0) == 0) {
		if (own.st_ino == AS_FIRST_USERNS)
			as->maps = IX_MAPS_ALL;
		else if (proc >= 0 && fstatat(proc, "self/ns/user", &self, 0) == 0 &&
			 self.st_ino == own.st_ino && self.st_dev == own.st_dev)
			as->maps = IX_MAPS_SHOWN;
	}
	counts = as->maps == IX_MAPS_ALL ? IX_SO
		 : dir < 0               ? IX_SO_UNKNOWN
					 : as_counts(dir, as->maps == IX_MAPS_SHOWN);
	as->caps_known = counts != IX_SO_UNKNOWN;
	as->caps = counts == IX_SO ? as->caps : 0;
}

static void as_caps_ours(struct ipcx *x, struct ix_as *as)
{
	int proc = ix_procfd(x);
	auto_fd int dir = proc < 0 ? -1 : ix_open(proc, "self", O_PATH | O_DIRECTORY);

	as_caps(x, as, dir);
}

/* ---- the caller */

static int as_own_groups(struct ix_as *as)
{
	int n = getgroups(0, NULL);

	if (n < 0)
		return -errno;
	as->groups = calloc((size_t)n + 1, sizeof(*as->groups));
	if (!as->groups)
		return -ENOMEM;
	n = getgroups(n, as->groups);
	as->groups_known = n >= 0;
	as->ngroups = n < 0 ? 0 : (size_t)n;
	return 0;
}

static int as_self(struct ipcx *x, struct ix_as *as)
{
	int filter = ix_cap_filter();

	(void)snprintf(as->who, sizeof(as->who), "you");
	as->pid = getpid();
	as->ids_known = true;
	as->uid = geteuid();
	as->gid = getegid();
	as->caps_known = ix_cap_effective(&as->caps) == 0;
	as_caps_ours(x, as);
	as->filtered = filter < 0 ? IX_SO_UNKNOWN : ix_so(filter > 0);
	as->limits_known = true;
	for (int i = 0; i < IX_RLIMITS; i++) {
		struct rlimit l;

		if (getrlimit(i, &l) < 0)
			as->limits_known = false;
		else
			as->limits[i] = (struct ix_rlimit){ l.rlim_cur, l.rlim_max };
	}
	return as_own_groups(as);
}

/* ---- a user without a process */

/* It is taken to be in our namespaces. */
static int as_user(struct ipcx *x, struct ix_as *as, uint32_t uid)
{
	struct ix_buf name auto_buf = { .data = NULL };
	char shown[64];
	int r = ix_nss_name(false, uid, &name);

	as->ids_known = true;
	as->uid = uid;
	as->caps_known = true;
	as->caps = uid == 0 ? IX_CAPS_ALL : 0;
	as_caps_ours(x, as);
	as->filtered = IX_SO_UNKNOWN;
	as->tracer = -1;
	if (r == -ENOMEM)
		return r;
	if (r <= 0) {
		(void)snprintf(as->who, sizeof(as->who), "user %" PRIu32, uid);
		return 0;
	}
	(void)ix_escape(shown, sizeof(shown), name.data, IX_ESC_TEXT);
	(void)snprintf(as->who, sizeof(as->who), "user %s", shown);
	r = ix_nss_groups(uid, &as->gid, &as->groups, &as->ngroups);
	as->groups_known = r == 0;
	return r == -ENOMEM ? r : 0;
}

/* ---- a process */

static int as_groups(struct ix_as *as, const struct ix_buf *status)
{
	size_t n = 0;
	int r = ix_status_groups(status->data, status->len, NULL, 0, &n);

	if (r < 0)
		return 0;
	as->groups = calloc(n + 1, sizeof(*as->groups));
	if (!as->groups)
		return -ENOMEM;
	r = ix_status_groups(status->data, status->len, as->groups, n, &as->ngroups);
	as->groups_known = r == 0;
	return 0;
}

static int as_status(struct ipcx *x, struct ix_as *as, const struct ix_buf *status,
		     int dir)
{
	struct ix_status_ids uids, gids;
	uint64_t n;

	as->ids_known = ix_status_uids(status->data, status->len, &uids) == 0 &&
			ix_status_gids(status->data, status->len, &gids) == 0;
	if (as->ids_known) {
		as->uid = uids.effective;
		as->gid = gids.effective;
	}
	as->caps_known = ix_status_effective(status->data, status->len, &as->caps) == 0;
	as_caps(x, as, dir);
	as->filtered = IX_SO_UNKNOWN;
	if (ix_status_number(status->data, status->len, "Seccomp", &n) == 0)
		as->filtered = ix_so(n != 0);
	as->tracer = -1;
	if (ix_status_number(status->data, status->len, "TracerPid", &n) == 0)
		as->tracer = (int32_t)n;
	return as_groups(as, status);
}

/* Count descriptors; UINT64_MAX if the caller may not. */
static uint64_t as_fds(int dir)
{
	int fd = ix_open(dir, "fd", O_RDONLY | O_DIRECTORY);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	uint64_t n = 0;
	struct dirent *e;

	if (!d) {
		if (fd >= 0)
			(void)close(fd);
		return UINT64_MAX;
	}
	errno = 0;
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	if (errno)
		n = UINT64_MAX;
	(void)closedir(d);
	return n;
}

static void as_name(struct ix_as *as, int dir)
{
	auto_fd int fd = ix_open(dir, "comm", O_RDONLY);
	char comm[65], shown[68];
	ssize_t len = fd < 0 ? -1 : read(fd, comm, sizeof(comm) - 1);

	(void)snprintf(as->who, sizeof(as->who), "process %" PRId32, as->pid);
	if (len <= 0)
		return;
	comm[len] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
	(void)ix_escape(shown, sizeof(shown), comm, IX_ESC_TEXT);
	(void)snprintf(as->who, sizeof(as->who), "process %" PRId32 " (%s)", as->pid,
		       shown);
}

/* With hidepid=, /proc does not show the processes of others. */
static int as_not_shown(struct ipcx *x, int32_t pid, bool ended)
{
	if (pid > 0 && (kill(pid, 0) == 0 || errno == EPERM))
		return ix_fail_plain(x, -EACCES,
				     "process %" PRId32 " is not shown in /proc", pid);
	return ended ? ix_fail_plain(x, -ESRCH, "process %" PRId32 " has ended", pid)
		     : ix_fail_plain(x, -ESRCH, "no process has the pid %" PRId32, pid);
}

static int as_process(struct ipcx *x, struct ix_as *as, int32_t pid)
{
	struct ix_buf status auto_buf = { .data = NULL };
	struct ix_buf limits auto_buf = { .data = NULL };
	int proc = ix_procfd(x), r;
	auto_fd int dir = -1;
	char word[16];

	if (proc < 0)
		return ix_fail(x, proc, "/proc");
	(void)snprintf(word, sizeof(word), "%" PRId32, pid);
	as->pid = pid;
	dir = pid > 0 ? ix_open(proc, word, O_PATH | O_DIRECTORY) : -ENOENT;
	if (dir == -ENOENT)
		return as_not_shown(x, pid, false);
	if (dir < 0)
		return ix_fail(x, dir, "process %" PRId32, pid);
	as_name(as, dir);
	r = ix_status_read(dir, "status", &status);
	if (r == -ESRCH || r == -ENOENT)
		return as_not_shown(x, pid, true);
	if (r < 0)
		return ix_fail(x, r, "process %" PRId32, pid);
	r = as_status(x, as, &status, dir);
	if (r < 0)
		return ix_fail(x, r, "process %" PRId32, pid);
	as->limits_known = ix_status_read(dir, "limits", &limits) == 0 &&
			   ix_rlimits_parse(limits.data, limits.len, as->limits) == 0;
	as->fds = as_fds(dir);
	return 0;
}

int ix_as_begin(struct ipcx *x, unsigned flags, uint32_t uid, int32_t pid,
		struct ix_as *ret_as)
{
	struct ix_as as = { .fds = UINT64_MAX };
	int r;

	if (flags & IPCX_WHY_PID) {
		as.kind = IX_AS_PROCESS;
		r = as_process(x, &as, pid);
	} else if (flags & IPCX_WHY_UID) {
		as.kind = IX_AS_USER;
		r = as_user(x, &as, uid);
	} else {
		as.kind = IX_AS_SELF;
		r = as_self(x, &as);
	}
	if (r < 0) {
		ix_as_end(&as);
		return r == -ENOMEM ? ix_fail_plain(x, r, "out of memory") : r;
	}
	*ret_as = as;
	return 0;
}

void ix_as_end(struct ix_as *as)
{
	free(as->groups);
	as->groups = NULL;
}

/* ---- what they may */

enum ix_so ix_as_capable(const struct ix_as *as, int cap)
{
	return as->caps_known ? ix_so(as->caps >> cap & 1) : IX_SO_UNKNOWN;
}

enum ix_so ix_as_capable_file(const struct ix_as *as, int cap, uint32_t uid, uint32_t gid)
{
	if (!(as->own_caps >> cap & 1))
		return as->caps_known || as->own_caps ? IX_SO_NOT : IX_SO_UNKNOWN;
	if (as->maps == IX_MAPS_ALL)
		return IX_SO;
	/* What is shown as this id is its own, or that of all that are not mapped. */
	return as->maps == IX_MAPS_SHOWN && uid != AS_OVERFLOW && gid != AS_OVERFLOW
		       ? IX_SO
		       : IX_SO_UNKNOWN;
}

enum ix_so ix_as_in_group(const struct ix_as *as, uint32_t gid)
{
	if (!as->groups_known)
		return IX_SO_UNKNOWN;
	if (as->gid == gid)
		return IX_SO;
	for (size_t i = 0; i < as->ngroups; i++)
		if (as->groups[i] == gid)
			return IX_SO;
	return IX_SO_NOT;
}

/* One of two is so; unknown if that depends on an unknown one. */
static enum ix_so as_either(enum ix_so a, enum ix_so b)
{
	if (a == IX_SO || b == IX_SO)
		return IX_SO;
	return a == IX_SO_UNKNOWN || b == IX_SO_UNKNOWN ? IX_SO_UNKNOWN : IX_SO_NOT;
}

/* The class whose bits count: only the first that fits. */
static enum ix_so as_granted(enum ix_so owner, enum ix_so group, uint32_t mode,
			     uint32_t want)
{
	bool as_group = (mode << 3 & want) == want, as_other = (mode << 6 & want) == want;

	if (owner == IX_SO)
		return ix_so((mode & want) == want);
	if (group == IX_SO_UNKNOWN && as_group != as_other)
		return IX_SO_UNKNOWN;
	return ix_so(group == IX_SO ? as_group : as_other);
}

enum ix_so ix_as_may_ipc(const struct ix_as *as, uint32_t uid, uint32_t gid,
			 uint32_t cuid, uint32_t cgid, uint32_t mode, uint32_t want)
{
	enum ix_so owner, group;

	if (!as->ids_known)
		return IX_SO_UNKNOWN;
	owner = ix_so(as->uid == uid || as->uid == cuid);
	group = as_either(ix_as_in_group(as, gid), ix_as_in_group(as, cgid));
	return as_either(as_granted(owner, group, mode, want),
			 ix_as_capable(as, CAP_IPC_OWNER));
}

enum ix_so ix_as_may_file(const struct ix_as *as, uint32_t uid, uint32_t gid,
			  uint32_t mode, uint32_t want)
{
	enum ix_so over;

	if (!as->ids_known)
		return IX_SO_UNKNOWN;
	over = ix_as_capable_file(as, CAP_DAC_OVERRIDE, uid, gid);
	if (!(want & ~0400U))
		over = as_either(over,
				 ix_as_capable_file(as, CAP_DAC_READ_SEARCH, uid, gid));
	return as_either(as_granted(ix_so(as->uid == uid), ix_as_in_group(as, gid), mode,
				    want),
			 over);
}

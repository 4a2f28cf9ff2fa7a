/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens and decides everything that is needed before the first step of entering a
 * namespace. */
#include "ns/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include "base/file.h"
#include "core/dirid.h"
#include "ns/ns.h"
#include "ns/rights.h"
#include "ns/user.h"

/* Open a namespace of the target's process through the descriptor of its /proc directory,
 * since its pid may have been reused. Returns -1 with errno if the namespace cannot be
 * opened. */
static int plan_open_ns(const struct ix_plan *plan, const char *name)
{
	char path[16];
	int fd;

	errno = ENOENT;
	if (plan->p->dirfd < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "ns/%s", name);
	fd = ix_open_link(plan->p->dirfd, path, O_RDONLY);
	if (fd < 0)
		errno = -fd;
	return fd < 0 ? -1 : fd;
}

/* Open the target's /dev/shm. An empty /dev/shm is used instead only if the target
 * certainly has no /dev/shm. */
static int plan_open_shm(struct ix_plan *plan)
{
	int fd = ix_dirid_open(plan->x, plan->p->rootfd, ix_relative(SHM_DIR),
			       O_PATH | O_DIRECTORY),
	    r;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0)
		return ix_fail(plan->x, fd, "%s of process %d%s", SHM_DIR, plan->p->pid,
			       fd == -ENOSYS ? ": openat2" : "");
	r = ix_dirid_in_memory(plan->x, plan->p->pid, fd, SHM_DIR);
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	plan->shm = fd;
	return 0;
}

static int nobody(const struct ix_plan *plan, const char *what)
{
	return ix_fail_plain(plan->x, -EINVAL,
			     "ipc:[%llu]: no process is known whose %s could be entered",
			     (unsigned long long)plan->p->ino, what);
}

/*
 * If the container's root is entered, its user and PID namespaces are entered, too:
 * programs then run with an identity of the container, whichever user starts them.
 * Entering these two namespaces without the root is refused: through our process, anyone
 * with rights in that user namespace could see our own root.
 */
static int settle_flags(struct ix_plan *plan)
{
	if (ix_plan_is_foreign(plan) && !(plan->flags & IPCX_ENTER_MOUNT) &&
	    (plan->flags &
	     (plan->same_pids ? IPCX_ENTER_PID | IPCX_ENTER_USER : IPCX_ENTER_PID)))
		return ix_hint(
			plan->x,
			ix_fail_plain(
				plan->x, -EINVAL,
				"ipc:[%llu]: %s its processes would see our root: enter its own root, too",
				(unsigned long long)plan->p->ino,
				plan->same_pids
					? "in its user namespace, as PIDs are shared,"
					: "in its PID namespace"),
			IPCX_HINT_ENTER_MOUNT, "", 0);
	if (plan->flags & IPCX_ENTER_MOUNT)
		plan->flags |= IPCX_ENTER_PID | IPCX_ENTER_USER;
	if (plan->p->dirfd < 0 ? plan->p->userfd < 0 : plan->user < 0)
		plan->flags &= ~IPCX_ENTER_USER; /* we are in that namespace already */
	return 0;
}

/* The other namespaces that are entered with the container's root, so that its programs
 * do not see ours; most important is the network namespace. */
const struct ix_plan_more ix_plan_more[IX_PLAN_MORE] = {
	{ "net", "ns/net", CLONE_NEWNET },
	{ "uts", "ns/uts", CLONE_NEWUTS },
	{ "cgroup", "ns/cgroup", CLONE_NEWCGROUP },
};

/* Compare the target's PID namespace with ours, if both are known. */
static int compare_pids(struct ix_plan *plan)
{
	uint64_t own = ix_ns_own(plan->x, "pid");
	struct stat st;

	/* If the kernel has no PID namespaces, all processes share the same pids. */
	plan->same_pids = plan->pid < 0 && plan->p->dirfd >= 0;
	if (plan->pid < 0)
		return 0;
	if (!own || fstat(plan->pid, &st) < 0)
		return ix_fail_plain(plan->x, -EIO,
				     "our own PID namespace: not shown in /proc");
	plan->same_pids = st.st_ino == own;
	return 0;
}

/* Only ENOENT means that the kernel has no such namespaces; any other error is reported.
 * If the permission to open the mount namespace is missing, this is reported only when
 * the mount namespace is needed. */
static int open_first(struct ix_plan *plan)
{
	plan->mnt = plan_open_ns(plan, "mnt");
	if (plan->mnt < 0 && errno != ENOENT && errno != EACCES && errno != EPERM)
		return ix_fail(plan->x, -errno, "process %d: its mount namespace",
			       plan->p->pid);
	plan->pid = plan_open_ns(plan, "pid");
	if (plan->pid < 0 && errno != ENOENT)
		return ix_fail(plan->x, -errno, "process %d: its PID namespace",
			       plan->p->pid);
	return compare_pids(plan);
}

static int open_namespaces(struct ix_plan *plan)
{
	int r = open_first(plan);

	if (r < 0)
		return r;
	for (size_t i = 0; (plan->flags & IPCX_ENTER_MOUNT) && i < IX_PLAN_MORE; i++) {
		plan->more[i] = plan_open_ns(plan, ix_plan_more[i].name);
		if (plan->more[i] < 0 && errno != ENOENT) /* the kernel has none */
			return ix_fail(plan->x, -errno, "process %d: its %s namespace",
				       plan->p->pid, ix_plan_more[i].name);
	}
	r = ix_user_of(plan->x, plan->p, &plan->user);
	return r < 0 ? r : settle_flags(plan);
}

/* Whether a link in the process's /proc directory still leads to the namespace or root
 * that this descriptor refers to. */
static bool still(const struct ix_plan *plan, const char *link, int fd)
{
	struct stat now, then;

	return fd < 0 ||
	       (fstatat(plan->p->dirfd, link, &now, 0) == 0 && fstat(fd, &then) == 0 &&
		now.st_dev == then.st_dev && now.st_ino == then.st_ino);
}

/* Whether the process is still in the user namespace that was opened; plan->user is -1 if
 * that is ours. */
static bool still_user(const struct ix_plan *plan)
{
	struct stat now;

	return plan->user >= 0 ? still(plan, "ns/user", plan->user)
			       : fstatat(plan->p->dirfd, "ns/user", &now, 0) == 0 &&
					 now.st_ino == ix_ns_own(plan->x, "user");
}

/*
 * Check that everything that was opened belongs together: a starting container leaves our
 * namespaces one by one, and a mix of its namespaces and ours would be wrong.
 */
static int check_moment(const struct ix_plan *plan)
{
	bool same = still(plan, "ns/ipc", plan->p->nsfd) &&
		    still(plan, "root", plan->p->rootfd) &&
		    still(plan, "ns/mnt", plan->mnt) &&
		    still(plan, "ns/pid", plan->pid) && still_user(plan);

	for (size_t i = 0; i < IX_PLAN_MORE; i++)
		same = same && still(plan, ix_plan_more[i].path, plan->more[i]);
	return same ? 0
		    : ix_fail_plain(plan->x, -ESRCH,
				    "process %d: is just moving to other namespaces",
				    plan->p->pid);
}

/* Find out whether the target's /dev/shm is ours, and open it if not. */
static int plan_shm(struct ix_plan *plan)
{
	const struct ix_target *p = plan->p;
	struct ix_dirid ours, theirs;
	int root, r;

	if (plan->flags & IPCX_ENTER_MOUNT)
		return 0;
	if (p->rootfd >= 0 && !p->self) {
		r = plan_open_shm(plan);
		if (r < 0)
			return r;
	}
	if (plan->shm >= 0 && plan->mnt < 0)
		return ix_fail_plain(
			plan->x, -ESRCH,
			"process %d: its mount namespace is gone or may not be looked at",
			p->pid);
	root = ix_rootfd(plan->x);
	ours = ix_dirid_below(plan->x, root, ix_relative(SHM_DIR));
	theirs = ix_dirid_below(plan->x, p->rootfd, ix_relative(SHM_DIR));
	plan->same_shm = p->self || ix_dirid_same(&ours, &theirs);
	plan->empty_shm = !p->self && plan->shm < 0;
	return 0;
}

static int plan_mounts(struct ix_plan *plan)
{
	if (!getcwd(plan->cwd, sizeof(plan->cwd)) || plan->cwd[0] != '/')
		(void)snprintf(plan->cwd, sizeof(plan->cwd), "/");
	if ((plan->flags & IPCX_ENTER_MOUNT) && (plan->mnt < 0 || plan->p->rootfd < 0))
		return nobody(plan, "root");
	if ((plan->flags & IPCX_ENTER_PID) && plan->pid < 0)
		return nobody(plan, "PID namespace");
	return plan_shm(plan);
}

void ix_plan_close(struct ix_plan *plan)
{
	int *const fds[] = { &plan->shm,     &plan->mnt,     &plan->pid,    &plan->rights,
			     &plan->more[0], &plan->more[1], &plan->more[2] };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (*fds[i] >= 0)
			(void)close(take_fd(fds[i]));
}

int ix_plan_open(struct ix_plan *plan)
{
	int r = open_namespaces(plan);

	if (r == 0 && plan->p->dirfd >= 0)
		r = check_moment(plan);
	if (r < 0)
		return r;
	plan->moves = plan->p->ino != ix_ns_own(plan->x, "ipc");
	r = ix_rights(plan->x, plan->p, plan->moves ? plan->p->userfd : plan->user,
		      &plan->rights);
	return r < 0 ? r : plan_mounts(plan);
}

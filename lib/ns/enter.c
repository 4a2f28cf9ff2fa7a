/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving the calling process itself: into another IPC namespace, with its queues and its
 * /dev/shm where programs look for them, and the caller's own root and programs. Every
 * descriptor is opened before the first step; a step that fails is an error, and at the
 * end the namespace is looked at: nothing goes on in the wrong one.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/file.h"
#include "core/copyin.h"
#include "core/spot.h"
#include "ns/child.h"
#include "ns/gear.h"
#include "ns/ns.h"
#include "ns/rights.h"
#include "ns/user.h"
#include "proc/status.h"

/* Somebody there has rights that are not ours: by the process, or by the namespace. */
static bool is_foreign(const struct ix_gear *g)
{
	return g->user >= 0 || g->p->userfd >= 0;
}

/* ---- before */

/* Through the directory of the process: its number could be another's by now. -1, with
 * errno: it has none that could be opened. */
static int open_ns(const struct ix_gear *g, const char *name)
{
	char path[16];
	int fd;

	errno = ENOENT;
	if (g->p->dirfd < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "ns/%s", name);
	fd = ix_open(g->p->dirfd, path, O_RDONLY);
	if (fd < 0)
		errno = -fd;
	return fd < 0 ? -1 : fd;
}

/* Its /dev/shm, unless it has none: only that makes an empty one right. */
static int open_shm(struct ix_gear *g)
{
	int fd = ix_spot_open(g->x, g->p->rootfd, ix_relative(SHM_DIR),
			      O_PATH | O_DIRECTORY),
	    r;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0)
		return ix_fail(g->x, fd, "%s of process %d%s", SHM_DIR, g->p->pid,
			       fd == -ENOSYS ? ": openat2" : "");
	r = ix_spot_in_memory(g->x, g->p->pid, fd, SHM_DIR);
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	g->shm = fd;
	return 0;
}

static int nobody(const struct ix_gear *g, const char *what)
{
	return ix_fail_plain(g->x, -EINVAL,
			     "ipc:[%llu]: no process is known whose %s could be entered",
			     (unsigned long long)g->p->ino, what);
}

/*
 * The container's programs run as what they are there: in its user namespace and among
 * its processes, whoever starts them. And whoever has rights in that user namespace may
 * look through a process of it at the root that it has: ours is not shown to them.
 */
static int settle_flags(struct ix_gear *g)
{
	if (is_foreign(g) && !(g->flags & IPCX_ENTER_MOUNT) &&
	    (g->flags &
	     (g->same_pids ? IPCX_ENTER_PID | IPCX_ENTER_USER : IPCX_ENTER_PID)))
		return ix_hint(
			g->x,
			ix_fail_plain(
				g->x, -EINVAL,
				"ipc:[%llu]: %s its processes would see our root: its own root has to be entered, too",
				(unsigned long long)g->p->ino,
				g->same_pids
					? "in its user namespace, as PIDs are shared,"
					: "in its PID namespace"),
			IPCX_HINT_ENTER_MOUNT, "", 0);
	if (g->flags & IPCX_ENTER_MOUNT)
		g->flags |= IPCX_ENTER_PID | IPCX_ENTER_USER;
	if (g->p->dirfd < 0 ? g->p->userfd < 0 : g->user < 0)
		g->flags &= ~IPCX_ENTER_USER; /* it is ours already */
	return 0;
}

/* What else is not ours where a container has its own: the network above all. */
static const char *const more[IX_GEAR_MORE] = { "net", "uts", "cgroup" };

static int open_namespaces(struct ix_gear *g)
{
	struct stat st;
	int r;

	g->mnt = open_ns(g, "mnt");
	g->pid = open_ns(g, "pid");
	g->same_pids = g->pid >= 0 && fstat(g->pid, &st) == 0 &&
		       st.st_ino == ix_ns_own(g->x, "pid");
	for (size_t i = 0; (g->flags & IPCX_ENTER_MOUNT) && i < IX_GEAR_MORE; i++) {
		g->more[i] = open_ns(g, more[i]);
		if (g->more[i] < 0 && errno != ENOENT) /* not in this kernel */
			return ix_fail(g->x, -errno, "process %d: its %s namespace",
				       g->p->pid, more[i]);
	}
	r = ix_user_of(g->x, g->p, &g->user);
	return r < 0 ? r : settle_flags(g);
}

/* Whether a link of the process still leads to what is open. */
static bool still(const struct ix_gear *g, const char *link, int fd)
{
	struct stat now, then;

	return fd < 0 ||
	       (fstatat(g->p->dirfd, link, &now, 0) == 0 && fstat(fd, &then) == 0 &&
		now.st_dev == then.st_dev && now.st_ino == then.st_ino);
}

/* Nothing is open where it is ours. */
static bool still_user(const struct ix_gear *g)
{
	struct stat now;

	return g->user >= 0 ? still(g, "ns/user", g->user)
			    : fstatat(g->p->dirfd, "ns/user", &now, 0) == 0 &&
				      now.st_ino == ix_ns_own(g->x, "user");
}

/*
 * Whether all that is open is of one moment. A container that starts goes from our
 * namespaces into its own one after the other: half of each would be neither.
 */
static int check_moment(const struct ix_gear *g)
{
	char path[16];
	bool same = still(g, "ns/ipc", g->p->nsfd) && still(g, "root", g->p->rootfd) &&
		    still(g, "ns/mnt", g->mnt) && still(g, "ns/pid", g->pid) &&
		    still_user(g);

	for (size_t i = 0; i < IX_GEAR_MORE; i++) {
		(void)snprintf(path, sizeof(path), "ns/%s", more[i]);
		same = same && still(g, path, g->more[i]);
	}
	return same ? 0
		    : ix_fail_plain(g->x, -ESRCH,
				    "process %d: is going into other namespaces just now",
				    g->p->pid);
}

static int open_mounts(struct ix_gear *g)
{
	const struct ix_place *p = g->p;
	int r = 0;

	if (!getcwd(g->cwd, sizeof(g->cwd)))
		(void)snprintf(g->cwd, sizeof(g->cwd), "/");
	if (p->rootfd >= 0 && !p->home && !(g->flags & IPCX_ENTER_MOUNT))
		r = open_shm(g);
	if (r < 0)
		return r;
	if (g->shm >= 0 && g->mnt < 0)
		return ix_fail_plain(
			g->x, -ESRCH,
			"process %d: its mount namespace is gone or may not be looked at",
			p->pid);
	if ((g->flags & IPCX_ENTER_MOUNT) && (g->mnt < 0 || p->rootfd < 0))
		return nobody(g, "root");
	if ((g->flags & IPCX_ENTER_PID) && g->pid < 0)
		return nobody(g, "PID namespace");
	return 0;
}

static void close_gear(const struct ix_gear *g)
{
	const int fds[] = { g->shm,     g->mnt,     g->pid,    g->user,
			    g->more[0], g->more[1], g->more[2] };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
}

/* ---- the steps */

/* setgroups(2) may be forbidden for good in a user's own namespace (user_namespaces(7)):
 * he has no others to lend. */
static bool may_not_set_groups(const struct ix_gear *g)
{
	bool denied = false;
	char text[16];
	int len = ix_read_file(ix_procfd(g->x), "thread-self/setgroups", text,
			       sizeof(text));

	return len > 0 && ix_setgroups_denied(text, (size_t)len, &denied) == 0 && denied;
}

/* The groups of whoever comes from outside are not for programs in there, and his keys
 * are not either. */
static int leave_behind(const struct ix_gear *g, int rights)
{
	if (!(g->flags & (IPCX_ENTER_MOUNT | IPCX_ENTER_USER)))
		return 0;
	if (setgroups(0, NULL) < 0 && rights < 0 && !may_not_set_groups(g))
		return ix_gear_failed(g, "give up our supplementary groups");
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return ix_gear_failed(g, "give up our session keyring");
	return 0;
}

/* A user namespace of our making, in which we have the rights for the other steps, first.
 */
static int enter_for_rights(const struct ix_gear *g, int fd)
{
	if (fd >= 0 && setns(fd, CLONE_NEWUSER) < 0)
		return ix_gear_failed(g, "enter the user namespace around it");
	return 0;
}

/* What the command is to be, last: there are no more rights in there than outside. */
static int enter_user(const struct ix_gear *g)
{
	if (!(g->flags & IPCX_ENTER_USER))
		return 0;
	return ix_user_enter(g->x, g->p, g->user >= 0 ? g->user : g->p->userfd);
}

static int enter_ipc(const struct ix_gear *g)
{
	if (g->moves && setns(g->p->nsfd, CLONE_NEWIPC) < 0)
		return ix_gear_failed(g, "enter it");
	return ix_there_check(g->x, g->p);
}

static int enter_pid(const struct ix_gear *g)
{
	if ((g->flags & IPCX_ENTER_PID) && !g->same_pids &&
	    setns(g->pid, CLONE_NEWPID) < 0)
		return ix_gear_failed(g, "enter its PID namespace");
	return 0;
}

static int enter_more(const struct ix_gear *g)
{
	struct stat st;

	for (size_t i = 0; i < IX_GEAR_MORE; i++)
		/* Ours needs no entering, and a user may not. */
		if (g->more[i] >= 0 &&
		    (fstat(g->more[i], &st) < 0 ||
		     st.st_ino != ix_ns_own(g->x, more[i])) &&
		    setns(g->more[i], 0) < 0)
			return ix_gear_failed(
				g, "enter its network, UTS or cgroup namespace");
	return 0;
}

/* Its own root: where that is not the root of its mount namespace, as far down as it. */
static int enter_root(const struct ix_gear *g)
{
	char cwd[PATH_MAX];

	if (setns(g->mnt, CLONE_NEWNS) < 0)
		return ix_gear_failed(g, "enter its mount namespace");
	if (fchdir(g->p->rootfd) < 0)
		return ix_gear_failed(g, "enter its root");
	/* Of another mount namespace it has no path here. */
	if (!getcwd(cwd, sizeof(cwd)) || cwd[0] != '/') {
		errno = ESRCH;
		return ix_gear_failed(g, "find its root in its mount namespace");
	}
	return chroot(".") < 0 || chdir("/") < 0 ? ix_gear_failed(g, "enter its root")
						 : 0;
}

static int go_with_own_root(const struct ix_gear *g)
{
	struct ix_spot ours = ix_spot_below(g->x, ix_rootfd(g->x), ix_relative(SHM_DIR));
	struct ix_spot theirs = ix_spot_below(g->x, g->p->rootfd, ix_relative(SHM_DIR));
	int r = ix_mounts_own(g);

	if (r == 0 && !g->p->home && !ix_spot_same(&ours, &theirs))
		r = ix_mounts_shm(g);
	if (r == 0)
		r = enter_ipc(g);
	if (r == 0)
		r = ix_mounts_queues(g);
	if (r == 0 && chdir(g->cwd) < 0)
		(void)!chdir("/");
	return r;
}

static int go(const struct ix_gear *g, int rights)
{
	int r;

	/* Who is in there may not look into a process that comes from outside. */
	if (rights >= 0 || g->flags)
		(void)prctl(PR_SET_DUMPABLE, 0);
	if (is_foreign(g) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return ix_gear_failed(g, "give up new privileges");
	r = enter_for_rights(g, rights);
	if (r == 0)
		r = leave_behind(g, rights);
	if (r == 0)
		r = enter_pid(g);
	if (r == 0 && (g->flags & IPCX_ENTER_MOUNT)) {
		r = enter_ipc(g);
		if (r == 0)
			r = enter_more(g);
		if (r == 0)
			r = enter_root(g);
	} else if (r == 0) {
		r = go_with_own_root(g);
	}
	if (r == 0)
		r = enter_user(g);
	/* A change of user sets it to fs.suid_dumpable. */
	if (rights >= 0 || g->flags)
		(void)prctl(PR_SET_DUMPABLE, 0);
	return r;
}

/*
 * The kernel moves only processes of one thread into a user or mount namespace. One that
 * asked a file system for us (base/below.h) may be about to end; it counts until it has.
 */
int ix_ns_alone(struct ipcx *x)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	struct stat tasks;

	for (int i = 0; i < 1000; i++) {
		/* Changes nothing, and succeeds in a process of one thread alone
		 * (unshare(2)): a /proc need not be there. */
		if (unshare(CLONE_THREAD) == 0)
			return 0;
		/* A filter keeps the call: /proc has a directory for each thread, and two
		 * links for "." and "..". */
		if (errno != EINVAL) {
			if (fstatat(ix_procfd(x), "self/task", &tasks, 0) < 0)
				return ix_fail(x, -errno,
					       "whether this process has several threads");
			if (tasks.st_nlink <= 3)
				return 0;
		}
		(void)nanosleep(&moment, NULL);
	}
	return ix_fail_plain(x, -EBUSY,
			     "this process has several threads: none of it can be moved");
}

static int enter(struct ix_gear *g)
{
	auto_fd int rights = -1;
	int r = open_namespaces(g);

	if (r == 0 && g->p->dirfd >= 0)
		r = check_moment(g);
	if (r < 0)
		return r;
	g->moves = g->p->ino != ix_ns_own(g->x, "ipc");
	r = ix_rights(g->x, g->p, g->moves ? g->p->userfd : g->user, &rights);
	if (r == 0)
		r = open_mounts(g);
	if (r == 0)
		r = ix_ns_alone(g->x);
	if (r == 0)
		r = go(g, rights);
	if (r == 0 && g->p->pidfd >= 0 && !ix_place_lives(g->p))
		r = ix_fail_plain(g->x, -ESRCH, "process %d: ended meanwhile", g->p->pid);
	return r;
}

int ipcx_ns_enter(struct ipcx *x, struct ipcx_ns *ns, unsigned flags)
{
	IX_REQUIRE(x, ns);
	struct ix_gear g = { .x = x,
			     .flags = flags,
			     .shm = -1,
			     .mnt = -1,
			     .pid = -1,
			     .user = -1,
			     .more = { -1, -1, -1 } };
	int r;

	if (flags & ~(IPCX_ENTER_MOUNT | IPCX_ENTER_USER | IPCX_ENTER_PID))
		return ix_fail_plain(x, -EINVAL, "an unknown flag");
	if (ns->all)
		return ix_fail_plain(x, -EINVAL, "one namespace can be entered, not all");
	r = ix_may_move(x);
	if (r < 0)
		return r;
	g.p = &ns->places[0];
	r = enter(&g);
	close_gear(&g);
	ix_moved(x);
	/* Who was entered has no /dev/shm, or nobody knows it. */
	return r == 0 && !g.p->home && g.shm < 0 && !(g.flags & IPCX_ENTER_MOUNT) ? 1 : r;
}

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
#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/file.h"
#include "base/mnt.h"
#include "core/spot.h"
#include "ns/child.h"
#include "ns/ns.h"
#include "ns/rights.h"
#include "ns/user.h"

#define SHM_DIR    "/dev/shm"
#define MQUEUE_DIR "/dev/mqueue"

/* What has to be open before the first step. */
struct gear {
	struct ipcx *x;
	const struct ix_place *p;
	unsigned flags;
	int shm, mnt, pid; /* of the target: a directory, its namespaces; or -1 */
	int user;          /* the process's user namespace, unless that is ours; or -1 */
	bool moves;        /* out of our IPC namespace */
	char cwd[PATH_MAX];
};

/* Somebody there has rights that are not ours: by the process, or by the namespace. */
static bool is_foreign(const struct gear *g)
{
	return g->user >= 0 || g->p->userfd >= 0;
}

static int failed(const struct gear *g, const char *what)
{
	return ix_place_failed(g->x, g->p, what);
}

/* ---- before */

/* Through the directory of the process: its number could be another's by now. */
static int open_ns(const struct gear *g, const char *name)
{
	char path[16];
	int fd;

	if (g->p->dirfd < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "ns/%s", name);
	fd = ix_open(g->p->dirfd, path, O_RDONLY);
	return fd < 0 ? -1 : fd;
}

/* Its /dev/shm, unless it has none: only that makes an empty one right. */
static int open_shm(struct gear *g)
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

static int nobody(const struct gear *g, const char *what)
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
static int settle_flags(struct gear *g)
{
	if ((g->flags & IPCX_ENTER_PID) && !(g->flags & IPCX_ENTER_MOUNT) &&
	    is_foreign(g))
		return ix_fail_plain(
			g->x, -EINVAL,
			"ipc:[%llu]: in its PID namespace its processes would see our root: its own root has to be entered, too (--mount)",
			(unsigned long long)g->p->ino);
	if (g->flags & IPCX_ENTER_MOUNT)
		g->flags |= IPCX_ENTER_PID | IPCX_ENTER_USER;
	if (g->p->dirfd < 0 ? g->p->userfd < 0 : g->user < 0)
		g->flags &= ~IPCX_ENTER_USER; /* it is ours already */
	return 0;
}

static int open_namespaces(struct gear *g)
{
	int r;

	g->mnt = open_ns(g, "mnt");
	g->pid = open_ns(g, "pid");
	r = ix_user_of(g->x, g->p, &g->user);
	return r < 0 ? r : settle_flags(g);
}

static int open_mounts(struct gear *g)
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

static void close_gear(const struct gear *g)
{
	const int fds[] = { g->shm, g->mnt, g->pid, g->user };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
}

/* ---- the steps */

/*
 * The groups of whoever comes from outside are not for programs in there. A user's own
 * may stay where his user namespace forbids setgroups(2): he has no others to lend.
 */
static int drop_groups(const struct gear *g)
{
	if (!(g->flags & (IPCX_ENTER_MOUNT | IPCX_ENTER_USER)) ||
	    setgroups(0, NULL) == 0 || geteuid() != 0)
		return 0;
	return failed(g, "give up our supplementary groups");
}

/* A user namespace of our making, in which we have the rights for the other steps, first.
 */
static int enter_for_rights(const struct gear *g, int fd)
{
	if (fd >= 0 && setns(fd, CLONE_NEWUSER) < 0)
		return failed(g, "enter the user namespace around it");
	return 0;
}

/* What the command is to be, last: there are no more rights in there than outside. */
static int enter_user(const struct gear *g)
{
	if (!(g->flags & IPCX_ENTER_USER))
		return 0;
	return ix_user_enter(g->x, g->p, g->user >= 0 ? g->user : g->p->userfd);
}

/* A copy of the mount of its /dev/shm: it can only be made in its mount namespace. */
static int clone_shm(const struct gear *g, int home, int *ret_tree)
{
	long tree;
	int r = 0;

	if (setns(g->mnt, CLONE_NEWNS) < 0)
		return failed(g, "enter its mount namespace for its " SHM_DIR);
	tree = syscall(SYS_open_tree, g->shm, "",
		       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (tree < 0)
		r = failed(g, "take its " SHM_DIR " along");
	if (setns(home, CLONE_NEWNS) < 0)
		r = failed(g, "come back from its mount namespace");
	if (r < 0) {
		if (tree >= 0)
			(void)close((int)tree);
		return r;
	}
	*ret_tree = (int)tree;
	return 0;
}

static int put_shm(const struct gear *g)
{
	static const struct mount_attr safe = { .attr_set = MOUNT_ATTR_NOSUID |
							    MOUNT_ATTR_NODEV };
	int proc = ix_procfd(g->x);
	auto_fd int home = ix_open(proc, "thread-self/ns/mnt", O_RDONLY), tree = -1;
	int r;

	/* Without a root of its own there is no /dev/shm to share: an empty one. */
	if (g->shm < 0)
		return mount("tmpfs", SHM_DIR, "tmpfs", MS_NOSUID | MS_NODEV,
			     "mode=1777") < 0
			       ? failed(g, "mount an empty " SHM_DIR)
			       : 0;
	if (home < 0)
		return ix_fail(g->x, home, "/proc/thread-self/ns/mnt");
	r = clone_shm(g, home, &tree);
	if (r < 0)
		return r;
	/* As ours would be. Linux before 5.12 has no such call. */
	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &safe, sizeof(safe)) <
		    0 &&
	    errno != ENOSYS)
		return failed(g, "make its " SHM_DIR " harmless");
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, SHM_DIR,
		    MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return failed(g, "put its " SHM_DIR " in the place of ours");
	return 0;
}

/* A mount namespace of our own, so that nobody else sees what comes on /dev. */
static int own_mounts(const struct gear *g)
{
	if (unshare(CLONE_NEWNS) < 0)
		return failed(g, "make a mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return failed(g, "keep its mounts to itself");
	return 0;
}

static int put_queues(const struct gear *g)
{
	struct stat st;

	if (stat(MQUEUE_DIR, &st) < 0)
		return 0; /* mq_open(3) works without */
	if (mount("mqueue", MQUEUE_DIR, "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  NULL) == 0)
		return 0;
	/* do_add_mount() in fs/namespace.c: it is the file system that is there already. */
	if (errno == EBUSY)
		return 0;
	/* A user's own namespace: what he sees there anyway. */
	if (errno == EPERM && !g->moves)
		return 0;
	return failed(g, "mount its queues on " MQUEUE_DIR);
}

static int enter_ipc(const struct gear *g)
{
	if (g->moves && setns(g->p->nsfd, CLONE_NEWIPC) < 0)
		return failed(g, "enter it");
	return ix_there_check(g->x, g->p);
}

static int enter_pid(const struct gear *g)
{
	if ((g->flags & IPCX_ENTER_PID) && setns(g->pid, CLONE_NEWPID) < 0)
		return failed(g, "enter its PID namespace");
	return 0;
}

/* Its own root: where that is not the root of its mount namespace, as far down as it. */
static int enter_root(const struct gear *g)
{
	char cwd[PATH_MAX];

	if (setns(g->mnt, CLONE_NEWNS) < 0)
		return failed(g, "enter its mount namespace");
	if (fchdir(g->p->rootfd) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return failed(g, "enter its root");
	/* Outside of the root there is no path. */
	if (!getcwd(cwd, sizeof(cwd)) || cwd[0] != '/')
		return failed(g, "stay in its root");
	return 0;
}

static int go_with_own_root(const struct gear *g)
{
	struct ix_spot ours = ix_spot_of(g->x, getpid(), ix_relative(SHM_DIR));
	struct ix_spot theirs = ix_spot_below(g->x, g->p->rootfd, ix_relative(SHM_DIR));
	int r = own_mounts(g);

	if (r == 0 && !g->p->home && !ix_spot_same(&ours, &theirs))
		r = put_shm(g);
	if (r == 0)
		r = enter_ipc(g);
	if (r == 0)
		r = put_queues(g);
	if (r == 0 && chdir(g->cwd) < 0)
		(void)!chdir("/");
	return r;
}

static int go(const struct gear *g, int rights)
{
	int r;

	/* Who is in there may not look into a process that comes from outside. */
	if (rights >= 0 || g->flags)
		(void)prctl(PR_SET_DUMPABLE, 0);
	if (is_foreign(g) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return failed(g, "give up new privileges");
	r = drop_groups(g);
	if (r == 0)
		r = enter_for_rights(g, rights);
	if (r == 0)
		r = enter_pid(g);
	if (r == 0 && (g->flags & IPCX_ENTER_MOUNT)) {
		r = enter_ipc(g);
		if (r == 0)
			r = enter_root(g);
	} else if (r == 0) {
		r = go_with_own_root(g);
	}
	return r < 0 ? r : enter_user(g);
}

/*
 * The kernel moves only processes of one thread into a user or mount namespace. One that
 * asked a file system for us (base/below.h) may be about to end; it counts until it has.
 */
static int wait_to_be_alone(const struct gear *g)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	struct stat st;

	for (int i = 0; i < 1000; i++) {
		if (fstatat(ix_procfd(g->x), "self/task", &st, 0) < 0 || st.st_nlink <= 3)
			return 0; /* itself, its parent, and one thread */
		(void)nanosleep(&moment, NULL);
	}
	return ix_fail_plain(g->x, -EBUSY,
			     "this process has several threads: none of it can be moved");
}

static int enter(struct gear *g)
{
	auto_fd int rights = -1;
	int r = open_namespaces(g);

	if (r < 0)
		return r;
	g->moves = g->p->ino != ix_ns_own(g->x, "ipc");
	r = ix_rights(g->x, g->p, g->moves ? g->p->userfd : g->user, &rights);
	if (r == 0)
		r = open_mounts(g);
	if (r == 0)
		r = wait_to_be_alone(g);
	if (r == 0)
		r = go(g, rights);
	if (r == 0 && g->p->pidfd >= 0 && !ix_place_lives(g->p))
		r = ix_fail_plain(g->x, -ESRCH, "process %d: ended meanwhile", g->p->pid);
	return r;
}

int ipcx_ns_enter(struct ipcx *x, struct ipcx_ns *ns, unsigned flags)
{
	struct gear g = {
		.x = x, .flags = flags, .shm = -1, .mnt = -1, .pid = -1, .user = -1
	};
	int r;

	if (ns->all || (flags & ~(IPCX_ENTER_MOUNT | IPCX_ENTER_USER | IPCX_ENTER_PID)))
		return ix_fail_plain(x, -EINVAL, "one namespace can be entered, not all");
	g.p = &ns->places[0];
	r = enter(&g);
	close_gear(&g);
	ix_moved(x);
	/* Who was entered has no /dev/shm, or nobody knows it. */
	return r == 0 && !g.p->home && g.shm < 0 && !(g.flags & IPCX_ENTER_MOUNT) ? 1 : r;
}

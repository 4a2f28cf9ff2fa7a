/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moves the calling process itself into another IPC namespace, so that the queues and the
 * /dev/shm of that namespace are in the usual places, while the process keeps its own
 * root and programs. All decisions are made, and all descriptors are opened, before the
 * first step. A table contains the steps, each with a check: a step that fails or cannot
 * be verified is an error, so that nothing is run in the wrong place.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/calls.h"
#include "base/file.h"
#include "core/copyin.h"
#include "core/dirid.h"
#include "ns/ns.h"
#include "ns/plan.h"
#include "ns/rights.h"
#include "ns/step.h"
#include "ns/user.h"

/* ---- the steps: a call, and a check of its effect */

/* Keep the processes in the entered namespaces from inspecting this process. */
static bool hides(const struct ix_plan *plan)
{
	return plan->rights >= 0 || plan->flags;
}

static int enter_hide(struct ix_plan *plan)
{
	(void)plan;
	return ix_step_hide();
}

static int give_up_privileges(struct ix_plan *plan)
{
	(void)plan;
	return ix_step_no_new_privs();
}

/* Whether to begin by entering a user namespace that the caller created, because only
 * this gives the rights for the other steps. */
static bool needs_rights(const struct ix_plan *plan)
{
	return plan->rights >= 0;
}

static int enter_for_rights(struct ix_plan *plan)
{
	return ix_step_into(plan->x, plan->rights, CLONE_NEWUSER);
}

/* Whether to drop the caller's supplementary groups and session keyring: a program that
 * runs with another root or as another user must not have them. */
static bool leaves_behind(const struct ix_plan *plan)
{
	return plan->flags & (IPCX_ENTER_MOUNT | IPCX_ENTER_USER);
}

static int drop_groups(struct ix_plan *plan)
{
	return ix_step_drop_groups(plan->x);
}

static int drop_keys(struct ix_plan *plan)
{
	plan->keyring = IX_CALL(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	/* Where a filter answers, the kernel may have keyrings nevertheless. */
	if (plan->keyring < 0 && errno == ENOSYS && !ix_call_filtered())
		plan->keyring = 0;
	return plan->keyring < 0 ? -errno : 0;
}

static int has_new_keys(struct ix_plan *plan)
{
	long now =
		IX_CALL(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);

	if (now < 0)
		return errno == ENOSYS && !plan->keyring ? 0 : IX_STEP_UNVERIFIED;
	return now == plan->keyring ? 0 : IX_STEP_ELSEWHERE;
}

static bool enters_pid(const struct ix_plan *plan)
{
	return plan->flags & IPCX_ENTER_PID;
}

static int enter_pid(struct ix_plan *plan)
{
	return ix_step_into(plan->x, plan->pid, CLONE_NEWPID);
}

static int enter_ipc(struct ix_plan *plan)
{
	return ix_step_into(plan->x, plan->p->nsfd, CLONE_NEWIPC);
}

static bool own_root(const struct ix_plan *plan)
{
	return !(plan->flags & IPCX_ENTER_MOUNT);
}

static bool its_root(const struct ix_plan *plan)
{
	return plan->flags & IPCX_ENTER_MOUNT;
}

static bool other_shm(const struct ix_plan *plan)
{
	return own_root(plan) && !plan->same_shm;
}

static int enter_more(struct ix_plan *plan)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < IX_PLAN_MORE; i++)
		if (plan->more[i] >= 0)
			r = ix_step_into(plan->x, plan->more[i], ix_plan_more[i].type);
	return r;
}

static int enter_mounts(struct ix_plan *plan)
{
	return ix_step_into(plan->x, plan->mnt, CLONE_NEWNS);
}

/* Change to the root directory of the target's process, which may be a directory below
 * the root of its mount namespace. */
static int enter_root(struct ix_plan *plan)
{
	char cwd[PATH_MAX];

	if (fchdir(plan->p->rootfd) < 0)
		return -errno;
	/* The kernel returns a path that is not absolute if the directory is in another
	 * mount namespace. */
	if (!getcwd(cwd, sizeof(cwd)) || cwd[0] != '/')
		return -ESRCH;
	return chroot(".") < 0 || chdir("/") < 0 ? -errno : 0;
}

static int is_its_root(struct ix_plan *plan)
{
	struct stat want, root, cwd;

	if (fstat(plan->p->rootfd, &want) < 0 || stat("/", &root) < 0 ||
	    stat(".", &cwd) < 0)
		return IX_STEP_UNVERIFIED;
	return want.st_dev == root.st_dev && want.st_ino == root.st_ino &&
			       want.st_dev == cwd.st_dev && want.st_ino == cwd.st_ino
		       ? 0
		       : IX_STEP_ELSEWHERE;
}

static int return_to_cwd(struct ix_plan *plan)
{
	return chdir(plan->cwd) < 0 && chdir("/") < 0 ? -errno : 0;
}

static int is_below_root(struct ix_plan *plan)
{
	char cwd[PATH_MAX];

	(void)plan;
	/* ENOENT means that the current directory was removed. */
	if (!getcwd(cwd, sizeof(cwd)))
		return errno == ENOENT ? 0 : IX_STEP_UNVERIFIED;
	return cwd[0] == '/' ? 0 : IX_STEP_ELSEWHERE;
}

/* Close the descriptors now: the next step gives other users rights over this process. */
static int shut(struct ix_plan *plan)
{
	ix_plan_close(plan);
	return 0;
}

static bool enters_user(const struct ix_plan *plan)
{
	return plan->flags & IPCX_ENTER_USER;
}

/* A change of user resets the dumpable flag to fs.suid_dumpable, so hide again at
 * once. */
static int enter_user(struct ix_plan *plan)
{
	int fd = plan->user >= 0 ? plan->user : plan->p->userfd;
	int r = ix_step_into(plan->x, fd, CLONE_NEWUSER), hidden = ix_step_hide();

	return r < 0 ? r : hidden;
}

static int enter_become(struct ix_plan *plan)
{
	int r = ix_user_become(plan->p), hidden = ix_step_hide();

	return r < 0 ? r : hidden;
}

/*
 * The steps, in order; a step whose "due" is NULL is always taken. The ix_step_…
 * functions verify their own effect; "verify" checks the effect of other calls.
 */
static const struct entry_step {
	const char *what; /* "cannot …" */
	bool (*due)(const struct ix_plan *plan);
	int (*take)(struct ix_plan *plan); /* returns 0, or -errno without a text */
	int (*verify)(struct ix_plan *plan);
} steps[] = {
	/* clang-format off */
	{ "hide from those in there",             hides,         enter_hide,               NULL },
	{ "set no_new_privs",               ix_plan_is_foreign,    give_up_privileges, NULL },
	{ "enter the user namespace around it",   needs_rights,  enter_for_rights,   NULL },
	{ "give up our supplementary groups",     leaves_behind, drop_groups,        NULL },
	{ "give up our session keyring",          leaves_behind, drop_keys,          has_new_keys },
	{ "enter its PID namespace",              enters_pid,    enter_pid,          NULL },

	{ "make a mount namespace",               own_root,      ix_mounts_part,     NULL },
	{ "make its mounts private",            own_root,      ix_mounts_keep,     NULL },
	{ "mount its " SHM_DIR " over ours", other_shm, ix_mounts_shm,      ix_mounts_shm_is },
	{ "enter it",                             NULL,          enter_ipc,          NULL },
	{ "mount its queues on " MQUEUE_DIR,      own_root,      ix_mounts_queues,   ix_mounts_queues_are },
	{ "return to the current directory",      own_root,      return_to_cwd,      is_below_root },

	{ "enter its network, UTS or cgroup namespace", its_root, enter_more,        NULL },
	{ "enter its mount namespace",            its_root,      enter_mounts,       NULL },
	{ "enter its root",                       its_root,      enter_root,         is_its_root },

	/* These steps come last, since the process has fewer rights after them. */
	{ "close the descriptors used for it",           NULL,          shut,               NULL },
	{ "enter its user namespace",             enters_user,   enter_user,         NULL },
	{ "become a user of its user namespace", enters_user, drop_groups,      NULL },
	{ "become a user of its user namespace",  enters_user,   enter_become,             NULL },
	{ "hide from those in there",             hides,         enter_hide,               NULL },
	/* clang-format on */
};

static int enter_go(struct ix_plan *plan)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		const struct entry_step *s = &steps[i];
		int r = 0;

		if (s->due && !s->due(plan))
			continue;
		r = s->take(plan);
		if (r == 0 && s->verify)
			r = s->verify(plan);
		if (r < 0)
			return ix_step_failed(plan->x, plan->p, s->what, r);
	}
	return 0;
}

/*
 * The kernel moves only single-threaded processes into a user or mount namespace. One of
 * our helper threads (base/below.h) still counts while it is ending, so wait until it has
 * ended.
 */
int ix_ns_alone(struct ipcx *x)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	int proc = ix_procfd(x);
	struct stat tasks;

	for (int i = 0; i < 1000; i++) {
		/* This unshare(2) call changes nothing, but succeeds only in a
		 * single-threaded process; it needs no /proc. */
		if (unshare(CLONE_THREAD) == 0)
			return 0;
		/* If a seccomp filter blocks the call, use the link count of the task
		 * directory in /proc: one link per thread, plus two for "." and "..". */
		if (errno != EINVAL) {
			if (fstatat(proc, "self/task", &tasks, 0) < 0)
				return ix_fail(
					x, -errno,
					"cannot find out whether this process has several threads");
			if (tasks.st_nlink <= 3)
				return 0;
		}
		(void)nanosleep(&moment, NULL);
	}
	return ix_fail_plain(
		x, -EBUSY,
		"this process has several threads: it cannot be moved to another namespace");
}

/* After the last step, check that the target's process is still alive. */
static int check_arrival(const struct ix_plan *plan)
{
	return plan->p->pidfd >= 0 ? ix_target_check_lives(plan->x, plan->p) : 0;
}

/* Calls of the steps that a filter may kill for. */
static const long filtered[] = { SYS_open_tree, SYS_mount_setattr, SYS_move_mount,
				 SYS_pidfd_open };

/* Ask now what a filter kills for: a child that asked during the steps would be in the
 * target's PID namespace, with our descriptors. The answers are remembered. */
static void ask_filter(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(filtered); i++)
		(void)ix_call_possible(filtered[i]);
}

static int enter_enter(struct ix_plan *plan)
{
	int r = ix_plan_open(plan);

	if (r == 0)
		r = ix_ns_alone(plan->x);
	if (r == 0)
		ask_filter();
	if (r == 0)
		r = enter_go(plan);
	return r == 0 ? check_arrival(plan) : r;
}

int ipcx_ns_enter(struct ipcx *x, struct ipcx_ns *ns, unsigned flags)
{
	IX_REQUIRE(x, ns);
	struct ix_plan plan = { .x = x,
				.flags = flags,
				.shm = -1,
				.mnt = -1,
				.pid = -1,
				.user = -1,
				.rights = -1,
				.more = { -1, -1, -1 } };
	int r;

	if (flags & ~(IPCX_ENTER_MOUNT | IPCX_ENTER_USER | IPCX_ENTER_PID))
		return ix_fail_plain(x, -EINVAL, "an unknown flag");
	if (ns->all)
		return ix_fail_plain(x, -EINVAL, "one namespace can be entered, not all");
	r = ix_ns_needed(x, ns);
	if (r == 0)
		r = ix_leave_root(x);
	if (r < 0)
		return r;
	plan.p = &ns->places[0];
	r = enter_enter(&plan);
	ix_plan_close(&plan);
	if (plan.user >= 0)
		(void)close(plan.user);
	ix_moved(x);
	/* Return 1 if the target has no /dev/shm, or if it is not known to have one. */
	return r == 0 && plan.empty_shm ? 1 : r;
}

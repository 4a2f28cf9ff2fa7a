/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes calls in another namespace while the caller stays in its own. A single thread can
 * enter an IPC namespace (setns(2)) while the rest of the process stays, and nothing of
 * this remains when the thread ends. A child process is needed if the rights come only
 * from the user namespace that owns the IPC namespace, as for the owner of a rootless
 * container: the kernel does not let a single thread change its user namespace.
 */
#include "ns/run.h"
#include "core/box.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

#include "base/file.h"
#include "core/copyin.h"
#include "core/dirid.h"
#include "ns/child.h"
#include "ns/label.h"
#include "ns/ns.h"
#include "ns/remains.h"
#include "ns/rights.h"

/* The state of a call that is made for one target after another. */
struct ns_run {
	struct ipcx *x;
	const struct ix_ns_call *call;
	struct ix_target *places;
	size_t i, n;
	uint64_t self; /* the caller's own IPC namespace */
	size_t denied; /* if there are many targets: how many may not be entered */
	char why[sizeof(((struct ipcx *)0)->error)]; /* why the first of these may not be
						      * entered */
	int r;
};

enum {
	GO_ON = 0,
	SEND_CHILD = 1, /* for this target, the call needs a process of its own */
	AT_HOME = 2,    /* this target is the caller's own namespace */
};

static bool many(const struct ns_run *t)
{
	return t->x->ns->all;
}

static int begin_place(struct ns_run *t, const struct ix_target *p)
{
	struct ipcx_table *table = t->call->t;

	int r = 0;

	if (table && p->directory)
		r = ix_table_directory(table, p->directory);
	else if (table)
		r = ix_table_place(table, p->ino, p->boxes, t->x->ns->gaps.names);
	return r < 0 ? ix_fail_plain(t->x, -ENOMEM, "out of memory") : 0;
}

/* Called when we are in the right namespace: set the view of the target and make the
 * call. */
static int run_at(struct ns_run *t, const struct ix_target *p)
{
	bool trusted = p->self || p->directory; /* mounted in our own mount namespace */
	struct ipcx *x = t->x;
	struct ix_showing showing;
	int r = begin_place(t, p);

	if (r < 0)
		return r;
	x->view.there = true;
	x->view.remote = !p->self;
	x->view.only_shm = p->only_shm || p->directory;
	x->view.rootfd = p->rootfd;
	x->view.shmfd = p->directory ? p->shmfd : 0;
	x->view.pid = p->pid;
	showing.p = p;
	showing.how = IX_NOT_ASKED;
	x->view.showing = &showing;
	x->view.shows = trusted ? NULL : ix_rights_show;
	x->view.straight = t->call->mounted && !trusted;
	x->view.only_there = t->call->sweeps && !trusted && !ix_target_claimed(x, p);
	r = t->call->run(x, t->call->arg, t->call->t);
	x->view = (struct ix_view){ .there = false };
	return r;
}

int ix_ns_run_check(struct ipcx *x, const struct ix_target *p)
{
	uint64_t now = ix_ns_own(x, "ipc");

	if (now == p->ino)
		return 0;
	return ix_fail_plain(x, -EXDEV, "ipc:[%llu] was entered, but this is ipc:[%llu]",
			     (unsigned long long)p->ino, (unsigned long long)now);
}

int ix_may_enter(struct ipcx *x, const struct ix_target *p, int error)
{
	auto_fd int user = -1;
	int r = error == -EPERM ? ix_rights(x, p, p->userfd, &user) : 0;

	if (r < 0)
		return r;
	return ix_fail(x, error, "ipc:[%llu]: cannot enter: setns",
		       (unsigned long long)p->ino);
}

static int there_enter(struct ns_run *t, const struct ix_target *p)
{
	if (setns(p->nsfd, CLONE_NEWIPC) == 0)
		return ix_ns_run_check(t->x, p);
	if (errno == EPERM && p->userfd >= 0)
		return SEND_CHILD;
	return ix_may_enter(t->x, p, -errno);
}

/* Maximum number of targets that are kept open for the next call; each uses up to four
 * descriptors, and a process may have 1024 descriptors by default. */
#define HELD_MAX 100

static bool is_open(const struct ix_target *p)
{
	return p->nsfd >= 0 || p->shmfd >= 0;
}

/* Whether the call needs no other namespace than our own. */
static bool is_home(const struct ns_run *t, const struct ix_target *p)
{
	return p->directory || p->ino == t->self;
}

/* If there are many targets, one of them may have disappeared since it was found. */
static int open_place(struct ns_run *t, struct ix_target *ret_p)
{
	struct ix_target *p = &t->places[t->i];
	struct ix_target now;
	int r;

	if (is_open(p)) {
		*ret_p = *p;
		return 0;
	}
	r = p->directory ? ix_remains_again(t->x, p, &now)
			 : ix_target_again(t->x, p, &now);
	if (r < 0)
		return r;
	if (t->x->ns->held < HELD_MAX) {
		t->x->ns->held++;
		*p = now;
	}
	*ret_p = now;
	return 0;
}

static void close_place(const struct ns_run *t, struct ix_target *p)
{
	if (is_open(&t->places[t->i]))
		return;
	p->boxes = NULL;
	p->directory = NULL;
	ix_target_close(p);
}

/* After the call in one target, decide whether to go on to the next, and which result to
 * return. */
static int there_judge(struct ns_run *t, int r)
{
	const struct ix_ns_call *e = t->call;

	if (r > 0 || !many(t))
		return r;
	if (r == 0 && e->enough && e->t && e->t->rows)
		t->i = t->n - 1;
	if (r < 0)
		t->r = 0;
	if (r == -EPERM || r == -EACCES || r == -ENOSYS) {
		if (t->denied++ == 0)
			(void)snprintf(t->why, sizeof(t->why), "%s", t->x->error);
		return GO_ON;
	}
	return r == -ESRCH || r == -ENOENT ? GO_ON : r;
}

/* Make the call in target after target until one of them needs something else than this
 * thread. Returns why the loop stopped. */
static int travel(struct ns_run *t)
{
	for (; t->i < t->n; t->i++) {
		struct ix_target p;
		int r = open_place(t, &p);

		if (r == 0) {
			if (is_home(t, &p))
				r = AT_HOME;
			else
				r = t->call->as_owner && p.userfd >= 0
					    ? SEND_CHILD
					    : there_enter(t, &p);
			if (r == 0) {
				t->r = run_at(t, &p);
				r = MIN(t->r, 0);
			}
			close_place(t, &p);
		}
		r = there_judge(t, r);
		if (r)
			return r;
	}
	return GO_ON;
}

static void *thread_main(void *arg)
{
	struct ns_run *t = arg;
	int r = travel(t);

	return (void *)(intptr_t)r;
}

/* Block all signals in the thread, so that the caller's handlers do not run in another
 * namespace. */
static int send_thread(struct ns_run *t)
{
	sigset_t all, before;
	pthread_t thread;
	void *answer;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, NULL, thread_main, t);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r)
		return ix_fail(t->x, -r, "cannot make a thread");
	(void)pthread_join(thread, &answer);
	return (int)(intptr_t)answer;
}

/* Handle the target at which a thread stopped: make the call in the calling thread, or in
 * a child process. */
static int do_one(struct ns_run *t, int how)
{
	struct ix_target p;
	int r = open_place(t, &p);

	if (r < 0)
		return there_judge(t, r);
	if (how == AT_HOME)
		r = run_at(t, &p);
	else
		r = ix_send_child(t->x, t->call, &p, -1);
	t->r = r;
	close_place(t, &p);
	return there_judge(t, MIN(r, 0));
}

static void note_denied(const struct ns_run *t)
{
	const struct ipcx_ns *ns = t->x->ns;

	if (t->call->t)
		ix_gaps_note(&ns->gaps, t->call->t);
	if (t->denied && t->call->t)
		ix_table_note(t->call->t, IPCX_NOTE_UNAVAILABLE, IPCX_NO_MECH, -EPERM, "",
			      t->denied > 1 ? "%s (and %zu more)" : "%s", t->why,
			      t->denied - 1);
}

static int there_go(struct ns_run *t)
{
	int r = 0;

	while (r >= 0 && t->i < t->n) {
		r = is_home(t, &t->places[t->i]) ? AT_HOME : send_thread(t);
		if (r > 0) {
			r = do_one(t, r);
			t->i++;
		}
	}
	note_denied(t);
	return r < 0 ? r : t->r;
}

/* ---- checks before a call */

static int is_ours(struct ipcx *x, const struct ix_target *p, const char *what)
{
	return ix_hint(
		x,
		ix_fail_plain(x, -EINVAL,
			      "%s: %s: a container's name is not enough to change it",
			      p->boxes ? ix_boxes_label(p->boxes) : "the container",
			      what),
		IPCX_HINT_STAY, "", 0);
}

int ipcx_ns_may_act(struct ipcx *x, const struct ipcx_ns *ns)
{
	IX_REQUIRE(x, ns);
	const struct ix_target *p = ix_ns_target(ns);
	uint64_t own = ix_ns_own(x, "ipc");

	/* After ipcx_ns_enter(), the namespace is always ours; the check was made when it
	 * was entered. */
	if (!p || !p->named || x->moved || (own && p->ino != own))
		return 0;
	return is_ours(x, p, "that is this namespace");
}

/* Return the error that makes it impossible to compare a directory, or 0; a missing
 * directory is not such an error. */
static int spot_fault(const struct ix_dirid *s)
{
	return s->error == -ENOENT ? 0 : s->error;
}

/* Refuse a change in our /dev/shm, too, if a container's name led there: a container may
 * have its own IPC namespace, but our /dev/shm. */
static int may_act_mounted(struct ipcx *x)
{
	const struct ix_target *p = ix_ns_target(x->ns);
	int root = ix_rootfd(x), r;
	struct ix_dirid ours, theirs;

	if (!p || !p->named || p->rootfd < 0)
		return 0;
	if (root < 0)
		return ix_fail(x, root, "/");
	ours = ix_dirid_below(x, root, "dev/shm");
	theirs = ix_dirid_below(x, p->rootfd, "dev/shm");
	r = MIN(spot_fault(&ours), spot_fault(&theirs));
	if (r < 0)
		return ix_fail(x, r,
			       "process %d: cannot find out whether its /dev/shm is ours",
			       p->pid);
	return ix_dirid_same(&ours, &theirs) ? is_ours(x, p, "its /dev/shm is ours") : 0;
}

int ix_ns_run_elsewhere(struct ipcx *x, bool sweeps, char *buf, size_t size)
{
	const struct ix_target *p = x->ns && !x->view.there ? ix_ns_target(x->ns) : NULL;
	auto_fd int user = -1, fd = -1;
	int r;

	if (!p || p->self || p->rootfd < 0)
		return 0;
	r = ix_rights_mounted(x, p, &user);
	if (r < 0 || user >= 0)
		return 0; /* ix_ns_run() will report the error, or use the rights of that
			   * user namespace */
	fd = ix_dirid_open(x, p->rootfd, "dev/shm", O_PATH | O_DIRECTORY);
	if (fd < 0)
		return 0; /* the call itself will report the reason */
	r = ix_dirid_elsewhere(x, fd, "dev/shm", buf, size);
	if (r > 0 && sweeps && !ix_target_claimed(x, p))
		return ix_dirid_refused(x, p->pid, "/dev/shm", buf);
	return r;
}

/* ---- running a call */

/* Make the call in a child process if the rights of another user namespace apply. */
static int go_mounted(struct ns_run *t)
{
	const struct ix_target *p = &t->places[0];
	auto_fd int user = -1;
	int r = ix_rights_mounted(t->x, p, &user);

	if (r < 0)
		return r;
	return user < 0 ? there_go(t) : ix_send_child(t->x, t->call, p, user);
}

/* Whether the call may be made in a directory that has no namespace. */
static int may_be_there(struct ipcx *x, const struct ix_ns_call *e)
{
	const struct ix_target *p = ix_ns_target(x->ns);

	if (!p || !p->directory)
		return 0;
	if (e->acts && e->removes)
		return ix_remains_may_remove(x, p);
	if (e->acts)
		return ix_fail_plain(
			x, -EPERM,
			"%s: is a directory, not an IPC namespace: objects there are not created or changed",
			p->directory);
	return e->mounted || e->parts ? 0 : ix_ns_needed(x, x->ns);
}

int ix_ns_run(struct ipcx *x, const struct ix_ns_call *e)
{
	struct ns_run t = { .x = x, .call = e };
	int r;

	if (!x->ns || x->view.there)
		return e->run(x, e->arg, e->t);
	if (x->ns->all && !e->looks)
		return ix_fail_plain(
			x, -EINVAL,
			"all namespaces at once can only be read, not changed");
	r = e->acts ? ipcx_ns_may_act(x, x->ns) : 0;
	if (r == 0)
		r = may_be_there(x, e);
	if (r == 0 && e->acts && e->mounted)
		r = may_act_mounted(x);
	if (r < 0)
		return r;
	t.places = x->ns->places;
	t.n = x->ns->n;
	t.self = ix_ns_own(x, "ipc");
	return e->mounted && !x->ns->all ? go_mounted(&t) : there_go(&t);
}

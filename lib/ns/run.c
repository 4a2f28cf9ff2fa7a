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
#include "ns/may.h"
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
		r = ix_table_directory(table, p->directory, p->doubt);
	else if (table)
		r = ix_table_place(table, p->ino, p->boxes, t->x->ns->gaps.names);
	return r < 0 ? ix_fail_plain(t->x, -ENOMEM, "out of memory") : 0;
}

/*
 * Called when we are in the right namespace, or when the call needs only the target's
 * /dev/shm: set the view of the target and make the call.
 *
 * @param denied why the namespace may not be entered; or NULL
 */
static int run_at(struct ns_run *t, const struct ix_target *p, const char *denied)
{
	bool trusted = p->self || p->directory; /* mounted in our own mount namespace */
	struct ipcx *x = t->x;
	struct ix_showing showing;
	int r = begin_place(t, p);

	if (r < 0)
		return r;
	x->view.there = true;
	x->view.remote = !p->self;
	x->view.only_shm = p->only_shm || p->directory || denied;
	x->view.denied = denied;
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

static bool may_read_part(const struct ns_run *t)
{
	return t->call->parts && !t->call->acts;
}

/* Before a child is sent into the user namespace that owns the target, ask whether it
 * could enter the target. */
static int there_child(struct ns_run *t, const struct ix_target *p)
{
	auto_fd int user = -1;
	int r = ix_rights(t->x, p, p->userfd, &user);

	return r < 0 ? r : SEND_CHILD;
}

static int there_enter(struct ns_run *t, const struct ix_target *p)
{
	if (setns(p->nsfd, CLONE_NEWIPC) == 0)
		return ix_ns_run_check(t->x, p);
	if (errno == EPERM && p->userfd >= 0)
		return may_read_part(t) ? there_child(t, p) : SEND_CHILD;
	return ix_may_enter(t->x, p, -errno);
}

static void count_denied(struct ns_run *t)
{
	if (t->denied++ == 0)
		(void)snprintf(t->why, sizeof(t->why), "%s", t->x->error);
}

/* The rights over the process suffice for its /dev/shm, but not for its IPC namespace. */
static int run_part(struct ns_run *t, const struct ix_target *p)
{
	char why[sizeof(t->why)];

	(void)snprintf(why, sizeof(why), "%s", t->x->error);
	if (many(t))
		count_denied(t);
	t->x->error[0] = '\0';
	return run_at(t, p, why);
}

/* Whether the call needs no other namespace than our own. */
static bool is_home(const struct ns_run *t, const struct ix_target *p)
{
	return p->directory || p->ino == t->self;
}

/* Make the call for one target in this thread, if possible. Returns what travel()
 * does. */
static int travel_to(struct ns_run *t, const struct ix_target *p)
{
	int r;

	if (is_home(t, p))
		return AT_HOME;
	if (t->call->as_owner && p->userfd >= 0)
		return SEND_CHILD;
	r = there_enter(t, p);
	if (r == 0)
		t->r = run_at(t, p, NULL);
	else if (r == -EPERM && may_read_part(t) && p->rootfd >= 0)
		t->r = run_part(t, p);
	else
		return r;
	return MIN(t->r, 0);
}

/* Maximum number of targets that are kept open for the next call; each uses up to four
 * descriptors, and a process may have 1024 descriptors by default. */
#define HELD_MAX 100

static bool is_open(const struct ix_target *p)
{
	return p->nsfd >= 0 || p->shmfd >= 0 || (p->self && !p->ino);
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
		count_denied(t);
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
			r = travel_to(t, &p);
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
		r = run_at(t, &p, NULL);
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

/* ---- running a call */

/*
 * Make the call in a child process if the rights of another user namespace apply.
 * Otherwise a call that only reads needs nothing but the target's /dev/shm, and is made
 * in this thread: the right to inspect the process suffices. To change something there,
 * the right to enter the IPC namespace is required, too.
 */
static int go_mounted(struct ns_run *t)
{
	const struct ix_target *p = &t->places[0];
	auto_fd int user = -1;
	int r = ix_rights_mounted(t->x, p, &user);

	if (r < 0)
		return r;
	if (user >= 0)
		return ix_send_child(t->x, t->call, p, user);
	if (t->call->acts || p->self || p->rootfd < 0)
		return there_go(t);
	return run_at(t, p, NULL);
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
	return e->mounted || e->parts ? 0 : ix_ns_no_directory(x, x->ns);
}

/* Not part of ix_ns_run(): at home, the call needs no stack for this. */
static NOINLINE int go_there(struct ipcx *x, const struct ix_ns_call *e)
{
	struct ns_run t = { .x = x, .call = e };
	int r;

	if (x->ns->all && !e->looks)
		return ix_fail_plain(
			x, -EINVAL,
			"all namespaces at once can only be read, not changed");
	r = e->acts ? ipcx_ns_may_act(x, x->ns) : 0;
	if (r == 0)
		r = may_be_there(x, e);
	if (r == 0 && e->acts && e->mounted)
		r = ix_ns_may_act_mounted(x);
	if (r < 0)
		return r;
	t.places = x->ns->places;
	t.n = x->ns->n;
	t.self = ix_ns_own(x, "ipc");
	return e->mounted && !x->ns->all ? go_mounted(&t) : there_go(&t);
}

int ix_ns_run(struct ipcx *x, const struct ix_ns_call *e)
{
	if (!x->ns || x->view.there)
		return e->run(x, e->arg, e->t);
	return go_there(x, e);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The workload "undo": when a process is killed, the kernel undoes its SEM_UNDO
 * operations and its attaches. Each worker forks children one by one: a child takes
 * tokens or attaches, and is killed at a random moment; all of these must come back.
 */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include "core/semun.h"
#include "mech/drivers.h"
#include "stress/engine/objectlog.h"
#include "stress/engine/worker.h"
#include "stress/engine/workers.h"
#include "stress/load/jobs.h"
#include "stress/load/room.h"

enum { TAKE_OP, COMEBACK };

/* Semaphores of an array. Children take tokens from all but the last one, and add to that
 * one. If semmsl allows only one semaphore, it holds tokens. */
#define SEMS 4

/* Tokens in each semaphore. */
#define TOKENS 10

/* The maximum number of additional attaches of a child. */
#define ATTACHES 4

/* How long the kernel may take, ns: every worker, and every child that never sleeps, may
 * use up a time slice first. */
static uint64_t timeout(const struct ix_task *t)
{
	return (4 + t->workers / 8) * IX_SECOND_NS;
}

/* State shared by a child and its worker. */
struct slot {
	_Atomic uint32_t holds; /* 1: the child has taken something, or failed; a futex */
	int32_t error;          /* 0, or the -errno with which the child failed */
	char rest[56];
};

struct slots {
	size_t size; /* size of each worker's object */
	struct slot slots[IX_WORKERS];
};

struct kind;

struct child {
	struct ix_worker *w; /* its parent */
	struct slot *slot;
	struct ix_object *object;
	pid_t pid;
	uint64_t killed; /* when, ns */
};

/* One kind of object that children hold when they are killed. */
struct kind {
	const struct ix_driver *driver;
	size_t size;
	/* Worker: set the object's initial state. Returns 0 or -errno. May be NULL. */
	int (*begin)(struct ix_object *own);
	/* Child: take something. Returns 0 or -errno. */
	int (*take)(struct child *v);
	/* Child: take and give back until it is killed. */
	void (*more)(struct child *v);
	/* Worker: wait until everything was given back. Returns 0, -ETIME or -errno. */
	int (*await)(struct child *v);
	/* Worker: report what was not given back, and restore it. */
	void (*check)(struct child *v);
};

static const struct kind *undo_kind_of(const struct ix_task *t)
{
	return t->job->on;
}

/* ---- semaphores */

static unsigned short first_value(const struct ix_object *own, size_t num)
{
	return own->size > 1 && num == own->size - 1 ? 0 : TOKENS;
}

static int undo_set_all(struct ix_object *own)
{
	unsigned short values[SEMS];

	for (size_t i = 0; i < own->size; i++)
		values[i] = first_value(own, i);
	return semctl(own->id, 0, SETALL, (union semun){ .array = values }) < 0 ? -errno
										: 0;
}

/* Fill in operations for one call: take tokens of several semaphores and add to the last
 * one. */
static unsigned random_share(struct child *v, struct sembuf ops[SEMS])
{
	struct ix_random *random = &v->w->random;
	size_t all = v->object->size;
	unsigned n = 0;

	for (size_t i = 0; i < all; i++) {
		short by = (short)(1 + ix_random_below(random, TOKENS));

		if (n > 0 && ix_random_below(random, 2))
			continue;
		ops[n++] =
			(struct sembuf){ .sem_num = (unsigned short)i,
					 .sem_op = first_value(v->object, i) ? -by : by,
					 .sem_flg = SEM_UNDO };
	}
	return n;
}

static int take_tokens(struct child *v)
{
	struct sembuf ops[SEMS];
	unsigned n = random_share(v, ops);

	return semop(v->object->id, ops, n) < 0 ? -errno : 0;
}

/* Take and give random numbers of tokens until killed. */
static void move_tokens(struct child *v)
{
	struct sembuf ops[SEMS];

	for (;;) {
		unsigned n = random_share(v, ops);

		for (unsigned i = 0; i < n; i++) {
			ops[i].sem_flg |= IPC_NOWAIT;
			if (ix_random_below(&v->w->random, 2))
				ops[i].sem_op = (short)-ops[i].sem_op;
		}
		(void)semop(v->object->id, ops, n);
	}
}

/* Wait until every semaphore has its initial value, by one call that takes all tokens and
 * waits for 0 on the last semaphore. */
static int await_tokens(struct child *v)
{
	struct sembuf ops[2 * SEMS];
	uint64_t ends = ix_now() + timeout(v->w->task), now;
	unsigned n = 0;
	int r;

	for (size_t i = 0; i < v->object->size; i++) {
		short by = (short)first_value(v->object, i);

		ops[n++] = (struct sembuf){ .sem_num = (unsigned short)i,
					    .sem_op = (short)-by };
	}
	do {
		struct timespec left;

		now = ix_now();
		left.tv_sec = now < ends ? (time_t)((ends - now) / IX_SECOND_NS) : 0;
		left.tv_nsec = now < ends ? (long)((ends - now) % IX_SECOND_NS) : 0;
		r = semtimedop(v->object->id, ops, n, &left);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return errno == EAGAIN ? -ETIME : -errno;
	for (unsigned i = 0; i < n; i++)
		ops[i].sem_op = (short)-ops[i].sem_op;
	return semop(v->object->id, ops, n) < 0 ? -errno : 0;
}

static void check_tokens(struct child *v)
{
	unsigned short values[SEMS] = { 0 };
	bool wrong = false;

	if (semctl(v->object->id, 0, GETALL, (union semun){ .array = values }) < 0) {
		ix_failed(v->w, COMEBACK, errno);
		return;
	}
	for (size_t i = 0; i < v->object->size; i++) {
		if (values[i] == first_value(v->object, i))
			continue;
		wrong = true;
		ix_fault(v->w, "semaphore %zu is %u after its holder was killed, not %u",
			 i, values[i], first_value(v->object, i));
	}
	if (wrong)
		(void)undo_set_all(v->object);
}

static const struct kind tokens = {
	.driver = &ix_sem_driver,
	.size = SEMS,
	.begin = undo_set_all,
	.take = take_tokens,
	.more = move_tokens,
	.await = await_tokens,
	.check = check_tokens,
};

/* ---- attaches */

static int take_attach(struct child *v)
{
	return shmat(v->object->id, NULL, 0) == (void *)-1 ? -errno : 0;
}

/* Attach and detach until killed, besides what take_attach() and fork(2) attached. */
static void move_attaches(struct child *v)
{
	void *at[ATTACHES] = { NULL };

	for (;;) {
		void **one = &at[ix_random_below(&v->w->random, ATTACHES)];

		if (*one) {
			(void)shmdt(*one);
			*one = NULL;
			continue;
		}
		*one = shmat(v->object->id, NULL, 0);
		if (*one == (void *)-1)
			*one = NULL;
	}
}

static int attaches(const struct child *v, uint64_t *ret_n)
{
	struct shmid_ds ds;

	if (shmctl(v->object->id, IPC_STAT, &ds) < 0)
		return -errno;
	*ret_n = ds.shm_nattch;
	return 0;
}

/* Wait until only the worker's own attach is left. A process that reads /proc/PID/maps or
 * a similar file can keep the memory of a dead process alive for a while. */
static int await_attaches(struct child *v)
{
	uint64_t ends = ix_now() + timeout(v->w->task), n = 0;
	long pause = 10000;
	int r;

	for (;;) {
		r = attaches(v, &n);
		if (r < 0 || n == 1)
			return r;
		if (ix_now() > ends)
			return -ETIME;
		ix_pause(pause);
		pause = MIN(2 * pause, 1000000); /* the child needs the CPU to exit */
	}
}

static void check_attaches(struct child *v)
{
	uint64_t n = 0;
	int r = attaches(v, &n);

	if (r < 0)
		ix_failed(v->w, COMEBACK, r);
	else if (n != 1)
		ix_fault(v->w, "nattch is %llu after a process was killed, not 1",
			 (unsigned long long)n);
}

static const struct kind memory = {
	.driver = &ix_shm_driver,
	.size = 4096,
	.take = take_attach,
	.more = move_attaches,
	.await = await_attaches,
	.check = check_attaches,
};

/* ---- children */

/* The child's main function. The first take() is measured; the child is killed only after
 * that call has been counted. */
static _Noreturn void child_main(struct child *v, pid_t parent)
{
	uint64_t began;
	int r;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	began = ix_begin(v->w, TAKE_OP);
	r = undo_kind_of(v->w->task)->take(v);
	if (r < 0)
		v->slot->error = r;
	else
		ix_done(v->w, TAKE_OP, began);
	atomic_store(&v->slot->holds, 1);
	(void)ix_futex_wake(&v->slot->holds, 1);
	if (r == 0)
		undo_kind_of(v->w->task)->more(v);
	_exit(0);
}

static int spawn_child(struct child *v)
{
	pid_t parent = getpid();

	v->slot->error = 0;
	atomic_store(&v->slot->holds, 0);
	v->pid = fork();
	if (v->pid == 0)
		child_main(v, parent);
	return v->pid < 0 ? -errno : 0;
}

/* After its first take(), kill the child at a random time. */
static void kill_child(struct child *v)
{
	uint64_t ends = ix_now() + timeout(v->w->task);

	while (!atomic_load(&v->slot->holds) && ix_now() < ends)
		(void)ix_futex_wait(&v->slot->holds, 0, 10000000);
	ix_pause((long)ix_random_below(&v->w->random, 200000));
	v->killed = ix_now();
	(void)kill(v->pid, SIGKILL);
}

/* Wait for the child's end; how: 0 or WNOHANG. Returns whether the child has ended. */
static bool reap_child(struct child *v, int how)
{
	int r;

	do
		r = waitpid(v->pid, NULL, how);
	while (r < 0 && errno == EINTR);
	return r != 0;
}

/* Wait until everything is back. On a busy machine, a killed process may take long to
 * exit, so a timeout is a fault only after the child has ended. */
static int await_end(struct child *v, bool *ret_reaped)
{
	const struct kind *k = undo_kind_of(v->w->task);
	int r = k->await(v);

	while (r == -ETIME && !reap_child(v, WNOHANG))
		r = k->await(v);
	*ret_reaped = r == -ETIME;
	/* The child may have ended just after the timeout. */
	return r == -ETIME ? k->await(v) : r;
}

/* Run one child from fork to end. Returns false if the job cannot go on. */
static bool run_child(struct child *v)
{
	bool reaped;
	int r = spawn_child(v);

	if (r < 0) {
		ix_failed(v->w, TAKE_OP, r);
		return false;
	}
	kill_child(v);
	r = await_end(v, &reaped);
	if (r == 0)
		ix_done(v->w, COMEBACK, v->killed);
	else if (r == -ETIME)
		ix_fault(v->w,
			 "what a killed process held was not given back within seconds");
	else
		ix_failed(v->w, COMEBACK, r);
	if (!reaped)
		(void)reap_child(v, 0);
	undo_kind_of(v->w->task)->check(v);
	if (v->slot->error)
		ix_failed(v->w, TAKE_OP, v->slot->error);
	return v->slot->error == 0;
}

/* ---- the workload */

static int undo_prepare(struct ix_task *t)
{
	const struct kind *k = undo_kind_of(t);
	struct slots *n = ix_share(sizeof(*n));
	int r = 0;

	t->state = n;
	if (!n)
		return ix_cannot(t, -ENOMEM, "no memory");
	n->size = ix_largest(t, k->driver, k->size, &r);
	if (n->size == 0)
		return ix_cannot(t, r, "cannot create an object: %s", ix_errno_text(r));
	if (ix_room(t, k->driver, n->size, t->workers, &r) < t->workers)
		return ix_cannot(t, r, "cannot create an object for each worker: %s",
				 ix_errno_text(r));
	return 0;
}

static void undo_finish(struct ix_task *t)
{
	ix_unshare(t->state, sizeof(struct slots));
	t->state = NULL;
}

static void undo_work(struct ix_worker *w)
{
	const struct kind *k = undo_kind_of(w->task);
	struct slots *n = w->task->state;
	struct ix_object own = { .slot = ix_log_slot(w, 0), .id = -1, .size = n->size };
	struct child v = { .w = w, .object = &own, .slot = &n->slots[w->index] };
	int r = ix_make(w->task, k->driver, &own);

	if (r < 0) {
		ix_failed(w, TAKE_OP, r);
		return;
	}
	r = k->driver->open(&w->task->names, &own);
	if (r == 0 && k->begin)
		r = k->begin(&own);
	if (r < 0)
		ix_failed(w, TAKE_OP, r);
	while (r == 0 && ix_running(w) && run_child(&v))
		;
	(void)ix_remove(w->task, k->driver, &own);
	k->driver->close(&own);
}

static const struct ix_workload workload = {
	.name = "undo",
	.least = 1,
	.prepare = undo_prepare,
	.work = undo_work,
	.finish = undo_finish,
};

/* clang-format off */
const struct ix_job ix_jobs_undo[] = {
	{ .subject = "shm", .workload = &workload, .on = &memory,
	  .ops = "attach comeback",
	  .what = "attached processes are killed; nattch returns to its previous value" },
	{ .subject = "sem", .workload = &workload, .on = &tokens,
	  .ops = "take comeback",
	  .what = "processes with SEM_UNDO are killed; the values return and waiters wake" },
	{ 0 },
};
/* clang-format on */

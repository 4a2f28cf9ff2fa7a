/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel takes back when a process is killed: its share in semaphores, and its
 * attaches. Each worker has victims of its own, one after the other, which hold something
 * and are killed at a moment that nobody chose; the worker waits for what they held.
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

enum { TAKE_IT, COMEBACK };

/* Semaphores of an array: tokens in all but the last, where victims add some; only tokens
 * where semmsl allows no more than one. */
#define SEMS 4

/* Tokens in each. */
#define TOKENS 10

/* Attaches of a victim at most. */
#define ATTACHES 4

/* How long what was held may take to come back: as many as want a CPU meanwhile, each a
 * slice of its time, and as many victims that never rest. */
static uint64_t timeout(const struct ix_task *t)
{
	return (4 + t->workers / 8) * IX_SECOND_NS;
}

/* What a victim and its worker share. */
struct slot {
	_Atomic uint32_t holds; /* it has taken something; a futex */
	int32_t error;          /* or why it has not */
	char rest[56];
};

struct slots {
	size_t size; /* of each worker's object */
	struct slot slots[IX_WORKERS];
};

struct kind;

struct child {
	struct ix_worker *w; /* whose it is */
	struct slot *slot;
	struct ix_object *object;
	pid_t pid;
	uint64_t killed;
};

/* What victims do, and how it is seen that it has come back: 0, -errno, or -ETIME when it
 * does not; check() tells what is wrong then, and sets it right. */
struct kind {
	const struct ix_driver *driver;
	size_t size;
	int (*begin)(struct ix_object *own);
	int (*take)(struct child *v);
	void (*more)(struct child *v);
	int (*await)(struct child *v);
	void (*check)(struct child *v);
};

static const struct kind *undo_kind_of(const struct ix_task *t)
{
	return t->job->on;
}

/* ---- semaphores */

static unsigned short begins_with(const struct ix_object *own, size_t num)
{
	return own->size > 1 && num == own->size - 1 ? 0 : TOKENS;
}

static int undo_set_all(struct ix_object *own)
{
	unsigned short values[SEMS];

	for (size_t i = 0; i < own->size; i++)
		values[i] = begins_with(own, i);
	return semctl(own->id, 0, SETALL, (union semun){ .array = values }) < 0 ? -errno
										: 0;
}

/* Several tokens of each of several semaphores, and some given to the last, at once. */
static unsigned random_share(struct child *v, struct sembuf ops[SEMS])
{
	struct ix_random *random = &v->w->random;
	size_t all = v->object->size;
	unsigned n = 0;

	for (unsigned short i = 0; i < all; i++) {
		short by = (short)(1 + ix_random_below(random, TOKENS));

		if (n > 0 && ix_random_below(random, 2))
			continue;
		ops[n++] =
			(struct sembuf){ .sem_num = i,
					 .sem_op = begins_with(v->object, i) ? -by : by,
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

/* Until it is killed: back and forth, with whatever there is. */
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

/* All tokens, and none that was given: that is to be had as soon as nobody holds any. */
static int await_tokens(struct child *v)
{
	struct sembuf ops[2 * SEMS];
	uint64_t ends = ix_now() + timeout(v->w->task), now;
	unsigned n = 0;
	int r;

	for (unsigned short i = 0; i < v->object->size; i++) {
		short by = (short)begins_with(v->object, i);

		ops[n++] = (struct sembuf){ .sem_num = i, .sem_op = (short)-by };
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
		if (values[i] == begins_with(v->object, i))
			continue;
		wrong = true;
		ix_fault(
			v->w,
			"semaphore %zu has the value %u after its holder was killed, not %u",
			i, values[i], begins_with(v->object, i));
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

/* Until it is killed. It has what its parent had, one by take_attach(), and some. */
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

/* The worker has one. Somebody who looks at a process keeps its memory for that long. */
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
		pause = MIN(2 * pause, 1000000); /* the victim needs the CPU, too */
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

/* ---- victims */

/* The first share is measured: nobody is killed while he counts. */
static _Noreturn void live(struct child *v, pid_t parent)
{
	uint64_t began;
	int r;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	began = ix_begin(v->w, TAKE_IT);
	r = undo_kind_of(v->w->task)->take(v);
	if (r < 0)
		v->slot->error = r;
	else
		ix_done(v->w, TAKE_IT, began);
	atomic_store(&v->slot->holds, 1);
	(void)ix_futex_wake(&v->slot->holds, 1);
	if (r == 0)
		undo_kind_of(v->w->task)->more(v);
	_exit(0);
}

static int bear(struct child *v)
{
	pid_t parent = getpid();

	v->slot->error = 0;
	atomic_store(&v->slot->holds, 0);
	v->pid = fork();
	if (v->pid == 0)
		live(v, parent);
	return v->pid < 0 ? -errno : 0;
}

/* It is killed some time after it has something. */
static void strike(struct child *v)
{
	uint64_t ends = ix_now() + timeout(v->w->task);

	while (!atomic_load(&v->slot->holds) && ix_now() < ends)
		(void)ix_futex_wait(&v->slot->holds, 0, 10000000);
	ix_pause((long)ix_random_below(&v->w->random, 200000));
	v->killed = ix_now();
	(void)kill(v->pid, SIGKILL);
}

/* true: it was there, and is no more. */
static bool bury(struct child *v, int how)
{
	int r;

	do
		r = waitpid(v->pid, NULL, how);
	while (r < 0 && errno == EINTR);
	return r != 0;
}

/* Where the CPU is wanted by many, whoever is killed may live for a while. */
static int await_end(struct child *v, bool *ret_buried)
{
	const struct kind *k = undo_kind_of(v->w->task);
	int r = k->await(v);

	while (r == -ETIME && !bury(v, WNOHANG))
		r = k->await(v);
	*ret_buried = r == -ETIME;
	/* It may have ended between the last look and this one. */
	return r == -ETIME ? k->await(v) : r;
}

/* false: there is no point in going on. */
static bool sacrifice(struct child *v)
{
	bool buried;
	int r = bear(v);

	if (r < 0) {
		ix_failed(v->w, TAKE_IT, r);
		return false;
	}
	strike(v);
	r = await_end(v, &buried);
	if (r == 0)
		ix_done(v->w, COMEBACK, v->killed);
	else if (r == -ETIME)
		ix_fault(v->w,
			 "what a killed process held did not come back within seconds");
	else
		ix_failed(v->w, COMEBACK, r);
	if (!buried)
		(void)bury(v, 0);
	undo_kind_of(v->w->task)->check(v);
	if (v->slot->error)
		ix_failed(v->w, TAKE_IT, v->slot->error);
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
		return ix_cannot(t, r, "no object can be made: %s", ix_errno_text(r));
	if (ix_room(t, k->driver, n->size, t->workers, &r) < t->workers)
		return ix_cannot(t, r,
				 "there is no room for an object of each worker: %s",
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
		ix_failed(w, TAKE_IT, r);
		return;
	}
	r = k->driver->open(&w->task->names, &own);
	if (r == 0 && k->begin)
		r = k->begin(&own);
	if (r < 0)
		ix_failed(w, TAKE_IT, r);
	while (r == 0 && ix_running(w) && sacrifice(&v))
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
	  .ops = { "attach", "comeback" },
	  .what = "processes that are attached are killed; nattch comes back" },
	{ .subject = "sem", .workload = &workload, .on = &tokens,
	  .ops = { "take", "comeback" },
	  .what = "processes that hold SEM_UNDO are killed; the values come back, and wake" },
	{ 0 },
};
/* clang-format on */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Locks under contention. They protect plain counters, so if two workers are inside at
 * once, this shows in the counters that they read, and in the sum at the end.
 */
#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <string.h>

#include "core/semun.h"
#include "mech/drivers.h"
#include "stress/engine/objectlog.h"
#include "stress/engine/worker.h"
#include "stress/engine/workers.h"
#include "stress/load/contend.h"

enum { LOCK, UNLOCK, LOCK_SEVERAL, UNLOCK_SEVERAL };

/* Number of semaphores in the array; fewer if semmsl is lower. */
#define CELLS 4

/* One of this many rounds yields the CPU inside the lock, so that others have to wait. */
#define ONE_IN 32

struct cell {
	volatile uint64_t count;
	volatile uint64_t inside; /* index of the worker inside, plus 1; 0: none */
	char rest[48];
};

struct locks {
	struct ix_object object;
	struct cell *cells;
	unsigned ncells;
};

static struct locks *contend_lock_new(struct ix_task *t)
{
	struct locks *l = calloc(1, sizeof(*l));

	t->state = l;
	if (l)
		l->cells = ix_share(CELLS * sizeof(struct cell));
	if (!l || !l->cells) {
		(void)ix_cannot(t, -ENOMEM, "no memory");
		return NULL;
	}
	l->object = (struct ix_object){ .slot = IX_COMMON, .id = -1 };
	return l;
}

static void contend_lock_finish(struct ix_task *t)
{
	struct locks *l = t->state;

	if (!l)
		return;
	ix_common_end(t, t->job->on, &l->object);
	ix_unshare(l->cells, CELLS * sizeof(struct cell));
	free(l);
	t->state = NULL;
}

/* Compare each cell's count with the sum of what the workers counted for it. */
static void contend_lock_check(struct ix_task *t)
{
	const struct locks *l = t->state;

	for (unsigned c = 0; c < l->ncells; c++) {
		uint64_t sum = 0;

		for (unsigned i = 0; i < t->workers; i++)
			sum += t->shared->slots[i].own[c];
		if (l->cells[c].count != sum)
			ix_wrong(
				t,
				"only %llu of %llu increments were kept: the lock let two in",
				(unsigned long long)l->cells[c].count,
				(unsigned long long)sum);
	}
}

/* Use the cells of a set; this worker holds their locks. */
static void use(struct ix_worker *w, struct locks *l, unsigned set)
{
	uint64_t counts[CELLS];

	for (unsigned c = 0; c < l->ncells; c++) {
		if (!(set & (1U << c)))
			continue;
		if (l->cells[c].inside)
			ix_fault(w, "two inside one lock: worker %u beside worker %u",
				 w->index, (unsigned)l->cells[c].inside - 1);
		l->cells[c].inside = w->index + 1;
		counts[c] = l->cells[c].count;
	}
	if (ix_random_below(&w->random, ONE_IN) == 0)
		(void)sched_yield();
	for (unsigned c = 0; c < l->ncells; c++) {
		if (!(set & (1U << c)))
			continue;
		l->cells[c].count = counts[c] + 1;
		if (l->cells[c].inside != w->index + 1)
			ix_fault(w, "two inside one lock: another joined worker %u",
				 w->index);
		l->cells[c].inside = 0;
		w->slot->own[c]++;
	}
}

/* ---- a System V array */

static int prepare_array(struct ix_task *t)
{
	unsigned short ones[CELLS] = { 1, 1, 1, 1 };
	struct locks *l = contend_lock_new(t);
	int r;

	if (!l)
		return -ENOMEM;
	for (l->object.size = CELLS;; l->object.size /= 2) {
		r = ix_make(t, t->job->on, &l->object);
		if (r == 0 || l->object.size == 1)
			break;
	}
	if (r < 0)
		return ix_cannot(t, r, "cannot create an array: %s", ix_errno_text(r));
	l->ncells = (unsigned)l->object.size;
	if (semctl(l->object.id, 0, SETALL, (union semun){ .array = ones }) < 0)
		return ix_cannot(t, -errno, "cannot set its values: %s",
				 ix_errno_text(errno));
	return 0;
}

/* Fill in one operation for each semaphore of a set, for one call, in which either all
 * operations happen or none. */
static unsigned operations(unsigned set, short by, struct sembuf ops[CELLS])
{
	unsigned n = 0;

	for (unsigned short c = 0; c < CELLS; c++)
		if (set & (1U << c))
			ops[n++] = (struct sembuf){ .sem_num = c, .sem_op = by };
	return n;
}

static bool array_step(struct ix_worker *w, struct locks *l, int id)
{
	unsigned several = l->ncells > 1 && ix_random_below(&w->random, 4) == 0;
	unsigned set = 1U << ix_random_below(&w->random, l->ncells);
	unsigned op = several ? LOCK_SEVERAL : LOCK;
	struct sembuf ops[CELLS];
	uint64_t began;
	unsigned n;
	int r;

	if (several)
		set |= 1U + (unsigned)ix_random_below(&w->random, (1U << l->ncells) - 1);
	n = operations(set, -1, ops);
	began = ix_begin(w, op);
	do
		r = semop(id, ops, n);
	while (r < 0 && errno == EINTR && !ix_stopping(w));
	if (r < 0) {
		if (errno != EINTR)
			ix_failed(w, op, errno);
		return errno == EINTR;
	}
	ix_done(w, op, began);
	use(w, l, set);
	op = several ? UNLOCK_SEVERAL : UNLOCK;
	n = operations(set, 1, ops);
	began = ix_begin(w, op);
	r = semop(id, ops, n);
	if (r < 0)
		ix_failed(w, op, errno);
	else
		ix_done(w, op, began);
	return r == 0;
}

static void work_array(struct ix_worker *w)
{
	struct locks *l = w->task->state;
	struct ix_object mine = { .slot = IX_COMMON, .id = -1, .size = l->ncells };
	int r = ix_sem_driver.open(&w->task->names, &mine);

	if (r < 0) {
		ix_failed(w, LOCK, r);
		return;
	}
	while (ix_running(w) && array_step(w, l, mine.id))
		;
}

/* Check the counts, and that every semaphore is back at 1. */
static void check_array(struct ix_task *t)
{
	const struct locks *l = t->state;
	unsigned short values[CELLS] = { 0 };

	contend_lock_check(t);
	if (semctl(l->object.id, 0, GETALL, (union semun){ .array = values }) < 0) {
		ix_wrong(t, "cannot read the values: %s", ix_errno_text(errno));
		return;
	}
	for (unsigned c = 0; c < l->ncells; c++)
		if (values[c] != 1)
			ix_wrong(t, "semaphore %u has the value %u at the end, not 1", c,
				 values[c]);
}

const struct ix_workload ix_contend_array = {
	.name = "contend",
	.least = 2,
	.prepare = prepare_array,
	.work = work_array,
	.check = check_array,
	.finish = contend_lock_finish,
};

/* ---- a POSIX semaphore */

static int prepare_token(struct ix_task *t)
{
	struct locks *l = contend_lock_new(t);

	if (!l)
		return -ENOMEM;
	l->ncells = 1;
	l->object.value = 1;
	return ix_common(t, t->job->on, &l->object);
}

static bool token_step(struct ix_worker *w, struct locks *l, sem_t *sem)
{
	uint64_t began = ix_begin(w, LOCK);
	int r;

	do
		r = sem_wait(sem);
	while (r < 0 && errno == EINTR && !ix_stopping(w));
	if (r < 0) {
		if (errno != EINTR)
			ix_failed(w, LOCK, errno);
		return errno == EINTR;
	}
	ix_done(w, LOCK, began);
	use(w, l, 1);
	began = ix_begin(w, UNLOCK);
	r = sem_post(sem);
	if (r < 0)
		ix_failed(w, UNLOCK, errno);
	else
		ix_done(w, UNLOCK, began);
	return r == 0;
}

static void work_token(struct ix_worker *w)
{
	struct locks *l = w->task->state;
	struct ix_object mine = { .slot = IX_COMMON, .id = -1 };
	int r = ix_psem_driver.open(&w->task->names, &mine);

	if (r < 0) {
		ix_failed(w, LOCK, r);
		return;
	}
	while (ix_running(w) && token_step(w, l, mine.at))
		;
	ix_psem_driver.close(&mine);
}

static void check_token(struct ix_task *t)
{
	const struct locks *l = t->state;
	int value = 0;

	contend_lock_check(t);
	if (sem_getvalue(l->object.at, &value) < 0 || value != 1)
		ix_wrong(t, "the semaphore has the value %d at the end, not 1", value);
}

const struct ix_workload ix_contend_token = {
	.name = "contend",
	.least = 2,
	.prepare = prepare_token,
	.work = work_token,
	.check = check_token,
	.finish = contend_lock_finish,
};

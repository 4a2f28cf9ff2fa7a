/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One memory object that all workers attach and detach as fast as they can. Each worker
 * has its own cell and checks at every attach that the cell still holds what this worker
 * wrote last.
 */
#include <errno.h>

#include "stress/engine/worker.h"
#include "stress/engine/workers.h"
#include "stress/load/contend.h"

enum { ATTACH, DETACH };

/* One of this many rounds checks nattch. */
#define ONE_IN 64

/* Bytes of a worker's cell: a cache line, to avoid false sharing. */
#define CELL 64

static size_t contend_memory_size_of(const struct ix_task *t)
{
	return MAX(t->bytes, (uint64_t)t->workers * CELL);
}

static uint64_t contend_memory_memory(const struct ix_task *t)
{
	return contend_memory_size_of(t);
}

static int contend_memory_prepare(struct ix_task *t)
{
	struct ix_object *common = calloc(1, sizeof(*common));

	t->state = common;
	if (!common)
		return ix_cannot(t, -ENOMEM, "no memory");
	common->slot = IX_COMMON;
	common->id = -1;
	common->size = contend_memory_size_of(t);
	return ix_common(t, t->job->on, common);
}

static volatile uint64_t *cell_of(const struct ix_object *object, unsigned index)
{
	return (volatile uint64_t *)((char *)object->at + (size_t)index * CELL);
}

/* Check nattch while this worker is detached. nattch includes one attach by the
 * supervisor and one by each other worker, or two while that worker is in shmat(2). */
static void count_attaches(struct ix_worker *w, const struct ix_driver *d,
			   struct ix_object *mine)
{
	unsigned most = 2 * w->task->workers - 1;
	struct ix_seen seen;
	int r = d->stat(&w->task->names, mine, &seen);

	if (r < 0)
		ix_fault(w, "cannot stat the segment: %s", ix_errno_text(r));
	else if (seen.holds == 0 || seen.holds > most)
		ix_fault(w, "nattch is %llu, not 1 to %u", (unsigned long long)seen.holds,
			 most);
}

static bool contend_memory_step(struct ix_worker *w, struct ix_object *mine)
{
	const struct ix_driver *d = w->task->job->on;
	uint64_t began = ix_begin(w, ATTACH);
	int r = d->open(&w->task->names, mine);
	volatile uint64_t *cell;

	if (r < 0) {
		ix_failed(w, ATTACH, r);
		return false;
	}
	ix_done(w, ATTACH, began);
	cell = cell_of(mine, w->index);
	if (*cell != w->slot->own[0])
		ix_fault(w, "its cell holds %llu, but it wrote %llu",
			 (unsigned long long)*cell, (unsigned long long)w->slot->own[0]);
	*cell = ++w->slot->own[0];
	began = ix_begin(w, DETACH);
	d->close(mine);
	ix_done(w, DETACH, began);
	if (d->keyed && ix_random_below(&w->random, ONE_IN) == 0)
		count_attaches(w, d, mine);
	return true;
}

static void contend_memory_work(struct ix_worker *w)
{
	const struct ix_driver *d = w->task->job->on;
	struct ix_object *inherited = w->task->state;
	struct ix_object mine = { .slot = IX_COMMON, .id = -1, .size = inherited->size };

	d->close(inherited); /* fork(2) duplicated the supervisor's attach */
	while (ix_running(w) && contend_memory_step(w, &mine))
		;
}

static void contend_memory_check(struct ix_task *t)
{
	const struct ix_driver *d = t->job->on;
	struct ix_object *common = t->state;
	struct ix_seen seen;
	int r;

	for (unsigned i = 0; i < t->workers; i++)
		if (*cell_of(common, i) != t->shared->slots[i].own[0])
			ix_wrong(t, "the cell of worker %u holds %llu, but it wrote %llu",
				 i, (unsigned long long)*cell_of(common, i),
				 (unsigned long long)t->shared->slots[i].own[0]);
	if (!d->keyed)
		return;
	r = d->stat(&t->names, common, &seen);
	if (r < 0)
		ix_wrong(t, "cannot stat the segment: %s", ix_errno_text(r));
	else if (seen.holds != 1)
		ix_wrong(t, "nattch is %llu at the end, not 1",
			 (unsigned long long)seen.holds);
}

static void contend_memory_finish(struct ix_task *t)
{
	const struct ix_driver *d = t->job->on;
	struct ix_object *common = t->state;

	if (common)
		ix_common_end(t, d, common);
	free(common);
	t->state = NULL;
}

const struct ix_workload ix_contend_memory = {
	.name = "contend",
	.least = 2,
	.prepare = contend_memory_prepare,
	.work = contend_memory_work,
	.check = contend_memory_check,
	.finish = contend_memory_finish,
	.memory = contend_memory_memory,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The workload "limits": reach each limit and check that the call fails exactly there,
 * with the right errno, and succeeds again when there is room again. Limits of a
 * namespace are filled by one worker only, and only in a fresh namespace.
 */
#include "stress/load/limits.h"

#include <linux/capability.h>

#include "base/cap.h"
#include "base/errname.h"
#include "stress/engine/objectlog.h"
#include "stress/engine/workers.h"

/* Shared words: workers that have their object; whether worker 0 has ended. */
enum { READY, FIRST_ENDED };

/* The most objects to create for a limit that cannot be lowered. */
#define FILLED 8192

/* Stands for a number of objects: skip this limit. */
#define OUT UINT32_MAX

struct plan {
	unsigned active;       /* workers for whose object there is room */
	uint32_t room[IX_OPS]; /* objects until the limit is reached, or OUT */
	/* Limits that were lowered, and their previous values; element IX_OPS is for the
	 * limit .lowered of struct ix_probes. */
	bool set[IX_OPS + 1];
	uint64_t before[IX_OPS + 1];
};

bool ix_expect(struct ix_worker *w, const char *what, int error, int right)
{
	if (error == right)
		return true;
	if (error == 0)
		ix_fault(w, "%s: no error instead of %s", what, ix_errno_name(right));
	else if (right == 0)
		ix_fault(w, "%s: %s instead of success", what, ix_errno_name(error));
	else
		ix_fault(w, "%s: %s instead of %s", what, ix_errno_name(error),
			 ix_errno_name(right));
	return false;
}

void ix_expect_number(struct ix_worker *w, const char *what, uint64_t n, uint64_t right)
{
	if (n != right)
		ix_fault(w, "%s: %llu instead of %llu", what, (unsigned long long)n,
			 (unsigned long long)right);
}

void ix_undo_make(struct ix_worker *w, int id)
{
	const struct ix_probes *p = w->task->job->on;
	struct ix_object object = { .slot = ix_spare(w), .id = id };

	if (p->driver->keyed && id < 0)
		return;
	(void)p->driver->remove(&w->task->names, &object);
	p->driver->close(&object);
}

const char *ix_long_name(char buf[IX_LONG_NAME])
{
	memset(buf, 'x', IX_LONG_NAME - 1);
	buf[0] = '/';
	buf[IX_LONG_NAME - 1] = '\0';
	return buf;
}

/* ---- in the supervisor */

static bool limit_probes_lower(struct ix_task *t, const char *name, uint64_t value,
			       unsigned i)
{
	struct plan *plan = t->state;

	if (ix_bound(t, name, &plan->before[i]) < 0)
		return false;
	plan->set[i] = ipcx_limit_set(t->x, name, value) == 0;
	return plan->set[i];
}

/* How much of the limit one object takes. Memory is counted in pages. */
static unsigned limit_probes_takes(const struct ix_probe *p)
{
	return p->each ? p->each : (unsigned)(p->size / (size_t)sysconf(_SC_PAGESIZE));
}

/* Lower a limit if possible and return how many objects fill it, or OUT. */
static uint32_t limit_probes_settle(struct ix_task *t, const struct ix_probe *p,
				    unsigned i)
{
	const struct plan *plan = t->state;
	uint64_t used = (uint64_t)plan->active * p->own, room, limit;
	unsigned most = (IX_LOG_SLOTS - IX_LOG_FIRST) / t->workers - 2;

	if (!t->names.fresh)
		return OUT;
	if (limit_probes_lower(t, p->limit,
			       used + (uint64_t)p->objects * limit_probes_takes(p), i))
		return p->objects;
	if (ix_bound(t, p->limit, &limit) < 0 || limit < used)
		limit = UINT64_MAX;
	room = (limit - used) / limit_probes_takes(p);
	if (room > MIN(most, FILLED)) {
		(void)ix_cannot(t, -EPERM, "cannot lower %s here; not tested", p->limit);
		return OUT;
	}
	return (uint32_t)room;
}

static int limit_probes_prepare(struct ix_task *t)
{
	const struct ix_probes *all = t->job->on;
	struct plan *plan = calloc(1, sizeof(*plan));
	int r = 0;

	t->state = plan;
	if (!plan)
		return ix_cannot(t, -ENOMEM, "no memory");
	plan->active = ix_room(t, all->driver, all->size, t->workers, &r);
	if (plan->active == 0)
		return ix_cannot(t, r, "cannot create an object: %s", ix_errno_text(r));
	for (unsigned i = 0; i < IX_OPS; i++)
		if (all->probe[i].limit)
			plan->room[i] = limit_probes_settle(t, &all->probe[i], i);
	if (t->names.fresh && all->lowered)
		(void)limit_probes_lower(t, all->lowered, all->to, IX_OPS);
	return 0;
}

static void limit_probes_finish(struct ix_task *t)
{
	const struct ix_probes *all = t->job->on;
	struct plan *plan = t->state;

	for (unsigned i = 0; plan && i < IX_OPS; i++)
		if (plan->set[i])
			(void)ipcx_limit_set(t->x, all->probe[i].limit, plan->before[i]);
	if (plan && plan->set[IX_OPS])
		(void)ipcx_limit_set(t->x, all->lowered, plan->before[IX_OPS]);
	free(plan);
	t->state = NULL;
}

/* ---- limits of a namespace */

/* Return object n of those that fill a limit; that object is not created yet. Each object
 * has its own slot, even the object that would exceed the limit. */
static struct ix_object filler(const struct ix_worker *w, const struct ix_probe *p,
			       unsigned n)
{
	return (struct ix_object){ .slot = ix_log_slot(w, 1 + n),
				   .id = -1,
				   .size = p->size };
}

static bool limit_probes_fill(struct ix_worker *w, const struct ix_probe *p,
			      uint32_t room)
{
	const struct ix_probes *all = w->task->job->on;
	const struct ix_driver *d = all->driver;
	struct ix_object object;
	unsigned n = 0;
	int r = 0;

	while (n <= room) {
		object = filler(w, p, n);
		r = ix_make(w->task, d, &object);
		if (r < 0)
			break;
		d->close(&object);
		n++;
	}
	if (n != room)
		ix_fault(w, "%s: %s after %u objects instead of %u", p->limit,
			 r < 0 ? ix_errno_name(r) : "still no error", n, room);
	else
		(void)ix_expect(w, p->limit, -r, ENOSPC);
	for (unsigned i = 0; i < n; i++) {
		object = filler(w, p, i);
		object.id = w->shared->log[object.slot].id;
		(void)ix_expect(w, "removing", -ix_remove(w->task, d, &object), 0);
	}
	if (room == 0)
		return true;
	object = filler(w, p, 0);
	r = ix_make(w->task, d, &object);
	if (ix_expect(w, "when there is room again", -r, 0)) {
		(void)ix_remove(w->task, d, &object);
		d->close(&object);
	}
	return true;
}

/* ---- in a worker */

/* Run one probe. Returns false if the probe cannot be run now. */
static bool limit_probes_try_one(struct ix_worker *w, unsigned i, struct ix_object *own)
{
	const struct ix_probes *all = w->task->job->on;
	const struct plan *plan = w->task->state;
	const struct ix_probe *p = &all->probe[i];

	if (p->run)
		return p->run(w, own);
	if (!p->limit || plan->room[i] == OUT || w->index > 0 || !w->slot->own[IX_HELD] ||
	    atomic_load(&w->shared->words[READY]) < plan->active)
		return false;
	return limit_probes_fill(w, p, plan->room[i]);
}

static unsigned limit_probes_count(const struct ix_probes *all)
{
	unsigned n = 0;

	while (n < IX_OPS && (all->probe[n].run || all->probe[n].limit))
		n++;
	return n;
}

static void try_all(struct ix_worker *w, struct ix_object *own)
{
	unsigned all = limit_probes_count(w->task->job->on);

	while (ix_running(w)) {
		unsigned i = (unsigned)ix_random_below(&w->random, all);
		uint64_t began = ix_begin(w, i);

		while (!limit_probes_try_one(w, i, own)) {
			i = i + 1 < all ? i + 1 : 0;
			began = ix_begin(w, i);
		}
		ix_done(w, i, began);
	}
}

/* Drop CAP_SYS_RESOURCE if that capability exempts from the limits. Returns whether the
 * limits now apply to this worker. */
static bool is_held(const struct ix_probes *all)
{
	auto_free struct ix_libcap *lib = NULL;

	if (!all->resource)
		return true;
	if (ix_cap_has(CAP_SYS_RESOURCE) == 1 && ix_cap_load(&lib) == 0)
		(void)ix_cap_keep(lib, ~(UINT64_C(1) << CAP_SYS_RESOURCE));
	return ix_cap_has(CAP_SYS_RESOURCE) == 0;
}

/* Keep the object until worker 0 has ended, since worker 0 has counted it against the
 * limits. */
static void await_first(const struct ix_worker *w)
{
	unsigned timeout = 1000;

	while (!atomic_load(&w->shared->words[FIRST_ENDED]) && timeout > 0) {
		timeout -= ix_stopping(w);
		ix_pause(2000000);
	}
}

static void probe(struct ix_worker *w)
{
	const struct ix_probes *all = w->task->job->on;
	struct ix_object own = { .slot = ix_log_slot(w, 0), .id = -1, .size = all->size };
	int r = ix_make(w->task, all->driver, &own);

	if (r < 0) {
		ix_failed(w, 0, r);
		return;
	}
	w->slot->own[IX_HELD] = is_held(all);
	r = all->begin ? all->begin(w, &own) : 0;
	if (r < 0) {
		ix_failed(w, 0, r);
	} else {
		(void)atomic_fetch_add(&w->shared->words[READY], 1);
		try_all(w, &own);
	}
	if (w->index > 0)
		await_first(w);
	(void)ix_remove(w->task, all->driver, &own);
	all->driver->close(&own);
}

static void limit_probes_work(struct ix_worker *w)
{
	const struct plan *plan = w->task->state;

	if (w->index < plan->active) /* there is no room for more objects */
		probe(w);
	if (w->index == 0)
		atomic_store(&w->shared->words[FIRST_ENDED], 1);
}

static const struct ix_workload workload = {
	.name = "limits",
	.least = 1,
	.prepare = limit_probes_prepare,
	.work = limit_probes_work,
	.finish = limit_probes_finish,
};

/* clang-format off */
const struct ix_job ix_jobs_limits[] = {
	{ .subject = "shm", .workload = &workload, .on = &ix_probes_shm,
	  .ops = "segments pages size exists",
	  .what = "shmmni, shmall and shmmax are reached, with the right errno" },
	{ .subject = "msg", .workload = &workload, .on = &ix_probes_msg,
	  .ops = "queues bytes messages length empty",
	  .what = "msgmni, msgmnb and msgmax are reached, with the right errno" },
	{ .subject = "sem", .workload = &workload, .on = &ix_probes_sem,
	  .ops = "arrays total semaphores operations value number nowait undo",
	  .what = "semmni, semmns, semmsl, semopm and semvmx are reached, with the right errno" },
	{ .subject = "mq", .workload = &workload, .on = &ix_probes_mq,
	  .ops = "queues attributes full empty length priority name user",
	  .what = "queues_max, msg_max, msgsize_max and RLIMIT_MSGQUEUE are reached" },
	{ .subject = "pshm", .workload = &workload, .on = &ix_probes_pshm,
	  .ops = "space exists name access",
	  .what = "exceeding /dev/shm, bad names, missing access: each fails with the right errno" },
	{ .subject = "psem", .workload = &workload, .on = &ix_probes_psem,
	  .ops = "value nowait time name",
	  .what = "highest value, no token, no time left: each fails with the right errno" },
	{ 0 },
};
/* clang-format on */

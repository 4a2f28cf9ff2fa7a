/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The workload "churn": create, inspect, change and remove objects. Compares what the
 * kernel reports with what the worker created, and checks that a removed object can be
 * found neither by its id nor by its key or name.
 */
#include <errno.h>
#include <sys/resource.h>

#include "core/mech.h"
#include "stress/engine/objectlog.h"
#include "stress/engine/worker.h"
#include "stress/engine/workers.h"
#include "stress/load/jobs.h"
#include "stress/load/room.h"

enum { CREATE, STAT, CHANGE, REMOVE, OPEN };

/* Only memory of at least this many bytes is checked: in its first and last 8 bytes. */
#define LEAST_MEMORY 32

/* What each worker may create; set before the workers are forked. */
struct bounds {
	unsigned objects;
	size_t size; /* maximum size of an object */
	bool fixed;  /* every object has exactly this size */
};

/* An object that only one worker uses. */
struct own {
	struct ix_object object;
	bool made;
	unsigned mode;
	uint64_t written; /* expected content of the memory; 0 if still unwritten */
	int id_before;    /* id of the object last removed from this slot, or -1 */
};

static const struct ix_driver *driver_of(const struct ix_task *t)
{
	return t->job->on;
}

/* ---- in the supervisor */

/* Whether the plan's size in bytes applies to such objects. */
static bool has_bytes(const struct ix_driver *d)
{
	return d->mapped || !d->keyed;
}

static size_t largest(const struct ix_task *t)
{
	const struct ix_driver *d = driver_of(t);

	if (!has_bytes(d))
		return 8;
	return t->bytes ? t->bytes : d->size;
}

/* How many objects one process can hold open: an object takes at most one descriptor, and
 * some descriptors are left for inspecting. */
static unsigned descriptors(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur > IX_LOG_SLOTS)
		return IX_LOG_SLOTS;
	return l.rlim_cur > 80 ? (unsigned)l.rlim_cur - 64 : 16;
}

static int churn_prepare(struct ix_task *t)
{
	const struct ix_driver *d = driver_of(t);
	struct bounds *b = calloc(1, sizeof(*b));
	uint64_t forced = 0;
	unsigned n;
	int r;

	t->state = b;
	if (!b)
		return ix_cannot(t, -ENOMEM, "no memory");
	if (d->mapped && d->keyed && ix_bound(t, "shm_rmid_forced", &forced) == 0 &&
	    forced)
		return ix_cannot(t, -ENOTSUP,
				 "shm_rmid_forced removes segments on their last detach");
	b->fixed = t->bytes && has_bytes(d);
	b->size = ix_largest(t, d, largest(t), &r);
	if (b->size == 0 || (b->fixed && b->size != t->bytes))
		return ix_cannot(t, r, "cannot create an object of size %zu: %s",
				 largest(t), ix_errno_text(r));
	b->objects = MIN(MAX(t->objects, 1U), descriptors());
	b->objects = MIN(b->objects, (IX_LOG_SLOTS - IX_LOG_FIRST) / t->workers);
	n = ix_room(t, d, b->size, t->workers * b->objects, &r);
	if (n < t->workers)
		return ix_cannot(t, r,
				 "cannot create more than %u of the %u objects that "
				 "the workers need: %s",
				 n, t->workers, ix_errno_text(r));
	b->objects = MIN(b->objects, n / t->workers);
	return 0;
}

static void churn_finish(struct ix_task *t)
{
	free(t->state);
	t->state = NULL;
}

static uint64_t churn_memory(const struct ix_task *t)
{
	uint64_t each = driver_of(t)->mapped ? largest(t) + 4096 : 4096;

	return each * t->workers * MAX(t->objects, 1U);
}

/* ---- operations */

static bool churn_create(struct ix_worker *w, struct own *o)
{
	const struct bounds *b = w->task->state;
	const struct ix_driver *d = driver_of(w->task);
	uint64_t began;
	int r;

	o->object.id = -1;
	o->object.size = b->fixed ? b->size : 1 + ix_random_below(&w->random, b->size);
	began = ix_begin(w, CREATE);
	r = ix_make(w->task, d, &o->object);
	if (r < 0) {
		ix_failed(w, CREATE, r);
		return false;
	}
	ix_done(w, CREATE, began);
	o->made = true;
	o->mode = 0600;
	o->written = 0;
	if (d->keyed && o->object.id == o->id_before)
		ix_fault(w, "the new object has id %d, as the one removed before it",
			 o->object.id);
	return true;
}

static void churn_stat(struct ix_worker *w, struct own *o)
{
	const struct ix_driver *d = driver_of(w->task);
	struct ix_seen seen;
	uint64_t began = ix_begin(w, STAT);
	int r = d->stat(&w->task->names, &o->object, &seen);

	if (r < 0) {
		ix_failed(w, STAT, r);
		return;
	}
	ix_done(w, STAT, began);
	if (seen.mode != o->mode)
		ix_fault(w, "mode is %04o, not %04o", seen.mode, o->mode);
	if (seen.size != o->object.size)
		ix_fault(w, "size is %llu, not %zu", (unsigned long long)seen.size,
			 o->object.size);
	if (seen.uid != geteuid())
		ix_fault(w, "owner is %u, not %u", (unsigned)seen.uid,
			 (unsigned)geteuid());
	if (d->keyed && seen.key != ix_slot_key(&w->task->names, o->object.slot))
		ix_fault(w, "key is 0x%x, not 0x%x", (unsigned)seen.key,
			 (unsigned)ix_slot_key(&w->task->names, o->object.slot));
	if (seen.holds != 0)
		ix_fault(w, "an unused object has %llu messages, attaches or tokens",
			 (unsigned long long)seen.holds);
}

static void churn_change(struct ix_worker *w, struct own *o)
{
	static const unsigned short modes[] = { 0600, 0604, 0640, 0644 };
	unsigned mode = modes[ix_random_below(&w->random, ARRAY_SIZE(modes))];
	uint64_t began = ix_begin(w, CHANGE);
	int r = driver_of(w->task)->change(&w->task->names, &o->object, mode);

	if (r < 0) {
		ix_failed(w, CHANGE, r);
		return;
	}
	ix_done(w, CHANGE, began);
	o->mode = mode;
}

/* Check that new memory is zero and used memory holds what was written last. */
static void churn_use_memory(struct ix_worker *w, struct own *o,
			     const struct ix_object *opened)
{
	volatile uint64_t *first = opened->at;
	volatile uint64_t *last =
		(volatile uint64_t *)((char *)opened->at + opened->size / 8 * 8 - 8);

	if (opened->size < LEAST_MEMORY)
		return;
	if (*first != o->written || *last != o->written)
		ix_fault(w, "memory holds %llx, not %llx",
			 (unsigned long long)(*first != o->written ? *first : *last),
			 (unsigned long long)o->written);
	o->written = ix_random(&w->random);
	*first = o->written;
	*last = o->written;
}

/* Open the object by its key or name, as another process would. */
static void churn_open_again(struct ix_worker *w, struct own *o)
{
	const struct ix_driver *d = driver_of(w->task);
	struct ix_object opened = { .slot = o->object.slot, .id = -1 };
	uint64_t began = ix_begin(w, OPEN);
	int r = d->open(&w->task->names, &opened);

	if (r < 0) {
		ix_failed(w, OPEN, r);
		return;
	}
	ix_done(w, OPEN, began);
	if (d->keyed && opened.id != o->object.id)
		ix_fault(w, "its key leads to id %d, not %d", opened.id, o->object.id);
	if (d->mapped && opened.size == o->object.size)
		churn_use_memory(w, o, &opened);
	else if (d->mapped)
		ix_fault(w, "size is %zu when opened, not %zu", opened.size,
			 o->object.size);
	d->close(&opened);
}

static void churn_remove_it(struct ix_worker *w, struct own *o)
{
	const struct ix_driver *d = driver_of(w->task);
	uint64_t began = ix_begin(w, REMOVE);
	int r = ix_remove(w->task, d, &o->object);
	struct ix_seen seen;

	if (r < 0)
		ix_failed(w, REMOVE, r);
	else
		ix_done(w, REMOVE, began);
	o->made = false;
	if (d->is_there(&w->task->names, &o->object))
		ix_fault(w, "its key or name still exists after the removal");
	if (d->keyed) {
		o->id_before = o->object.id;
		r = d->stat(&w->task->names, &o->object, &seen);
		if (r != -EINVAL && r != -EIDRM)
			ix_fault(w, "id %d still exists after its removal: %s",
				 o->object.id, r < 0 ? ix_errno_text(r) : "no error");
	}
	d->close(&o->object);
}

/* ---- a worker */

static bool churn_step(struct ix_worker *w, struct own *o)
{
	static void (*const steps[])(struct ix_worker *, struct own *) = {
		churn_stat,
		churn_change,
		churn_open_again,
		churn_remove_it,
	};

	if (!o->made)
		return churn_create(w, o);
	steps[ix_random_below(&w->random, ARRAY_SIZE(steps))](w, o);
	return true;
}

static void churn_work(struct ix_worker *w)
{
	const struct bounds *b = w->task->state;
	auto_free struct own *all = calloc(b->objects, sizeof(*all));
	unsigned made = 0;

	if (!all) {
		ix_failed(w, CREATE, ENOMEM);
		return;
	}
	for (unsigned i = 0; i < b->objects; i++)
		all[i] = (struct own){ .object = { .slot = ix_log_slot(w, i), .id = -1 },
				       .id_before = -1 };
	while (ix_running(w)) {
		struct own *o = &all[ix_random_below(&w->random, b->objects)];
		bool before = o->made;

		/* Other workers or processes use up the limit, and this worker has no
		 * object that it could remove. */
		if (!churn_step(w, o) && made == 0)
			break;
		made += (unsigned)o->made - (unsigned)before;
	}
	for (unsigned i = 0; i < b->objects; i++)
		if (all[i].made)
			churn_remove_it(w, &all[i]);
}

static const struct ix_workload workload = {
	.name = "churn",
	.least = 1,
	.prepare = churn_prepare,
	.work = churn_work,
	.finish = churn_finish,
	.memory = churn_memory,
};

struct ix_job ix_churn_job(const struct ix_mech *mech)
{
	return (struct ix_job){
		.subject = mech->info.name,
		.workload = &workload,
		.on = mech->driver,
		.what = mech->driver->churn,
		.ops = mech->driver->churn_ops,
	};
}

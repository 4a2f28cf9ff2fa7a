/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Churn: objects come and go. What the system says of each is held to what was made, and
 * what was removed has to be gone, by its id as well as by its key or name.
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

/* Memory is held to be what was written at its beginning and at its end. */
#define LEAST_MEMORY 32

/* What each worker may have: settled before there are any. */
struct bounds {
	unsigned objects;
	size_t size; /* at most */
	bool fixed;  /* exactly that */
};

/* An object of a worker's own. */
struct own {
	struct ix_object object;
	bool made;
	unsigned mode;
	uint64_t written; /* what its memory holds; 0: nothing yet */
	int id_before;    /* of the object that was removed from this slot */
};

static const struct ix_driver *driver_of(const struct ix_task *t)
{
	return t->job->on;
}

/* ---- before */

/* Whether a size in bytes means it. */
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

/* Descriptors of one process: each object takes at most one, and one more to look. */
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
				 "segments go when they are detached (shm_rmid_forced)");
	b->fixed = t->bytes && has_bytes(d);
	b->size = ix_largest(t, d, largest(t), &r);
	if (b->size == 0 || (b->fixed && b->size != t->bytes))
		return ix_cannot(t, r, "no object of size %zu can be made: %s",
				 largest(t), ix_errno_text(r));
	b->objects = MIN(MAX(t->objects, 1U), descriptors());
	b->objects = MIN(b->objects, (IX_LOG_SLOTS - IX_LOG_FIRST) / t->workers);
	n = ix_room(t, d, b->size, t->workers * b->objects, &r);
	if (n < t->workers)
		return ix_cannot(t, r,
				 "only %u of the %u objects that the workers need "
				 "can be made: %s",
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

/* ---- one operation each */

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
		ix_fault(w, "id %d, which was removed, came back for the next object",
			 o->object.id);
	return true;
}

static void churn_look(struct ix_worker *w, struct own *o)
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
		ix_fault(w, "mode %04o, which should be %04o", seen.mode, o->mode);
	if (seen.size != o->object.size)
		ix_fault(w, "size %llu, which should be %zu",
			 (unsigned long long)seen.size, o->object.size);
	if (seen.uid != geteuid())
		ix_fault(w, "owner %u, which should be %u", (unsigned)seen.uid,
			 (unsigned)geteuid());
	if (d->keyed && seen.key != ix_slot_key(&w->task->names, o->object.slot))
		ix_fault(w, "key 0x%x, which should be 0x%x", (unsigned)seen.key,
			 (unsigned)ix_slot_key(&w->task->names, o->object.slot));
	if (seen.holds != 0)
		ix_fault(w, "holds %llu, although nobody used it",
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

/* New memory holds zeros, and later what was written there. */
static void churn_use_memory(struct ix_worker *w, struct own *o,
			     const struct ix_object *opened)
{
	volatile uint64_t *first = opened->at;
	volatile uint64_t *last =
		(volatile uint64_t *)((char *)opened->at + opened->size / 8 * 8 - 8);

	if (opened->size < LEAST_MEMORY)
		return;
	if (*first != o->written || *last != o->written)
		ix_fault(w, "memory holds %llx, which should be %llx",
			 (unsigned long long)(*first != o->written ? *first : *last),
			 (unsigned long long)o->written);
	o->written = ix_random(&w->random);
	*first = o->written;
	*last = o->written;
}

/* By its key or name, as another process would. */
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
		ix_fault(w, "its key leads to id %d, which should be %d", opened.id,
			 o->object.id);
	if (d->mapped && opened.size == o->object.size)
		churn_use_memory(w, o, &opened);
	else if (d->mapped)
		ix_fault(w, "size %zu when opened, which should be %zu", opened.size,
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
		ix_fault(w, "its key or name still finds it after it was removed");
	if (d->keyed) {
		o->id_before = o->object.id;
		r = d->stat(&w->task->names, &o->object, &seen);
		if (r != -EINVAL && r != -EIDRM)
			ix_fault(w, "id %d still answers after it was removed: %s",
				 o->object.id, r < 0 ? ix_errno_text(r) : "no error");
	}
	d->close(&o->object);
}

/* ---- a worker */

static bool churn_turn(struct ix_worker *w, struct own *o)
{
	static void (*const acts[])(struct ix_worker *, struct own *) = {
		churn_look,
		churn_change,
		churn_open_again,
		churn_remove_it,
	};

	if (!o->made)
		return churn_create(w, o);
	acts[ix_random_below(&w->random, ARRAY_SIZE(acts))](w, o);
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

		/* Others have filled what there is, and nothing of ours makes room. */
		if (!churn_turn(w, o) && made == 0)
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
		.ops = { "create", "stat", "change", "remove", mech->driver->open_word },
	};
}

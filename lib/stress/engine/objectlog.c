/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which objects a run has created, so that they are removed however the processes that
 * created them end: an object is recorded before it is created and dropped after it was
 * removed.
 */
#include <errno.h>

#include "core/mech.h"
#include "stress/engine/objectlog.h"

enum entry_state {
	ENTRY_FREE,
	ENTRY_MAKING, /* an object may exist; its id is unknown */
	ENTRY_MADE,
};

static uint8_t log_mech_of(const struct ix_driver *d)
{
	uint8_t n = 0;

	while (ix_mech(n)->driver != d)
		n++;
	return n;
}

/* Keep the order of writes before and after this macro, as the process may be killed in
 * between. */
#define ORDERED() atomic_signal_fence(memory_order_seq_cst)

int ix_make(const struct ix_task *t, const struct ix_driver *d, struct ix_object *object)
{
	struct ix_log_entry *e = &t->shared->log[object->slot];
	const struct ix_log_entry before = *e;
	int r;

	e->mech = log_mech_of(d);
	e->pid = getpid();
	e->id = -1;
	ORDERED();
	e->state = ENTRY_MAKING;
	ORDERED();
	r = d->make(&t->names, object);
	if (r < 0) {
		/* Keep the entry of an earlier object that could not be removed: that
		 * object is still ours, and its key or name may be why this one cannot be
		 * created. */
		e->mech = before.mech;
		e->id = before.id;
		e->pid = before.pid;
		ORDERED();
		e->state = before.state;
		return r;
	}
	e->id = object->id;
	ORDERED();
	e->state = ENTRY_MADE;
	return 0;
}

int ix_remove(const struct ix_task *t, const struct ix_driver *d,
	      struct ix_object *object)
{
	int r = d->remove(&t->names, object);

	/* Objects that another process removed are gone, too. */
	if (r == 0 || r == -ENOENT || r == -EINVAL || r == -EIDRM)
		t->shared->log[object->slot].state = ENTRY_FREE;
	return r;
}

unsigned ix_cleanup(const struct ix_task *t)
{
	unsigned left = 0;

	for (uint32_t slot = 0; slot < IX_LOG_SLOTS; slot++) {
		struct ix_log_entry *e = &t->shared->log[slot];
		int id = e->state == ENTRY_MADE ? e->id : -1;

		if (e->state == ENTRY_FREE)
			continue;
		if (ix_mech(e->mech)->driver->sweep(&t->names, slot, id, e->pid) < 0)
			left++;
		else
			e->state = ENTRY_FREE;
	}
	return left;
}

unsigned ix_log_count(const struct ix_task *t)
{
	unsigned n = 0;

	for (uint32_t slot = 0; slot < IX_LOG_SLOTS; slot++)
		n += t->shared->log[slot].state != ENTRY_FREE;
	return n;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many objects the limits leave to a workload, found by trying, as only the kernel
 * knows what other processes use; and the objects that a supervisor creates for its
 * workers. */
#include "stress/load/room.h"

#include <errno.h>

#include "limits/limits.h"
#include "stress/engine/objectlog.h"
#include "stress/engine/worker.h"
#include "stress/engine/workers.h"

unsigned ix_room(const struct ix_task *t, const struct ix_driver *d, size_t size,
		 unsigned want, int *ret_error)
{
	unsigned n = 0;
	int r = 0;

	want = MIN(want, IX_LOG_SLOTS - IX_LOG_FIRST);
	while (n < want) {
		struct ix_object object = { .slot = IX_LOG_FIRST + n,
					    .id = -1,
					    .size = size };

		r = ix_make(t, d, &object);
		if (r < 0)
			break;
		d->close(&object);
		n++;
	}
	for (unsigned i = 0; i < n; i++) {
		struct ix_object object = { .slot = IX_LOG_FIRST + i };

		object.id = t->shared->log[object.slot].id;
		(void)ix_remove(t, d, &object);
	}
	*ret_error = r;
	return n;
}

size_t ix_largest(const struct ix_task *t, const struct ix_driver *d, size_t size,
		  int *ret_error)
{
	struct ix_object object;
	int r = 0, last = 0;

	for (; size > 0; size /= 2) {
		object = (struct ix_object){ .slot = IX_LOG_FIRST,
					     .id = -1,
					     .size = size };
		r = ix_make(t, d, &object);
		if (r == 0 || r == -EEXIST || r == -EACCES)
			break;
		last = r;
	}
	*ret_error = r < 0 ? r : last;
	if (r < 0 || size == 0)
		return 0;
	(void)ix_remove(t, d, &object);
	d->close(&object);
	return size;
}

int ix_bound(const struct ix_task *t, const char *name, uint64_t *ret_value)
{
	return ix_sysctl_read(t->x, ix_limit_by_name(name), ret_value);
}

int ix_common(struct ix_task *t, const struct ix_driver *d, struct ix_object *object)
{
	int r;

	object->id = -1;
	object->at = NULL;
	r = ix_make(t, d, object);
	if (r < 0)
		return ix_cannot(t, r, "cannot create an object: %s", ix_errno_text(r));
	r = d->mapped ? d->open(&t->names, object) : 0;
	if (r < 0)
		return ix_cannot(t, r, "cannot open the object just created: %s",
				 ix_errno_text(r));
	return 0;
}

void ix_common_end(struct ix_task *t, const struct ix_driver *d, struct ix_object *object)
{
	if (t->shared->log[object->slot].state != 0)
		(void)ix_remove(t, d, object);
	d->close(object);
}

void ix_pause(long ns)
{
	const struct timespec span = { .tv_nsec = ns };

	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &span, NULL);
}

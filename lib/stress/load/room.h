/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What limits leave to a workload, as its supervisor finds out beforehand. */
#pragma once

#include "stress/engine/job.h"

/*
 * How many objects of that size there can be besides those of others, but no more than
 * are wanted: found by making them, under the slots from IX_LOG_FIRST on, and removing
 * them again. ret_error says why there are not more.
 */
unsigned ix_room(const struct ix_task *t, const struct ix_driver *d, size_t size,
		 unsigned want, int *ret_error);

/* The size that one object can have: this one, or half as much and so on, as long as a
 * limit forbids it; ret_error says which. 0 when none can be made. */
size_t ix_largest(const struct ix_task *t, const struct ix_driver *d, size_t size,
		  int *ret_error);

/* A limit of the namespace by its name. 0, -errno */
int ix_bound(const struct ix_task *t, const char *name, uint64_t *ret_value);

/* A supervisor's object under one of its own slots (below IX_LOG_FIRST), which workers
 * use. It is at hand. -errno with ix_cannot() said */
int ix_common(struct ix_task *t, const struct ix_driver *d, struct ix_object *object);

/* Remove it again, whatever state it is in, and let it go. */
void ix_common_end(struct ix_task *t, const struct ix_driver *d,
		   struct ix_object *object);

/* Sleep for that long, or until a signal comes. */
void ix_pause(long ns);

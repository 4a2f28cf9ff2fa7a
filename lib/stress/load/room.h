/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the limits leave to a workload, as its supervisor finds out before a run. */
#pragma once

#include "stress/engine/job.h"

/*
 * Return how many objects of this size can be created, at most want: creates them in the
 * slots from IX_LOG_FIRST on and removes them again. *ret_error is 0, or the -errno that
 * prevented more.
 */
unsigned ix_room(const struct ix_task *t, const struct ix_driver *d, size_t size,
		 unsigned want, int *ret_error);

/* Return a size that an object can have: the given size, halved until such an object can
 * be created; 0 if none can be created. *ret_error is 0, or the -errno of the last size
 * that failed. */
size_t ix_largest(const struct ix_task *t, const struct ix_driver *d, size_t size,
		  int *ret_error);

/* Read a limit of the namespace by its name. Returns 0 or -errno. */
int ix_bound(const struct ix_task *t, const char *name, uint64_t *ret_value);

/* Create and open the object that all workers use, in one of the supervisor's slots
 * (below IX_LOG_FIRST). Returns 0, or -errno after ix_cannot(). */
int ix_common(struct ix_task *t, const struct ix_driver *d, struct ix_object *object);

/* Remove and close that object, even if it was not created or opened. */
void ix_common_end(struct ix_task *t, const struct ix_driver *d,
		   struct ix_object *object);

/* Sleep for ns nanoseconds, or until a signal. */
void ix_pause(long ns);

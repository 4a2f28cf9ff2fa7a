/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The object log of a run: every object in it is removed, however the run ends. */
#pragma once

#include "core/driver.h"
#include "stress/engine/job.h"

/* Create and remove an object that is recorded in the log. Return 0 or -errno. */
int ix_make(const struct ix_task *t, const struct ix_driver *d, struct ix_object *object);
int ix_remove(const struct ix_task *t, const struct ix_driver *d,
	      struct ix_object *object);

/* Remove all objects in the log. Returns how many could not be removed. */
unsigned ix_cleanup(const struct ix_task *t);
/* Return how many objects are in the log. */
unsigned ix_log_count(const struct ix_task *t);

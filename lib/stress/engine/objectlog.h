/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The log of the objects of a run: whatever is in it is removed, however the run ends. */
#pragma once

#include "core/driver.h"
#include "stress/engine/job.h"

/* Make and remove by the ledger: what is in it is removed whatever happens. -errno */
int ix_make(const struct ix_task *t, const struct ix_driver *d, struct ix_object *object);
int ix_remove(const struct ix_task *t, const struct ix_driver *d,
	      struct ix_object *object);

/* Remove everything that the ledger still has. The number of what cannot be removed. */
unsigned ix_cleanup(const struct ix_task *t);
/* How many objects it has. */
unsigned ix_log_count(const struct ix_task *t);

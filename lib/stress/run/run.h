/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stress run: the caller's handle, and the supervisor. */
#pragma once

#include "stress/engine/job.h"

struct ipcx_stress {
	struct ipcx *x;
	struct ipcx_stress_plan plan; /* with defaults; the caller owns its lists */
	struct ix_shared *shared;
	pid_t supervisor; /* 0: reaped */
	int pidfd;        /* pidfd of the supervisor, or -1: also before Linux 5.3 */
	int line;         /* socket to the supervisor; hang-up: the other side is gone */
};

/* The supervisor's main function, in the process forked for it: enter the namespaces,
 * write a byte to the line, run the jobs; end early if the caller hangs up the line. */
void ix_supervise(struct ipcx_stress *s, int line);

/* Reserve unused keys and names, and remove what killed runs have left. Returns 0,
 * -EEXIST, or -errno, with an error text. */
int ix_key_range_take(struct ipcx *x, struct ix_shared *shared);
/* Release the reserved keys and names, after all objects with them were removed. */
void ix_key_range_give(struct ix_shared *shared);

/* Store the namespace's limits for ipcx_stress_facts(). */
void ix_keep_limits(struct ipcx *x, struct ix_shared *shared);

/* Return a task with only the members needed for cleanup. */
struct ix_task ix_task_of(struct ipcx_stress *s);

/* Check that there is enough memory for what a plan can take at most. Returns 0, or
 * -ENOMEM with an error text that names the memory needed and the memory left. */
int ix_memory_check(struct ipcx *x, const struct ipcx_stress_plan *plan);

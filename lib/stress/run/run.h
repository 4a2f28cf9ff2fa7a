/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The supervisor's side of a stress run, and the handle that the caller has. */
#pragma once

#include "stress/engine/job.h"

struct ipcx_stress {
	struct ipcx *x;
	struct ipcx_stress_plan plan; /* defaults filled in; its lists are not ours */
	struct ix_shared *shared;
	pid_t supervisor; /* 0: it is gone */
	int pidfd;        /* its end is the supervisor's; -1 */
	int line;         /* to the supervisor: who sees the other end closed is alone */
};

/* Everything, in the process that was forked for it: enters the namespaces, writes a byte
 * to the line, does the jobs, and ends early when the line does. */
void ix_supervise(struct ipcx_stress *s, int line);

/* Take keys and names that nobody else has, and remove what runs that were killed have
 * left. 0, -EEXIST, -errno with a text. */
int ix_key_range_take(struct ipcx *x, struct ix_shared *shared);
/* Give them back, when none of their objects is left. */
void ix_key_range_give(struct ix_shared *shared);

/* Keep the limits that matter where it takes place, for ipcx_stress_facts(). */
void ix_keep_limits(struct ipcx *x, struct ix_shared *shared);

/* A task that only knows what its objects are called: for sweeping. */
struct ix_task ix_task_of(struct ipcx_stress *s);

/* The largest amount of memory that a plan can take, bytes; and how much there is. 0 or
 * -ENOMEM with a text that says both. */
int ix_memory_check(struct ipcx *x, const struct ipcx_stress_plan *plan);

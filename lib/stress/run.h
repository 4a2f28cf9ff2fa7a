/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The supervisor's side of a stress run, and the handle that the caller has. */
#pragma once

#include "stress/stress.h"

struct ipcx_stress {
	struct ipcx *x;
	struct ipcx_stress_plan plan; /* defaults filled in; its lists are not ours */
	struct ix_arena *arena;
	pid_t supervisor; /* 0: it is gone */
	pid_t run;        /* what names are made of: the supervisor's number */
	int pipe;         /* its end says that the supervisor is gone */
};

/* Everything, in the process that was forked for it: enters the namespaces, writes a byte
 * to ready, does the jobs. */
void ix_supervise(struct ipcx_stress *s, int ready);

/* Keep the limits that matter where it takes place, for ipcx_stress_facts(). */
void ix_keep_limits(struct ipcx *x, struct ix_arena *arena);

/* A task that only knows what its objects are called: for sweeping. */
struct ix_task ix_task_of(struct ipcx_stress *s);

/* The largest amount of memory that a plan can take, bytes; and how much there is. 0 or
 * -ENOMEM with a text that says both. */
int ix_memory_check(struct ipcx *x, const struct ipcx_stress_plan *plan);

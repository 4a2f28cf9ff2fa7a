/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The workers of one run, as their supervisor sees them: CPUs, start, end, results. */
#pragma once

#include "base/util.h"
#include "stress/engine/job.h"

/* The supervisor found a promise broken: count it, and keep the first as an event. */
void ix_wrong(struct ix_task *t, const char *fmt, ...) PRINTF(2, 3);
/* Record why the job cannot be run here. Returns error. */
int ix_cannot(struct ix_task *t, int error, const char *fmt, ...) PRINTF(3, 4);

/* Do one run: prepare, fork, watch, check, finish; what came of it is in the arena. */
void ix_workers_run(struct ix_task *t);

/* The CPUs for a placement of this process (IPCX_ON_ONE, …): how many there are; 0 when
 * there are not as many as that needs. */
unsigned ix_cpus(unsigned placement, unsigned ret_cpus[2]);

/* Pin the calling process as worker number index. */
void ix_pin(const struct ix_task *t, unsigned index);

/* Keep what came of a run, an outcome for each operation. */
void ix_results(struct ix_task *t);

/* What a process that was forked for it does: a worker's whole life. */
_Noreturn void ix_be_worker(struct ix_task *t, unsigned index, pid_t supervisor);

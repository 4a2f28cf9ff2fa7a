/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the supervisor does with the workers of one run: CPUs, start, end, results. */
#pragma once

#include "base/util.h"
#include "stress/engine/job.h"

/* Count a broken promise that the supervisor found, and record it as an event. */
void ix_wrong(struct ix_task *t, const char *fmt, ...) PRINTF(2, 3);
/* Record why the job cannot be run here. Returns error. */
int ix_cannot(struct ix_task *t, int error, const char *fmt, ...) PRINTF(3, 4);

/* Do one run: prepare, fork, watch, check, finish. The results are in t->shared. */
void ix_workers_run(struct ix_task *t);

/* Choose the CPUs for a placement (IPCX_ON_ONE, …) among those of this process. Returns
 * the number of CPUs chosen; 0 if this process has too few. */
unsigned ix_cpus(unsigned placement, unsigned ret_cpus[2]);

/* Pin the calling process, which is worker number `index`. */
void ix_pin(const struct ix_task *t, unsigned index);

/* Store the results of a run, one for each operation. */
void ix_results(struct ix_task *t);

/* The main function of a worker's process. */
_Noreturn void ix_be_worker(struct ix_task *t, unsigned index, pid_t supervisor);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a crew stands on: its places on CPUs, and what came of its work. */
#pragma once

#include "stress/engine/stress.h"

/* The CPUs for a placement of this process (IPCX_ON_ONE, …): how many there are; 0 when
 * there are not as many as that needs. */
unsigned ix_cpus(unsigned placement, unsigned ret_cpus[2]);

/* Pin the calling process as worker number index. */
void ix_pin(const struct ix_task *t, unsigned index);

/* Keep what came of a run, an outcome for each operation. */
void ix_results(struct ix_task *t);

/* What a process that was forked for it does: a worker's whole life. */
_Noreturn void ix_be_worker(struct ix_task *t, unsigned index, pid_t supervisor);

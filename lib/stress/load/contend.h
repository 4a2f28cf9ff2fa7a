/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The workloads in which many workers use one object. */
#pragma once

#include "stress/engine/job.h"
#include "stress/load/jobs.h"
#include "stress/load/room.h"

/* Slot of the shared object: one of the supervisor's slots. */
#define IX_COMMON 0

/* The object is a lock: a System V array, a POSIX semaphore. */
extern const struct ix_workload ix_contend_array, ix_contend_token;

/* The object is a queue with several workers at each end: System V, POSIX. */
extern const struct ix_workload ix_contend_msg, ix_contend_mq;

/* The object is memory that all workers attach and detach. */
extern const struct ix_workload ix_contend_memory;

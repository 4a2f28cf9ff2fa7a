/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many on one: a workload for each way in which objects are shared. */
#pragma once

#include "stress/engine/job.h"
#include "stress/load/jobs.h"
#include "stress/load/room.h"

/* The supervisor's slot that the common object has. */
#define IX_COMMON 0

/* As a lock: a System V array, a POSIX semaphore. */
extern const struct ix_workload ix_contend_array, ix_contend_token;

/* As a queue with several at each end: System V, POSIX. */
extern const struct ix_workload ix_contend_msg, ix_contend_mq;

/* As memory that is attached and detached all the time. */
extern const struct ix_workload ix_contend_memory;

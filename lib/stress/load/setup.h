/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The workload "setup": what it costs to create a way to move data, to use it once, and
 * to remove it. */
#pragma once

#include "stress/engine/job.h"

struct ix_setup_kind;

extern const struct ix_workload ix_setup;

/* What the jobs of this workload work on. */
extern const struct ix_setup_kind ix_setup_shm, ix_setup_pshm, ix_setup_memfd,
	ix_setup_msg, ix_setup_mq, ix_setup_pipe, ix_setup_stream, ix_setup_sem,
	ix_setup_psem, ix_setup_eventfd;

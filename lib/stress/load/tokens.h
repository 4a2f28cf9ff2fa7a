/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The workload "transfer" of semaphores: tokens pass from one process to another. */
#pragma once

#include "stress/engine/job.h"

struct ix_token_kind;

extern const struct ix_workload ix_tokens;

/* What the jobs of this workload work on. */
extern const struct ix_token_kind ix_tokens_sem, ix_tokens_psem;

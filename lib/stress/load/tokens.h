/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tokens that go from one process to another: what semaphores carry. */
#pragma once

#include "stress/engine/job.h"

struct ix_token_kind;

extern const struct ix_workload ix_tokens;

/* What the jobs of it work on. */
extern const struct ix_token_kind ix_tokens_sem, ix_tokens_psem;

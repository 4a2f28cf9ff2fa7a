/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of jobs whose files are still to come: each takes its line away. */
#include "stress/jobs.h"

const struct ix_job ix_jobs_transfer[] = { { 0 } };
const struct ix_job ix_jobs_compare[] = { { 0 } };

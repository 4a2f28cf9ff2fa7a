/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lists of jobs, and which of them a plan asks for. */
#pragma once

#include "stress/engine/job.h"

extern const struct ix_job ix_jobs_transfer[], ix_jobs_contend[], ix_jobs_limits[],
	ix_jobs_undo[], ix_jobs_removed[], ix_jobs_compare[];

/* Return the job "churn" of a mechanism with a driver. */
struct ix_mech;
struct ix_job ix_churn_job(const struct ix_mech *mech);

/* Whether a NULL-terminated list contains a name. If the list is NULL, the answer is true
 * for every name. */
bool ix_named(const char *const *list, const char *name);

/* Whether a plan asks for a job. */
bool ix_job_wanted(const struct ix_job *job, const struct ipcx_stress_plan *plan);

/* The number of workers of a run: as planned, but at least what the workload needs. */
unsigned ix_workers_of(const struct ipcx_stress_plan *plan, const struct ix_workload *w);

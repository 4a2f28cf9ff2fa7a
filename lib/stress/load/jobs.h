/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lists of jobs, and which of them a plan asks for. */
#pragma once

#include "stress/engine/job.h"

extern const struct ix_job ix_jobs_transfer[], ix_jobs_contend[], ix_jobs_limits[],
	ix_jobs_undo[], ix_jobs_removed[], ix_jobs_compare[];

/* The job that every mechanism with a driver has (churn.c). */
struct ix_mech;
struct ix_job ix_churn_job(const struct ix_mech *mech);

/* Whether a name stands in a list that NULL ends. Everything does where there is none. */
bool ix_named(const char *const *list, const char *name);

bool ix_job_wanted(const struct ix_job *job, const struct ipcx_stress_plan *plan);

/* How many workers one of its runs has: those asked for, and as many as it needs. */
unsigned ix_workers_of(const struct ipcx_stress_plan *plan, const struct ix_workload *w);

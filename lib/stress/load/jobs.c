/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All jobs: "churn" for every mechanism with a driver, and the lists of the jobs that
 * test what a particular mechanism or way promises. */
#include "stress/load/jobs.h"

#include <string.h>

#include "core/mech.h"

static const struct ix_job *const lists[] = {
	ix_jobs_transfer, ix_jobs_contend, ix_jobs_limits,
	ix_jobs_undo,     ix_jobs_removed, ix_jobs_compare,
};

const struct ix_job *ix_job(unsigned number, struct ix_job *room)
{
	for (unsigned m = 0; ix_mech(m); m++)
		if (ix_mech(m)->driver && number-- == 0) {
			*room = ix_churn_job(ix_mech(m));
			return room;
		}
	for (size_t l = 0; l < ARRAY_SIZE(lists); l++)
		for (const struct ix_job *j = lists[l]; j->subject; j++)
			if (number-- == 0)
				return j;
	return NULL;
}

bool ix_job_wanted(const struct ix_job *job, const struct ipcx_stress_plan *plan)
{
	bool compare = plan->flags & IPCX_STRESS_COMPARE;
	const char *const *ways = compare ? plan->ways : NULL;
	unsigned mech;

	if (job->compare != compare || !ix_named(plan->workloads, job->workload->name) ||
	    !ix_named(ways, job->subject))
		return false;
	if (compare || !plan->mechs)
		return true;
	return ipcx_mech_by_name(job->subject, (size_t)-1, &mech) == 0 &&
	       (plan->mechs & IPCX_MECH_BIT(mech));
}

bool ix_named(const char *const *list, const char *name)
{
	if (!list)
		return true;
	for (; *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

unsigned ix_workers_of(const struct ipcx_stress_plan *plan, const struct ix_workload *w)
{
	unsigned n = MAX(plan->workers, w->least);

	return w->even ? n + n % 2 : n;
}

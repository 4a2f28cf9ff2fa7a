/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The supervisor: a process in the run's namespaces that runs one job after another. It
 * ends when all jobs are done, when it is asked to end, or when its parent dies, and
 * before it ends, it removes all objects that are left.
 */
#include "stress/run/run.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "core/kconfig.h"
#include "core/mech.h"
#include "stress/engine/objectlog.h"
#include "stress/engine/workers.h"
#include "stress/load/jobs.h"

/* The shortest useful run. */
#define LEAST_NS (20 * UINT64_C(1000000))

/* ---- the cost of measuring */

/* Return the cost of an empty system call, or of reading the clock, ns. */

static uint32_t cost(bool call)
{
	enum { ROUNDS = 2000 };
	uint64_t best = UINT64_MAX;

	for (int again = 0; again < 5; again++) {
		uint64_t began = ix_now();

		for (int i = 0; i < ROUNDS; i++)
			if (call)
				(void)syscall(SYS_getppid);
			else
				(void)ix_now();
		best = MIN(best, ix_now() - began);
	}
	return (uint32_t)(best / ROUNDS);
}

/* ---- signals and namespaces */

/* Block SIGTERM and poll for this signal instead of dying from it; leave SIGINT and
 * similar signals to the caller. */
static void supervisor_set_signals(void)
{
	static const int ignored[] = { SIGINT, SIGQUIT, SIGHUP, SIGPIPE, SIGUSR2 };
	static const int held[] = { SIGTERM, SIGCHLD, SIGALRM };
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
	for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
		(void)signal(held[i], SIG_DFL);
		(void)sigaddset(&set, held[i]);
	}
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
}

static int supervisor_go(struct ipcx_stress *s)
{
	struct ipcx *x = s->x;

	x->ns = NULL; /* this process itself enters the namespace */
	if (s->plan.ns)
		return ipcx_ns_enter(x, s->plan.ns, 0);
	if (s->plan.flags & IPCX_STRESS_HERE)
		return 0;
	s->shared->fresh = true;
	return ipcx_ns_new(x, 0);
}

/* ---- jobs */

static bool possible(const struct ipcx_stress *s, const struct ix_job *job,
		     unsigned placement)
{
	unsigned cpus[2];

	return ix_job_wanted(job, &s->plan) && (!job->fresh_only || s->shared->fresh) &&
	       (s->plan.cpus & placement) &&
	       (ix_cpus(placement, cpus) > 0 || placement == IPCX_ON_ONE);
}

static const unsigned placements[] = { IPCX_ON_ONE, IPCX_ON_TWO, IPCX_ON_MANY };

static unsigned count_runs(const struct ipcx_stress *s)
{
	const struct ix_job *job;
	struct ix_job room;
	unsigned n = 0;

	for (unsigned i = 0; (job = ix_job(i, &room)); i++)
		for (size_t p = 0; p < ARRAY_SIZE(placements); p++)
			n += possible(s, job, placements[p]);
	return n;
}

struct ix_task ix_task_of(struct ipcx_stress *s)
{
	return (struct ix_task){ .x = s->x,
				 .shared = s->shared,
				 .names = { .run = s->shared->run,
					    .keys = s->shared->keys,
					    .fresh = s->shared->fresh } };
}

/* Return the duration of the next run: its share of the time left, ns; 0: no limit. */
static uint64_t supervisor_share(const struct ipcx_stress *s, uint64_t ends,
				 unsigned runs_left)
{
	uint64_t now = ix_now();

	if (s->plan.ops && !s->plan.duration)
		return 0;
	return MAX(now < ends ? (ends - now) / MAX(runs_left, 1U) : 0, LEAST_NS);
}

/* Whether the kernel has the job's mechanism. What it was built without is reported once,
 * for the first job that needs it. */
static bool supervisor_offered(struct ix_task *t, const struct ix_kconfig **said)
{
	const struct ix_mech *m;
	unsigned mech;
	char why[160];

	if (ipcx_mech_by_name(t->job->subject, (size_t)-1, &mech) < 0)
		return true; /* a way to move data */
	m = ix_mech(mech);
	if (m->kconfig && m->kconfig == *said)
		return false;
	if (ix_kconfig_lacks(t->x, m->kconfig, why, sizeof(why)) == 0)
		return true;
	*said = m->kconfig;
	(void)ix_cannot(t, -ENOSYS, "%s", why);
	return false;
}

static void run_one(struct ipcx_stress *s, const struct ix_job *job, unsigned number,
		    unsigned placement, uint64_t duration, const struct ix_kconfig **said)
{
	struct ix_task t = ix_task_of(s);

	t.job = job;
	t.job_number = number;
	t.workers = ix_workers_of(&s->plan, job->workload);
	t.objects = s->plan.objects;
	t.cpus = placement;
	t.non = ix_cpus(placement, t.on);
	t.bytes = s->plan.bytes;
	t.ops = s->plan.ops;
	t.duration = duration;
	t.seed = s->plan.seed;
	atomic_store(&s->shared->job, number);
	atomic_store(&s->shared->cpus, placement);
	if (supervisor_offered(&t, said))
		ix_workers_run(&t);
}

static void run_all(struct ipcx_stress *s)
{
	struct ix_shared *shared = s->shared;
	uint64_t ends = ix_now() + s->plan.duration;
	unsigned all = count_runs(s), done = 0;
	const struct ix_kconfig *said = NULL;
	const struct ix_job *job;
	struct ix_job room;

	atomic_store(&shared->all, all);
	for (unsigned i = 0; (job = ix_job(i, &room)); i++)
		for (size_t p = 0; p < ARRAY_SIZE(placements); p++) {
			if (!possible(s, job, placements[p]))
				continue;
			if (atomic_load(&shared->quit))
				return;
			run_one(s, job, i, placements[p],
				supervisor_share(s, ends, all - done), &said);
			atomic_store(&shared->done, ++done);
		}
}

void ix_supervise(struct ipcx_stress *s, int line)
{
	struct ix_task t;
	int r;

	supervisor_set_signals();
	s->shared->line = line;
	(void)umask(077); /* this umask does not affect modes of 0600 */
	r = supervisor_go(s);
	if (r >= 0)
		r = ix_key_range_take(s->x, s->shared);
	if (r < 0) {
		s->shared->error = r;
		memcpy(s->shared->why, s->x->error, sizeof(s->shared->why));
		return;
	}
	s->shared->clock_cost = cost(false);
	s->shared->call_cost = cost(true);
	ix_keep_limits(s->x, s->shared);
	if (write(line, "", 1) != 1)
		return; /* the caller is gone */
	run_all(s);
	t = ix_task_of(s);
	if (ix_cleanup(&t) == 0)
		ix_key_range_give(s->shared);
	atomic_store(&s->shared->ended, 1);
}

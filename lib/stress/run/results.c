/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The results of a run, and the list of workloads, as tables. */
#include <errno.h>

#include "core/columns.h"
#include "core/copyin.h"
#include "stress/load/jobs.h"
#include "stress/run/run.h"

struct result_row {
	struct ix_row head;
	ix_text subject, workload, operation, what, errnos;
	uint32_t cpus, workers, faults;
	uint64_t objects, size, ops, samples, elapsed, rate;
	uint64_t mean, p50, p90, p99, p999, max;
	uint64_t errors, cpu, switches;
	double ratio;
};

/* "1", "2" or "any". */
static void derive_cpus(const struct ipcx_table *t, const struct ix_section *s,
			const void *row, struct ipcx_value *v)
{
	const struct result_row *r = row;

	(void)t;
	(void)s;
	ix_value_text(v, r->cpus == IPCX_ON_ONE   ? "1"
			 : r->cpus == IPCX_ON_TWO ? "2"
						  : "any");
}

/* clang-format off */
#define MEASURES                                                             \
	IX_COL(IPCX_F_WORKLOAD,  struct result_row, workload),            \
	IX_COL(IPCX_F_OPERATION, struct result_row, operation),           \
	IX_DERIVED_FROM(IPCX_F_CPUS,      struct result_row, cpus, derive_cpus), \
	IX_COL(IPCX_F_WORKERS,   struct result_row, workers),             \
	IX_COL_ZERO(IPCX_F_SIZE,      struct result_row, size),           \
	IX_COL(IPCX_F_OPS,       struct result_row, ops),                 \
	IX_COL(IPCX_F_SAMPLES,   struct result_row, samples),             \
	IX_COL(IPCX_F_ELAPSED,   struct result_row, elapsed),             \
	IX_COL(IPCX_F_RATE,      struct result_row, rate),                \
	IX_COL(IPCX_F_MEAN,      struct result_row, mean),                \
	IX_COL(IPCX_F_P50,       struct result_row, p50),                 \
	IX_COL(IPCX_F_P90,       struct result_row, p90),                 \
	IX_COL(IPCX_F_P99,       struct result_row, p99),                 \
	IX_COL(IPCX_F_P999,      struct result_row, p999),                \
	IX_COL(IPCX_F_MAX,       struct result_row, max),                 \
	IX_COL(IPCX_F_ERRORS,    struct result_row, errors),              \
	IX_COL(IPCX_F_ERRNOS,    struct result_row, errnos),              \
	IX_COL(IPCX_F_FAULTS,    struct result_row, faults),              \
	IX_COL(IPCX_F_CPU_TIME,  struct result_row, cpu),                 \
	IX_COL(IPCX_F_SWITCHES,  struct result_row, switches),            \
	IX_COL(IPCX_F_WHAT,      struct result_row, what)

static const struct ix_kind stress_kind = {
	.name = "results",
	.row_size = sizeof(struct result_row),
	IX_COLUMNS(
		IX_CONSTANT(IPCX_F_MECH, ix_derive_mech),
		MEASURES,
		IX_COL(IPCX_F_OBJECTS, struct result_row, objects)
	),
};

static const struct ix_kind compare_kind = {
	.name = "results",
	.row_size = sizeof(struct result_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_NAME, struct result_row, subject),
		MEASURES,
		IX_COL(IPCX_F_RATIO, struct result_row, ratio)
	),
};

static const struct ix_kind list_kind = {
	.name = "workloads",
	.row_size = sizeof(struct result_row),
	IX_COLUMNS(
		IX_CONSTANT(IPCX_F_MECH,     ix_derive_mech),
		IX_COL(IPCX_F_WORKLOAD, struct result_row, workload),
		IX_COL(IPCX_F_WHAT,     struct result_row, what)
	),
};

static const struct ix_kind ways_kind = {
	.name = "workloads",
	.row_size = sizeof(struct result_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_NAME,     struct result_row, subject),
		IX_COL(IPCX_F_WORKLOAD, struct result_row, workload),
		IX_COL(IPCX_F_WHAT,     struct result_row, what)
	),
};
/* clang-format on */

static unsigned results_mech_of(const struct ix_job *job)
{
	unsigned mech = IPCX_NO_MECH;

	if (!job->compare)
		(void)ipcx_mech_by_name(job->subject, (size_t)-1, &mech);
	return mech;
}

/* Begin a row with the values that all rows of a job share. NULL without memory. */
static struct result_row *results_row_of(struct ipcx_table *t, const struct ix_job *job,
					 const struct ix_kind *kind)
{
	struct result_row *row;

	if (ix_table_section(t, kind, results_mech_of(job)) < 0)
		return NULL;
	row = ix_table_row(t);
	if (!row)
		return NULL;
	row->subject = ix_table_text(t, job->subject);
	row->workload = ix_table_text(t, job->workload->name);
	row->what = ix_table_text(t, job->what);
	return row;
}

/* Return how many times faster than this way the fastest comparable way is; 0 if
 * unknown. */
static double ratio_of(const struct ix_shared *shared, const struct ix_result *o)
{
	struct ix_job room, others;
	const struct ix_job *job = ix_job(o->job, &room), *other;
	uint64_t best = 0;

	for (uint32_t i = 0; i < shared->nresults; i++) {
		const struct ix_result *p = &shared->results[i];

		other = ix_job(p->job, &others);
		if (other->workload == job->workload && p->op == o->op &&
		    p->cpus == o->cpus)
			best = MAX(best, p->rate);
	}
	return o->rate ? (double)best / (double)o->rate : 0;
}

/* Mark the durations as unknown: no operation was timed. */
static void untimed(struct ipcx_table *t, struct result_row *row)
{
	static const enum ipcx_field fields[] = { IPCX_F_MEAN, IPCX_F_P50,  IPCX_F_P90,
						  IPCX_F_P99,  IPCX_F_P999, IPCX_F_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		ix_unknown(t, row, fields[i]);
}

static int add_result(struct ipcx_table *t, const struct ix_shared *shared,
		      const struct ix_result *o)
{
	char operation[IX_OP_MAX];
	struct ix_job room;
	const struct ix_job *job = ix_job(o->job, &room);
	struct result_row *row =
		results_row_of(t, job, job->compare ? &compare_kind : &stress_kind);

	if (!row)
		return -ENOMEM;
	(void)ix_job_op(job, o->op, operation);
	row->operation = ix_table_text(t, operation);
	row->errnos = ix_table_text(t, o->errnos[0] ? o->errnos : NULL);
	row->cpus = o->cpus;
	row->workers = o->workers;
	row->faults = o->faults;
	row->objects = o->objects;
	row->size = o->size;
	row->ops = o->ops;
	row->samples = o->samples;
	row->elapsed = o->elapsed;
	row->rate = o->rate;
	row->mean = o->mean;
	row->p50 = o->p50;
	row->p90 = o->p90;
	row->p99 = o->p99;
	row->p999 = o->p999;
	row->max = o->max;
	row->errors = o->errors;
	row->cpu = o->cpu;
	row->switches = o->switches;
	row->ratio = job->compare ? ratio_of(shared, o) : 0;
	if (!o->samples)
		untimed(t, row);
	if (!o->rate)
		ix_unknown(t, row, IPCX_F_RATIO);
	ix_table_keep(t);
	return 0;
}

static void add_note(struct ipcx_table *t, const struct ix_event *events)
{
	struct ix_job room;
	const struct ix_job *job = ix_job(events->job, &room);
	char subject[80];

	(void)snprintf(subject, sizeof(subject), "%s %s", job->subject,
		       job->workload->name);
	ix_table_note(t, events->fault ? IPCX_NOTE_FAILED : IPCX_NOTE_UNAVAILABLE,
		      results_mech_of(job), events->error, subject, "%s", events->text);
}

/* Add the results of one mechanism. */
static int add_results(struct ipcx_table *t, const struct ix_shared *shared,
		       unsigned mech)
{
	struct ix_job room;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < shared->nresults; i++)
		if (results_mech_of(ix_job(shared->results[i].job, &room)) == mech)
			r = add_result(t, shared, &shared->results[i]);
	return r;
}

int ipcx_stress_results(struct ipcx_stress *s, struct ipcx_table **ret_table)
{
	IX_REQUIRE(s ? s->x : NULL, ret_table);
	const struct ix_shared *shared = s->shared;
	struct ipcx_table *t;
	int r = ix_table_new(&t);

	if (r < 0)
		return ix_fail_plain(s->x, r, "out of memory");
	for (unsigned mech = 0; r == 0 && ipcx_mech_info(mech); mech++)
		r = add_results(t, shared, mech);
	if (r == 0)
		r = add_results(t, shared, IPCX_NO_MECH);
	if (r < 0)
		r = ix_fail_plain(s->x, r, "out of memory");
	for (uint32_t i = 0; i < shared->nevents; i++)
		add_note(t, &shared->events[i]);
	if (shared->swept)
		ix_table_note(t, IPCX_NOTE_INFO, IPCX_NO_MECH, 0, "",
			      "removed %u objects left by an earlier run", shared->swept);
	return ix_table_hand(s->x, t, r, ret_table);
}

int ipcx_stress_list(struct ipcx *x, unsigned flags, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	bool compare = flags & IPCX_STRESS_COMPARE;
	const struct ix_job *job;
	struct ix_job room;
	struct ipcx_table *t;
	int r;

	if (flags & ~IPCX_STRESS_COMPARE)
		return ix_fail_plain(x, -EINVAL, "an unknown flag");
	r = ix_table_new(&t);
	if (r < 0)
		return ix_fail_plain(x, r, "out of memory");
	for (unsigned i = 0; r == 0 && (job = ix_job(i, &room)); i++) {
		if (job->compare != compare)
			continue;
		if (results_row_of(t, job, compare ? &ways_kind : &list_kind))
			ix_table_keep(t);
		else
			r = ix_fail_plain(x, -ENOMEM, "out of memory");
	}
	return ix_table_hand(x, t, r, ret_table);
}

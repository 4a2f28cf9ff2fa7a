/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What came of a run: the tallies of all workers as one line for each operation. */
#include <string.h>

#include "base/errname.h"
#include "stress/engine/workers.h"

/* "ENOSPC:3,EINVAL:1"; what has no room is left out. */
static uint64_t put_errors(const struct ix_tally *a, char *buf, size_t size)
{
	uint64_t all = 0;
	size_t at = 0;

	for (int e = 0; e < IX_ERRNOS; e++) {
		const char *name = ix_errno_name(e);
		char one[48];
		int n;

		if (!a->errors[e])
			continue;
		all += a->errors[e];
		if (name)
			n = snprintf(one, sizeof(one), "%s%s:%u", at ? "," : "", name,
				     a->errors[e]);
		else
			n = snprintf(one, sizeof(one), "%s%d:%u", at ? "," : "", e,
				     a->errors[e]);
		if (at + (size_t)n < size) {
			memcpy(buf + at, one, (size_t)n + 1);
			at += (size_t)n;
		}
	}
	return all;
}

/* One operation of all workers. Each worker's rate is of its own time. */
static void outcome_add_up(const struct ix_task *t, unsigned op, struct ix_tally *sum,
			   struct ix_outcome *o)
{
	double rate = 0;

	memset(sum, 0, sizeof(*sum));
	for (unsigned i = 0; i < t->workers; i++) {
		const struct ix_desk *d = &t->arena->desks[i];

		ix_tally_add(sum, &d->tally[op]);
		if (d->tally[op].ops == 0)
			continue;
		o->elapsed = MAX(o->elapsed, d->elapsed);
		if (d->elapsed)
			rate += (double)d->tally[op].ops * 1e9 / (double)d->elapsed;
	}
	o->rate = (uint64_t)(rate + 0.5);
	o->ops = sum->ops;
	o->samples = sum->samples;
	o->mean = sum->samples ? (sum->nanos + sum->samples / 2) / sum->samples : 0;
	o->p50 = ix_tally_permille(sum, 500);
	o->p90 = ix_tally_permille(sum, 900);
	o->p99 = ix_tally_permille(sum, 990);
	o->p999 = ix_tally_permille(sum, 999);
	o->max = sum->max;
	o->errors = put_errors(sum, o->errnos, sizeof(o->errnos));
}

void ix_outcomes(struct ix_task *t)
{
	auto_free struct ix_tally *sum = malloc(sizeof(*sum));
	struct ix_outcome all = { .job = (uint16_t)t->job_number,
				  .cpus = (uint8_t)t->cpus,
				  .workers = (uint16_t)t->workers,
				  .objects = t->objects,
				  .size = t->bytes,
				  .faults = t->wrong };
	struct ix_arena *arena = t->arena;

	if (!sum)
		return;
	for (unsigned i = 0; i < t->workers; i++) {
		all.cpu += arena->desks[i].cpu;
		all.switches += arena->desks[i].switches;
	}
	for (unsigned op = 0; op < IX_OPS && t->job->ops[op]; op++) {
		if (arena->noutcomes == IX_OUTCOMES)
			return;
		all.op = (uint8_t)op;
		arena->outcomes[arena->noutcomes] = all;
		outcome_add_up(t, op, sum, &arena->outcomes[arena->noutcomes]);
		arena->noutcomes++;
	}
}

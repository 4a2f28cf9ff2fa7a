/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The results of a run: the histograms of all workers, added up for each operation. */
#include <stdio.h>
#include <string.h>

#include "base/errname.h"
#include "stress/engine/workers.h"

/* Write the errors as "ENOSPC:3,EINVAL:1", leaving out what does not fit. Returns their
 * total. */
static uint64_t put_errors(const struct ix_histogram *a, char *buf, size_t size)
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

/* Add up one operation of all workers. The rate is the sum of the workers' rates, each
 * over the worker's own time. */
static void result_add_up(const struct ix_task *t, unsigned op, struct ix_histogram *sum,
			  struct ix_result *o)
{
	double rate = 0;

	memset(sum, 0, sizeof(*sum));
	for (unsigned i = 0; i < t->workers; i++) {
		const struct ix_worker_slot *d = &t->shared->slots[i];

		ix_histogram_add(sum, &d->histogram[op]);
		if (d->histogram[op].ops == 0)
			continue;
		o->elapsed = MAX(o->elapsed, d->elapsed);
		if (d->elapsed)
			rate += (double)d->histogram[op].ops * 1e9 / (double)d->elapsed;
	}
	o->rate = (uint64_t)(rate + 0.5);
	o->ops = sum->ops;
	o->samples = sum->samples;
	o->mean = sum->samples ? (sum->nanos + sum->samples / 2) / sum->samples : 0;
	o->p50 = ix_histogram_permille(sum, 500);
	o->p90 = ix_histogram_permille(sum, 900);
	o->p99 = ix_histogram_permille(sum, 990);
	o->p999 = ix_histogram_permille(sum, 999);
	o->max = sum->max;
	o->errors = put_errors(sum, o->errnos, sizeof(o->errnos));
}

bool ix_job_op(const struct ix_job *job, unsigned op, char buf[IX_OP_MAX])
{
	const char *word = job->ops;
	size_t len = strcspn(word, " ");

	for (; op && *word; op--) {
		word += len + (word[len] == ' ');
		len = strcspn(word, " ");
	}
	(void)snprintf(buf, IX_OP_MAX, "%.*s", (int)len, word);
	return len > 0;
}

void ix_results(struct ix_task *t)
{
	char name[IX_OP_MAX];
	auto_free struct ix_histogram *sum = malloc(sizeof(*sum));
	struct ix_result all = { .job = (uint16_t)t->job_number,
				 .cpus = (uint8_t)t->cpus,
				 .workers = (uint16_t)t->workers,
				 .objects = t->objects,
				 .size = t->bytes,
				 .faults = t->wrong };
	struct ix_shared *shared = t->shared;

	if (!sum)
		return;
	for (unsigned i = 0; i < t->workers; i++) {
		all.cpu += shared->slots[i].cpu;
		all.switches += shared->slots[i].switches;
	}
	for (unsigned op = 0; op < IX_OPS && ix_job_op(t->job, op, name); op++) {
		if (shared->nresults == IX_RESULTS)
			return;
		all.op = (uint8_t)op;
		shared->results[shared->nresults] = all;
		result_add_up(t, op, sum, &shared->results[shared->nresults]);
		shared->nresults++;
	}
}

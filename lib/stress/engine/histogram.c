/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A histogram of durations, of fixed size, with buckets of about 3 % of their value; and
 * the choice of how often an operation is timed, so that the clock reads do not distort
 * the figures. */
#include "stress/engine/histogram.h"

#include <stddef.h>
#include <string.h>

#include "base/util.h"

/* Clock reads may take at most the measured time divided by this number. */
#define CLOCK_PART UINT64_C(100)

/* Of every this many operations, time at least one. */
#define STRIDE_MOST 64

static unsigned bucket_of(uint64_t ns)
{
	unsigned power, bucket;

	if (ns < IX_HIST_PARTS)
		return (unsigned)ns;
	power = 63U - (unsigned)__builtin_clzll(ns); /* 5 and more */
	bucket = (power - 4) * IX_HIST_PARTS +
		 (unsigned)(ns >> (power - 5) & (IX_HIST_PARTS - 1));
	return MIN(bucket, IX_HIST - 1);
}

/* Return the middle of a bucket's range. */
static uint64_t bucket_value(unsigned bucket)
{
	unsigned shift;

	if (bucket < 2 * IX_HIST_PARTS)
		return bucket;
	shift = bucket / IX_HIST_PARTS - 1;
	return ((uint64_t)(IX_HIST_PARTS + bucket % IX_HIST_PARTS) << shift) +
	       (UINT64_C(1) << shift) / 2;
}

/* Time one operation in N, so that the two clock reads cost at most 1 % of the N
 * operations. Base N on the median: blocked operations would skew a mean. */
static uint32_t stride_for(const struct ix_histogram *a, uint32_t clock_cost)
{
	uint64_t usual = MAX(ix_histogram_permille(a, 500), 1);
	uint64_t stride = (2 * CLOCK_PART * clock_cost + usual - 1) / usual;

	return (uint32_t)MAX(MIN(stride, STRIDE_MOST), 1);
}

void ix_histogram_sample(struct ix_histogram *a, uint64_t ns, uint32_t clock_cost)
{
	a->samples++;
	a->nanos += ns;
	a->max = MAX(a->max, ns);
	a->hist[bucket_of(ns)]++;
	if (a->samples % 64 == 0 || a->stride == 0)
		a->stride = a->samples < 64 ? 1 : stride_for(a, clock_cost);
	/* Vary the distance between samples around the stride, so that sampling is not in
	 * step with periodic operations. */
	a->left = (uint32_t)(a->samples * 7 % (2 * a->stride - 1));
}

void ix_histogram_reset(struct ix_histogram *a)
{
	memset(a, 0, offsetof(struct ix_histogram, errors));
	memset(a->hist, 0, sizeof(a->hist));
}

void ix_histogram_add(struct ix_histogram *to, const struct ix_histogram *from)
{
	to->ops += from->ops;
	to->samples += from->samples;
	to->nanos += from->nanos;
	to->max = MAX(to->max, from->max);
	for (unsigned i = 0; i < IX_ERRNOS; i++)
		to->errors[i] += from->errors[i];
	for (unsigned i = 0; i < IX_HIST; i++)
		to->hist[i] += from->hist[i];
}

uint64_t ix_histogram_permille(const struct ix_histogram *a, unsigned permille)
{
	uint64_t want = (a->samples * permille + 999) / 1000, seen = 0;

	for (unsigned i = 0; i < IX_HIST; i++) {
		seen += a->hist[i];
		if (seen > 0 && seen >= want)
			return MIN(bucket_value(i), a->max);
	}
	return a->max;
}

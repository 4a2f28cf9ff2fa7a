/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A histogram: what one worker counts and times for one operation. */
#pragma once

#include <stdint.h>
#include <time.h>

#define IX_SECOND_NS UINT64_C(1000000000)

/* 32 buckets for each power of two, 3 % each, up to 2^40 ns = 18 minutes. */
#define IX_HIST_PARTS 32
#define IX_HIST       (IX_HIST_PARTS * 37)

/* Number of errno values: more than the highest errno of Linux. */
#define IX_ERRNOS 134

/* Counts and durations of one operation of one worker. */
struct ix_histogram {
	uint64_t ops;     /* operations done */
	uint64_t samples; /* operations timed */
	uint64_t nanos;   /* sum of their durations */
	uint64_t max;     /* ns */
	uint32_t left;    /* untimed operations until the next sample; 0 at first */
	uint32_t stride;  /* one of this many operations is timed */
	uint32_t errors[IX_ERRNOS];
	uint64_t hist[IX_HIST];
};

/* Add a duration, and choose how many operations go untimed, so that reading the clock
 * costs about 1 % of what is measured. clock_cost: ns of one reading. */
void ix_histogram_sample(struct ix_histogram *a, uint64_t ns, uint32_t clock_cost);

/* Reset everything but the errors. */
void ix_histogram_reset(struct ix_histogram *a);

/* Add another worker's histogram. */
void ix_histogram_add(struct ix_histogram *to, const struct ix_histogram *from);

/* Return a quantile of the durations in ns: this many thousandths of the samples are at
 * most as long; 0 if there are no samples. */
uint64_t ix_histogram_permille(const struct ix_histogram *a, unsigned permille);

/* CLOCK_MONOTONIC, ns. */
static inline uint64_t ix_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * IX_SECOND_NS + (uint64_t)t.tv_nsec;
}

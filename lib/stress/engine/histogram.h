/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one worker counts of one operation: how many, how long, which errors. */
#pragma once

#include <stdint.h>
#include <time.h>

#define IX_SECOND_NS UINT64_C(1000000000)

/* 32 parts of each power of two, 3 % each, up to 2^40 ns, which is 18 minutes. */
#define IX_HIST_PARTS 32
#define IX_HIST       (IX_HIST_PARTS * 37)

/* Beyond the last errno of Linux. */
#define IX_ERRNOS 134

/* What one worker counts of one operation. Nothing is allocated on the way. */
struct ix_histogram {
	uint64_t ops;     /* done */
	uint64_t samples; /* timed */
	uint64_t nanos;   /* that those took, together */
	uint64_t max;
	uint32_t left;   /* until the next one is timed; 0 at first */
	uint32_t stride; /* one of so many is timed */
	uint32_t errors[IX_ERRNOS];
	uint64_t hist[IX_HIST];
};

/* Keep a duration. And choose how many go untimed, so that reading the clock costs about
 * a hundredth of what is measured. */
void ix_histogram_sample(struct ix_histogram *a, uint64_t ns, uint32_t clock_cost);

/* Forget what was counted, but not the errors. */
void ix_histogram_reset(struct ix_histogram *a);

/* Add one to another (of another worker). */
void ix_histogram_add(struct ix_histogram *to, const struct ix_histogram *from);

/* The duration that so many thousandths of the samples do not exceed. 0 without any. */
uint64_t ix_histogram_permille(const struct ix_histogram *a, unsigned permille);

static inline uint64_t ix_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * IX_SECOND_NS + (uint64_t)t.tv_nsec;
}

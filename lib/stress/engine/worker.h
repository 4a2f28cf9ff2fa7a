/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a worker uses: its loop condition, timing, and reports. */
#pragma once

#include "base/util.h"
#include "stress/engine/job.h"
#include "stress/engine/random.h"

/* One worker, in its own process. */
struct ix_worker {
	const struct ix_task *task;
	struct ix_shared *shared;
	struct ix_worker_slot *slot;
	unsigned index;
	uint32_t phase;         /* the phase as last read */
	uint64_t rounds;        /* rounds left; UINT64_MAX: work until the time is over */
	uint64_t began;         /* start of the measurement, ns */
	uint64_t cpu, switches; /* CPU time and context switches at that start */
	uint32_t clock_cost;
	struct ix_random random;
};

/* Return the log entry of a worker's object n. The entries below IX_LOG_FIRST belong to
 * the supervisor; all other entries are divided among the workers. */
#define IX_LOG_FIRST 256
static inline uint32_t ix_log_slot(const struct ix_worker *w, uint32_t n)
{
	return IX_LOG_FIRST +
	       w->index * ((IX_LOG_SLOTS - IX_LOG_FIRST) / w->task->workers) + n;
}

/* Whether the worker is to go on. Call this function once for each round. */
bool ix_running_slow(struct ix_worker *w);
static inline bool ix_running(struct ix_worker *w)
{
	if (atomic_load_explicit(&w->shared->phase, memory_order_relaxed) == w->phase &&
	    w->rounds == UINT64_MAX)
		return true;
	return ix_running_slow(w);
}

/* Whether the run is being stopped. Call this function after EINTR. */
static inline bool ix_stopping(const struct ix_worker *w)
{
	return atomic_load_explicit(&w->shared->phase, memory_order_relaxed) == IX_STOP;
}

/*
 * Around each operation:
 *
 *	uint64_t t = ix_begin(w, OP);
 *	r = operation();
 *	if (r < 0) ix_failed(w, OP, errno); else ix_done(w, OP, t);
 */
static inline uint64_t ix_begin(struct ix_worker *w, unsigned op)
{
	struct ix_histogram *a = &w->slot->histogram[op];

	if (a->left) {
		a->left--;
		return 0;
	}
	return ix_now();
}

static inline void ix_done(struct ix_worker *w, unsigned op, uint64_t began)
{
	struct ix_histogram *a = &w->slot->histogram[op];

	a->ops++;
	if (began)
		ix_histogram_sample(a, ix_now() - began, w->clock_cost);
}

/* Count a call that failed. error: errno or -errno. */
void ix_failed(struct ix_worker *w, unsigned op, int error);

/* Count a broken promise; of each worker, the text of the first broken promise is
 * kept. */
void ix_fault(struct ix_worker *w, const char *fmt, ...) PRINTF(2, 3);

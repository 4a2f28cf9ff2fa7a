/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of a stress run have in common. A job is a workload on a mechanism (or
 * on a way to move data). A crew of workers, forked and then pinned, does it; a
 * supervisor, their parent, prepares, watches and checks. All that they share stands in
 * one piece of memory, mapped before anybody is forked: what was measured is there
 * whatever becomes of a process.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/util.h"
#include "core/ctx.h"
#include "core/driver.h"
#include "ipcx-stress.h"

/* ---- counting (tally.c) */

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

/* ---- what is shared (arena.c) */

/* Operations of one job at most, and workers of a crew. */
#define IX_OPS     8
#define IX_WORKERS 256

enum ix_phase {
	IX_WAIT, /* for the others */
	IX_WARM, /* work that does not count yet */
	IX_RUN,
	IX_STOP,
};

/* One worker's part. */
struct ix_worker_slot {
	pid_t pid;
	_Atomic uint32_t ended; /* it came to its end by itself */
	uint32_t faults;
	char fault[160];        /* the first */
	uint64_t elapsed;       /* from the beginning of IX_RUN to its end */
	uint64_t cpu, switches; /* meanwhile */
	uint64_t own[32];       /* what the workload keeps here for its check() */
	struct ix_histogram histogram[IX_OPS];
};

/* What came of one operation of one run. */
struct ix_result {
	uint16_t job;
	uint8_t op;
	uint8_t cpus; /* IPCX_ON_… */
	uint16_t workers;
	uint32_t objects;
	uint64_t size;
	uint64_t ops, samples, elapsed, rate, mean, p50, p90, p99, p999, max;
	uint64_t errors, cpu, switches;
	uint32_t faults;
	char errnos[64];
};

/* Something to be told: a fault, or why a job could not be run. */
struct ix_event {
	uint16_t job;
	uint8_t cpus;
	bool fault;
	int32_t error;
	char text[200];
};

/* An object that exists or may: what the ledger knows of it. */
struct ix_log_entry {
	uint8_t state;
	uint8_t mech; /* the mechanism whose driver made it */
	int32_t id;   /* System V, -1: not known yet */
	int32_t pid;  /* who makes it */
};

#define IX_RESULTS   1024
#define IX_EVENTS    256
#define IX_LOG_SLOTS (1U << 17) /* of the ledger */

/* Words that the workers of one run share, for the workload alone. */
#define IX_SHARED_WORDS 512

struct ix_shared {
	size_t size;
	_Atomic uint32_t phase; /* enum ix_phase; a futex */
	_Atomic uint32_t ready; /* workers that wait for the beginning; a futex */
	_Atomic uint32_t quit;  /* the caller wants an end */
	_Atomic uint32_t ended; /* the supervisor is done */
	uint32_t clock_cost;    /* ns of one reading */
	uint32_t call_cost;     /* ns of an empty system call */
	uint32_t fresh;         /* the namespace is our own */
	uint32_t keys;          /* the first of those that nobody else has */
	uint32_t swept;         /* objects of earlier runs that were removed */
	int32_t range_lock;     /* the array that holds the keys, or -1 */
	uint64_t run;           /* what names are made of */
	int32_t line;           /* the supervisor's end of the line to the caller */
	char limits[512];       /* where it takes place, as text */
	/* what runs now */
	_Atomic uint32_t done, all, job, cpus, running;
	_Atomic uint64_t began, ends;
	/* what came of it */
	int32_t error; /* of the supervisor: -errno */
	char why[sizeof(((struct ipcx *)0)->error)];
	uint32_t nresults, nevents;
	struct ix_result results[IX_RESULTS];
	struct ix_event events[IX_EVENTS];
	struct ix_log_entry log[IX_LOG_SLOTS];
	_Atomic uint64_t words[IX_SHARED_WORDS];
	uint32_t nslots;
	struct ix_worker_slot slots[];
};

/* Mapped, zeroed, shared with every process forked from now on. NULL, errno. */
struct ix_shared *ix_shared_new(unsigned workers);
void ix_shared_free(struct ix_shared *shared);

/* More memory like that, for a workload: rings and counters. NULL, errno. */
void *ix_share(size_t size);
void ix_unshare(void *p, size_t size);

/* futex(2): wait while *word is value, at most so many ns (-1: for ever); wake so many.
 * -1 and errno. */
int ix_futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t timeout);
int ix_futex_wake(_Atomic uint32_t *word, unsigned n);

/* ---- numbers that only look random (random.c) */

struct ix_random {
	uint64_t state;
};

uint64_t ix_random(struct ix_random *r);
/* From 0 to below n. */
uint64_t ix_random_below(struct ix_random *r, uint64_t n);
/* The same bits for the same numbers: what a message has to hold. */
uint64_t ix_mix(uint64_t a, uint64_t b);

/* ---- objects of the run (ledger.c) */

struct ix_task;

/* Make and remove by the ledger: what is in it is removed whatever happens. -errno */
int ix_make(const struct ix_task *t, const struct ix_driver *d, struct ix_object *object);
int ix_remove(const struct ix_task *t, const struct ix_driver *d,
	      struct ix_object *object);

/* Remove everything that the ledger still has. The number of what cannot be removed. */
unsigned ix_cleanup(const struct ix_task *t);
/* How many objects it has. */
unsigned ix_log_count(const struct ix_task *t);

/* ---- jobs (jobs.c) */

struct ix_worker;

/* What is to be done: all of it static but state. */
struct ix_job {
	const char *subject; /* mechanism, or way */
	const struct ix_workload *workload;
	const void *on; /* what the workload works with: a driver, a way, its own table */
	const char *what;            /* a line */
	const char *ops[IX_OPS + 1]; /* what is measured, ended by NULL */
	bool compare;
	bool fresh_only; /* would take what others need: not in a namespace in use */
};

/* Each workload's file has a list of its jobs, ended by .subject = NULL; jobs.c has the
 * list of these. A job by its number; NULL past the last. One that no list has, as it
 * follows from a mechanism, is written into *room. */
const struct ix_job *ix_job(unsigned number, struct ix_job *room);

struct ix_workload {
	const char *name;
	unsigned least; /* workers that it needs */
	bool even;      /* and needs them in pairs */
	/* In the supervisor, before the workers are forked. -errno with ix_cannot() said:
	 * it cannot be done here. finish() is called all the same. May be NULL. */
	int (*prepare)(struct ix_task *t);
	/* In each worker: until ix_running() says no. */
	void (*work)(struct ix_worker *w);
	/* In the supervisor, every 10 ms while they work. May be NULL. */
	void (*poll)(struct ix_task *t);
	/* In the supervisor, when all have come to their end by themselves: ix_wrong()
	 * for what is not as it should be. May be NULL. */
	void (*check)(struct ix_task *t);
	/* In the supervisor: give back what prepare() made, whatever state it is in. May
	 * be NULL. */
	void (*finish)(struct ix_task *t);
	/* How much memory it takes at most. May be NULL. */
	uint64_t (*memory)(const struct ix_task *t);
};

/* One run of a job. */
struct ix_task {
	struct ipcx *x; /* for limits and the like; never in the timed part */
	struct ix_shared *shared;
	const struct ix_job *job;
	unsigned job_number;
	unsigned workers, objects;
	unsigned cpus;       /* IPCX_ON_… */
	unsigned on[2], non; /* which CPUs those are; none: any */
	uint64_t bytes;      /* what was asked for, 0: not */
	uint64_t ops;        /* rounds of each worker; 0: until the time is over */
	uint64_t duration;   /* ns */
	uint64_t seed;
	struct ix_naming names; /* .fresh: its limits may be set, too */
	void *state;            /* of the workload */
	uint32_t wrong;         /* faults of this run so far */
};

/* One worker, in its own process. */
struct ix_worker {
	const struct ix_task *task;
	struct ix_shared *shared;
	struct ix_worker_slot *slot;
	unsigned index;
	uint32_t phase;         /* as it was last seen */
	uint64_t rounds;        /* left; UINT64_MAX: until the time is over */
	uint64_t began;         /* of what counts */
	uint64_t cpu, switches; /* then */
	uint32_t clock_cost;
	struct ix_random random;
};

/* The slots of the ledger that a worker may use: as many as it is to have objects. The
 * first IX_LOG_FIRST belong to the supervisor. */
#define IX_LOG_FIRST 256
static inline uint32_t ix_log_slot(const struct ix_worker *w, uint32_t n)
{
	return IX_LOG_FIRST +
	       w->index * ((IX_LOG_SLOTS - IX_LOG_FIRST) / w->task->workers) + n;
}

/* Whether to go on: once for each round. */
bool ix_running_slow(struct ix_worker *w);
static inline bool ix_running(struct ix_worker *w)
{
	if (atomic_load_explicit(&w->shared->phase, memory_order_relaxed) == w->phase &&
	    w->rounds == UINT64_MAX)
		return true;
	return ix_running_slow(w);
}

/* The end is wanted: after a call was interrupted. */
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

/* A call that should not have failed. */
void ix_failed(struct ix_worker *w, unsigned op, int error);

/* A promise that was not kept: counted, and the first of each worker told. */
void ix_fault(struct ix_worker *w, const char *fmt, ...) PRINTF(2, 3);
/* The same by the supervisor. */
void ix_wrong(struct ix_task *t, const char *fmt, ...) PRINTF(2, 3);
/* Why it cannot be done here; answers error. */
int ix_cannot(struct ix_task *t, int error, const char *fmt, ...) PRINTF(3, 4);

/* ---- a run (crew.c), and all of them (run.c) */

/* Do one run: prepare, fork, watch, check, finish; what came of it is in the arena. */
void ix_workers_run(struct ix_task *t);

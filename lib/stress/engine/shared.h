/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state that the caller, the supervisor and all workers of a run share: one mapping,
 * created before the first fork, so that results survive the death of any process.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/ctx.h"
#include "stress/engine/histogram.h"

/* The maximum number of operations of a job, and of workers of a run. */
#define IX_OPS     8
#define IX_WORKERS 256

enum ix_phase {
	IX_WAIT, /* lasts until all workers are ready */
	IX_WARM, /* warm-up: work is not counted yet */
	IX_RUN,
	IX_STOP,
};

/* What one worker writes for the supervisor. */
struct ix_worker_slot {
	pid_t pid;
	_Atomic uint32_t ended; /* the worker ended by itself */
	uint32_t faults;
	char fault[160];        /* text of the first fault */
	uint64_t elapsed;       /* from the beginning to the end of IX_RUN, ns */
	uint64_t cpu, switches; /* CPU time (ns) and context switches in that time */
	uint64_t own[32];       /* the worker's own words, for the workload's check() */
	struct ix_histogram histogram[IX_OPS];
};

/* The result of one operation of one run. Times are ns. */
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

/* A message: a fault, or why a job could not be run. */
struct ix_event {
	uint16_t job;
	uint8_t cpus;
	bool fault;
	int32_t error;
	char text[200];
};

/* An object in the log: it exists, or may exist. */
struct ix_log_entry {
	uint8_t state;
	uint8_t mech; /* the mechanism whose driver creates it */
	int32_t id;   /* id of a System V object; -1: not known yet */
	int32_t pid;  /* the process that creates it */
};

#define IX_RESULTS   1024
#define IX_EVENTS    256
#define IX_LOG_SLOTS (1U << 17) /* entries of the object log */

/* Number of 64-bit words that the workers of one run share; only the workload uses
 * them. */
#define IX_SHARED_WORDS 512

struct ix_shared {
	size_t size;
	_Atomic uint32_t phase; /* enum ix_phase; a futex */
	_Atomic uint32_t ready; /* workers that wait for the start; a futex */
	_Atomic uint32_t quit;  /* the caller asks for the end of the run */
	_Atomic uint32_t ended; /* the supervisor has finished */
	uint32_t clock_cost;    /* ns that reading the clock takes */
	uint32_t call_cost;     /* ns that an empty system call takes */
	uint32_t fresh;         /* the namespace was created for this run */
	uint32_t keys;          /* first key of the run's range */
	uint32_t swept;         /* objects of earlier runs that were removed */
	int32_t range_lock;     /* semid of the array that reserves the keys, or -1 */
	uint64_t run;           /* random number, part of all names */
	int32_t line;           /* the supervisor's end of the socket to the caller */
	char limits[512];       /* limits of the namespace, as text */
	/* what runs now */
	_Atomic uint32_t done, all, job, cpus, running;
	_Atomic uint64_t began, ends; /* ns */
	/* the outcome */
	int32_t error; /* result of the supervisor: 0 or -errno */
	char why[sizeof(((struct ipcx *)0)->error)];
	uint32_t nresults, nevents;
	struct ix_result results[IX_RESULTS];
	struct ix_event events[IX_EVENTS];
	struct ix_log_entry log[IX_LOG_SLOTS];
	_Atomic uint64_t words[IX_SHARED_WORDS];
	uint32_t nslots;
	struct ix_worker_slot slots[];
};

/* Map zeroed memory, shared with every process forked from now on. Returns NULL and sets
 * errno on failure. */
struct ix_shared *ix_shared_new(unsigned workers);
void ix_shared_free(struct ix_shared *shared);

/* Map further memory of this kind, for a workload. Returns NULL and sets errno on
 * failure. */
void *ix_share(size_t size);
void ix_unshare(void *p, size_t size);

/* futex(2): wait while *word is value, at most timeout ns (-1: for ever); wake n waiters.
 * Both functions return -1 and set errno on failure. */
int ix_futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t timeout);
int ix_futex_wake(_Atomic uint32_t *word, unsigned n);

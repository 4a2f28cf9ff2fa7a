/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state that the caller, the supervisor and all workers of a run share: one mapping,
 * made before the first fork, so that measurements survive whatever becomes of a process.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/ctx.h"
#include "stress/engine/histogram.h"

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

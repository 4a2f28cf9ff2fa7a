/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A job: a workload on a mechanism, or on a way to move data; and one run of it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/ctx.h"
#include "core/driver.h"
#include "ipcx-stress.h"
#include "stress/engine/shared.h"

struct ix_task;
struct ix_worker;

/* What is to be done: all of it static but state. */
struct ix_job {
	const char *subject; /* mechanism, or way */
	const struct ix_workload *workload;
	const void *on; /* what the workload works with: a driver, a way, its own table */
	const char *what; /* a line */
	const char *ops;  /* what is measured: words, at most IX_OPS */
	bool compare;
	bool fresh_only; /* would take what others need: not in a namespace in use */
};

/* Each workload's file has a list of its jobs, ended by .subject = NULL; jobs.c has the
 * list of these. A job by its number; NULL past the last. One that no list has, as it
 * follows from a mechanism, is written into *room. */
const struct ix_job *ix_job(unsigned number, struct ix_job *room);

/* Write operation number op of a job to buf; false when it has no such operation. */
#define IX_OP_MAX 24
bool ix_job_op(const struct ix_job *job, unsigned op, char buf[IX_OP_MAX]);

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

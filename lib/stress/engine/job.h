/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A job: a workload on a mechanism or on a way to move data. A task: one run of a job. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/ctx.h"
#include "core/driver.h"
#include "ipcx-stress.h"
#include "stress/engine/shared.h"

struct ix_task;
struct ix_worker;

/* A job: constant data. */
struct ix_job {
	const char *subject; /* name of the mechanism or way */
	const struct ix_workload *workload;
	const void *on; /* what the workload needs: a driver, a way, a table of its own */
	const char *what; /* description, one line */
	const char *ops;  /* operations that are measured: at most IX_OPS words */
	bool compare;     /* belongs to a comparison */
	bool fresh_only;  /* uses up what others need: not for a namespace in use */
};

/* Return a job by its number; NULL after the last. The churn job of a mechanism
 * is generated in *room; all other jobs are in the lists of their workloads' files, which
 * end with .subject = NULL and are collected in jobs.c. */
const struct ix_job *ix_job(unsigned number, struct ix_job *room);

/* Write operation number op of a job to buf; false when the job has no such operation. */
#define IX_OP_MAX 24
bool ix_job_op(const struct ix_job *job, unsigned op, char buf[IX_OP_MAX]);

struct ix_workload {
	const char *name;
	unsigned least; /* the workload needs at least this many workers */
	bool even;      /* needs an even number of workers */
	/* Called in the supervisor, before the workers are forked. Returns 0, or -errno
	 * after ix_cannot() if the job cannot be run here; finish() is called in either
	 * case. May be NULL. */
	int (*prepare)(struct ix_task *t);
	/* Called in each worker: work until ix_running() returns false. */
	void (*work)(struct ix_worker *w);
	/* Called in the supervisor, every 10 ms while the workers work. May be NULL. */
	void (*poll)(struct ix_task *t);
	/* Called in the supervisor, after all workers have ended by themselves: report
	 * broken promises with ix_wrong(). May be NULL. */
	void (*check)(struct ix_task *t);
	/* Supervisor: release what prepare() acquired, even if prepare() failed. May be
	 * NULL. */
	void (*finish)(struct ix_task *t);
	/* Return the most memory that the workload takes, in bytes. May be NULL. */
	uint64_t (*memory)(const struct ix_task *t);
};

/* One run of a job. */
struct ix_task {
	struct ipcx *x; /* for limits and the like; not used in the timed part */
	struct ix_shared *shared;
	const struct ix_job *job;
	unsigned job_number;
	unsigned workers, objects;
	unsigned cpus;       /* IPCX_ON_… */
	unsigned on[2], non; /* numbers of these CPUs; if non is 0: not pinned */
	uint64_t bytes;      /* planned size; 0: the workload's default */
	uint64_t ops;        /* rounds of each worker; 0: until the time is over */
	uint64_t duration;   /* ns */
	uint64_t seed;
	struct ix_naming names; /* if names.fresh is true, limits may be set, too */
	void *state;            /* state of the workload */
	uint32_t wrong;         /* faults of this run so far */
};

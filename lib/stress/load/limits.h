/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Probes of limits, and how a wrong answer is reported. */
#pragma once

#include <errno.h>
#include <string.h>

#include "stress/engine/worker.h"
#include "stress/load/jobs.h"
#include "stress/load/room.h"

/* A test of one limit: either .run is set, or .limit and the members after it. */
struct ix_probe {
	/* Test a limit of one object or call. Returns false if the limit could not be
	 * tested. */
	bool (*run)(struct ix_worker *w, struct ix_object *own);
	/* The name of a limit of the namespace, which is filled with objects of this
	 * size. */
	const char *limit;
	size_t size;
	unsigned objects; /* how many objects fill the limit after it was lowered */
	unsigned each;    /* how much of the limit each object takes; 0: its pages */
	unsigned own;     /* how much of the limit a worker's own object takes */
};

struct ix_probes {
	const struct ix_driver *driver;
	size_t size;   /* size of each worker's own object */
	bool resource; /* CAP_SYS_RESOURCE exempts from these limits */
	/* A further limit, which is lowered in a fresh namespace but not filled. */
	const char *lowered;
	uint64_t to;
	/* Prepare the worker's own object. Returns 0 or -errno. May be NULL. */
	int (*begin)(struct ix_worker *w, struct ix_object *own);
	struct ix_probe probe[IX_OPS]; /* in the order of the job's operations */
};

/* A worker's own word, after those of its probes: nonzero if the limits apply to this
 * worker. */
#define IX_HELD 8

extern const struct ix_probes ix_probes_shm, ix_probes_msg, ix_probes_sem;
extern const struct ix_probes ix_probes_mq, ix_probes_pshm, ix_probes_psem;

/* errno if a call returned -1, else 0. */
#define IX_ERROR(call) ((call) < 0 ? errno : 0)

/* Report a fault if error (an errno, or 0 for success) is not the right one. Returns
 * whether error is right. */
bool ix_expect(struct ix_worker *w, const char *what, int error, int right);

/* Report a fault if n is not the right number. */
void ix_expect_number(struct ix_worker *w, const char *what, uint64_t n, uint64_t right);

/* A slot whose key and name are unused. */
static inline uint32_t ix_spare(const struct ix_worker *w)
{
	return ix_log_slot(w, 1);
}

/* Remove the object of the spare slot, which should not have been created: by its id, or
 * by its name if id is -1. */
void ix_undo_make(struct ix_worker *w, int id);

/* Fill in a name of 256 bytes after the slash, which is one byte too long. Returns
 * buf. */
#define IX_LONG_NAME 258
const char *ix_long_name(char buf[IX_LONG_NAME]);

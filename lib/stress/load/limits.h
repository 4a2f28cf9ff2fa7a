/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Probes of limits: what is tried, and how it is told that the answer is wrong. */
#pragma once

#include <errno.h>
#include <string.h>

#include "stress/engine/worker.h"
#include "stress/load/jobs.h"
#include "stress/load/room.h"

/* What is tried, in the order of the job's operations. */
struct ix_probe {
	/* A limit of one object, or of a call. false: not tried. */
	bool (*run)(struct ix_worker *w, struct ix_object *own);
	/* Or one of the namespace, which objects of this size fill: so many; and what of
	 * it each takes (0: its pages), and a worker's own object. */
	const char *limit;
	size_t size;
	unsigned objects, each, own;
};

struct ix_probes {
	const struct ix_driver *driver;
	size_t size;   /* of each worker's own object */
	bool resource; /* CAP_SYS_RESOURCE is above these limits */
	/* In a fresh namespace: a limit that is set besides those that are filled. */
	const char *lowered;
	uint64_t to;
	/* Make the own object ready. -errno */
	int (*begin)(struct ix_worker *w, struct ix_object *own);
	struct ix_probe probe[IX_OPS];
};

/* At each worker's desk, behind what its probes keep there: limits hold for it. */
#define IX_HELD 8

extern const struct ix_probes ix_probes_shm, ix_probes_msg, ix_probes_sem;
extern const struct ix_probes ix_probes_mq, ix_probes_pshm, ix_probes_psem;

/* The errno of a call that answers -1; 0. */
#define IX_ERROR(call) ((call) < 0 ? errno : 0)

/* This errno, or 0, is the right answer. Whether it was given. */
bool ix_expect(struct ix_worker *w, const char *what, int error, int right);

/* A number that is right. */
void ix_expect_number(struct ix_worker *w, const char *what, uint64_t n, uint64_t right);

/* A slot whose key and name nobody has. */
static inline uint32_t ix_spare(const struct ix_worker *w)
{
	return ix_log_slot(w, 1);
}

/* What should not have been made: by its id, or by its name (id -1). */
void ix_undo_make(struct ix_worker *w, int id);

/* A name of 256 bytes after the slash, which is one too many. */
#define IX_LONG_NAME 258
const char *ix_long_name(char buf[IX_LONG_NAME]);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the commands for semaphores: references with an index (REF:INDEX), indices
 * and counts, and waits that continue after a signal. */
#pragma once

#include "verb.h"

/* The arguments of commands that wait: the first member of their argument structs. */
struct semverb_args {
	struct wait_args wait;
	struct ns_args where;
	uint64_t count, given;
};

#define GIVEN_COUNT 1U

/* A semaphore, or the whole array if no index was given. */
struct semverb {
	struct ipcx_ref ref;
	uint32_t num; /* 0 by default */
	bool said;
};

/* Return whether the mechanism's objects are arrays of semaphores with an index. */
bool semverb_array(const struct app *app);

/* Like verb_begin() for "REF[:INDEX]" ("sem:5:2"; only arrays have an index). Returns 0,
 * or an exit status after a message. */
int semverb_begin(struct app *app, const struct ns_args *where, const char *word,
		  bool acts, struct semverb *ret_v);

/* Call ipcx_sem_op(), and repeat the call after a signal that does not kill us (such as
 * stop and continue). Returns 0, or an exit status after a message. */
int semverb_op(struct app *app, const struct ipcx_ref *ref, const struct ipcx_sem_op *ops,
	       size_t n, int64_t timeout);

/* Get --count, by default 1. Returns 0, or exit status 2 after a message. */
int semverb_count(const struct semverb_args *args, int32_t *ret_count);

/* The option --count. */
extern const struct opt semverb_count_opts[];

/* Parse "N" or "N:M" at the beginning of a text. Returns 0 or -EINVAL. */
int semverb_range(const char *text, const char **ret_end, uint32_t *ret_first,
		  uint32_t *ret_last);

/* Return the monotonic time in nanoseconds. */
int64_t semverb_now(void);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What commands for semaphores have in common: the one that is meant (REF:INDEX), numbers
 * of semaphores and operations as words, waiting on over signals that end nothing.
 */
#pragma once

#include "verb.h"

/* What commands that wait take; the room of their arguments begins with it. */
struct semverb_args {
	struct wait_args wait;
	struct ns_args where;
	uint64_t count, given;
};

#define GIVEN_COUNT 1U

/* A semaphore, or with none said the whole array. */
struct semverb {
	struct ipcx_ref ref;
	uint32_t num; /* 0 unless said */
	bool said;
};

/* Whether the objects of the command's mechanism are arrays, whose semaphores have an
 * index each. */
bool semverb_array(const struct app *app);

/* As verb_begin() for "REF[:INDEX]" ("sem:5:2"; only arrays take an index). 0, or an
 * exit status after a message. */
int semverb_begin(struct app *app, const struct ns_args *where, const char *word,
		  bool acts, struct semverb *ret_v);

/* ipcx_sem_op(), gone on with where a signal that does not end us came between (a stop
 * and a continue do). 0, or an exit status after a message. */
int semverb_op(struct app *app, const struct ipcx_ref *ref, const struct ipcx_sem_op *ops,
	       size_t n, int64_t timeout);

/* --count: 1 unless given. 0, or exit status 2 after a message. */
int semverb_count(const struct semverb_args *args, int32_t *ret_count);

/* The option --count. */
extern const struct opt semverb_count_opts[];

/* "N" or "N:M" at the beginning of a text, as far as that goes. 0 or -EINVAL. */
int semverb_range(const char *text, const char **ret_end, uint32_t *ret_first,
		  uint32_t *ret_last);

/* A moment of the monotonic clock, in nanoseconds. */
int64_t semverb_now(void);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removing an object that others use: the cases, and what the remover and the other
 * workers share. */
#pragma once

#include <errno.h>

#include "stress/engine/worker.h"
#include "stress/load/jobs.h"
#include "stress/load/room.h"

/* The operations of every job. */
enum { IX_REMOVE, IX_WAKE };

/* State that all workers share. Words marked "futex" are waited for with futex(2). */
struct ix_case_state {
	_Atomic uint32_t round; /* number of the current round, from 1; IX_DONE after the
				   last; futex */
	_Atomic uint32_t arrived; /* workers that have opened the object; futex */
	_Atomic uint32_t left;    /* workers that are done with the object; futex */
	_Atomic uint32_t removed; /* last round whose object was removed; futex */
	_Atomic uint32_t whole;   /* last round for which all workers arrived */
	_Atomic uint64_t at; /* ns: when the removal or the wake-ups began; 0: not yet */
	uint32_t slot;       /* slot of the object */
	_Atomic uint32_t
		calls[IX_WORKERS]; /* blocking calls that each worker has announced */
	_Atomic uint32_t blocked[IX_WORKERS]; /* number of the call in which each worker
						 was seen asleep; 0: none */
};

#define IX_DONE UINT32_MAX

/* What happens to one kind of object in each round. */
struct ix_test_case {
	const struct ix_driver *driver;
	size_t size;
	bool blocks; /* the other workers block in a call when the object is removed */
	/* Called in the remover: prepare the new object, so that others will block on it.
	 * Returns 0 or -errno. May be NULL. */
	int (*set)(struct ix_worker *w, struct ix_object *own);
	/* Called in the other workers, before they count as arrived. May be NULL. */
	void (*enter)(struct ix_worker *w, struct ix_object *mine, uint32_t round);
	/* Called in the other workers: block on the object, or use it. Returns 0 or a
	 * positive errno. */
	int (*stay)(struct ix_worker *w, struct ix_object *mine, uint32_t round);
	/* Called in the remover: check the removed object and wake the workers that still
	 * wait. */
	void (*after)(struct ix_worker *w, struct ix_object *own, uint32_t round);
	/* Called in the remover, after all other workers have left. */
	void (*last)(struct ix_worker *w, const struct ix_object *own);
};

extern const struct ix_test_case ix_test_case_shm, ix_test_case_msg, ix_test_case_sem;
extern const struct ix_test_case ix_test_case_mq, ix_test_case_pshm, ix_test_case_psem;

static inline struct ix_case_state *ix_case_state(const struct ix_worker *w)
{
	return w->task->state;
}

/* The number of workers other than the remover. */
static inline unsigned ix_others(const struct ix_worker *w)
{
	return w->task->workers - 1;
}

/* Announce a blocking call. Do this before every blocking call, even before a call that
 * is repeated after EINTR, as the repeated call may come after the removal. */
static inline void ix_calls(const struct ix_worker *w)
{
	(void)atomic_fetch_add(&ix_case_state(w)->calls[w->index], 1);
}

/* Check the errno (or 0) of a blocking call whose object was removed. Returns 0 if the
 * errno is right, EINTR if the run was stopped, EIO after reporting a fault. */
int ix_check_eidrm(struct ix_worker *w, int error);

/* Wait until the object of this round was removed, even after a stop: the remover checks
 * that all workers still use it. Returns false if the object was not removed, or if not
 * all workers had arrived. */
bool ix_is_removed(struct ix_worker *w, uint32_t round);

/* Check that the key or name of the removed object is free: a new object can be created
 * under it, has another id, and is empty. */
void ix_name_is_free(struct ix_worker *w, const struct ix_object *own);

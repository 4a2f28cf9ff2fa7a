/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An object that is removed while others use it: who does what, and how it is told. */
#pragma once

#include <errno.h>

#include "stress/engine/worker.h"
#include "stress/load/jobs.h"
#include "stress/load/room.h"

/* The operations of every such job. */
enum { IX_REMOVE, IX_WAKE };

/* What the one who removes and the others share. */
struct ix_case_state {
	_Atomic uint32_t round;   /* from 1; IX_DONE: there is none any more. A futex */
	_Atomic uint32_t arrived; /* who hold the object; a futex */
	_Atomic uint32_t left;    /* who are done with it; a futex */
	_Atomic uint32_t removed; /* the round whose object is; a futex */
	_Atomic uint32_t whole;   /* the last round to which all came */
	_Atomic uint64_t at;      /* when they could go on */
	uint32_t slot;
	_Atomic uint32_t calls[IX_WORKERS];   /* that one has begun, or is about to */
	_Atomic uint32_t blocked[IX_WORKERS]; /* the one it was seen asleep in; 0: none */
};

#define IX_DONE UINT32_MAX

/* One that is to be met by all in this round. */
struct ix_test_case {
	const struct ix_driver *driver;
	size_t size;
	bool blocks; /* the others are in a call when it is removed */
	/* The remover: make the new object such that others wait for it. -errno */
	int (*set)(struct ix_worker *w, struct ix_object *own);
	/* One of the others, before it says that it is there. */
	void (*enter)(struct ix_worker *w, struct ix_object *mine, uint32_t round);
	/* And then: wait, or use it. 0 when all is as it should be, or why it came to
	 * an end. */
	int (*stay)(struct ix_worker *w, struct ix_object *mine, uint32_t round);
	/* The remover: hold what is removed to what it should be, wake who still waits. */
	void (*after)(struct ix_worker *w, struct ix_object *own, uint32_t round);
	/* The remover, when all have left. */
	void (*last)(struct ix_worker *w, const struct ix_object *own);
};

extern const struct ix_test_case ix_test_case_shm, ix_test_case_msg, ix_test_case_sem;
extern const struct ix_test_case ix_test_case_mq, ix_test_case_pshm, ix_test_case_psem;

static inline struct ix_case_state *ix_case_state(const struct ix_worker *w)
{
	return w->task->state;
}

/* The others. */
static inline unsigned ix_others(const struct ix_worker *w)
{
	return w->task->workers - 1;
}

/* Before each call that waits, also when it is made again: who was interrupted after the
 * removal makes one that comes too late. */
static inline void ix_calls(const struct ix_worker *w)
{
	(void)atomic_fetch_add(&ix_case_state(w)->calls[w->index], 1);
}

/* What an answer of the kernel means to one whose object is removed meanwhile: 0, EINTR,
 * or a fault that was told. */
int ix_told_removed(struct ix_worker *w, int error);

/* Wait until the object of this round is removed, also when the end is wanted: who lets
 * go before that would be missed. false: it is not, or not all were there. */
bool ix_is_removed(struct ix_worker *w, uint32_t round);

/* The key or name is free: a new object can have it at once, and is another. */
void ix_name_is_free(struct ix_worker *w, const struct ix_object *own);

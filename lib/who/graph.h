/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which waits can still end, judged from who could end them. A pure function on rows: it
 * reads nothing.
 *
 * Nodes are waits: a thread in a call. A thread that waits for several objects at once
 * (futex_waitv(2)) has several nodes; each of them may end the wait.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipcx.h"

/* What is known of those who could end a wait. */
enum ix_wakers {
	IX_WAKERS_UNKNOWN, /* anybody may: System V objects without a guess */
	IX_WAKERS_ALL,     /* exactly the processes listed (each of their threads), if
			      "complete" */
	IX_WAKERS_OWNER, /* only the owner of a lock: one thread (or, if its tid is 0, one
			    process) */
	IX_WAKERS_LAST,  /* a guess: the process that operated last on the semaphore, if
			    it is a lock */
};

struct ix_node {
	int32_t pid, tid;
	bool timed; /* the wait ends by itself */
	bool moved; /* the thread has not slept all the time that was looked: no verdict */
	enum ix_wakers by;
	bool complete; /* IX_WAKERS_ALL: there are no others */
	const int32_t *
		wakers; /* IX_WAKERS_ALL: their pids; ascending; may contain pid itself */
	size_t nwakers;
	int32_t owner,
		owner_tid;    /* IX_WAKERS_OWNER, IX_WAKERS_LAST; owner_tid may be 0 */
	bool owner_dead;      /* IX_WAKERS_OWNER: it will never release the lock */
	enum ipcx_grade held; /* how sure "owner" is; for LAST: likely if the operation
				 has SEM_UNDO, else possible */
};

/* A process that has nodes: how many threads it has, all of them seen. */
struct ix_graph_proc {
	int32_t pid;
	uint32_t threads; /* 0: unknown */
};

enum ix_why {
	IX_WHY_NONE,
	IX_WHY_NOBODY,   /* all who could end it wait for the same: nobody seen can */
	IX_WHY_DEADLOCK, /* certain: a set of waits, for different objects, that only each
			    other could end */
	IX_WHY_CYCLE,    /* a cycle of which at least one edge is a guess */
	IX_WHY_OWNER_DEAD, /* the owner of the lock has ended */
};

struct ix_judgement {
	enum ix_why why;
	enum ipcx_grade grade;      /* 0 without a verdict */
	uint32_t cycle;             /* number of the deadlock or cycle, from 1; 0: none */
	bool guess_sem, guess_lock; /* IX_WHY_CYCLE: some edge is IX_WAKERS_LAST, or a
				       lock known by a C library's layout */
};

/*
 * Judge n nodes; object[i] is a number that is equal for nodes of the same object (and
 * the same futex in it). procs is sorted by pid.
 *
 * - A node without "timed" and "moved" whose wakers are all in such nodes, too, and so on
 *   (the greatest such set), can never end: IX_WHY_NOBODY if all these nodes are of the
 *   same object, else IX_WHY_DEADLOCK. A process counts as waiting only if each of its
 *   threads is in a node of the set; a thread with several nodes, only if all of its
 * nodes are. A dead owner, or no waker at all, ends nothing. Edges IX_WAKERS_LAST and
 * unknown or incomplete wakers leave the set. Locks with held < IPCX_CERTAIN give
 * IX_WHY_CYCLE (guess_lock) with grade IPCX_LIKELY.
 * - Then cycles along IX_WAKERS_LAST (and owners): a node's edge leads to every untimed
 * node of the owner; an owner that is the waiting process itself is no edge. The grade is
 * the lowest "held" on the cycle, at most IPCX_LIKELY, and IPCX_POSSIBLE if a process on
 * it has a thread outside of it. All nodes of a strongly connected component share a
 * number.
 * - IX_WHY_OWNER_DEAD has the grade "held".
 *
 * Linear in nodes, edges and wakers (sorted sets), without recursion: thousands of
 * threads may wait in a chain. Returns 0 or -ENOMEM.
 */
int ix_graph_judge(const struct ix_node *nodes, const uint32_t *object, size_t n,
		   const struct ix_graph_proc *procs, size_t nprocs,
		   struct ix_judgement *ret);

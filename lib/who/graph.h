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
	IX_WHY_NOBODY,   /* nobody seen can end it: all who could do so wait for the same
			    object or for something that never ends, or there is nobody */
	IX_WHY_DEADLOCK, /* certain: waits for different objects, each of which only the
			    others could end */
	IX_WHY_CYCLE,    /* the same, if some guesses are right */
	IX_WHY_OWNER_DEAD, /* the owner of the lock has ended */
};

struct ix_judgement {
	enum ix_why why;
	enum ipcx_grade grade; /* 0 without a verdict */
	uint32_t cycle; /* number of the deadlock or cycle, from 1; 0: no member of one */
	bool guess_sem; /* IX_WHY_CYCLE: some arc is IX_WAKERS_LAST */
	bool guess_lock; /* the verdict depends on a lock with held < IPCX_CERTAIN; in a
			    cycle of guesses, also on one whose owner_tid is 0 */
};

/*
 * Judge n nodes; object[i] is a number that is equal for nodes of the same object (and
 * the same futex in it). procs is sorted by pid. A process without a node needs no
 * element: it does not wait, so it can act.
 *
 * What never ends is the greatest set of nodes that
 * - have neither "timed" nor "moved", and wakers that are known and complete (not
 *   IX_WAKERS_LAST);
 * - none of whose wakers can act: a process can if any of its threads is unknown or can,
 *   a thread if any of its nodes is not in the set. A dead owner cannot, and no waker at
 *   all cannot.
 *
 * Verdicts in this set:
 * - IX_WHY_OWNER_DEAD for the locks of dead owners;
 * - IX_WHY_DEADLOCK for nodes that wait for each other (a strongly connected component)
 *   and have more than one object, and for a thread that waits for a lock that it owns;
 * - IX_WHY_CYCLE instead, with guess_lock, if that depends on a lock with held <
 *   IPCX_CERTAIN;
 * - IX_WHY_NOBODY for the rest, also for nodes that lead to one of the above but are not
 *   waited for by it. The text of this verdict is true for them, too: who could end them
 *   never will.
 * The grade is the lowest "held" of all locks that the verdict depends on, IPCX_CERTAIN
 * without any.
 *
 * Among the other nodes, cycles along IX_WAKERS_LAST and owners: a node leads to the
 * nodes without "timed" and "moved" of the owner (of any thread, if owner_tid is 0), but
 * IX_WAKERS_LAST never to the own process. The members of a strongly connected component
 * with at least one guess (IX_WAKERS_LAST, or owner_tid 0) have IX_WHY_CYCLE; what only
 * leads there has no verdict. The grade is the lowest "held" of the members, at most
 * IPCX_LIKELY, and IPCX_POSSIBLE if a process of a member has another thread, or a member
 * thread another node, outside of the component. It does not matter whether the objects
 * differ: the last process of a semaphore is the same for all who wait for it.
 *
 * Cycles are numbered in the order of their first nodes.
 *
 * Arrays of wakers are compared by their address and length, not by what they contain:
 * nodes that have the same wakers should share one. Then the time is linear in nodes and
 * different wakers, except for sorting; there is no recursion, thousands of threads may
 * wait in a chain. Returns 0 or -ENOMEM.
 */
int ix_graph_judge(const struct ix_node *nodes, const uint32_t *object, size_t n,
		   const struct ix_graph_proc *procs, size_t nprocs,
		   struct ix_judgement *ret);

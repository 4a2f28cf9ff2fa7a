/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A ring in shared memory synchronised by semaphores, as in textbooks: the first counts
 * the room, the second counts the messages, and the third is the lock. The lock is
 * omitted if there is only one sender or receiver, and the semaphore for the room if the
 * partners take turns anyway. ring_futex.c uses atomics instead.
 */
#include <errno.h>
#include <string.h>
#include <sys/sem.h>

#include "stress/channel/ringmemory.h"

/* The capacity of a pipe. */
#define BYTES (1U << 16)

#define DEPTH_LEAST 4U
#define DEPTH_MOST  256U

static size_t cell_size(size_t longest)
{
	return (sizeof(struct ring_cell) + longest + RING_LINE - 1) / RING_LINE *
	       RING_LINE;
}

unsigned ix_ring_depth(size_t longest)
{
	unsigned depth = DEPTH_MOST;

	while (depth > DEPTH_LEAST && depth * cell_size(longest) > 2 * BYTES)
		depth /= 2;
	return depth;
}

size_t ix_ring_size(unsigned depth, size_t longest)
{
	return sizeof(struct ix_ring_memory) + depth * cell_size(longest);
}

void ix_ring_begin(struct ix_ring *r, void *memory, unsigned depth, size_t longest)
{
	*r = (struct ix_ring){
		.memory = memory,
		.depth = depth,
		.cell = cell_size(longest),
		.semid = -1,
	};
	for (unsigned i = 0; i < depth; i++)
		atomic_store(&ix_ring_cell(r, i)->turn, i);
}

/* Only one sender at a time executes this, and the semaphores order memory accesses. */
static void ring_put(struct ix_ring *r, const struct ix_payload *p, size_t size)
{
	struct ix_ring_memory *m = r->memory;
	uint64_t at = atomic_load_explicit(&m->tail, memory_order_relaxed);
	struct ring_cell *cell = ix_ring_cell(r, at);

	atomic_store_explicit(&m->tail, at + 1, memory_order_relaxed);
	cell->size = (uint32_t)size;
	cell->type = (uint32_t)p->type;
	memcpy(cell->data, p->data, size);
}

static ssize_t ring_take(struct ix_ring *r, struct ix_payload *ret)
{
	struct ix_ring_memory *m = r->memory;
	uint64_t at = atomic_load_explicit(&m->head, memory_order_relaxed);

	atomic_store_explicit(&m->head, at + 1, memory_order_relaxed);
	return ix_ring_read(r, ix_ring_cell(r, at), ret);
}

/* ---- System V semaphores: one call changes several of them */

/* Change one semaphore by this amount and, if lock is true, the lock by the same amount,
 * in one call. */
static int ring_change(const struct ix_ring *r, enum ix_ring_sem which, int by, bool wait,
		       bool lock)
{
	struct sembuf ops[2] = {
		{ .sem_num = (unsigned short)which,
		  .sem_op = (short)by,
		  .sem_flg = wait ? 0 : IPC_NOWAIT },
		{ .sem_num = IX_RING_LOCK, .sem_op = (short)by },
	};
	bool skip = which == IX_RING_ROOM && r->roomy;

	if (skip && !lock)
		return 0;
	return semop(r->semid, ops + skip, 1U + lock - skip) < 0 ? -errno : 0;
}

int ix_ring_send_sem(struct ix_ring *r, const struct ix_payload *p, size_t size)
{
	int e = ring_change(r, IX_RING_ROOM, -1, true, r->senders);

	if (e < 0)
		return e;
	ring_put(r, p, size);
	return ring_change(r, IX_RING_ITEMS, 1, true, r->senders);
}

ssize_t ix_ring_receive_sem(struct ix_ring *r, struct ix_payload *ret, bool wait)
{
	int e = ring_change(r, IX_RING_ITEMS, -1, wait, r->receivers);
	ssize_t n;

	if (e < 0)
		return e;
	n = ring_take(r, ret);
	e = ring_change(r, IX_RING_ROOM, 1, true, r->receivers);
	return e < 0 ? e : n;
}

/* ---- POSIX semaphores: one call for each of them */

static int ring_give(sem_t *sem)
{
	return sem_post(sem) < 0 ? -errno : 0;
}

/* Take a token, then the lock. If taking the lock is interrupted, give the token back. */
static int ring_enter(const struct ix_ring *r, enum ix_ring_sem which, bool wait,
		      bool lock)
{
	bool token = which != IX_RING_ROOM || !r->roomy;
	int e = 0;

	if (token && (wait ? sem_wait(r->sems[which]) : sem_trywait(r->sems[which])) < 0)
		return -errno;
	if (!lock || sem_wait(r->sems[IX_RING_LOCK]) == 0)
		return 0;
	e = -errno;
	if (token)
		(void)ring_give(r->sems[which]);
	return e;
}

static int ring_leave(const struct ix_ring *r, enum ix_ring_sem which, bool lock)
{
	int e = lock ? ring_give(r->sems[IX_RING_LOCK]) : 0;

	if (e < 0 || (which == IX_RING_ROOM && r->roomy))
		return e;
	return ring_give(r->sems[which]);
}

int ix_ring_send_psem(struct ix_ring *r, const struct ix_payload *p, size_t size)
{
	int e = ring_enter(r, IX_RING_ROOM, true, r->senders);

	if (e < 0)
		return e;
	ring_put(r, p, size);
	return ring_leave(r, IX_RING_ITEMS, r->senders);
}

ssize_t ix_ring_receive_psem(struct ix_ring *r, struct ix_payload *ret, bool wait)
{
	int e = ring_enter(r, IX_RING_ITEMS, wait, r->receivers);
	ssize_t n;

	if (e < 0)
		return e;
	n = ring_take(r, ret);
	e = ring_leave(r, IX_RING_ROOM, r->receivers);
	return e < 0 ? e : n;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A ring in shared memory without locks: each cell holds the number of the message whose
 * turn it is, and is claimed by compare-and-swap (after D. Vyukov's bounded queue).
 * System calls are made only to sleep when there is nothing to do, and to wake the
 * sleepers.
 */
#include <errno.h>
#include <limits.h>

#include "stress/channel/ringmemory.h"

/*
 * Claim the next cell, if its turn exceeds the next number by "ahead": 0 for a cell to
 * write, 1 for a cell to read. Returns false if there is none now.
 */
static bool claim(struct ix_ring *r, _Atomic uint64_t *counter, uint64_t ahead,
		  uint64_t *ret_number)
{
	uint64_t at = atomic_load_explicit(counter, memory_order_relaxed), turn;

	for (;;) {
		turn = atomic_load_explicit(&ix_ring_cell(r, at)->turn,
					    memory_order_acquire);
		if ((int64_t)(turn - (at + ahead)) < 0)
			return false;
		if (turn != at + ahead)
			at = atomic_load_explicit(counter, memory_order_relaxed);
		else if (atomic_compare_exchange_weak_explicit(counter, &at, at + 1,
							       memory_order_seq_cst,
							       memory_order_relaxed))
			break;
	}
	*ret_number = at;
	return true;
}

/* Whether claim() would find a cell. */
static bool ring_futex_is_ready(struct ix_ring *r, _Atomic uint64_t *counter,
				uint64_t ahead)
{
	uint64_t at = atomic_load(counter);

	return atomic_load(&ix_ring_cell(r, at)->turn) == at + ahead;
}

/* Wake the sleepers. No wake-up is lost: a waiter sets `asleep` before its last check,
 * and we read `asleep` after handing over the cell (all sequentially consistent). */
static void wake_all(struct ring_bench *bench)
{
	if (!atomic_load(&bench->asleep) || !atomic_exchange(&bench->asleep, 0))
		return;
	(void)atomic_fetch_add(&bench->bell, 1);
	(void)ix_futex_wake(&bench->bell, INT_MAX);
}

/* Wake the senders once half of the ring is free, so that each wake-up is worth its cost.
 * No sender sleeps for ever: the receiver that empties the ring wakes all senders. */
static void wake_senders(struct ix_ring *r)
{
	struct ix_ring_memory *m = r->memory;
	uint64_t head = atomic_load(&m->head);

	if ((int64_t)(atomic_load(&m->tail) - head) <= (int64_t)r->depth / 2)
		wake_all(&m->senders);
}

/* Claim a cell, sleeping until a cell is available. Returns 0 or -EINTR. */
static int claim_or_sleep(struct ix_ring *r, struct ring_bench *bench,
			  _Atomic uint64_t *counter, uint64_t ahead, uint64_t *ret_number)
{
	uint32_t bell;

	while (!claim(r, counter, ahead, ret_number)) {
		bell = atomic_load(&bench->bell);
		atomic_store(&bench->asleep, 1);
		if (ring_futex_is_ready(r, counter, ahead))
			continue;
		if (ix_futex_wait(&bench->bell, bell, -1) < 0 && errno == EINTR)
			return -EINTR;
	}
	return 0;
}

int ix_ring_send_futex(struct ix_ring *r, const struct ix_payload *p, size_t size)
{
	struct ix_ring_memory *m = r->memory;
	struct ring_cell *cell;
	uint64_t at;
	int e = claim_or_sleep(r, &m->senders, &m->tail, 0, &at);

	if (e < 0)
		return e;
	cell = ix_ring_cell(r, at);
	cell->size = (uint32_t)size;
	cell->type = (uint32_t)p->type;
	memcpy(cell->data, p->data, size);
	atomic_store(&cell->turn, at + 1);
	wake_all(&m->receivers);
	return 0;
}

ssize_t ix_ring_receive_futex(struct ix_ring *r, struct ix_payload *ret, bool wait)
{
	struct ix_ring_memory *m = r->memory;
	struct ring_cell *cell;
	uint64_t at;
	ssize_t n;

	if (wait) {
		int e = claim_or_sleep(r, &m->receivers, &m->head, 1, &at);

		if (e < 0)
			return e;
	} else if (!claim(r, &m->head, 1, &at)) {
		return -EAGAIN;
	}
	cell = ix_ring_cell(r, at);
	n = ix_ring_read(r, cell, ret);
	atomic_store(&cell->turn, at + r->depth);
	if (!r->roomy)
		wake_senders(r);
	return n;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a ring in shared memory is kept right without a lock: each cell says whose turn it
 * is, and whoever claims it by a compare-and-swap has it for himself (after D. Vyukov's
 * bounded queue). The kernel is asked only by those who find nothing to do, and for them.
 */
#include <errno.h>
#include <limits.h>

#include "stress/channel/ringmemory.h"

/*
 * Claim the next cell whose turn is ahead of its number by so many: 0 for one to write, 1
 * for one to read. false: there is none now.
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

/* Whether the next would find one. */
static bool ring_futex_is_ready(struct ix_ring *r, _Atomic uint64_t *counter,
				uint64_t ahead)
{
	uint64_t at = atomic_load(counter);

	return atomic_load(&ix_ring_cell(r, at)->turn) == at + ahead;
}

/* Whoever sleeps there is to look again. Nobody can be overlooked: he says that he will
 * sleep before he looks for the last time, and we look whether he does after our cell was
 * handed over; all of these are in one order (sequentially consistent). */
static void ring(struct ring_bench *bench)
{
	if (!atomic_load(&bench->asleep) || !atomic_exchange(&bench->asleep, 0))
		return;
	(void)atomic_fetch_add(&bench->bell, 1);
	(void)ix_futex_wake(&bench->bell, INT_MAX);
}

/* Senders are not called for every cell that is free: whoever is woken shall have
 * something to do. But the last of those who receive must not leave them asleep, and to
 * him the ring is empty, whichever cell was his. */
static void ring_for_room(struct ix_ring *r)
{
	struct ix_ring_memory *m = r->memory;
	uint64_t head = atomic_load(&m->head);

	if ((int64_t)(atomic_load(&m->tail) - head) <= (int64_t)r->depth / 2)
		ring(&m->senders);
}

/* Claim one, and sleep until that can be done. */
static int claim_patiently(struct ix_ring *r, struct ring_bench *bench,
			   _Atomic uint64_t *counter, uint64_t ahead,
			   uint64_t *ret_number)
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
	int e = claim_patiently(r, &m->senders, &m->tail, 0, &at);

	if (e < 0)
		return e;
	cell = ix_ring_cell(r, at);
	cell->size = (uint32_t)size;
	cell->type = (uint32_t)p->type;
	memcpy(cell->data, p->data, size);
	atomic_store(&cell->turn, at + 1);
	ring(&m->receivers);
	return 0;
}

ssize_t ix_ring_receive_futex(struct ix_ring *r, struct ix_payload *ret, bool wait)
{
	struct ix_ring_memory *m = r->memory;
	struct ring_cell *cell;
	uint64_t at;
	ssize_t n;

	if (wait) {
		int e = claim_patiently(r, &m->receivers, &m->head, 1, &at);

		if (e < 0)
			return e;
	} else if (!claim(r, &m->head, 1, &at)) {
		return -EAGAIN;
	}
	cell = ix_ring_cell(r, at);
	n = ix_ring_read(r, cell, ret);
	atomic_store(&cell->turn, at + r->depth);
	if (!r->roomy)
		ring_for_room(r);
	return n;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory layout of a ring, for ring.c and ring_futex.c alone. */
#pragma once

#include <string.h>

#include "stress/channel/ring.h"

/* Size of a cache line: data that different CPUs write is on different cache lines. */
#define RING_LINE 64

struct ring_cell {
	/* ring_futex.c only: the number of the message that may be written here; one more
	 * as soon as the message may be read. */
	_Atomic uint64_t turn;
	uint32_t size, type;
	unsigned char data[];
};

/* Where receivers wait for a message, or senders for room. */
struct ring_bench {
	_Alignas(RING_LINE) _Atomic uint32_t asleep; /* somebody may be */
	_Atomic uint32_t bell; /* a futex; its value changes with every wake-up */
};

struct ix_ring_memory {
	_Alignas(RING_LINE) _Atomic uint64_t tail; /* messages sent so far */
	_Alignas(RING_LINE) _Atomic uint64_t head; /* and received */
	struct ring_bench receivers, senders;
	_Alignas(RING_LINE) unsigned char cells[];
};

static inline struct ring_cell *ix_ring_cell(const struct ix_ring *r, uint64_t number)
{
	void *cell = r->memory->cells + (number & (r->depth - 1)) * r->cell;

	return cell;
}

/* Copy a message out of a cell. A corrupted size is limited here; the message's checksum
 * reveals it later. */
static inline ssize_t ix_ring_read(const struct ix_ring *r, const struct ring_cell *cell,
				   struct ix_payload *ret)
{
	size_t size = MIN(cell->size, r->cell - sizeof(*cell));

	ret->type = cell->type;
	memcpy(ret->data, cell->data, size);
	return (ssize_t)size;
}

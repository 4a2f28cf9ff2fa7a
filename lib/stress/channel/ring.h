/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A ring of messages in shared memory, for any number of senders and receivers. How they
 * wait for room and for messages, and keep out of each other's way, is one of three:
 * System V semaphores, POSIX semaphores, or a futex.
 */
#pragma once

#include <semaphore.h>

#include "stress/channel/payload.h"

/* Semaphores of a ring, in an array or one by one. */
enum ix_ring_sem {
	IX_RING_ROOM,
	IX_RING_ITEMS,
	IX_RING_LOCK,
	IX_RING_SEMS,
};

/* What lies in the shared memory. */
struct ix_ring_memory;

struct ix_ring {
	struct ix_ring_memory *memory;
	unsigned depth;          /* messages; a power of two */
	size_t cell;             /* bytes of each, with its head */
	bool senders, receivers; /* are several */
	bool roomy; /* never more messages than room: whoever sends need not wait */
	int semid;  /* of an array of IX_RING_SEMS */
	sem_t *sems[IX_RING_SEMS]; /* or these */
};

/* How many messages of so many bytes a ring of a good size has; the bytes it takes. */
unsigned ix_ring_depth(size_t longest);
size_t ix_ring_size(unsigned depth, size_t longest);

/* Begin with an empty ring in zeroed memory of that size. The caller sets the rest, and
 * the semaphores: room to depth, items to 0, lock to 1. */
void ix_ring_begin(struct ix_ring *r, void *memory, unsigned depth, size_t longest);

/*
 * Send and receive, one pair for each way to wait. wait: until there is room or a
 * message; if not, -EAGAIN. -EINTR after a signal, and nothing is done. Else what is
 * received is its size, and its rank is in ret->type.
 */
int ix_ring_send_sem(struct ix_ring *r, const struct ix_payload *p, size_t size);
ssize_t ix_ring_receive_sem(struct ix_ring *r, struct ix_payload *ret, bool wait);
int ix_ring_send_psem(struct ix_ring *r, const struct ix_payload *p, size_t size);
ssize_t ix_ring_receive_psem(struct ix_ring *r, struct ix_payload *ret, bool wait);
int ix_ring_send_futex(struct ix_ring *r, const struct ix_payload *p, size_t size);
ssize_t ix_ring_receive_futex(struct ix_ring *r, struct ix_payload *ret, bool wait);

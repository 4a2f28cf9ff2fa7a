/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A ring of messages in shared memory, for any number of senders and receivers, which are
 * synchronised by System V semaphores, POSIX semaphores, or a futex.
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

/* The content of the shared memory (ringmemory.h). */
struct ix_ring_memory;

struct ix_ring {
	struct ix_ring_memory *memory;
	unsigned depth;            /* number of messages; a power of two */
	size_t cell;               /* bytes of each message, with its head */
	bool senders, receivers;   /* whether there are several senders, receivers */
	bool roomy;                /* there is always room: senders need not wait */
	int semid;                 /* id of an array of IX_RING_SEMS semaphores */
	sem_t *sems[IX_RING_SEMS]; /* or these semaphores, one by one */
};

/* Return a suitable depth of a ring for messages of at most longest bytes; return the
 * size of such a ring in bytes. */
unsigned ix_ring_depth(size_t longest);
size_t ix_ring_size(unsigned depth, size_t longest);

/* Set up an empty ring in zeroed memory of that size. The caller sets the other members,
 * and the semaphores: room to depth, items to 0, lock to 1. */
void ix_ring_begin(struct ix_ring *r, void *memory, unsigned depth, size_t longest);

/*
 * Functions to send and to receive: a pair for each kind of synchronisation. Sending
 * returns 0 or -errno. Receiving returns the size of the message, with its rank in
 * ret->type, or -errno: -EAGAIN if there is no message and wait is false. If a function
 * returns -EINTR, it did nothing.
 */
int ix_ring_send_sem(struct ix_ring *r, const struct ix_payload *p, size_t size);
ssize_t ix_ring_receive_sem(struct ix_ring *r, struct ix_payload *ret, bool wait);
int ix_ring_send_psem(struct ix_ring *r, const struct ix_payload *p, size_t size);
ssize_t ix_ring_receive_psem(struct ix_ring *r, struct ix_payload *ret, bool wait);
int ix_ring_send_futex(struct ix_ring *r, const struct ix_payload *p, size_t size);
ssize_t ix_ring_receive_futex(struct ix_ring *r, struct ix_payload *ret, bool wait);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ways to move a message from one process to another: each is a row of functions. A
 * channel is one of them at hand: opened by the supervisor, before the workers that use
 * it are forked.
 */
#pragma once

#include <errno.h>

#include "stress/channel/ring.h"
#include "stress/engine/job.h"

/* Objects of a channel at most: memory and its semaphores. */
#define IX_PARTS 4

struct ix_way;

struct ix_channel {
	/* What is wanted, set before it is opened. */
	const struct ix_way *way;
	uint32_t slot;           /* of the ledger, and the IX_PARTS - 1 after it */
	bool senders, receivers; /* are several */
	bool roomy;              /* there are never more messages on the way than one */
	bool mixed;  /* sizes differ: up to longest, which opening may make less */
	size_t size; /* else of every message */
	size_t longest;
	/* What there is then. */
	const struct ix_driver *driver[IX_PARTS];
	struct ix_object part[IX_PARTS];
	unsigned parts;
	int in, out;   /* descriptors, or -1 */
	unsigned turn; /* messages received here */
	struct ix_ring ring;
};

struct ix_way {
	const char *name;
	const char *mech;   /* the mechanism that it shows; NULL: none of IPC */
	size_t least, most; /* bytes of a message */
	size_t whole;       /* up to which those of several senders do not mix */
	bool shared;        /* several may receive, and what is left belongs to any */
	bool endless;       /* whoever sends is never held up */
	/* -errno; what was opened is closed by close(). */
	int (*open)(const struct ix_task *t, struct ix_channel *c);
	/*
	 * Send: 0. Receive: the size of a message, and its rank in type. -1 and errno as
	 * the system call leaves it, for which nothing stands between it and the timed
	 * loop: EINTR, and nothing was done; ix_is_empty(errno) when there is no message
	 * and wait is not wanted.
	 */
	int (*send)(struct ix_channel *c, const struct ix_payload *p, size_t size);
	ssize_t (*receive)(struct ix_channel *c, struct ix_payload *ret, bool wait);
};

static inline bool ix_is_empty(int error)
{
	return error == EAGAIN || error == ENOMSG || error == ETIMEDOUT;
}

extern const struct ix_way ix_way_msg, ix_way_mq, ix_way_pipe, ix_way_stream,
	ix_way_seqpacket, ix_way_eventfd, ix_way_shm_sem, ix_way_pshm_psem,
	ix_way_shm_futex;

/* Open it. -errno and nothing left; ix_channel_cannot() says why. */
int ix_channel_open(const struct ix_task *t, struct ix_channel *c);
int ix_channel_cannot(struct ix_task *t, const struct ix_way *way, int error);
/* Whether the way, whatever the limits, carries messages of this size: 0, or -errno with
 * ix_cannot() said. */
int ix_way_check(struct ix_task *t, const struct ix_way *way, size_t size,
		 bool several_send);
/* Remove its objects. A channel that is all zero is none. */
void ix_channel_close(const struct ix_task *t, struct ix_channel *c);

/* For open(): make an object of this driver that is the next part, and have it at
 * hand. -errno */
int ix_channel_part(const struct ix_task *t, struct ix_channel *c,
		    const struct ix_driver *driver, size_t size);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ways to move a message from one process to another, each a table of functions. A
 * channel is an open instance of a way: the supervisor opens it before it forks the
 * workers that use it.
 */
#pragma once

#include <errno.h>

#include "stress/channel/ring.h"
#include "stress/engine/job.h"

/* The most objects of a channel: memory and its semaphores. */
#define IX_PARTS 4

struct ix_way;

struct ix_channel {
	/* Members that are set before the channel is opened. */
	const struct ix_way *way;
	uint32_t slot; /* the first of the channel's IX_PARTS slots in the object log */
	bool senders, receivers; /* whether there are several senders, receivers */
	bool roomy;              /* there is never more than one message in transit */
	bool mixed;              /* sizes differ, up to longest */
	size_t size;             /* size of every message, if not mixed */
	size_t longest; /* maximum size of a message; ix_channel_open() may lower it */
	/* Members that ix_channel_open() sets. */
	const struct ix_driver *driver[IX_PARTS];
	struct ix_object part[IX_PARTS];
	unsigned parts;
	int in, out;   /* descriptors, or -1 */
	unsigned turn; /* messages received here */
	struct ix_ring ring;
};

struct ix_way {
	const char *name;
	const char *mech; /* the mechanism that it uses; NULL if it uses no IPC object */
	size_t least, most; /* bytes of a message */
	size_t whole; /* up to this size, messages of several senders do not interleave */
	bool shared;  /* several workers may receive from one channel */
	bool endless; /* sending never blocks */
	/* Returns 0 or -errno; ix_channel_close() cleans up in either case. */
	int (*open)(const struct ix_task *t, struct ix_channel *c);
	/*
	 * Sending returns 0; receiving returns the size of a message, with its rank in
	 * type. Both return -1 with errno as the system call set it, to keep the timed
	 * loop short. A function that fails with EINTR did nothing. ix_is_empty(errno)
	 * holds if there is no message and wait is false.
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

/* Open a channel. Returns 0, or -errno with nothing left open; ix_channel_cannot() then
 * reports why. */
int ix_channel_open(const struct ix_task *t, struct ix_channel *c);
int ix_channel_cannot(struct ix_task *t, const struct ix_way *way, int error);
/* Check whether the way can carry messages of this size at all, apart from limits.
 * Returns 0, or -errno after ix_cannot(). */
int ix_way_check(struct ix_task *t, const struct ix_way *way, size_t size,
		 bool several_send);
/* Close a channel and remove its objects. Does nothing if the channel is all zero. */
void ix_channel_close(const struct ix_task *t, struct ix_channel *c);

/* For open(): create and open an object, which becomes the next part of the channel.
 * Returns 0 or -errno. */
int ix_channel_part(const struct ix_task *t, struct ix_channel *c,
		    const struct ix_driver *driver, size_t size);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ways to move a message from one process to another: each is a row of functions. A
 * channel is one of them at hand: opened by the supervisor, before the workers that use
 * it are forked.
 */
#pragma once

#include "stress/ring.h"

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
	const struct ix_gear *gear[IX_PARTS];
	struct ix_thing part[IX_PARTS];
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
	bool ranks;         /* what comes out has the rank that it was sent with */
	bool sized;         /* messages may differ in size */
	bool endless;       /* whoever sends is never held up */
	/* -errno; what was opened is closed by close(). */
	int (*open)(const struct ix_task *t, struct ix_channel *c);
	/* 0 or -errno; -EINTR: nothing was sent. */
	int (*send)(struct ix_channel *c, const struct ix_parcel *p, size_t size);
	/* The size of a message, -EINTR, -EAGAIN when there is none and wait is not
	 * wanted, -errno. */
	ssize_t (*receive)(struct ix_channel *c, struct ix_parcel *ret, bool wait);
};

/* All of them, ended by NULL; one by its name, or NULL. */
extern const struct ix_way *const ix_ways[];

extern const struct ix_way ix_way_msg, ix_way_mq, ix_way_pipe, ix_way_stream,
	ix_way_seqpacket, ix_way_eventfd, ix_way_shm_sem, ix_way_pshm_psem,
	ix_way_shm_futex;

/* Open it; else answer -errno with ix_cannot() said, and nothing left. */
int ix_channel_open(struct ix_task *t, struct ix_channel *c);
/* Remove its objects. A channel that is all zero is none. */
void ix_channel_close(const struct ix_task *t, struct ix_channel *c);

/* For open(): make an object of this mechanism that is the next part, and have it at
 * hand. -errno */
int ix_channel_part(const struct ix_task *t, struct ix_channel *c, const char *mech,
		    size_t size);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The content of messages, from which a receiver detects messages that are foreign,
 * changed, out of order, lost or duplicated. Only a message's bytes and rank need to be
 * transferred.
 */
#pragma once

#include "stress/engine/shared.h"

/* Ranks (types, priorities) of messages: 0 to IX_RANKS - 1. */
#define IX_RANKS 4

/* The longest message. */
#define IX_PAYLOAD_MOST (1U << 20)

/* The shortest message that holds its sender and number. */
#define IX_PAYLOAD_NUMBERED 4

/* A message as msgsnd(2) wants it. */
struct ix_payload {
	long type;
	unsigned char data[];
};

/* Allocate a message with room for this many bytes; free() it. NULL without memory. */
struct ix_payload *ix_payload_new(size_t room);

/* What was sent or received: in the end both totals are equal if no message was lost,
 * whatever the order of the messages. */
struct ix_payload_totals {
	uint64_t count;
	uint64_t mixed; /* sum of the messages' checksums */
	uint64_t bytes;
};

/* ---- sending */

struct ix_sender {
	uint64_t salt;   /* salt of the channel; receivers need the same one */
	unsigned number; /* number of the sender, below IX_WORKERS */
	uint64_t next[IX_RANKS];
	uint64_t word; /* checksum of the message filled last */
	struct ix_payload_totals totals;
};

/* Fill in the sender's next message of this rank. */
void ix_payload_fill(struct ix_sender *s, struct ix_payload *p, size_t size,
		     unsigned rank);
/* Count the message filled last as sent. */
static inline void ix_payload_sent(struct ix_sender *s, size_t size, unsigned rank)
{
	s->totals.count++;
	s->totals.bytes += size;
	s->totals.mixed += s->word;
	s->next[rank] += size >= IX_PAYLOAD_NUMBERED;
}

/* Return the sender that a message of at least IX_PAYLOAD_NUMBERED bytes names; any
 * number if the message is corrupt. */
unsigned ix_payload_sender(const struct ix_payload *p, size_t size);

/* ---- receiving */

/* What is wrong with a message. */
enum ix_payload_verdict {
	IX_SOUND,
	IX_FOREIGN, /* does not come from a sender of this channel */
	IX_CHANGED, /* was changed in its bytes or its length */
	IX_AGAIN,   /* arrived twice, or after one that was sent later */
	IX_GAP,     /* one or more messages before it are lost, or will come late */
};

/* The verdict as the predicate of a sentence about the message. */
const char *ix_payload_verdict_text(enum ix_payload_verdict verdict);

struct ix_receiver {
	uint64_t salt;
	unsigned senders;
	bool alone; /* the channel's only receiver, which gets every number */
	uint64_t next[IX_WORKERS][IX_RANKS];
	struct ix_payload_totals totals;
};

/* Check a received message of this rank and size, and count it. */
enum ix_payload_verdict ix_payload_check(struct ix_receiver *r,
					 const struct ix_payload *p, size_t size,
					 unsigned rank);

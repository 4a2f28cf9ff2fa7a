/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a message of a stress run holds, so that whoever receives it can tell whether it
 * is one of ours, whole, in its turn, and neither lost nor doubled. Nothing but its bytes
 * and its rank need travel.
 */
#pragma once

#include "stress/engine/shared.h"

/* Ranks (types, priorities) that messages are sent with: 0 to one below. */
#define IX_RANKS 4

/* The longest message. */
#define IX_PAYLOAD_MOST (1U << 20)

/* The shortest that says which it is. */
#define IX_PAYLOAD_NUMBERED 4

/* A message as msgsnd(2) wants it. */
struct ix_payload {
	long type;
	unsigned char data[];
};

/* With room for so many bytes. NULL: no memory; free() it. */
struct ix_payload *ix_payload_new(size_t room);

/* What was sent, or received: alike at the end, in whatever order. */
struct ix_payload_totals {
	uint64_t count;
	uint64_t mixed; /* sum of a number made of each message */
	uint64_t bytes;
};

/* ---- sending */

struct ix_sender {
	uint64_t salt;   /* of the channel: the receivers' has to be the same */
	unsigned number; /* which sender of the channel, below IX_WORKERS */
	uint64_t next[IX_RANKS];
	uint64_t word; /* what stands for the message filled last */
	struct ix_payload_totals totals;
};

/* Fill a message: it is the sender's next of this rank. */
void ix_payload_fill(struct ix_sender *s, struct ix_payload *p, size_t size,
		     unsigned rank);
/* The one that was filled last is on its way. */
static inline void ix_payload_sent(struct ix_sender *s, size_t size, unsigned rank)
{
	s->totals.count++;
	s->totals.bytes += size;
	s->totals.mixed += s->word;
	s->next[rank] += size >= IX_PAYLOAD_NUMBERED;
}

/* Which sender a message of that size names, from IX_PAYLOAD_NUMBERED bytes on: anything
 * where it is not sound. */
unsigned ix_payload_sender(const struct ix_payload *p, size_t size);

/* ---- receiving */

/* What is wrong with a message. */
enum ix_payload_verdict {
	IX_SOUND,
	IX_FOREIGN, /* nobody of this channel sent it */
	IX_CHANGED, /* in its bytes or its length */
	IX_AGAIN,   /* doubled, or behind one sent later */
	IX_GAP,     /* one or more before it are lost, or will come too late */
};

/* In words. */
const char *ix_payload_verdict_text(enum ix_payload_verdict verdict);

struct ix_receiver {
	uint64_t salt;
	unsigned senders;
	bool alone; /* nobody else receives from this channel: every number is seen */
	uint64_t next[IX_WORKERS][IX_RANKS];
	struct ix_payload_totals totals;
};

/* Look at a message that came with this rank and size, and count it. */
enum ix_payload_verdict ix_payload_check(struct ix_receiver *r,
					 const struct ix_payload *p, size_t size,
					 unsigned rank);

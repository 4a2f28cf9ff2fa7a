/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a message is filled and checked. Below 4 bytes (tiny) there is no room for the
 * sender: the message is only counted. A message of 4 bytes or more (compact) begins with
 * the sender, 16 bits of the message's number and a checksum of 8 bits; one of 16 bytes
 * or more (whole), with the full number, the sender, and a checksum of 40 bits. All other
 * bytes are computed from these values, so that any changed bit is detected.
 */
#include "stress/channel/payload.h"

#include <string.h>

#define COMPACT IX_PAYLOAD_NUMBERED
#define WHOLE   16

/* Odd constants without a pattern; each padding word is STEP more than the word before
 * it. */
#define STEP UINT64_C(0x9e3779b97f4a7c15)
#define STIR UINT64_C(0xd6e8feb86659fd93)

struct ix_payload *ix_payload_new(size_t room)
{
	return calloc(1, sizeof(struct ix_payload) + room);
}

/* Return the checksum of a message. This must be cheap, as it is part of what is
 * measured. */
static inline uint64_t checksum(uint64_t salt, unsigned number, unsigned rank,
				size_t size, uint64_t seq)
{
	uint64_t source = size < COMPACT ? 0 : (uint64_t)rank << 8 | number;
	uint64_t word = (salt ^ source ^ (uint64_t)size << 16) + seq * STEP;

	word = (word ^ word >> 32) * STIR;
	return word ^ word >> 32;
}

/* Return the part of a message's number that fits into a message of this size. */
static inline uint64_t number_for_size(size_t size, uint64_t seq)
{
	return size >= WHOLE ? seq : size >= COMPACT ? seq & 0xffff : 0;
}

/* Fill the bytes of a message after its head. */
static void payload_pad(unsigned char *data, size_t at, size_t size, uint64_t word)
{
	for (; at + sizeof(word) <= size; at += sizeof(word), word += STEP)
		memcpy(data + at, &word, sizeof(word));
	if (at < size)
		memcpy(data + at, &word, size - at);
}

static bool is_padded(const unsigned char *data, size_t at, size_t size, uint64_t word)
{
	uint64_t differ = 0, have;

	for (; at + sizeof(word) <= size; at += sizeof(word), word += STEP) {
		memcpy(&have, data + at, sizeof(have));
		differ |= have ^ word;
	}
	have = word;
	if (at < size)
		memcpy(&have, data + at, size - at);
	return !(differ | (have ^ word));
}

void ix_payload_fill(struct ix_sender *s, struct ix_payload *p, size_t size,
		     unsigned rank)
{
	uint64_t seq = number_for_size(size, s->next[rank]);
	uint64_t word = checksum(s->salt, s->number, rank, size, seq);
	uint32_t compact = s->number << 24 | (uint32_t)seq << 8 | (word & 0xff);
	uint64_t check = word << 24 | rank << 8 | s->number;

	s->word = word;
	p->type = (long)rank + 1;
	if (size >= WHOLE) {
		memcpy(p->data, &seq, sizeof(seq));
		memcpy(p->data + sizeof(seq), &check, sizeof(check));
		payload_pad(p->data, WHOLE, size, word);
	} else if (size >= COMPACT) {
		memcpy(p->data, &compact, sizeof(compact));
		payload_pad(p->data, COMPACT, size, word);
	} else {
		payload_pad(p->data, 0, size, word);
	}
}

unsigned ix_payload_sender(const struct ix_payload *p, size_t size)
{
	uint32_t compact;
	uint64_t check;

	if (size >= WHOLE) {
		memcpy(&check, p->data + sizeof(check), sizeof(check));
		return (unsigned)(check & 0xff);
	}
	memcpy(&compact, p->data, sizeof(compact));
	return compact >> 24;
}

static inline void payload_count(struct ix_payload_totals *totals, size_t size,
				 uint64_t word)
{
	totals->count++;
	totals->bytes += size;
	totals->mixed += word;
}

const char *ix_payload_verdict_text(enum ix_payload_verdict verdict)
{
	switch (verdict) {
	case IX_SOUND:
		return "is as it was sent";
	case IX_FOREIGN:
		return "names a sender that does not exist";
	case IX_CHANGED:
		return "was changed on its way";
	case IX_AGAIN:
		return "arrived twice, or after one that was sent later";
	case IX_GAP:
		return "arrived, but one sent before it is missing";
	}
	return NULL;
}

/* Check whether a message is the next message of this rank from its sender. */
static enum ix_payload_verdict in_turn(struct ix_receiver *r, unsigned number,
				       unsigned rank, uint64_t seq)
{
	uint64_t *next = &r->next[number][rank], due = *next;

	if (seq != due && (int64_t)(seq - due) < 0)
		return IX_AGAIN;
	*next = seq + 1;
	return seq == due || !r->alone ? IX_SOUND : IX_GAP;
}

/* Check a message without a number: only its length and padding can be wrong. */
static enum ix_payload_verdict check_tiny(struct ix_receiver *r,
					  const struct ix_payload *p, size_t size)
{
	uint64_t word = checksum(r->salt, 0, 0, size, 0);

	payload_count(&r->totals, size, word);
	return is_padded(p->data, 0, size, word) ? IX_SOUND : IX_CHANGED;
}

/* Check a compact message. Such a message holds only the low bits of its number; the full
 * number can only be derived by a receiver that gets all messages. */
static enum ix_payload_verdict check_small(struct ix_receiver *r,
					   const struct ix_payload *p, size_t size,
					   unsigned rank)
{
	uint32_t compact;
	unsigned number;
	uint64_t seq, word, due;

	memcpy(&compact, p->data, sizeof(compact));
	number = compact >> 24;
	seq = compact >> 8 & 0xffff;
	word = checksum(r->salt, number, rank, size, seq);
	payload_count(&r->totals, size, word);
	if (((compact ^ word) & 0xff) ||
	    (size > COMPACT && !is_padded(p->data, COMPACT, size, word)))
		return IX_CHANGED;
	if (number >= r->senders || rank >= IX_RANKS)
		return IX_FOREIGN;
	if (!r->alone)
		return IX_SOUND;
	due = r->next[number][rank];
	return in_turn(r, number, rank,
		       due + (uint64_t)(int64_t)(int16_t)(uint16_t)(seq - due));
}

static NOINLINE enum ix_payload_verdict check_whole(struct ix_receiver *r,
						    const struct ix_payload *p,
						    size_t size, unsigned rank)
{
	uint64_t seq, check, word;
	unsigned number;

	memcpy(&seq, p->data, sizeof(seq));
	memcpy(&check, p->data + sizeof(seq), sizeof(check));
	number = check & 0xff;
	word = checksum(r->salt, number, rank, size, seq);
	payload_count(&r->totals, size, word);
	if (check != (word << 24 | (uint64_t)rank << 8 | number) ||
	    !is_padded(p->data, WHOLE, size, word))
		return IX_CHANGED;
	if (number >= r->senders || rank >= IX_RANKS)
		return IX_FOREIGN;
	return in_turn(r, number, rank, seq);
}

enum ix_payload_verdict ix_payload_check(struct ix_receiver *r,
					 const struct ix_payload *p, size_t size,
					 unsigned rank)
{
	if (size >= WHOLE)
		return check_whole(r, p, size, rank);
	return size >= COMPACT ? check_small(r, p, size, rank) : check_tiny(r, p, size);
}

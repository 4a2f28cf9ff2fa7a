/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a message is filled and looked at. Below four bytes there is no room to say who
 * sent it: it is counted. From there on four bytes say who, which and a check of eight
 * bits; from sixteen bytes on it is a whole number and a check of forty. What follows is
 * made of them, so that every bit of the message is either said twice or follows.
 */
#include "stress/parcel.h"

#include <string.h>

#define COMPACT 4
#define WHOLE   16

/* Odd, and without a pattern: as it is added again and again, all words differ. */
#define STEP UINT64_C(0x9e3779b97f4a7c15)
#define STIR UINT64_C(0xd6e8feb86659fd93)

struct ix_parcel *ix_parcel_new(size_t room)
{
	return calloc(1, sizeof(struct ix_parcel) + room);
}

/* What stands for a message: all that is known of it. It costs no more than it must, as
 * it is a part of what is measured. */
static inline uint64_t essence(uint64_t salt, unsigned number, unsigned rank, size_t size,
			       uint64_t seq)
{
	uint64_t place = size < COMPACT ? 0 : (uint64_t)rank << 8 | number;
	uint64_t word = (salt ^ place ^ (uint64_t)size << 16) + seq * STEP;

	word = (word ^ word >> 32) * STIR;
	return word ^ word >> 32;
}

/* Of a small message only the low bits of its number travel. */
static inline uint64_t visible(size_t size, uint64_t seq)
{
	return size >= WHOLE ? seq : size >= COMPACT ? seq & 0xffff : 0;
}

/* The bytes after the head. */
static void pad(unsigned char *data, size_t at, size_t size, uint64_t word)
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

void ix_parcel_fill(struct ix_sender *s, struct ix_parcel *p, size_t size, unsigned rank)
{
	uint64_t seq = visible(size, s->next[rank]);
	uint64_t word = essence(s->salt, s->number, rank, size, seq);
	uint32_t compact = s->number << 24 | (uint32_t)seq << 8 | (word & 0xff);
	uint64_t check = word << 24 | rank << 8 | s->number;

	s->word = word;
	p->type = (long)rank + 1;
	if (size >= WHOLE) {
		memcpy(p->data, &seq, sizeof(seq));
		memcpy(p->data + sizeof(seq), &check, sizeof(check));
		pad(p->data, WHOLE, size, word);
	} else if (size >= COMPACT) {
		memcpy(p->data, &compact, sizeof(compact));
		pad(p->data, COMPACT, size, word);
	} else {
		pad(p->data, 0, size, word);
	}
}

static void count(struct ix_sums *sums, size_t size, uint64_t word)
{
	sums->count++;
	sums->bytes += size;
	sums->mixed += word;
}

void ix_parcel_sent(struct ix_sender *s, size_t size, unsigned rank)
{
	count(&s->sums, size, s->word);
	s->next[rank] += size >= COMPACT; /* which has a number */
}

const char *ix_flaw_text(enum ix_flaw flaw)
{
	switch (flaw) {
	case IX_SOUND:
		return "is as it was sent";
	case IX_FOREIGN:
		return "was not sent by anybody here";
	case IX_CHANGED:
		return "was changed on its way";
	case IX_AGAIN:
		return "came again, or after one that was sent later";
	case IX_GAP:
		return "came although one before it did not";
	}
	return NULL;
}

/* What a message says of itself. */
struct claim {
	unsigned number;
	uint64_t seq;
	uint64_t check; /* and which bits of it there are */
	uint64_t bits;
	unsigned rank;
	size_t head;
};

static void read_claim(const struct ix_parcel *p, size_t size, unsigned rank,
		       struct claim *ret)
{
	uint64_t check;
	uint32_t compact;

	ret->rank = rank;
	if (size >= WHOLE) {
		memcpy(&ret->seq, p->data, sizeof(ret->seq));
		memcpy(&check, p->data + sizeof(ret->seq), sizeof(check));
		ret->number = check & 0xff;
		ret->rank = check >> 8 & 0xffff;
		ret->check = check >> 24;
		ret->bits = UINT64_MAX >> 24;
		ret->head = WHOLE;
	} else {
		memcpy(&compact, p->data, sizeof(compact));
		ret->number = compact >> 24;
		ret->seq = compact >> 8 & 0xffff;
		ret->check = compact & 0xff;
		ret->bits = 0xff;
		ret->head = COMPACT;
	}
}

/* Whether it is the one that is due. Of a small message only the low bits are known, and
 * only he who sees them all can say which it is. */
static enum ix_flaw in_turn(struct ix_receiver *r, const struct claim *c, size_t size)
{
	uint64_t *next = &r->next[c->number][c->rank], seq = c->seq;

	if (size < WHOLE) {
		if (!r->alone)
			return IX_SOUND;
		seq = *next + (uint64_t)(int64_t)(int16_t)(uint16_t)(seq - *next);
	}
	if (seq == *next) {
		*next = seq + 1;
		return IX_SOUND;
	}
	if ((int64_t)(seq - *next) < 0)
		return IX_AGAIN;
	*next = seq + 1;
	return r->alone ? IX_GAP : IX_SOUND;
}

enum ix_flaw ix_parcel_check(struct ix_receiver *r, const struct ix_parcel *p,
			     size_t size, unsigned rank)
{
	struct claim c;
	uint64_t word;

	if (size < COMPACT) {
		word = essence(r->salt, 0, 0, size, 0);
		count(&r->sums, size, word);
		return is_padded(p->data, 0, size, word) ? IX_SOUND : IX_CHANGED;
	}
	read_claim(p, size, rank, &c);
	word = essence(r->salt, c.number, rank, size, c.seq);
	count(&r->sums, size, word);
	if (c.check != (word & c.bits) || c.rank != rank ||
	    !is_padded(p->data, c.head, size, word))
		return IX_CHANGED;
	if (c.number >= r->senders || rank >= IX_RANKS)
		return IX_FOREIGN;
	return in_turn(r, &c, size);
}

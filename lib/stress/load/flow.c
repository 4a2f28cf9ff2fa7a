/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sends and receives messages until the run ends, and empties the channels afterwards:
 * senders stop first, receivers go on until nothing more can come. At that point, the
 * messages received must be exactly the messages sent.
 */
#include "stress/load/flow.h"

#include <inttypes.h>
#include <sched.h>

#include "stress/engine/workers.h"

/* Shared words: each of these is the first of an array with one word per channel. */
enum {
	ENDED = 0,                  /* senders that have finished */
	LEFT = IX_CHANNELS,         /* receivers that no longer block */
	RECEIVED = 2 * IX_CHANNELS, /* messages received, in steps of LOOK_EVERY */
};

/* A worker's own words. */
enum { OWN_COUNT, OWN_MIXED, OWN_BYTES };

/* For ways that never block the sender: the most messages in transit, and after how many
 * messages that is checked. */
#define ON_THE_WAY 65536
#define LOOK_EVERY 256

/* Interval between polls of an empty channel, and the most polls after a stop. */
#define POLL_NS   100000
#define POLLS_MAX 10000

/* ---- roles */

static bool sends(const struct ix_flow *f, unsigned worker)
{
	return f->fan_in ? worker > 0 : worker % 2 == 0;
}

static unsigned channel_of(const struct ix_flow *f, unsigned worker)
{
	return f->fan_in ? 0 : worker / 2 % f->channels;
}

/* Return the number of senders, or of receivers, of a channel. */
static unsigned partners(const struct ix_task *t, unsigned channel, bool senders)
{
	const struct ix_flow *f = t->state;
	unsigned n = 0;

	for (unsigned i = 0; i < t->workers; i++)
		n += channel_of(f, i) == channel && sends(f, i) == senders;
	return n;
}

/* ---- in the supervisor */

unsigned ix_flow_channels(const struct ix_task *t)
{
	return MIN(t->workers / 2, IX_CHANNELS);
}

static int flow_open_all(const struct ix_task *t, struct ix_flow *f)
{
	int r = 0;

	f->opened = 0;
	for (unsigned i = 0; i < f->channels; i++) {
		f->channel[i] = (struct ix_channel){
			.way = f->way,
			.slot = i * IX_PARTS,
			.senders = partners(t, i, true) > 1,
			.receivers = partners(t, i, false) > 1,
			.roomy = f->roomy,
			.mixed = f->mixed,
			.size = f->mixed ? 0 : f->size,
			.longest = f->size,
		};
		r = ix_channel_open(t, &f->channel[i]);
		if (r < 0)
			return r;
		f->opened++;
	}
	return 0;
}

static void close_all(const struct ix_task *t, struct ix_flow *f)
{
	for (unsigned i = 0; i < f->opened; i++)
		ix_channel_close(t, &f->channel[i]);
	f->opened = 0;
}

int ix_flow_open(struct ix_task *t, const struct ix_flow *wanted, unsigned channels)
{
	struct ix_flow *f = malloc(sizeof(*f));
	int r;

	if (!f)
		return ix_cannot(t, -ENOMEM, "no memory");
	*f = *wanted;
	f->channels = channels;
	f->opened = 0;
	t->state = f;
	r = f->mixed ? 0 : ix_way_check(t, f->way, f->size, partners(t, 0, true) > 1);
	if (r < 0)
		return r;
	r = flow_open_all(t, f);
	while (r < 0 && f->way->shared && f->opened > 0) {
		unsigned fewer = f->opened;

		/* The limits allow no more channels: let several pairs share a
		 * channel. */
		close_all(t, f);
		f->channels = fewer;
		r = flow_open_all(t, f);
	}
	return r < 0 ? ix_channel_cannot(t, f->way, r) : 0;
}

void ix_flow_finish(struct ix_task *t)
{
	struct ix_flow *f = t->state;

	if (f)
		close_all(t, f);
	free(f);
	t->state = NULL;
}

uint64_t ix_flow_memory(unsigned channels, size_t longest)
{
	return channels * (uint64_t)ix_ring_size(ix_ring_depth(longest), longest);
}

/* Add up the totals of the senders, or of the receivers, of a channel. */
static struct ix_payload_totals flow_sum_up(const struct ix_task *t, unsigned channel,
					    bool senders)
{
	const struct ix_flow *f = t->state;
	struct ix_payload_totals totals = { 0 };

	for (unsigned i = 0; i < t->workers; i++) {
		const uint64_t *own = t->shared->slots[i].own;

		if (channel_of(f, i) != channel || sends(f, i) != senders)
			continue;
		totals.count += own[OWN_COUNT];
		totals.mixed += own[OWN_MIXED];
		totals.bytes += own[OWN_BYTES];
	}
	return totals;
}

void ix_flow_check(struct ix_task *t)
{
	const struct ix_flow *f = t->state;

	for (unsigned i = 0; i < f->channels; i++) {
		struct ix_payload_totals sent = flow_sum_up(t, i, true),
					 got = flow_sum_up(t, i, false);

		if (got.count != sent.count)
			ix_wrong(t, "%" PRIu64 " messages sent, %" PRIu64 " received",
				 sent.count, got.count);
		else if (got.bytes != sent.bytes)
			ix_wrong(t, "%" PRIu64 " bytes sent, %" PRIu64 " received",
				 sent.bytes, got.bytes);
		else if (got.mixed != sent.mixed)
			ix_wrong(t,
				 "%" PRIu64
				 " messages sent and as many received, but not the same",
				 sent.count);
	}
}

/* ---- in a worker */

static void flow_keep(struct ix_worker *w, const struct ix_payload_totals *totals)
{
	w->slot->own[OWN_COUNT] = totals->count;
	w->slot->own[OWN_MIXED] = totals->mixed;
	w->slot->own[OWN_BYTES] = totals->bytes;
}

static _Atomic uint64_t *words(const struct ix_worker *w, unsigned word)
{
	const struct ix_flow *f = w->task->state;

	return &w->shared->words[word + channel_of(f, w->index)];
}

static uint64_t salt_of(const struct ix_worker *w)
{
	const struct ix_flow *f = w->task->state;

	return ix_mix(w->task->seed, channel_of(f, w->index));
}

static uint64_t flow_begin(struct ix_worker *w, unsigned op)
{
	return op == IX_NO_OP ? 0 : ix_begin(w, op);
}

static void done(struct ix_worker *w, unsigned op, uint64_t began)
{
	if (op != IX_NO_OP)
		ix_done(w, op, began);
}

/* Count a failed call; any error but ENOMEM is a fault. */
static void flow_failed(struct ix_worker *w, unsigned op, const char *what, int error)
{
	ix_failed(w, op == IX_NO_OP ? 0 : op, error);
	if (error != ENOMEM)
		ix_fault(w, "cannot %s: %s", what, ix_errno_text(error));
}

/* Return a random size. The number of bits of the size is uniform, so that small sizes
 * are as frequent as large ones. */
static size_t any_size(uint64_t random, size_t longest)
{
	unsigned bits = (unsigned)(random >> 8 & 15) % 14;
	size_t top = bits ? (size_t)1 << (bits - 1) : 0;

	return MIN(top + (top ? random >> 32 & (top - 1) : 0), longest);
}

/* Wait for the receivers: sending never blocks here, so messages could fill the machine's
 * memory. */
static void throttle(const struct ix_worker *w, uint64_t sent, unsigned senders)
{
	while (!ix_stopping(w) && sent * senders > atomic_load(words(w, RECEIVED)) &&
	       sent * senders - atomic_load(words(w, RECEIVED)) > ON_THE_WAY)
		(void)sched_yield();
}

/* Send until the run ends. Values that do not change are computed before the loop, as the
 * loop's cost is part of what is measured. */
static void send_on(struct ix_worker *w, struct ix_channel *c, struct ix_payload *p,
		    struct ix_sender *s)
{
	const struct ix_flow *f = w->task->state;
	const bool mixed = c->mixed, endless = c->way->endless;
	int (*const send)(struct ix_channel *, const struct ix_payload *, size_t) =
		c->way->send;
	const unsigned op = f->send_op;
	unsigned senders = partners(w->task, channel_of(f, w->index), true), rank = 0;
	size_t size = c->size;

	while (ix_running(w)) {
		uint64_t t;
		int r;

		if (mixed) {
			uint64_t random = ix_random(&w->random);

			rank = random & (IX_RANKS - 1);
			size = any_size(random, c->longest);
		}
		if (endless && s->totals.count % LOOK_EVERY == 0)
			throttle(w, s->totals.count, senders);
		ix_payload_fill(s, p, size, rank);
		t = flow_begin(w, op);
		do
			r = send(c, p, size);
		while (r < 0 && errno == EINTR && !ix_stopping(w));
		if (r < 0) {
			if (errno == EINTR)
				return;
			flow_failed(w, op, "send", errno);
			continue;
		}
		done(w, op, t);
		ix_payload_sent(s, size, rank);
	}
}

static NOINLINE void flow_report(struct ix_worker *w, const struct ix_receiver *r,
				 size_t size, enum ix_payload_verdict verdict)
{
	ix_fault(w, "message %" PRIu64 ", of %zu bytes, %s", r->totals.count, size,
		 ix_payload_verdict_text(verdict));
}

static inline void flow_check_one(struct ix_worker *w, struct ix_receiver *r,
				  const struct ix_payload *p, size_t size, bool endless)
{
	enum ix_payload_verdict verdict =
		ix_payload_check(r, p, size, (unsigned)(p->type - 1));

	if (verdict)
		flow_report(w, r, size, verdict);
	if (endless && r->totals.count % LOOK_EVERY == 0)
		(void)atomic_fetch_add(words(w, RECEIVED), LOOK_EVERY);
}

static void receive_on(struct ix_worker *w, struct ix_channel *c, struct ix_payload *p,
		       struct ix_receiver *r)
{
	const struct ix_flow *f = w->task->state;
	ssize_t (*const receive)(struct ix_channel *, struct ix_payload *, bool) =
		c->way->receive;
	const bool endless = c->way->endless;
	const unsigned op = f->receive_op;

	while (ix_running(w)) {
		uint64_t t = flow_begin(w, op);
		ssize_t n;

		do
			n = receive(c, p, true);
		while (n < 0 && errno == EINTR && !ix_stopping(w));
		if (n < 0) {
			if (errno == EINTR)
				return;
			flow_failed(w, op, "receive", errno);
			continue;
		}
		done(w, op, t);
		flow_check_one(w, r, p, (size_t)n, endless);
	}
}

/* Receive what is left in the channel, but only after all its receivers have stopped
 * blocking: a receiver that still blocks must get its message first. */
static void flow_drain(struct ix_worker *w, struct ix_channel *c, struct ix_payload *p,
		       struct ix_receiver *r)
{
	static const struct timespec span = { .tv_nsec = POLL_NS };
	const struct ix_flow *f = w->task->state;
	unsigned channel = channel_of(f, w->index);
	unsigned senders = partners(w->task, channel, true);
	unsigned receivers = partners(w->task, channel, false);

	(void)atomic_fetch_add(words(w, LEFT), 1);
	for (unsigned polls = 0; polls < POLLS_MAX;) {
		bool last = atomic_load(words(w, ENDED)) == senders;
		bool mine = atomic_load(words(w, LEFT)) == receivers;
		ssize_t n = mine ? c->way->receive(c, p, false) : -1;
		int error = mine ? errno : EINTR;

		if (n >= 0) {
			done(w, f->receive_op, 0);
			flow_check_one(w, r, p, (size_t)n, c->way->endless);
			polls = 0;
			continue;
		}
		if (error != EINTR && !ix_is_empty(error)) {
			flow_failed(w, f->receive_op, "receive", error);
			return;
		}
		if (error != EINTR && last)
			return;
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &span, NULL);
		polls += ix_stopping(w);
	}
}

static void be_sender(struct ix_worker *w, struct ix_channel *c, struct ix_payload *p)
{
	struct ix_sender s = { .salt = salt_of(w), .number = w->index };

	send_on(w, c, p, &s);
	flow_keep(w, &s.totals);
	(void)atomic_fetch_add(words(w, ENDED), 1);
}

static void be_receiver(struct ix_worker *w, struct ix_channel *c, struct ix_payload *p)
{
	auto_free struct ix_receiver *r = calloc(1, sizeof(*r));
	const struct ix_flow *f = w->task->state;

	if (!r) {
		ix_fault(w, "no memory");
		return;
	}
	r->salt = salt_of(w);
	r->senders = w->task->workers;
	r->alone = !c->receivers;
	if (f->fan_in && w->rounds != UINT64_MAX)
		w->rounds *= w->task->workers - 1; /* the rounds of all senders */
	receive_on(w, c, p, r);
	flow_drain(w, c, p, r);
	flow_keep(w, &r->totals);
}

void ix_flow_work(struct ix_worker *w)
{
	struct ix_flow *f = w->task->state;
	struct ix_channel *c = &f->channel[channel_of(f, w->index)];
	auto_free struct ix_payload *p = ix_payload_new(c->longest);

	if (!p)
		ix_fault(w, "no memory");
	else if (sends(f, w->index))
		be_sender(w, c, p);
	else
		be_receiver(w, c, p);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several senders and several receivers on one queue that is too short for them. Every
 * message says who sent it and which of his it is; at the end as many were received as
 * were sent, and the same ones.
 */
#include <errno.h>
#include <mqueue.h>
#include <string.h>
#include <sys/msg.h>

#include "stress/engine/worker.h"
#include "stress/engine/workers.h"
#include "stress/load/contend.h"

enum { SEND, RECEIVE };

/* Words on the board. */
enum { SENT, SENDERS_ENDED, RECEIVED, RECEIVERS_ENDED };

/* What each keeps at its desk for the end. */
enum { COUNT, SUM };

/* Bytes that a System V queue holds here: 32 messages. */
#define QBYTES 512

/* How long receivers wait for what is still missing: 1000 times a millisecond. */
#define PATIENCE 1000

struct letter {
	long type; /* System V: what msgsnd(2) wants in front */
	uint64_t from;
	uint64_t seal;
};

#define LETTER (sizeof(struct letter) - offsetof(struct letter, from))

/* What a sender says last. Each receiver takes one, and blocks no more. */
#define GOODBYE (UINT64_C(1) << 47)

/* How a queue is used; flags as for msgrcv(2). -1 and errno. */
struct post {
	int (*send)(int id, struct letter *l, struct ix_random *r);
	ssize_t (*receive)(int id, struct letter *l, bool wait, struct ix_random *r);
};

/* ---- two kinds of queue */

static int contend_queue_msg_send(int id, struct letter *l, struct ix_random *r)
{
	l->type = 1 + (long)ix_random_below(r, 4);
	return msgsnd(id, l, LETTER, 0);
}

/* The next, or the one of the lowest type: any will do. */
static ssize_t contend_queue_msg_receive(int id, struct letter *l, bool wait,
					 struct ix_random *r)
{
	long type = ix_random_below(r, 2) ? 0 : -4;

	return msgrcv(id, l, LETTER, type, wait ? 0 : IPC_NOWAIT);
}

static int mq_post(int id, struct letter *l, struct ix_random *r)
{
	return mq_send(id, (const char *)&l->from, LETTER,
		       (unsigned)ix_random_below(r, 4));
}

static ssize_t mq_fetch(int id, struct letter *l, bool wait, struct ix_random *r)
{
	static const struct timespec past = { 0 };
	char text[LETTER];
	ssize_t n;

	(void)r;
	/* The descriptor is shared with senders who wait: it cannot be non-blocking. */
	n = wait ? mq_receive(id, text, sizeof(text), NULL)
		 : mq_timedreceive(id, text, sizeof(text), NULL, &past);
	if (n == (ssize_t)LETTER)
		memcpy(&l->from, text, LETTER);
	if (n < 0 && errno == ETIMEDOUT)
		errno = ENOMSG;
	return n;
}

static const struct post posts[] = {
	{ contend_queue_msg_send, contend_queue_msg_receive }, { mq_post, mq_fetch }
};

static const struct post *post_of(const struct ix_task *t)
{
	return &posts[t->job->workload == &ix_contend_mq];
}

/* ---- the supervisor's part */

static int contend_queue_prepare(struct ix_task *t)
{
	struct ix_object *common = calloc(1, sizeof(*common));

	t->state = common;
	if (!common)
		return ix_cannot(t, -ENOMEM, "no memory");
	common->slot = IX_COMMON;
	common->id = -1;
	common->size = LETTER;
	return ix_common(t, t->job->on, common);
}

static int prepare_msg(struct ix_task *t)
{
	struct ix_object *common;
	struct msqid_ds ds;
	int r = contend_queue_prepare(t);

	if (r < 0)
		return r;
	common = t->state;
	if (msgctl(common->id, IPC_STAT, &ds) < 0)
		return ix_cannot(t, -errno, "the queue does not answer: %s",
				 ix_errno_text(errno));
	if (ds.msg_qbytes < LETTER)
		return ix_cannot(t, -ENOSPC, "a queue holds %lu bytes only (msgmnb)",
				 (unsigned long)ds.msg_qbytes);
	ds.msg_qbytes = MIN(ds.msg_qbytes, QBYTES);
	if (msgctl(common->id, IPC_SET, &ds) < 0)
		return ix_cannot(t, -errno, "the queue cannot be made shorter: %s",
				 ix_errno_text(errno));
	return 0;
}

static void contend_queue_check(struct ix_task *t)
{
	uint64_t sent = 0, received = 0, in = 0, out = 0;
	const struct ix_object *common = t->state;
	const struct ix_driver *d = t->job->on;
	struct ix_object object = *common;
	struct ix_seen seen;

	for (unsigned i = 0; i < t->workers; i++) {
		const struct ix_worker_slot *slot = &t->shared->slots[i];

		sent += i % 2 ? 0 : slot->own[COUNT];
		in += i % 2 ? 0 : slot->own[SUM];
		received += i % 2 ? slot->own[COUNT] : 0;
		out += i % 2 ? slot->own[SUM] : 0;
	}
	if (sent != received)
		ix_wrong(t, "%llu messages were sent and %llu received: %s",
			 (unsigned long long)sent, (unsigned long long)received,
			 sent > received ? "some are lost" : "some came twice");
	else if (in != out)
		ix_wrong(t, "other messages were received than were sent");
	if (d->stat(&t->names, &object, &seen) == 0 && seen.holds != 0)
		ix_wrong(t, "the queue says that it holds %llu messages when it is empty",
			 (unsigned long long)seen.holds);
}

static void contend_queue_finish(struct ix_task *t)
{
	struct ix_object *common = t->state;

	if (common)
		ix_common_end(t, t->job->on, common);
	free(common);
	t->state = NULL;
}

/* ---- a worker */

/* 0, or an errno: EINTR when the end came. */
static int contend_queue_send_one(struct ix_worker *w, int id, uint64_t n)
{
	struct letter l = { .from = (uint64_t)w->index << 48 | n };
	const struct post *p = post_of(w->task);
	uint64_t began;
	int r;

	l.seal = ix_mix(l.from, w->task->seed);
	began = ix_begin(w, SEND);
	do
		r = p->send(id, &l, &w->random);
	while (r < 0 && errno == EINTR && !ix_stopping(w));
	if (r < 0) {
		r = errno;
		if (r != EINTR)
			ix_failed(w, SEND, r);
		return r;
	}
	ix_done(w, SEND, began);
	w->slot->own[COUNT]++;
	w->slot->own[SUM] += l.seal;
	return 0;
}

static void contend_queue_send_all(struct ix_worker *w, int id)
{
	uint64_t n = 0;
	int r = 0;

	while (r == 0 && ix_running(w))
		r = contend_queue_send_one(w, id, n++);
	if (r == 0 || r == EINTR)
		(void)contend_queue_send_one(w, id, GOODBYE);
	(void)atomic_fetch_add(&w->shared->words[SENT], w->slot->own[COUNT]);
	(void)atomic_fetch_add(&w->shared->words[SENDERS_ENDED], 1);
}

static void contend_queue_keep(struct ix_worker *w, const struct letter *l,
			       ssize_t length)
{
	w->slot->own[COUNT]++;
	w->slot->own[SUM] += l->seal;
	if (length != (ssize_t)LETTER)
		ix_fault(w, "a message of %zd bytes, where all have %zu", length, LETTER);
	else if (l->seal != ix_mix(l->from, w->task->seed))
		ix_fault(w, "a message whose content changed on the way");
}

/* Until every sender has said goodbye, or the end is wanted. */
static bool receive_one(struct ix_worker *w, int id)
{
	const struct post *p = post_of(w->task);
	struct letter l = { 0 };
	uint64_t began = ix_begin(w, RECEIVE);
	ssize_t n;

	do
		n = p->receive(id, &l, true, &w->random);
	while (n < 0 && errno == EINTR && !ix_stopping(w));
	if (n < 0) {
		if (errno != EINTR)
			ix_failed(w, RECEIVE, errno);
		return errno == EINTR;
	}
	ix_done(w, RECEIVE, began);
	contend_queue_keep(w, &l, n);
	return !(l.from & GOODBYE);
}

static bool all_came(const struct ix_worker *w)
{
	return atomic_load(&w->shared->words[RECEIVED]) >=
	       atomic_load(&w->shared->words[SENT]);
}

/* Whatever was sent is still to come. Nobody takes it before all receivers are here: one
 * of them might be waiting for the goodbye that is among it. */
static void contend_queue_drain(struct ix_worker *w, int id)
{
	const struct post *p = post_of(w->task);
	unsigned pairs = w->task->workers / 2, timeout = PATIENCE;

	(void)atomic_fetch_add(&w->shared->words[RECEIVED], w->slot->own[COUNT]);
	(void)atomic_fetch_add(&w->shared->words[RECEIVERS_ENDED], 1);
	while (atomic_load(&w->shared->words[RECEIVERS_ENDED]) < pairs && timeout > 0) {
		timeout -= ix_stopping(w);
		ix_pause(1000000);
	}
	while (timeout > 0) {
		struct letter l = { 0 };
		ssize_t n = p->receive(id, &l, false, &w->random);

		if (n >= 0) {
			contend_queue_keep(w, &l, n);
			(void)atomic_fetch_add(&w->shared->words[RECEIVED], 1);
			continue;
		}
		if (errno != ENOMSG && errno != EINTR) {
			ix_failed(w, RECEIVE, errno);
			return;
		}
		if (atomic_load(&w->shared->words[SENDERS_ENDED]) == pairs) {
			if (all_came(w))
				return;
			timeout--;
		}
		ix_pause(1000000);
	}
}

static void receive_all(struct ix_worker *w, int id)
{
	w->rounds = UINT64_MAX; /* as many as are sent */
	while (ix_running(w) && receive_one(w, id))
		;
	contend_queue_drain(w, id);
}

static void contend_queue_work(struct ix_worker *w)
{
	const struct ix_driver *d = w->task->job->on;
	struct ix_object mine = { .slot = IX_COMMON, .id = -1, .size = LETTER };
	unsigned op = w->index % 2 ? RECEIVE : SEND;
	int r = d->open(&w->task->names, &mine);

	if (r < 0) {
		ix_failed(w, op, r);
		return;
	}
	if (op == SEND)
		contend_queue_send_all(w, mine.id);
	else
		receive_all(w, mine.id);
	d->close(&mine);
}

const struct ix_workload ix_contend_msg = {
	.name = "contend",
	.least = 4,
	.even = true,
	.prepare = prepare_msg,
	.work = contend_queue_work,
	.check = contend_queue_check,
	.finish = contend_queue_finish,
};

const struct ix_workload ix_contend_mq = {
	.name = "contend",
	.least = 4,
	.even = true,
	.prepare = contend_queue_prepare,
	.work = contend_queue_work,
	.check = contend_queue_check,
	.finish = contend_queue_finish,
};

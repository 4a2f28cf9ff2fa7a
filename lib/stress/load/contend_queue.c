/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several senders and several receivers on one queue that is too short for them. Every
 * message holds its sender and number; at the end the messages received must be exactly
 * those sent.
 */
#include <errno.h>
#include <mqueue.h>
#include <string.h>
#include <sys/msg.h>

#include "stress/engine/worker.h"
#include "stress/engine/workers.h"
#include "stress/load/contend.h"

enum { SEND, RECEIVE };

/* Shared words. */
enum { SENT, SENDERS_ENDED, RECEIVED, RECEIVERS_ENDED };

/* A worker's own words. */
enum { COUNT, SUM };

/* msg_qbytes of the System V queue: 32 messages. */
#define QBYTES 512

/* How long receivers wait for missing messages: 1000 polls with intervals of 1 ms. */
#define POLLS_MAX 1000

struct message {
	long type;     /* mtype of msgsnd(2); unused for POSIX queues */
	uint64_t from; /* sender << 48 | number, or GOODBYE */
	uint64_t seal; /* checksum of from */
};

#define MESSAGE (sizeof(struct message) - offsetof(struct message, from))

/* The last message of a sender. A receiver that gets such a message no longer blocks from
 * then on. */
#define GOODBYE (UINT64_C(1) << 47)

/* Operations of one kind of queue. They return -1 and set errno on failure; errno is
 * ENOMSG if the queue is empty and wait is false. */
struct queue_ops {
	int (*send)(int id, struct message *l, struct ix_random *r);
	ssize_t (*receive)(int id, struct message *l, bool wait, struct ix_random *r);
};

/* ---- two kinds of queue */

static int contend_queue_msg_send(int id, struct message *l, struct ix_random *r)
{
	l->type = 1 + (long)ix_random_below(r, 4);
	return msgsnd(id, l, MESSAGE, 0);
}

/* Receive either the first message, or the first message of the lowest type. */
static ssize_t contend_queue_msg_receive(int id, struct message *l, bool wait,
					 struct ix_random *r)
{
	long type = ix_random_below(r, 2) ? 0 : -4;

	return msgrcv(id, l, MESSAGE, type, wait ? 0 : IPC_NOWAIT);
}

static int mq_post(int id, struct message *l, struct ix_random *r)
{
	return mq_send(id, (const char *)&l->from, MESSAGE,
		       (unsigned)ix_random_below(r, 4));
}

static ssize_t mq_fetch(int id, struct message *l, bool wait, struct ix_random *r)
{
	static const struct timespec past = { 0 };
	char text[MESSAGE];
	ssize_t n;

	(void)r;
	/* O_NONBLOCK would also affect the senders, which share the descriptor and have
	 * to block. */
	n = wait ? mq_receive(id, text, sizeof(text), NULL)
		 : mq_timedreceive(id, text, sizeof(text), NULL, &past);
	if (n == (ssize_t)MESSAGE)
		memcpy(&l->from, text, MESSAGE);
	if (n < 0 && errno == ETIMEDOUT)
		errno = ENOMSG;
	return n;
}

static const struct queue_ops all_ops[] = {
	{ contend_queue_msg_send, contend_queue_msg_receive }, { mq_post, mq_fetch }
};

static const struct queue_ops *ops_of(const struct ix_task *t)
{
	return &all_ops[t->job->workload == &ix_contend_mq];
}

/* ---- in the supervisor */

static int contend_queue_prepare(struct ix_task *t)
{
	struct ix_object *common = calloc(1, sizeof(*common));

	t->state = common;
	if (!common)
		return ix_cannot(t, -ENOMEM, "no memory");
	common->slot = IX_COMMON;
	common->id = -1;
	common->size = MESSAGE;
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
		return ix_cannot(t, -errno, "cannot stat the queue: %s",
				 ix_errno_text(errno));
	if (ds.msg_qbytes < MESSAGE)
		return ix_cannot(t, -ENOSPC, "a queue holds only %lu bytes (msgmnb)",
				 (unsigned long)ds.msg_qbytes);
	ds.msg_qbytes = MIN(ds.msg_qbytes, QBYTES);
	if (msgctl(common->id, IPC_SET, &ds) < 0)
		return ix_cannot(t, -errno, "cannot lower msg_qbytes: %s",
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
			 sent > received ? "some are lost" : "some arrived twice");
	else if (in != out)
		ix_wrong(t, "the messages received are not those sent");
	if (d->stat(&t->names, &object, &seen) == 0 && seen.holds != 0)
		ix_wrong(t, "the empty queue is reported to hold %llu messages",
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

/* ---- in a worker */

/* Returns 0 or a positive errno; EINTR: the run was stopped. */
static int contend_queue_send_one(struct ix_worker *w, int id, uint64_t n)
{
	struct message l = { .from = (uint64_t)w->index << 48 | n };
	const struct queue_ops *p = ops_of(w->task);
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

static void contend_queue_keep(struct ix_worker *w, const struct message *l,
			       ssize_t length)
{
	w->slot->own[COUNT]++;
	w->slot->own[SUM] += l->seal;
	if (length != (ssize_t)MESSAGE)
		ix_fault(w, "a message of %zd bytes instead of %zu", length, MESSAGE);
	else if (l->seal != ix_mix(l->from, w->task->seed))
		ix_fault(w, "the content of a message changed on the way");
}

/* Receive one message. Returns false after a GOODBYE or an error. */
static bool receive_one(struct ix_worker *w, int id)
{
	const struct queue_ops *p = ops_of(w->task);
	struct message l = { 0 };
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

static bool all_received(const struct ix_worker *w)
{
	return atomic_load(&w->shared->words[RECEIVED]) >=
	       atomic_load(&w->shared->words[SENT]);
}

/* Receive what is still in the queue, after all receivers have stopped blocking: a
 * receiver that still blocks may need a GOODBYE that is among these messages. */
static void contend_queue_drain(struct ix_worker *w, int id)
{
	const struct queue_ops *p = ops_of(w->task);
	unsigned pairs = w->task->workers / 2, polls = POLLS_MAX;

	(void)atomic_fetch_add(&w->shared->words[RECEIVED], w->slot->own[COUNT]);
	(void)atomic_fetch_add(&w->shared->words[RECEIVERS_ENDED], 1);
	while (atomic_load(&w->shared->words[RECEIVERS_ENDED]) < pairs && polls > 0) {
		polls -= ix_stopping(w);
		ix_pause(1000000);
	}
	while (polls > 0) {
		struct message l = { 0 };
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
			if (all_received(w))
				return;
			polls--;
		}
		ix_pause(1000000);
	}
}

static void receive_all(struct ix_worker *w, int id)
{
	w->rounds = UINT64_MAX; /* the senders decide how many messages there are */
	while (ix_running(w) && receive_one(w, id))
		;
	contend_queue_drain(w, id);
}

static void contend_queue_work(struct ix_worker *w)
{
	const struct ix_driver *d = w->task->job->on;
	struct ix_object mine = { .slot = IX_COMMON, .id = -1, .size = MESSAGE };
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

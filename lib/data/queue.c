/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sending to and receiving from a queue of either kind: what is checked before the kernel
 * is asked, and how long is waited.
 */
#include "data/queue.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/copyin.h"

/* Where what is wrong with a call is said; NULL without a queue. */
#define CONTEXT(q) ((q) ? (q)->x : NULL)

static const struct ix_queue_ops *const kinds[] = { &ix_queue_msg, &ix_queue_mq };

static const struct ix_queue_ops *ops_of(const struct ipcx_ref *ref)
{
	const struct ipcx_mech_info *info = ipcx_mech_info(ref->mech);

	for (size_t i = 0; info && i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(info->name, kinds[i]->mech))
			return kinds[i];
	return NULL;
}

int ix_queue_room(struct ipcx_queue *q, size_t bytes)
{
	struct ix_letter *letter;
	size_t size;

	if (bytes <= q->room && q->letter)
		return 0;
	if (__builtin_add_overflow(sizeof(*letter), bytes, &size))
		return ix_fail(q->x, -ENOMEM, "%s", q->name);
	letter = malloc(size);
	if (!letter)
		return ix_fail(q->x, -ENOMEM, "%s: a message of %zu bytes", q->name,
			       bytes);
	free(q->letter);
	q->letter = letter;
	q->room = bytes;
	return 0;
}

int ix_queue_missing(struct ipcx_queue *q)
{
	return ix_fail_plain(q->x, -ENOENT, "%s: no such message queue", q->name);
}

int ix_queue_interrupted(struct ipcx_queue *q)
{
	return ix_fail_plain(q->x, -EINTR, "%s: interrupted", q->name);
}

int ipcx_queue_open(struct ipcx *x, const struct ipcx_ref *ref, unsigned flags,
		    struct ipcx_queue **ret_queue)
{
	IX_REQUIRE(x, ref, ret_queue);
	const struct ix_queue_ops *ops = ops_of(ref);
	struct ipcx_queue *q;
	int r = ix_ref_check(x, ref);

	if (r < 0)
		return r;
	if (!ops)
		return ix_fail_plain(x, -EINVAL, "%s is no kind of message queue",
				     ipcx_mech_info(ref->mech)->name);
	if (x->ns)
		return ix_fail_plain(
			x, -EINVAL,
			"messages are sent and received where the process is: enter the namespace first");
	if (flags == 0 || (flags & ~(IPCX_QUEUE_SEND | IPCX_QUEUE_RECEIVE)))
		return ix_fail_plain(x, -EINVAL, "a queue is opened to send or receive");
	q = calloc(1, sizeof(*q));
	if (!q)
		return ix_fail(x, -ENOMEM, "%s", ops->mech);
	q->x = x;
	q->ops = ops;
	q->id = -1;
	(void)ipcx_ref_format(ref, q->name, sizeof(q->name));
	r = ops->open(q, ref, flags);
	if (r < 0) {
		ipcx_queue_close(q);
		return r;
	}
	*ret_queue = q;
	return 0;
}

void ipcx_queue_close(struct ipcx_queue *q)
{
	if (!q)
		return;
	q->ops->close(q);
	free(q->letter);
	free(q);
}

int ipcx_queue_state(struct ipcx_queue *q, struct ipcx_queue_state *ret_state)
{
	IX_REQUIRE(CONTEXT(q), ret_state);
	return q->ops->state(q, ret_state);
}

int ipcx_queue_check(struct ipcx_queue *q, const struct ipcx_message *m)
{
	IX_REQUIRE(CONTEXT(q), m);
	const struct ix_queue_ops *ops = q->ops;

	if (m->rank < ops->least || m->rank > ops->most)
		return ix_fail_plain(q->x, -EINVAL,
				     "%s: a %s is %" PRId64 " to %" PRId64
				     ", not %" PRId64,
				     q->name, ops->rank, ops->least, ops->most, m->rank);
	if (m->size && !m->data)
		return ix_fail_plain(q->x, -EINVAL, "%s: no data of %zu bytes (NULL)",
				     q->name, m->size);
	if (m->size > q->longest)
		return ix_fail_plain(
			q->x, -EMSGSIZE,
			"%s: a message of %zu bytes is too long: it takes %" PRIu64
			" at most (%s)",
			q->name, m->size, q->longest,
			ops == &ix_queue_msg ? "kernel.msgmax, qbytes" : "msgsize");
	return 0;
}

int ipcx_queue_send(struct ipcx_queue *q, const struct ipcx_message *m, int64_t patience)
{
	IX_REQUIRE(CONTEXT(q), m);
	struct ix_patience p = IX_PATIENCE(patience);
	int r = ipcx_queue_check(q, m);

	while (r == 0) {
		r = q->ops->send(q, m, patience < 0);
		if (r != -EAGAIN)
			return r;
		r = q->ops->linger(q, true, &p);
	}
	return r == -ETIMEDOUT ? q->ops->full(q)
	       : r == -EINTR   ? ix_queue_interrupted(q)
			       : r;
}

static int check_take(struct ipcx_queue *q, const struct ipcx_take *take)
{
	if ((unsigned)take->pick > IPCX_PICK_LOWEST)
		return ix_fail_plain(q->x, -EINVAL, "%s: no such request", q->name);
	if (take->pick == IPCX_PICK_FIRST && take->most == 0 && !take->truncate)
		return 0;
	if (q->ops == &ix_queue_mq)
		return ix_fail_plain(
			q->x, -EINVAL,
			"%s: the kernel gives the oldest of the highest priority, whole, and no other",
			q->name);
	if (take->pick != IPCX_PICK_FIRST && take->rank < 1)
		return ix_fail_plain(q->x, -EINVAL,
				     "%s: types begin with 1: there is no %" PRId64,
				     q->name, take->rank);
	return 0;
}

int ipcx_queue_receive(struct ipcx_queue *q, const struct ipcx_take *take,
		       int64_t patience, struct ipcx_message *ret_m)
{
	IX_REQUIRE(CONTEXT(q), take, ret_m);
	struct ix_patience p = IX_PATIENCE(patience);
	struct ipcx_take own = { 0 };
	int r = IX_COPY_IN(q->x, ipcx_take, IPCX_TAKE_SIZE_0_1, take, &own);

	if (r == 0)
		r = check_take(q, &own);
	while (r == 0) {
		r = q->ops->receive(q, &own, patience < 0, ret_m);
		if (r != -EAGAIN)
			return r;
		r = q->ops->linger(q, false, &p);
	}
	if (r == -ETIMEDOUT)
		return ix_fail_plain(q->x, r, "%s: has no %smessage", q->name,
				     own.pick == IPCX_PICK_FIRST ? "" : "such ");
	return r == -EINTR ? ix_queue_interrupted(q) : r;
}

int ipcx_queue_peek(struct ipcx_queue *q, uint64_t position, struct ipcx_message *ret_m)
{
	IX_REQUIRE(CONTEXT(q), ret_m);
	return q->ops->peek(q, position, ret_m);
}

int ipcx_queue_notify(struct ipcx_queue *q, int signo)
{
	if (!q)
		return -EINVAL;
	return q->ops->notify(q, signo);
}

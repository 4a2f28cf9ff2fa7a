/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sending to and receiving from a queue of any mechanism: what is checked before the
 * kernel is asked, and how long is waited.
 */
#include "core/queue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "core/mech.h"

int ipcx_queue_open(struct ipcx *x, const struct ipcx_ref *ref, unsigned flags,
		    struct ipcx_queue **ret_queue)
{
	const struct ix_mech *mech = ix_mech(ref->mech);
	struct ipcx_queue *q;
	int r = ix_ref_check(x, ref);

	if (r < 0)
		return r;
	if (!mech->queue)
		return ix_fail_plain(x, -EINVAL, "%s is no kind of message queue",
				     mech->info.name);
	if (x->ns)
		return ix_fail_plain(
			x, -EINVAL,
			"messages are sent and received where the process is: enter the namespace first");
	if (flags == 0 || (flags & ~(IPCX_QUEUE_SEND | IPCX_QUEUE_RECEIVE)))
		return ix_fail_plain(x, -EINVAL, "a queue is opened to send or receive");
	q = calloc(1, sizeof(*q));
	if (!q)
		return ix_fail(x, -ENOMEM, "%s", mech->info.name);
	q->x = x;
	q->mech = mech;
	q->id = -1;
	(void)ipcx_ref_format(ref, q->name, sizeof(q->name));
	r = mech->queue->open(q, ref, flags);
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
	if (q->mech->queue->close)
		q->mech->queue->close(q);
	free(q->letter);
	free(q);
}

int ipcx_queue_state(struct ipcx_queue *q, struct ipcx_queue_state *ret_state)
{
	return q->mech->queue->state(q, ret_state);
}

static int linger(struct ipcx_queue *q, bool send, struct ix_patience *p)
{
	const struct ix_queue_ops *ops = q->mech->queue;

	return ops->linger ? ops->linger(q, send, p) : ix_patience_nap(p);
}

int ipcx_queue_send(struct ipcx_queue *q, const struct ipcx_message *m, int64_t patience)
{
	struct ix_patience p = IX_PATIENCE(patience);
	int r = ipcx_queue_check(q, m);

	while (r == 0) {
		r = q->mech->queue->send(q, m, patience < 0);
		if (r != -EAGAIN)
			return r;
		r = linger(q, true, &p);
	}
	return r == -ETIMEDOUT ? q->mech->queue->full(q)
	       : r == -EINTR   ? ix_queue_interrupted(q)
			       : r;
}

/* What this mechanism has no way to do. */
static int cannot(struct ipcx_queue *q, int error, const char *why)
{
	if (!why)
		return ix_fail(q->x, error, "%s", q->name);
	return ix_fail_plain(q->x, error, "%s: %s", q->name, why);
}

static int check_take(struct ipcx_queue *q, const struct ipcx_take *take)
{
	const struct ipcx_mech_info *info = &q->mech->info;

	if (take->size < sizeof(*take) || (unsigned)take->pick > IPCX_PICK_LOWEST)
		return ix_fail_plain(q->x, -EINVAL, "%s: no such request", q->name);
	if (take->pick == IPCX_PICK_FIRST && take->most == 0 && !take->truncate)
		return 0;
	if (!q->mech->queue->picks)
		return cannot(q, -EINVAL, q->mech->queue->no_pick);
	if (take->pick != IPCX_PICK_FIRST && take->rank < info->message_least)
		return ix_fail_plain(q->x, -EINVAL,
				     "%s: %ss begin with %" PRId64
				     ": there is no %" PRId64,
				     q->name, info->message_label, info->message_least,
				     take->rank);
	return 0;
}

int ipcx_queue_receive(struct ipcx_queue *q, const struct ipcx_take *take,
		       int64_t patience, struct ipcx_message *ret_m)
{
	struct ix_patience p = IX_PATIENCE(patience);
	int r = check_take(q, take);

	while (r == 0) {
		r = q->mech->queue->receive(q, take, patience < 0, ret_m);
		if (r != -EAGAIN)
			return r;
		r = linger(q, false, &p);
	}
	if (r == -ETIMEDOUT)
		return ix_fail_plain(q->x, r, "%s: has no %smessage", q->name,
				     take->pick == IPCX_PICK_FIRST ? "" : "such ");
	return r == -EINTR ? ix_queue_interrupted(q) : r;
}

int ipcx_queue_peek(struct ipcx_queue *q, uint64_t position, struct ipcx_message *ret_m)
{
	const struct ix_queue_ops *ops = q->mech->queue;

	if (ops->peek)
		return ops->peek(q, position, ret_m);
	return ix_fail_plain(q->x, -EOPNOTSUPP,
			     "%s: %s ('ipcx show %s' tells how many there are)", q->name,
			     ops->no_peek ? ops->no_peek
					  : "its messages cannot be looked at",
			     q->name);
}

int ipcx_queue_notify(struct ipcx_queue *q, int signo)
{
	const struct ix_queue_ops *ops = q->mech->queue;

	return ops->notify ? ops->notify(q, signo)
			   : cannot(q, -EOPNOTSUPP, ops->no_notify);
}

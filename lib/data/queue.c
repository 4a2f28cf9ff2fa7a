/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sends to and receives from a queue of any mechanism: checks the arguments before
 * calling the kernel, and waits no longer than the timeout allows.
 */
#include "core/queue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "core/copyin.h"
#include "core/kconfig.h"
#include "core/mech.h"
#include "core/waited.h"

int ipcx_queue_open(struct ipcx *x, const struct ipcx_ref *ref, unsigned flags,
		    struct ipcx_queue **ret_queue)
{
	IX_REQUIRE(x, ref, ret_queue);
	const struct ix_mech *mech = ix_mech(ref->mech);
	struct ipcx_queue *q;
	int r = ix_ref_check_open(x, ref);

	if (r < 0)
		return r;
	if (!mech->queue)
		return ix_fail_plain(x, -EINVAL, "%s is not a kind of message queue",
				     mech->info.name);
	if (x->ns)
		return ix_fail_plain(
			x, -EINVAL,
			"messages can only be sent and received in this process's own namespace: enter the other one first");
	if (flags == 0 || (flags & ~(IPCX_QUEUE_SEND | IPCX_QUEUE_RECEIVE)))
		return ix_fail_plain(
			x, -EINVAL,
			"a queue must be opened to send, to receive, or both");
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
		return ix_kconfig_said(x, ref, r);
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
	free(q->msgbuf);
	free(q);
}

int ipcx_queue_state(struct ipcx_queue *q, struct ipcx_queue_state *ret_state)
{
	IX_REQUIRE(q ? q->x : NULL, ret_state);
	struct ipcx_queue_state state = { .size = sizeof(state) };
	int r = IX_COPY_CHECK(q->x, ipcx_queue_state, IPCX_QUEUE_STATE_SIZE_0_1,
			      ret_state);

	if (r == 0)
		r = q->mech->queue->state(q, &state);
	if (r == 0)
		r = IX_COPY_OUT(q->x, ipcx_queue_state, IPCX_QUEUE_STATE_SIZE_0_1, &state,
				ret_state);
	return r;
}

int ipcx_queue_check(struct ipcx_queue *q, const struct ipcx_message *m)
{
	IX_REQUIRE(q ? q->x : NULL, m);
	struct ipcx_message own;
	int r = IX_COPY_IN(q->x, ipcx_message, IPCX_MESSAGE_SIZE_0_1, m, &own);

	return r < 0 ? r : ix_queue_check(q, &own);
}

static int data_queue_linger(struct ipcx_queue *q, bool send, struct ix_timeout *p)
{
	const struct ix_queue_ops *ops = q->mech->queue;

	return ops->wait ? ops->wait(q, send, p) : ix_timeout_sleep(p);
}

static int is_full(struct ipcx_queue *q, const struct ipcx_message *m, int64_t timeout)
{
	char facts[IX_FACTS_MAX];

	q->mech->queue->full(q, m, facts, sizeof(facts));
	return ix_waited(q->x, q->name, facts, timeout);
}

static int has_none(struct ipcx_queue *q, const struct ipcx_take *take, int64_t timeout)
{
	struct ipcx_queue_state state = { .messages = 1 };
	char facts[IX_FACTS_MAX] = "has no message";

	if (q->mech->queue->empty)
		q->mech->queue->empty(q, take, facts, sizeof(facts));
	else if (q->mech->queue->state(q, &state) < 0 || state.messages)
		(void)snprintf(facts, sizeof(facts), "had no message");
	return ix_waited(q->x, q->name, facts, timeout);
}

int ipcx_queue_send(struct ipcx_queue *q, const struct ipcx_message *m, int64_t timeout)
{
	IX_REQUIRE(q ? q->x : NULL, m);
	struct ix_timeout p = IX_TIMEOUT(timeout);
	struct ipcx_message own;
	int r = IX_COPY_IN(q->x, ipcx_message, IPCX_MESSAGE_SIZE_0_1, m, &own);

	if (r == 0)
		r = ix_queue_check(q, &own);
	while (r == 0) {
		r = q->mech->queue->send(q, &own, timeout < 0);
		if (r != -EAGAIN)
			return r;
		r = data_queue_linger(q, true, &p);
	}
	return r == -ETIMEDOUT ? is_full(q, &own, timeout)
	       : r == -EINTR   ? ix_queue_interrupted(q)
			       : r;
}

/* Report a request that this mechanism cannot fulfil; "why" explains it, or is NULL. */
static int data_queue_cannot(struct ipcx_queue *q, int error, const char *why)
{
	if (!why)
		return ix_fail(q->x, error, "%s", q->name);
	return ix_fail_plain(q->x, error, "%s: %s", q->name, why);
}

static int check_take(struct ipcx_queue *q, const struct ipcx_take *take)
{
	const struct ipcx_mech_info *info = &q->mech->info;

	if ((take->flags & ~IPCX_TAKE_TRUNCATE) ||
	    (unsigned)take->pick > IPCX_PICK_LOWEST)
		return ix_fail_plain(q->x, -EINVAL, "%s: no such request", q->name);
	if (take->pick == IPCX_PICK_FIRST && take->most == 0 && !take->flags)
		return 0;
	if (!q->mech->queue->picks)
		return data_queue_cannot(q, -EINVAL, q->mech->queue->no_pick);
	if (take->pick != IPCX_PICK_FIRST && take->rank < info->message_least)
		return ix_fail_plain(q->x, -EINVAL,
				     "%s: %ss begin with %" PRId64
				     ": there is no %" PRId64,
				     q->name, info->message_label, info->message_least,
				     take->rank);
	return 0;
}

int ipcx_queue_receive(struct ipcx_queue *q, const struct ipcx_take *take,
		       int64_t timeout, struct ipcx_message *ret_m)
{
	IX_REQUIRE(q ? q->x : NULL, take, ret_m);
	struct ix_timeout p = IX_TIMEOUT(timeout);
	struct ipcx_message got = { .size = sizeof(got) };
	struct ipcx_take own;
	int r = IX_COPY_IN(q->x, ipcx_take, IPCX_TAKE_SIZE_0_1, take, &own);

	if (r == 0)
		r = check_take(q, &own);
	/* Check the output struct before receiving: once a message is taken from the
	 * queue, the call must be able to return it. */
	if (r == 0)
		r = IX_COPY_CHECK(q->x, ipcx_message, IPCX_MESSAGE_SIZE_0_1, ret_m);
	while (r == 0) {
		r = q->mech->queue->receive(q, &own, timeout < 0, &got);
		if (r == 0)
			return IX_COPY_OUT(q->x, ipcx_message, IPCX_MESSAGE_SIZE_0_1,
					   &got, ret_m);
		if (r != -EAGAIN)
			return r;
		r = data_queue_linger(q, false, &p);
	}
	if (r == -ETIMEDOUT)
		return has_none(q, &own, timeout);
	return r == -EINTR ? ix_queue_interrupted(q) : r;
}

int ipcx_queue_peek(struct ipcx_queue *q, uint64_t position, struct ipcx_message *ret_m)
{
	IX_REQUIRE(q ? q->x : NULL, ret_m);
	const struct ix_queue_ops *ops = q->mech->queue;
	struct ipcx_message got = { .size = sizeof(got) };
	int r = IX_COPY_CHECK(q->x, ipcx_message, IPCX_MESSAGE_SIZE_0_1, ret_m);

	if (r < 0)
		return r;
	if (!ops->peek) {
		(void)ix_fail_plain(q->x, -EOPNOTSUPP, "%s: %s", q->name,
				    ops->no_peek ? ops->no_peek
						 : "its messages cannot be peeked at");
		return ix_hint(q->x, -EOPNOTSUPP, IPCX_HINT_COUNT, q->name, 0);
	}
	r = ops->peek(q, position, &got);
	return r < 0 ? r
		     : IX_COPY_OUT(q->x, ipcx_message, IPCX_MESSAGE_SIZE_0_1, &got,
				   ret_m);
}

int ipcx_queue_notify(struct ipcx_queue *q, int signo)
{
	IX_REQUIRE(q ? q->x : NULL, q);
	const struct ix_queue_ops *ops = q->mech->queue;

	return ops->notify ? ops->notify(q, signo)
			   : data_queue_cannot(q, -EOPNOTSUPP, ops->no_notify);
}

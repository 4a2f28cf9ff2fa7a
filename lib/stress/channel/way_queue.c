/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages through System V and POSIX message queues. */
#include <mqueue.h>
#include <sys/msg.h>

#include "mech/drivers.h"
#include "stress/channel/way.h"

/* ---- System V: the type is the rank; messages are received in the order of sending */

/* In mixed channels, one of this many calls receives the first message of the lowest
 * type. Other channels never do that: the kernel would search the whole queue, which
 * costs time. */
#define LOWEST_EVERY 8

/* Open a queue, and lower longest to kernel.msgmax and to what a queue holds
 * (kernel.msgmnb). */
static int msg_open(const struct ix_task *t, struct ix_channel *c)
{
	struct msqid_ds ds;
	struct msginfo info;
	void *at = &info;
	int r = ix_channel_part(t, c, &ix_msg_driver, c->longest);

	if (r < 0)
		return r;
	if (msgctl(c->part[0].id, IPC_STAT, &ds) < 0 || msgctl(0, IPC_INFO, at) < 0)
		return -errno;
	c->longest = MIN(c->longest, (size_t)info.msgmax);
	c->longest = MIN(c->longest, (size_t)ds.msg_qbytes);
	return 0;
}

static int way_queue_msg_send(struct ix_channel *c, const struct ix_payload *p,
			      size_t size)
{
	return msgsnd(c->part[0].id, p, size, 0);
}

static ssize_t way_queue_msg_receive(struct ix_channel *c, struct ix_payload *ret,
				     bool wait)
{
	bool lowest = c->mixed && ++c->turn % LOWEST_EVERY == 0;

	return msgrcv(c->part[0].id, ret, c->longest, lowest ? -IX_RANKS : 0,
		      wait ? 0 : IPC_NOWAIT);
}

const struct ix_way ix_way_msg = {
	.name = "msg",
	.mech = "msg",
	.most = IX_PAYLOAD_MOST,
	.whole = IX_PAYLOAD_MOST,
	.shared = true,
	.open = msg_open,
	.send = way_queue_msg_send,
	.receive = way_queue_msg_receive,
};

/* ---- POSIX: the priority is the rank; the highest is received first */

/* Create a queue; if sizes may differ and fs.mqueue.msgsize_max is too low, create the
 * queue for shorter messages. */
static int mq_make(const struct ix_task *t, struct ix_channel *c)
{
	static const size_t shorter[] = { 1024, 128 };
	int r = ix_channel_part(t, c, &ix_mq_driver, MAX(c->longest, 1));

	for (size_t i = 0; c->mixed && r == -EINVAL && i < ARRAY_SIZE(shorter); i++)
		r = ix_channel_part(t, c, &ix_mq_driver, shorter[i]);
	return r == -EINVAL ? -EMSGSIZE : r;
}

static int mq_way_open(const struct ix_task *t, struct ix_channel *c)
{
	struct mq_attr attr;
	int r = mq_make(t, c);

	if (r < 0)
		return r;
	if (mq_getattr(c->part[0].id, &attr) < 0)
		return -errno;
	c->longest = (size_t)attr.mq_msgsize;
	return 0;
}

static int mq_way_send(struct ix_channel *c, const struct ix_payload *p, size_t size)
{
	const void *data = p->data;

	return mq_send(c->part[0].id, data, size, (unsigned)p->type - 1);
}

/* Receive; a timeout in the past makes the call non-blocking. */
static ssize_t mq_way_receive(struct ix_channel *c, struct ix_payload *ret, bool wait)
{
	static const struct timespec over = { 0 };
	void *data = ret->data;
	unsigned rank = 0;
	ssize_t n = wait ? mq_receive(c->part[0].id, data, c->longest, &rank)
			 : mq_timedreceive(c->part[0].id, data, c->longest, &rank, &over);

	ret->type = (long)rank + 1;
	return n;
}

const struct ix_way ix_way_mq = {
	.name = "mq",
	.mech = "mq",
	.most = IX_PAYLOAD_MOST,
	.whole = IX_PAYLOAD_MOST,
	.shared = true,
	.open = mq_way_open,
	.send = mq_way_send,
	.receive = mq_way_receive,
};

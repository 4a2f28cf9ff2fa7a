/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a mechanism of message queues has to offer, so that one set of calls
 * (lib/data/queue.c) serves all of them. */
#pragma once

#include "base/timeout.h"
#include "core/ctx.h"

struct ix_mech;

/* A message as msgsnd(2) and msgrcv(2) have it; mq_send(3) takes the text alone. */
struct ix_msgbuf {
	long type;
	char text[];
};

struct ipcx_queue {
	struct ipcx *x;
	const struct ix_mech *mech; /* whose .queue has the calls */
	int id;                     /* the queue's, or a descriptor */
	uint64_t longest; /* the longest message that it takes, as far as is known */
	struct ix_msgbuf *letter; /* what was received last */
	size_t room;              /* bytes of text that it has room for */
	size_t copy;              /* as much of it as a copy needed so far */
	char name[IPCX_REF_MAX];  /* for messages */
};

/*
 * The member .queue of struct ix_mech. What the number of a message is called, and the
 * least there is, stands in .info. The calls answer -errno with a text, but -EAGAIN for
 * "would block" without.
 */
struct ix_queue_ops {
	int64_t most;           /* the greatest number of a message */
	const char *limited_by; /* what bounds the length of a message, in words */

	int (*open)(struct ipcx_queue *q, const struct ipcx_ref *ref, unsigned flags);
	/* May be NULL: nothing is held. Also called when open() failed. */
	void (*close)(struct ipcx_queue *q);
	int (*state)(struct ipcx_queue *q, struct ipcx_queue_state *ret_state);

	/* Blocks only when it is to wait. */
	int (*send)(struct ipcx_queue *q, const struct ipcx_message *m, bool wait);
	int (*receive)(struct ipcx_queue *q, const struct ipcx_take *take, bool wait,
		       struct ipcx_message *ret_m);
	/* Whether receive() can be asked for another than the next message, or for a part
	 * of it. */
	bool picks;

	/* NULL: it cannot be done. */
	int (*peek)(struct ipcx_queue *q, uint64_t position, struct ipcx_message *ret_m);
	int (*notify)(struct ipcx_queue *q, int signo);

	/* Why not, a sentence for a message; NULL: there is no more to say than that. */
	const char *no_pick, *no_peek, *no_notify;

	/* Wait until it is worth another try. 0, -ETIMEDOUT, -EINTR; no text. NULL: what
	 * can be done is to sleep a little. */
	int (*linger)(struct ipcx_queue *q, bool send, struct ix_timeout *p);

	/* Keep the text that says which limit makes it full; answers -ETIMEDOUT. */
	int (*full)(struct ipcx_queue *q);
};

/* Room for so many bytes of text; what it held is gone. 0, -ENOMEM with a text. */
int ix_queue_room(struct ipcx_queue *q, size_t bytes);

/* Whether a message can be sent: ipcx_queue_check() of one that was read. */
int ix_queue_check(struct ipcx_queue *q, const struct ipcx_message *m);

/* The text for what may happen to all of them. */
int ix_queue_missing(struct ipcx_queue *q);
int ix_queue_interrupted(struct ipcx_queue *q);

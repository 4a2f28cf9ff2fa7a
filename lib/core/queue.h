/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a kind of message queue has to offer, so that one set of calls serves both. */
#pragma once

#include "base/patience.h"
#include "core/ctx.h"

struct ix_queue_ops;

/* A message as msgsnd(2) and msgrcv(2) have it; mq_send(3) takes the text alone. */
struct ix_letter {
	long type;
	char text[];
};

struct ipcx_queue {
	struct ipcx *x;
	const struct ix_queue_ops *ops;
	int id;           /* the queue's, or a descriptor */
	uint64_t longest; /* the longest message that it takes, as far as is known */
	struct ix_letter *letter; /* what was received last */
	size_t room;              /* bytes of text that it has room for */
	char name[IPCX_REF_MAX];  /* for messages */
};

/* Two of these. They answer -errno with a text, but -EAGAIN for "would block" without. */
struct ix_queue_ops {
	const char *mech;
	const char *rank; /* what the number of a message is called there */
	int64_t least, most;

	int (*open)(struct ipcx_queue *q, const struct ipcx_ref *ref, unsigned flags);
	void (*close)(struct ipcx_queue *q);
	int (*state)(struct ipcx_queue *q, struct ipcx_queue_state *ret_state);

	/* Blocks only when it is to wait. */
	int (*send)(struct ipcx_queue *q, const struct ipcx_message *m, bool wait);
	int (*receive)(struct ipcx_queue *q, const struct ipcx_take *take, bool wait,
		       struct ipcx_message *ret_m);
	int (*peek)(struct ipcx_queue *q, uint64_t position, struct ipcx_message *ret_m);
	int (*notify)(struct ipcx_queue *q, int signo);

	/* Wait until it is worth another try. 0, -ETIMEDOUT, -EINTR; no text. */
	int (*linger)(struct ipcx_queue *q, bool send, struct ix_patience *p);

	/* Keep the text that says which limit makes it full; answers -ETIMEDOUT. */
	int (*full)(struct ipcx_queue *q);
};

extern const struct ix_queue_ops ix_queue_msg, ix_queue_mq;

/* Room for so many bytes of text; what it held is gone. 0, -ENOMEM with a text. */
int ix_queue_room(struct ipcx_queue *q, size_t bytes);

/* The text for what may happen to both. */
int ix_queue_missing(struct ipcx_queue *q);
int ix_queue_interrupted(struct ipcx_queue *q);

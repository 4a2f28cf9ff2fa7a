/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operations that a message queue mechanism provides, so that one set of calls
 * (lib/data/queue.c) serves all of them. */
#pragma once

#include "base/timeout.h"
#include "core/ctx.h"

struct ix_mech;

/* A message in the form of msgsnd(2) and msgrcv(2); mq_send(3) takes only the text. */
struct ix_msgbuf {
	long type;
	char text[];
};

struct ipcx_queue {
	struct ipcx *x;
	const struct ix_mech *mech; /* its member .queue has the operations */
	int id;                     /* queue id, or a descriptor */
	uint64_t longest; /* bytes of the longest message that the queue accepts, if known
			   */
	struct ix_msgbuf *msgbuf; /* the message received last */
	size_t room;              /* capacity of msgbuf's text in bytes */
	size_t copy; /* the largest part of that capacity that copying a message has
			needed so far */
	char name[IPCX_REF_MAX]; /* for error texts */
};

/*
 * The member .queue of struct ix_mech. The member .info of struct ix_mech has the name
 * and the minimum of a message's type or priority. The operations return -errno with a
 * text; only -EAGAIN ("would block") has no text.
 */
struct ix_queue_ops {
	int64_t most;           /* the greatest type or priority */
	const char *limited_by; /* the name of the limit on a message's length */

	int (*open)(struct ipcx_queue *q, const struct ipcx_ref *ref, unsigned flags);
	/* close() may be NULL if there is nothing to release; it is called also after
	 * open() failed. */
	void (*close)(struct ipcx_queue *q);
	int (*state)(struct ipcx_queue *q, struct ipcx_queue_state *ret_state);

	/* Both send() and receive() block only if wait is true. */
	int (*send)(struct ipcx_queue *q, const struct ipcx_message *m, bool wait);
	int (*receive)(struct ipcx_queue *q, const struct ipcx_take *take, bool wait,
		       struct ipcx_message *ret_m);
	/* Whether receive() can select a message other than the next one, or return only
	 * a part of a message. */
	bool picks;

	/* NULL: not supported. */
	int (*peek)(struct ipcx_queue *q, uint64_t position, struct ipcx_message *ret_m);
	int (*notify)(struct ipcx_queue *q, int signo);

	/* Why an operation is not supported, as a sentence; NULL: there is no reason to
	 * state. */
	const char *no_pick, *no_peek, *no_notify;

	/* Wait until it makes sense to try the operation again. Returns 0, -ETIMEDOUT or
	 * -EINTR, without a text. NULL: the caller sleeps for a short time instead. */
	int (*wait)(struct ipcx_queue *q, bool send, struct ix_timeout *p);

	/* The facts for ix_waited(): why a message could not be sent ("holds 10 of 10
	 * messages (maxmsg)"), or not be received. empty() may be NULL. */
	void (*full)(struct ipcx_queue *q, const struct ipcx_message *m, char *buf,
		     size_t size);
	void (*empty)(struct ipcx_queue *q, const struct ipcx_take *take, char *buf,
		      size_t size);
};

/* Make room for a message of this many bytes; the previous message is lost. Returns 0, or
 * -ENOMEM with a text. */
int ix_queue_room(struct ipcx_queue *q, size_t bytes);

/* Check, like ipcx_queue_check(), whether a message can be sent. The caller has already
 * copied in the message (core/copyin.h). Returns 0 or -errno with a text. */
int ix_queue_check(struct ipcx_queue *q, const struct ipcx_message *m);

/* Keep the text of a failure that is possible with every mechanism of queues, and return
 * the failure's -errno. */
int ix_queue_missing(struct ipcx_queue *q);
int ix_queue_interrupted(struct ipcx_queue *q);

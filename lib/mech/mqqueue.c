/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages of POSIX queues: mq_send(3), mq_receive(3), mq_notify(3). The timed calls take
 * absolute times of CLOCK_REALTIME, a clock that can be set. Therefore they are always
 * called with a time long past, and waiting is done with poll(2), which works on queues
 * (mq_overview(7)).
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "mech/queues.h"

#define PRIORITIES 32768 /* MQ_PRIO_MAX */

static const struct timespec past = { 0 };

static int mqqueue_attr_of(struct ipcx_queue *q, struct mq_attr *attr)
{
	return mq_getattr(q->id, attr) < 0 ? ix_fail(q->x, -errno, "%s", q->name) : 0;
}

static int open_as(const struct ipcx_ref *ref, int how)
{
	mqd_t fd = mq_open(ref->name, how | O_CLOEXEC);

	return fd == (mqd_t)-1 ? -errno : ix_fd_lift(fd);
}

/* Open for writing even to receive, as a received message may be put back; but a receiver
 * need not have write permission. */
static int mqqueue_open_queue(struct ipcx_queue *q, const struct ipcx_ref *ref,
			      unsigned flags)
{
	struct mq_attr attr;
	int r = open_as(ref, flags == IPCX_QUEUE_SEND ? O_WRONLY : O_RDWR);

	if (r == -EACCES && flags == IPCX_QUEUE_RECEIVE)
		r = open_as(ref, O_RDONLY);
	if (r == -ENOENT || r == -ENAMETOOLONG)
		return ix_queue_missing(q);
	if (r == -EACCES)
		return ix_fail_plain(q->x, r, "%s: cannot be opened: needs %s permission",
				     q->name,
				     flags == IPCX_QUEUE_SEND      ? "write"
				     : flags == IPCX_QUEUE_RECEIVE ? "read"
								   : "read and write");
	if (r < 0)
		return ix_fail(q->x, r, "%s: cannot be opened", q->name);
	q->id = r;
	r = mqqueue_attr_of(q, &attr);
	if (r < 0)
		return r;
	q->longest = (uint64_t)attr.mq_msgsize;
	return ix_queue_room(q, (size_t)attr.mq_msgsize);
}

static void close_queue(struct ipcx_queue *q)
{
	if (q->id >= 0)
		(void)mq_close(q->id);
}

static int mqqueue_state(struct ipcx_queue *q, struct ipcx_queue_state *ret_state)
{
	struct mq_attr attr;
	int r = mqqueue_attr_of(q, &attr);

	if (r < 0)
		return r;
	*ret_state = (struct ipcx_queue_state){ .messages = (uint64_t)attr.mq_curmsgs,
						.longest = (uint64_t)attr.mq_msgsize };
	return 0;
}

static int mqqueue_failed(struct ipcx_queue *q, const char *what)
{
	int error = -errno;

	if (error == -ETIMEDOUT)
		return -EAGAIN;
	if (error == -EINTR)
		return ix_queue_interrupted(q);
	return ix_fail(q->x, error, "%s: cannot %s", q->name, what);
}

static int mqqueue_send_message(struct ipcx_queue *q, const struct ipcx_message *m,
				bool wait)
{
	const char *text = m->len ? m->data : "";
	unsigned priority = (unsigned)m->rank;
	int r = wait ? mq_send(q->id, text, m->len, priority)
		     : mq_timedsend(q->id, text, m->len, priority, &past);

	return r < 0 ? mqqueue_failed(q, "send") : 0;
}

static int mqqueue_receive(struct ipcx_queue *q, const struct ipcx_take *take, bool wait,
			   struct ipcx_message *ret_m)
{
	char *text = q->msgbuf->text;
	unsigned priority;
	ssize_t size;

	(void)take; /* the kernel offers no choice */
	size = wait ? mq_receive(q->id, text, q->room, &priority)
		    : mq_timedreceive(q->id, text, q->room, &priority, &past);
	if (size < 0)
		return mqqueue_failed(q, "receive");
	*ret_m = (struct ipcx_message){ .rank = priority,
					.data = text,
					.len = (size_t)size };
	return 0;
}

static int notify(struct ipcx_queue *q, int signo)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = signo };

	if (mq_notify(q->id, signo ? &event : NULL) == 0)
		return 0;
	if (errno == EBUSY)
		return ix_hint(
			q->x,
			ix_fail_plain(
				q->x, -EBUSY,
				"%s: another process is registered for notification already",
				q->name),
			IPCX_HINT_NOTIFY_PID, q->name, 0);
	return ix_fail(q->x, -errno, "%s: cannot register for notification", q->name);
}

static int mqqueue_wait(struct ipcx_queue *q, bool send, struct ix_timeout *p)
{
	int64_t left = ix_timeout_left(p);
	struct timespec ts = { .tv_sec = left / 1000000000,
			       .tv_nsec = left % 1000000000 };
	struct pollfd pfd = { .fd = q->id, .events = send ? POLLOUT : POLLIN };

	if (left == 0)
		return -ETIMEDOUT;
	return ppoll(&pfd, 1, &ts, NULL) < 0 ? -errno : 0;
}

/* The kernel does not record who sent or received last. */
static void mqqueue_full(struct ipcx_queue *q, const struct ipcx_message *m, char *buf,
			 size_t size)
{
	struct mq_attr attr;

	(void)m;
	if (mq_getattr(q->id, &attr) == 0 && attr.mq_curmsgs >= attr.mq_maxmsg)
		(void)snprintf(buf, size, "holds %ld of %ld messages (maxmsg)",
			       attr.mq_curmsgs, attr.mq_maxmsg);
	else
		(void)snprintf(buf, size, "had no room for a message");
}

/* clang-format off */
const struct ix_queue_ops ix_mq_queue = {
	.most = PRIORITIES - 1, .limited_by = "msgsize",
	.open = mqqueue_open_queue, .close = close_queue, .state = mqqueue_state, .send = mqqueue_send_message, .receive = mqqueue_receive,
	.notify = notify, .wait = mqqueue_wait, .full = mqqueue_full,
	.no_pick = "the kernel always returns the oldest message of the highest priority, as a whole",
	.no_peek = "the kernel cannot show the messages of a POSIX queue without removing them",
};
/* clang-format on */

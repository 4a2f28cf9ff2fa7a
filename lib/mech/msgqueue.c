/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages of System V queues: msgsnd(2), msgrcv(2), and what their errors mean. Neither
 * call has a timed form. Sending a message longer than qbytes would wait for ever. A
 * message that was sent while kernel.msgmax was higher can be received, but not copied.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>

#include "base/num.h"
#include "base/port.h"
#include "core/waited.h"
#include "mech/msgpeek.h"
#include "mech/queues.h"
#include "who/last.h"

/* Bytes; large enough for most messages. */
#define FIRST_ROOM 8192

/* For MSG_COPY the kernel allocates, and reads from our buffer, as many bytes as we ask
 * for (prepare_copy() in ipc/msg.c): ask for more only when a message needs it. */
#define FIRST_COPY 256

static int msgqueue_gone(struct ipcx_queue *q)
{
	return ix_fail_plain(q->x, -EIDRM, "%s: was removed meanwhile", q->name);
}

/* Update the length of the longest message that can be sent; a limit that cannot be read
 * is not applied. */
static int know(struct ipcx_queue *q, struct msqid_ds *ds)
{
	struct msginfo info = { .msgmax = INT_MAX };
	int r = ix_msg_stat(q->id, ds);

	(void)msgctl(0, IPC_INFO, (struct msqid_ds *)&info);
	q->longest = (uint64_t)info.msgmax;
	if (r == 0)
		q->longest = MIN(q->longest, ds->msg_qbytes);
	return r;
}

static int msgqueue_open_queue(struct ipcx_queue *q, const struct ipcx_ref *ref,
			       unsigned flags)
{
	struct msqid_ds ds;
	int r;

	(void)flags; /* every call checks permissions */
	q->id = ref->by == IPCX_BY_KEY ? msgget((key_t)ref->key, 0) : ref->id;
	if (q->id < 0)
		return errno == ENOENT ? ix_queue_missing(q)
				       : ix_fail(q->x, -errno, "%s", q->name);
	r = know(q, &ds);
	if (r == -EINVAL || r == -EIDRM)
		return ix_queue_missing(q);
	if (r < 0 && r != -EACCES)
		return ix_fail(q->x, r, "%s", q->name);
	return ix_queue_room(q, FIRST_ROOM);
}

static int msgqueue_state(struct ipcx_queue *q, struct ipcx_queue_state *ret_state)
{
	struct msqid_ds ds;
	int r = know(q, &ds);

	if (r == -EINVAL || r == -EIDRM)
		return msgqueue_gone(q);
	if (r < 0)
		return ix_fail(q->x, r, "%s", q->name);
	*ret_state = (struct ipcx_queue_state){ .messages = ds.msg_qnum,
						.longest = q->longest };
	return 0;
}

/* The errors that msgsnd(2) and msgrcv(2) share. With valid arguments, EINVAL means that
 * the id is gone. */
static int msgqueue_failed(struct ipcx_queue *q, const char *what, const char *right)
{
	int error = -errno;

	if (error == -EINTR)
		return ix_queue_interrupted(q);
	if (error == -EIDRM || error == -EINVAL)
		return msgqueue_gone(q);
	if (error == -EACCES)
		return ix_fail_plain(q->x, error, "%s: cannot %s: needs %s permission",
				     q->name, what, right);
	return ix_fail(q->x, error, "%s: cannot %s", q->name, what);
}

static int msgqueue_send_message(struct ipcx_queue *q, const struct ipcx_message *m,
				 bool wait)
{
	struct msqid_ds ds;
	int r = ix_queue_room(q, m->len);

	if (r < 0)
		return r;
	if (ix_too_wide_signed(m->rank, sizeof(q->msgbuf->type)))
		return ix_fail(q->x, -EOVERFLOW, "%s: cannot send", q->name);
	q->msgbuf->type = (long)m->rank;
	if (m->len)
		memmove(q->msgbuf->text, m->data, m->len);
	if (msgsnd(q->id, q->msgbuf, m->len, wait ? 0 : IPC_NOWAIT) == 0)
		return 0;
	if (errno == EAGAIN)
		return -EAGAIN;
	if (errno == EINVAL && know(q, &ds) == 0) { /* msgmax was lowered meanwhile */
		r = ix_queue_check(q, m);
		if (r < 0)
			return r;
		errno = EINVAL;
	}
	return msgqueue_failed(q, "send", "write");
}

/* The msgtyp argument of msgrcv(2). */
static long msgqueue_which(const struct ipcx_take *take)
{
	switch (take->pick) {
	case IPCX_PICK_FIRST:
		return 0;
	case IPCX_PICK_TYPE:
	case IPCX_PICK_EXCEPT:
		return (long)take->rank;
	case IPCX_PICK_LOWEST:
		return -(long)take->rank;
	}
	return 0;
}

/* Enlarge the buffer: the next message, still in the queue, does not fit. */
static int more_room(struct ipcx_queue *q)
{
	struct msqid_ds ds;
	int r = ix_msg_stat(q->id, &ds);

	if (r == -EINVAL || r == -EIDRM)
		return msgqueue_gone(q);
	return ix_queue_room(q, MAX(q->room * 2, r == 0 ? ds.__msg_cbytes : 0));
}

static int msgqueue_take(struct ipcx_queue *q, const struct ipcx_take *take, bool wait,
			 struct ipcx_message *ret_m)
{
	int flags = (wait ? 0 : IPC_NOWAIT) |
		    ((take->flags & IPCX_TAKE_TRUNCATE) ? MSG_NOERROR : 0) |
		    (take->pick == IPCX_PICK_EXCEPT ? MSG_EXCEPT : 0);
	int r = take->most ? ix_queue_room(q, take->most) : 0;

	if (ix_too_wide_signed(take->rank, sizeof(long)))
		return ix_fail(q->x, -EOVERFLOW, "%s: cannot receive", q->name);
	while (r == 0) {
		size_t most = take->most ? take->most : q->room;
		ssize_t size = msgrcv(q->id, q->msgbuf, most, msgqueue_which(take),
				      take->most ? flags : flags & ~MSG_NOERROR);

		if (size >= 0) {
			*ret_m = (struct ipcx_message){ .rank = q->msgbuf->type,
							.data = q->msgbuf->text,
							.len = (size_t)size };
			return 0;
		}
		if (errno == ENOMSG)
			return -EAGAIN;
		if (errno != E2BIG)
			return msgqueue_failed(q, "receive", "read");
		if (take->most)
			return ix_fail_plain(
				q->x, -EMSGSIZE,
				"%s: the next message is longer than %zu bytes: it stays in the queue",
				q->name, take->most);
		r = more_room(q);
	}
	return r;
}

/* The message is longer than the current kernel.msgmax, or longer than any message that
 * could be sent when the queue's state was last read. */
static int no_copy(struct ipcx_queue *q, uint64_t position)
{
	struct msqid_ds ds;
	int r = ix_msg_stat(q->id, &ds);

	if (r == -EINVAL || r == -EIDRM)
		return msgqueue_gone(q);
	return ix_fail_plain(
		q->x, -EMSGSIZE,
		"%s: message %" PRIu64
		" cannot be looked at: it is longer than the current kernel.msgmax",
		q->name, position);
}

/* In a 32-bit program msgrcv(2) returns the low half of a type. */
static int msgqueue_too_wide(struct ipcx_queue *q, uint64_t position)
{
	return ix_fail_plain(
		q->x, -EOVERFLOW,
		"%s: the type of message %" PRIu64
		" does not fit into the 32 bits of this program: it stays in the queue",
		q->name, position);
}

static int msgqueue_copies_none(struct ipcx_queue *q)
{
	return ix_fail_plain(
		q->x, -ENOSYS,
		"%s: cannot peek at messages: the kernel lacks MSG_COPY (CONFIG_CHECKPOINT_RESTORE), or a seccomp filter forbids it",
		q->name);
}

static int peek(struct ipcx_queue *q, uint64_t position, struct ipcx_message *ret_m)
{
	int r = position > LONG_MAX ? -ENODATA : 0;

	if (!q->copy && !ix_msg_copies())
		return msgqueue_copies_none(q);
	q->copy = MAX(q->copy, FIRST_COPY);
	while (r == 0) {
		size_t before = q->room, most = MIN(q->copy, before);
		ssize_t size = msgrcv(q->id, q->msgbuf, most, (long)position,
				      MSG_COPY | IPC_NOWAIT);

		if (size >= 0 && q->msgbuf->type < 1)
			return msgqueue_too_wide(q, position);
		if (size >= 0) {
			*ret_m = (struct ipcx_message){ .rank = q->msgbuf->type,
							.data = q->msgbuf->text,
							.len = (size_t)size };
			return 0;
		}
		switch (errno) {
		case ENOMSG:
			r = -ENODATA;
			break;
		case ENOSYS:
			return msgqueue_copies_none(q);
		case E2BIG:
			q->copy = 4 * most;
			if (most < before)
				break;
			if (before > q->longest && before > FIRST_ROOM)
				return no_copy(q, position);
			r = more_room(q);
			break;
		case EINVAL:
			return no_copy(q, position);
		case EINTR:
			break;
		default:
			return msgqueue_failed(q, "look at its messages", "read");
		}
	}
	return r == -ENODATA ? ix_fail_plain(q->x, r, "%s: has no message %" PRIu64,
					     q->name, position)
			     : r;
}

/* ---- receiving in a 32-bit program
 *
 * msgrcv(2) returns the low half of a type, and the message is gone. So the next message
 * is looked at, and then received by its type, which the kernel compares as a whole. */

#define MSGQUEUE_NARROW (sizeof(long) < sizeof(int64_t))

/* Look for the message that would be received. Returns like peek(). */
static int msgqueue_look(struct ipcx_queue *q, const struct ipcx_take *take,
			 uint64_t *ret_position, struct ipcx_message *ret_m)
{
	uint64_t position = 0;
	int r = peek(q, position, ret_m);

	while (r == 0 && take->pick == IPCX_PICK_EXCEPT && ret_m->rank == take->rank)
		r = peek(q, ++position, ret_m);
	*ret_position = position;
	return r;
}

/* Wait for a message without taking it: it does not fit into 0 bytes. Only an empty
 * message is received so. Returns 0 if it was, -EAGAIN if there is one to look at, or
 * -errno. */
static int msgqueue_await(struct ipcx_queue *q, const struct ipcx_take *take,
			  struct ipcx_message *ret_m)
{
	int flags = take->pick == IPCX_PICK_EXCEPT ? MSG_EXCEPT : 0;
	ssize_t size = msgrcv(q->id, q->msgbuf, 0, msgqueue_which(take), flags);

	if (size < 0 && errno == E2BIG)
		return -EAGAIN;
	if (size < 0)
		return msgqueue_failed(q, "receive", "read");
	*ret_m =
		(struct ipcx_message){ .rank = q->msgbuf->type, .data = q->msgbuf->text };
	return 0;
}

/* A message seen twice at the same position that cannot be received by its type has
 * another type. What cannot be looked at is received as it is. */
static int msgqueue_take_seen(struct ipcx_queue *q, const struct ipcx_take *take,
			      bool wait, struct ipcx_message *ret_m)
{
	struct ipcx_message m, last = { .rank = 0 };
	uint64_t position, before = 0;

	for (;;) {
		struct ipcx_take by = *take;
		int r = msgqueue_look(q, take, &position, &m);

		if (r == -ENOSYS || r == -EMSGSIZE)
			return msgqueue_take(q, take, wait, ret_m);
		if (r == -ENODATA && !wait)
			return -EAGAIN;
		if (r == 0) {
			by.pick = IPCX_PICK_TYPE;
			by.rank = m.rank;
			r = msgqueue_take(q, &by, false, ret_m);
			if (r == -EAGAIN && m.rank == last.rank && m.len == last.len &&
			    position == before)
				return msgqueue_too_wide(q, position);
			last = m;
			before = position;
		} else if (r == -ENODATA) {
			r = msgqueue_await(q, take, ret_m);
		}
		if (r != -EAGAIN)
			return r;
	}
}

static int msgqueue_receive(struct ipcx_queue *q, const struct ipcx_take *take, bool wait,
			    struct ipcx_message *ret_m)
{
	bool exact = take->pick == IPCX_PICK_TYPE || take->pick == IPCX_PICK_LOWEST;

	if (!MSGQUEUE_NARROW || exact)
		return msgqueue_take(q, take, wait, ret_m);
	return msgqueue_take_seen(q, take, wait, ret_m);
}

/* ---- why a call would block */

static void msgqueue_put_last(struct ipcx_queue *q, const char *what, int32_t pid,
			      int64_t when, char *buf, size_t size)
{
	char who[IX_FACTS_MAX];

	if (pid > 0)
		ix_last_put(q->x, pid, when, when, who, sizeof(who));
	else if (when)
		(void)snprintf(who, sizeof(who), IX_LAST_OUTSIDE);
	else
		return;
	(void)snprintf(buf, size, ", %s %s", what, who);
}

/* qbytes limits the bytes and, since messages may be empty, also the number of messages
 * (msg_fits_inqueue() in ipc/msg.c). */
static void msgqueue_full(struct ipcx_queue *q, const struct ipcx_message *m, char *buf,
			  size_t size)
{
	struct msqid_ds ds;
	size_t len;

	(void)snprintf(buf, size, "had no room for a message of %zu byte%s", m->len,
		       m->len == 1 ? "" : "s");
	if (ix_msg_stat(q->id, &ds) < 0)
		return;
	if (ds.msg_qnum >= ds.msg_qbytes)
		(void)snprintf(buf, size,
			       "holds %lu messages (qbytes limits their number, too)",
			       ds.msg_qnum);
	else if (ds.__msg_cbytes >= ds.msg_qbytes)
		(void)snprintf(buf, size, "holds %lu of %lu bytes (qbytes)",
			       ds.__msg_cbytes, ds.msg_qbytes);
	else if (m->len > ds.msg_qbytes - ds.__msg_cbytes)
		(void)snprintf(buf, size,
			       "holds %lu of %lu bytes (qbytes), no room for %zu",
			       ds.__msg_cbytes, ds.msg_qbytes, m->len);
	else
		return;
	len = strlen(buf);
	msgqueue_put_last(q, "last receiver", ds.msg_lrpid, ds.msg_rtime, buf + len,
			  size - len);
}

static void put_wanted(const struct ipcx_take *take, char *buf, size_t size)
{
	static const char *const of[] = {
		[IPCX_PICK_FIRST] = "",
		[IPCX_PICK_TYPE] = " of type ",
		[IPCX_PICK_EXCEPT] = " of a type other than ",
		[IPCX_PICK_LOWEST] = " of type at most ",
	};

	int len = snprintf(buf, size, "had no message%s", of[take->pick]);

	if (take->pick != IPCX_PICK_FIRST)
		(void)snprintf(buf + len, size - (size_t)len, "%" PRId64, take->rank);
}

/* Which types the messages have that a queue holds now is not to be seen without
 * receiving them. */
static void msgqueue_empty(struct ipcx_queue *q, const struct ipcx_take *take, char *buf,
			   size_t size)
{
	struct msqid_ds ds;
	size_t len;

	put_wanted(take, buf, size);
	if (ix_msg_stat(q->id, &ds) < 0)
		return;
	len = strlen(buf);
	if (ds.msg_qnum == 0)
		len = (size_t)snprintf(buf, size, "has no message");
	else if (take->pick != IPCX_PICK_FIRST)
		len += (size_t)snprintf(buf + len, size - len, ", holds %lu",
					ds.msg_qnum);
	else
		return;
	msgqueue_put_last(q, "last sender", ds.msg_lspid, ds.msg_stime, buf + len,
			  size - len);
}

/* clang-format off */
const struct ix_queue_ops ix_msg_queue = {
	.most = LONG_MAX, .limited_by = "kernel.msgmax, qbytes", .picks = true,
	.open = msgqueue_open_queue, .state = msgqueue_state, .send = msgqueue_send_message, .receive = msgqueue_receive, .peek = peek, .full = msgqueue_full, .empty = msgqueue_empty,
	.no_notify = "the kernel has no notification for System V messages",
};
/* clang-format on */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by all message queue mechanisms: the message buffer, the check of a message, and
 * the texts of common failures. */
#include "core/queue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "core/mech.h"

int ix_queue_room(struct ipcx_queue *q, size_t bytes)
{
	struct ix_msgbuf *msgbuf;
	size_t size;

	if (bytes <= q->room && q->msgbuf)
		return 0;
	if (__builtin_add_overflow(sizeof(*msgbuf), bytes, &size))
		return ix_fail(q->x, -ENOMEM, "%s", q->name);
	msgbuf = malloc(size);
	if (!msgbuf)
		return ix_fail(q->x, -ENOMEM, "%s: a message of %zu bytes", q->name,
			       bytes);
	free(q->msgbuf);
	q->msgbuf = msgbuf;
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

int ix_queue_check(struct ipcx_queue *q, const struct ipcx_message *m)
{
	const struct ipcx_mech_info *info = &q->mech->info;
	const struct ix_queue_ops *ops = q->mech->queue;

	if (m->rank < info->message_least || m->rank > ops->most)
		return ix_fail_plain(q->x, -EINVAL,
				     "%s: a %s is %" PRId64 " to %" PRId64
				     ", not %" PRId64,
				     q->name, info->message_label, info->message_least,
				     ops->most, m->rank);
	if (m->len && !m->data)
		return ix_fail_plain(q->x, -EINVAL, "%s: data is NULL but %zu bytes long",
				     q->name, m->len);
	if (m->len > q->longest)
		return ix_fail_plain(
			q->x, -EMSGSIZE,
			"%s: a message of %zu bytes is too long: the queue accepts %" PRIu64
			" at most (%s)",
			q->name, m->len, q->longest, ops->limited_by);
	return 0;
}

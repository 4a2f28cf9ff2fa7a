/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking at the messages of a System V queue without receiving them: MSG_COPY of
 * msgrcv(2). */
#include "mech/msgpeek.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/msg.h>

#include "base/calls.h"
#include "base/port.h"
#include "base/util.h"
#include "core/table.h"

struct message_row {
	struct ix_row row;
	uint64_t position, size;
	int64_t mtype;
};

/* clang-format off */
static const struct ix_kind message_kind = {
	.name = "messages",
	.row_size = sizeof(struct message_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_POSITION, struct message_row, position),
		IX_COL(IPCX_F_MTYPE,    struct message_row, mtype),
		IX_COL(IPCX_F_SIZE,     struct message_row, size)
	),
};
/* clang-format on */

struct peek {
	struct msgbuf *buf;
	size_t room, most;
	bool noted; /* the note about messages that could not be copied */
	bool wide_noted;
};

static void peek_try(const void *unused)
{
	struct msgbuf room;

	(void)unused;
	(void)msgrcv(-1, &room, 1, 0, MSG_COPY | IPC_NOWAIT);
}

bool ix_msg_copies(void)
{
	return ix_call_survives(peek_try, NULL);
}

/* Enlarge the buffer, up to the size of all messages together. Returns 0, -ENOMEM, or
 * -E2BIG if the buffer has that size already. */
static int peek_grow(struct peek *p)
{
	size_t want = MIN(p->room * 4, p->most);
	struct msgbuf *buf;

	if (p->room >= p->most)
		return -E2BIG;
	buf = realloc(p->buf, sizeof(long) + want);
	if (!buf)
		return -ENOMEM;
	p->buf = buf;
	p->room = want;
	return 0;
}

/* Copy message number n, which stays in the queue. Returns its size, or -errno; -ENOMSG
 * past the end. */
static ssize_t peek_at(struct peek *p, int id, uint64_t n)
{
	for (;;) {
		ssize_t size =
			msgrcv(id, p->buf, p->room, (long)n, MSG_COPY | IPC_NOWAIT);
		int r;

		if (size >= 0)
			return size;
		if (errno == EINTR)
			continue;
		if (errno != E2BIG)
			return -errno;
		r = peek_grow(p);
		if (r < 0)
			return r;
	}
}

/* Mark a message that is longer than the current kernel.msgmax: it can be received, but
 * not copied. */
static void peek_unknown(struct peek *p, struct ipcx_table *t, int id,
			 struct message_row *row)
{
	char subject[32];

	ix_unknown(t, row, IPCX_F_SIZE);
	ix_unknown(t, row, IPCX_F_MTYPE);
	(void)snprintf(subject, sizeof(subject), "msg:%d", id);
	if (!p->noted)
		ix_table_note(t, IPCX_NOTE_INCOMPLETE, IPCX_NO_MECH, -E2BIG, subject,
			      "messages longer than the current kernel.msgmax cannot be "
			      "looked at: their types and sizes are unknown");
	p->noted = true;
}

/* In a 32-bit program msgrcv(2) returns the low half of a type; a result below 1 shows
 * that there is more of it. */
static void peek_too_wide(struct peek *p, struct ipcx_table *t, int id,
			  struct message_row *row)
{
	char subject[32];

	ix_unknown(t, row, IPCX_F_MTYPE);
	(void)snprintf(subject, sizeof(subject), "msg:%d", id);
	if (!p->wide_noted)
		ix_table_note(t, IPCX_NOTE_INCOMPLETE, IPCX_NO_MECH, -EOVERFLOW, subject,
			      "types of messages are unknown that do not fit into the 32 "
			      "bits of this program");
	p->wide_noted = true;
}

static int peek_all(struct ipcx *x, struct ipcx_table *t, int id, uint64_t qnum,
		    struct peek *p)
{
	bool copies = qnum && ix_msg_copies();

	for (uint64_t n = 0; n < qnum; n++) {
		ssize_t size = copies ? peek_at(p, id, n) : -ENOSYS;
		struct message_row *row;
		struct msqid_ds ds;

		if (size == -ENOMSG || size == -EIDRM ||
		    (size == -EINVAL && msgctl(id, IPC_STAT, &ds) < 0))
			return 0; /* the queue was drained or removed */
		if (size < 0 && size != -EINVAL && size != -E2BIG)
			return ix_fail(
				x, (int)size, "msg:%d: cannot look at its messages%s", id,
				size == -ENOSYS
					? " (MSG_COPY needs CONFIG_CHECKPOINT_RESTORE)"
					: "");
		row = ix_table_row(t);
		if (!row)
			return -ENOMEM;
		row->position = n;
		if (size >= 0) {
			row->size = (uint64_t)size;
			row->mtype = p->buf->mtype;
			if (row->mtype < 1)
				peek_too_wide(p, t, id, row);
		} else {
			peek_unknown(p, t, id, row);
		}
		ix_table_keep(t);
	}
	return 0;
}

int ix_msg_peek(struct ipcx *x, struct ipcx_table *t, int id, uint64_t qnum,
		uint64_t cbytes)
{
	struct peek p = { .room = 8192 };
	int r = ix_table_section(t, &message_kind, IPCX_NO_MECH);

	if (r < 0)
		return r;
	p.most = MAX(cbytes, p.room);
	p.buf = malloc(sizeof(long) + p.room);
	if (!p.buf)
		return -ENOMEM;
	r = peek_all(x, t, id, qnum, &p);
	free(p.buf);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Move messages so that each message leaves the queue only after it was written: copy a
 * batch (MSG_COPY), write it with write(2), then receive its messages one by one. No
 * matter how the process ends, no message is lost, but some may be both in the queue and
 * in the output.
 *
 * MSG_COPY copies by position, but a message cannot be received by position, and other
 * processes may send and receive meanwhile. So each received message is looked up among
 * the copies; a message that was not copied is written, too. If a copied message is never
 * received, another reader got it: the record of that message is made void if the output
 * is our own file, otherwise the message is reported.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "queue/queue.h"
#include "queue/record.h"

/* For each copy the kernel walks the list of messages, so larger batches cost more. */
#define BATCH_MOST  32
#define BATCH_BYTES 262144

/* A message that was copied and written. */
struct move_copy {
	struct ipcx_message m; /* without .data, as batch.bytes may be reallocated */
	size_t data;           /* offset of the data in batch.bytes */
	uint64_t record;       /* offset of the message's record in the output */
	bool taken;
};

struct batch {
	struct ix_buf copies, bytes;
	size_t n, taken,
		next; /* next: index of the copy that will probably be received next */
};

static struct move_copy *nth(const struct batch *b, size_t i)
{
	return (struct move_copy *)(void *)b->copies.data + i;
}

/* ---- copying */

static int move_keep(struct delivery *d, struct batch *b, const struct ipcx_message *m)
{
	const struct move_copy c = { .m = *m,
				     .data = b->bytes.len,
				     .record = out_position() };
	int r = ix_buf_add(&b->copies, &c, sizeof(c));

	if (r == 0)
		r = ix_buf_add(&b->bytes, m->data, m->len);
	if (r == 0)
		r = d->put(app_of(d->app)->message_label, m);
	b->n += r == 0;
	return r;
}

/* Copy the next messages. Returns 0 if messages were copied; -ENODATA if the queue has
 * none; otherwise the error of copying the first one. */
static int move_copy(struct delivery *d, struct batch *b, uint64_t most)
{
	int r = 0;

	while (r == 0 && b->n < most && b->bytes.len < BATCH_BYTES) {
		struct ipcx_message m = { .size = sizeof(m) };

		r = ipcx_queue_peek(d->q, b->n, &m);
		if (r == 0)
			r = move_keep(d, b, &m);
	}
	return b->n ? 0 : r;
}

/* ---- taking */

static bool same(const struct batch *b, const struct move_copy *c,
		 const struct ipcx_message *m)
{
	return !c->taken && c->m.rank == m->rank && c->m.len == m->len &&
	       (m->len == 0 || !memcmp(b->bytes.data + c->data, m->data, m->len));
}

/* Find the copy of a message; nearly always the next copy is the right one. */
static bool move_find(struct batch *b, const struct ipcx_message *m)
{
	for (size_t i = 0; i < b->n; i++) {
		size_t at = (b->next + i) % b->n;

		if (!same(b, nth(b, at), m))
			continue;
		nth(b, at)->taken = true;
		b->taken++;
		b->next = at + 1;
		return true;
	}
	return false;
}

/* Receive as many messages as were copied. A message received here may not be among the
 * copies: it moved up when another reader received a copied message. Returns 0; 1 after a
 * message; -errno. */
static int move_take(struct delivery *d, struct batch *b)
{
	static const struct ipcx_take first = { .size = sizeof(first) };
	int r = 0;

	for (size_t i = 0; r == 0 && i < b->n; i++) {
		struct ipcx_message m = { .size = sizeof(m) };

		do
			r = ipcx_queue_receive(d->q, &first, 0, &m);
		while (r == -EINTR);
		if (r == 0 && move_find(b, &m))
			d->taken++;
		else if (r == 0)
			r = deliver_message(d, &m);
	}
	return r == -ETIMEDOUT ? 0 : r;
}

/* ---- written but not received */

static bool make_void(const struct delivery *d, const struct move_copy *c)
{
	return d->file > 0 &&
	       pwrite(d->file, RECORD_VOID, 1, (off_t)c->record + RECORD_VERSION_AT) == 1;
}

/* Cut off the last records of our own file if none of their messages was received:
 * draining ends here, and the file then has exactly what was received. */
static bool cut_off(struct delivery *d, const struct batch *b)
{
	size_t first = 0;

	while (first < b->n && nth(b, first)->taken)
		first++;
	if (d->file <= 0 || first + (b->n - b->taken) != b->n ||
	    ftruncate(d->file, (off_t)nth(b, first)->record) < 0)
		return false;
	d->whole = nth(b, first)->record;
	msg_note("written, but not received, records cut off %s: %zu", d->where,
		 b->n - b->taken);
	return true;
}

/* Report or void the records of messages that were copied but not received. If the queue
 * was removed, keep the records: the messages exist nowhere else. */
static void move_note_untaken(struct delivery *d, const struct batch *b, int error)
{
	uint64_t voided = 0, false_ones = 0;

	if (b->taken == b->n)
		return;
	if (error == -EIDRM) {
		msg_note("written, not received before the queue was removed: %zu",
			 b->n - b->taken);
		return;
	}
	if (error && cut_off(d, b))
		return;
	for (size_t i = 0; i < b->n; i++) {
		if (nth(b, i)->taken)
			continue;
		if (make_void(d, nth(b, i)))
			voided++;
		else
			false_ones++;
	}
	if (voided)
		msg_note("written, but %s, records made void: %" PRIu64,
			 error ? "not received" : "received by others", voided);
	if (false_ones)
		msg_note("written, but %s, invalid records in %s: %" PRIu64,
			 error ? "not received" : "received by others", d->where,
			 false_ones);
	d->false_ones += false_ones;
}

/* Report a write error: no message of the batch was received. */
static int move_write_failed(struct delivery *d, const struct batch *b, int error)
{
	(void)deliver_failed(d, error, NULL);
	msg_note("not or only partly written, still in the queue: %zu", b->n);
	return 1;
}

static int move_move(struct delivery *d, struct batch *b)
{
	int r = out_flush();

	if (r < 0)
		return move_write_failed(d, b, r);
	d->whole = out_written();
	r = move_take(d, b);
	move_note_untaken(d, b, r);
	return r;
}

int move_some(struct delivery *d, uint64_t most, uint64_t *ret_n)
{
	static const struct ipcx_take first = { .size = sizeof(first) };
	struct batch b = { .n = 0 };
	int r = d->no_copies ? -ENOSYS
			     : move_copy(d, &b, MIN(most, (uint64_t)BATCH_MOST));

	d->no_copies |= r == -ENOSYS || r == -EOPNOTSUPP;
	*ret_n = MAX(b.n, (size_t)1);
	if (r == 0)
		r = move_move(d, &b);
	else if (r != -ENODATA && r != -EOVERFLOW) /* that one must not be taken */
		r = deliver_next(d, &first, 0);
	ix_buf_free(&b.copies);
	ix_buf_free(&b.bytes);
	return r == -ETIMEDOUT ? -ENODATA : r;
}

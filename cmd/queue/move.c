/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages leave a queue after they are written: a batch is copied (MSG_COPY), written
 * with write(2), and only then taken, one by one. Whatever ends us leaves some of them in
 * both places, and none in neither.
 *
 * Copies go by position and taking does not, and others may send and receive meanwhile.
 * So each message that was taken is looked for among the copies. What is not there is
 * written as well. A copy that never came is a message that another reader got: its
 * record is made void, where the output is a file of ours; elsewhere it is told.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "queue/queue.h"
#include "queue/record.h"

/* The kernel walks to the position of a copy: more messages at once cost more. */
#define BATCH_MOST  32
#define BATCH_BYTES 262144

/* A message that was copied and written. */
struct move_copy {
	struct ipcx_message m; /* without .data, which moves as it grows */
	size_t data;           /* where it is in the bytes of all */
	uint64_t record;       /* where in the output its record begins */
	bool taken;
};

struct batch {
	struct ix_buf copies, bytes;
	size_t n, taken, next; /* next: what is probably taken next */
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

/* 0 when some were copied; -ENODATA when there are none; else why the first cannot be. */
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

/* Whether it was copied: nearly always it is the next one. */
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

/*
 * As many as were copied, and no more: what stood before the last copy without being
 * copied had moved up because another reader took a copy. 0; 1 after a message; -errno.
 */
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

/* ---- what was written and not taken */

static bool make_void(const struct delivery *d, const struct move_copy *c)
{
	return d->file > 0 &&
	       pwrite(d->file, RECORD_VOID, 1, (off_t)c->record + RECORD_VERSION_AT) == 1;
}

/* The records from there on, when none of them was taken: this ends here, and a file of
 * ours says no more than what it has. */
static bool cut_off(struct delivery *d, const struct batch *b)
{
	size_t first = 0;

	while (first < b->n && nth(b, first)->taken)
		first++;
	if (d->file <= 0 || first + (b->n - b->taken) != b->n ||
	    ftruncate(d->file, (off_t)nth(b, first)->record) < 0)
		return false;
	d->whole = nth(b, first)->record;
	msg_note("written, then not taken, records cut off %s: %zu", d->where,
		 b->n - b->taken);
	return true;
}

/* Those of a queue that was removed are nowhere else: their records stay. */
static void tell_untaken(struct delivery *d, const struct batch *b, int error)
{
	uint64_t voided = 0, false_ones = 0;

	if (b->taken == b->n)
		return;
	if (error == -EIDRM) {
		msg_note("written, not taken before the queue was removed: %zu",
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
		msg_note("written, then %s, records made void: %" PRIu64,
			 error ? "not taken" : "received by others", voided);
	if (false_ones)
		msg_note("written, then %s, records that do not count in %s: %" PRIu64,
			 error ? "not taken" : "received by others", d->where,
			 false_ones);
	d->false_ones += false_ones;
}

/* None of them was taken. */
static int move_write_failed(struct delivery *d, const struct batch *b, int error)
{
	(void)deliver_failed(d, error, NULL);
	msg_note("written or being written, not taken, still in the queue: %zu", b->n);
	return 1;
}

static int move_move(struct delivery *d, struct batch *b)
{
	int r = out_flush();

	if (r < 0)
		return move_write_failed(d, b, r);
	d->whole = out_written();
	r = move_take(d, b);
	tell_untaken(d, b, r);
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
	else if (r != -ENODATA)
		r = deliver_next(d, &first, 0);
	ix_buf_free(&b.copies);
	ix_buf_free(&b.bytes);
	return r == -ETIMEDOUT ? -ENODATA : r;
}

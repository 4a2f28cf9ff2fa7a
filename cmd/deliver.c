/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No message is lost between its queue and the reader: what was taken is held until it
 * was written, and put back, or written to standard error, when that fails.
 */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "queue.h"
#include "record.h"
#include "stop.h"

/* As much is taken before it is written, so that few messages are in nobody's queue. */
#define HELD_MOST 16384

/* How long putting back may wait when there is no other place left. */
#define LAST_PATIENCE INT64_C(10000000000)

struct held {
	int64_t rank;
	size_t size;
	uint64_t begin, end; /* where in the output it stands */
};

static int hold(struct delivery *d, const struct ipcx_message *m)
{
	struct held h = { .rank = m->rank, .size = m->len, .begin = out_position() };
	size_t before = d->held.len;

	if (ix_buf_add(&d->held, &h, sizeof(h)) == 0 &&
	    ix_buf_add(&d->held, m->data, m->len) == 0)
		return 0;
	d->held.len = before;
	return -ENOMEM;
}

/* Into the queue; else as a record into the text for standard error. 0 put back, 1 told,
 * -errno when neither could be. */
static int give_back(struct delivery *d, const struct ipcx_message *m, int64_t patience)
{
	auto_buf struct ix_buf record = { 0 };
	int r;

	if (ipcx_queue_send(d->q, m, patience) == 0)
		return 0;
	if (record_put(&record, app_of(d->app)->message_label, m) == 0 &&
	    msg_data(record.data, record.len) == 0)
		return 1;
	r = ipcx_queue_send(d->q, m, d->last_patience);
	if (r < 0)
		d->last_patience = 0; /* the time is for all together */
	return r;
}

/* Everything that did not reach the reader whole. */
static int give_back_all(struct delivery *d, int error)
{
	uint64_t written = out_written(), back = 0, told = 0, lost = 0;
	struct held h;

	out_drop();
	stop_hush();
	d->last_patience = LAST_PATIENCE;
	if (error == -EINTR)
		msg_error("interrupted: %s does not take what was received", d->where);
	else
		msg_error("%s: write error: %s", d->where, strerror(-error));
	for (size_t at = 0; at < d->held.len; at += sizeof(h) + h.size) {
		int r;

		memcpy(&h, d->held.data + at, sizeof(h));
		/* An empty one that stands nowhere was delivered with what follows it. */
		if (h.end < written || (h.end == written && h.begin < h.end)) {
			d->whole = h.end;
			continue;
		}
		r = give_back(d,
			      &(struct ipcx_message){ .size = sizeof(struct ipcx_message),
						      .rank = h.rank,
						      .data = d->held.data + at +
							      sizeof(h),
						      .len = h.size },
			      0);
		back += r == 0;
		told += r == 1;
		lost += r < 0;
	}
	d->held.len = 0;
	if (back)
		msg_note(
			"taken, not delivered, put back at the end of the queue: %" PRIu64,
			back);
	if (told)
		msg_note(
			"taken, not delivered, cannot be put back, stand above as records: %" PRIu64,
			told);
	if (lost)
		msg_error("taken, not delivered, LOST: %" PRIu64 ": %s", lost,
			  ipcx_error(d->app->x));
	return 1;
}

int deliver_flush(struct delivery *d)
{
	int r = out_flush();

	if (r < 0)
		return give_back_all(d, r);
	d->held.len = 0;
	d->whole = out_written();
	return 0;
}

/* A message that is still in the library's hands. */
static int hand_on(struct delivery *d, const struct ipcx_message *m)
{
	uint64_t end;
	size_t at = d->held.len;
	int r = hold(d, m);

	if (r == 0)
		r = d->put(app_of(d->app)->message_label, m);
	if (r < 0) {
		d->held.len = at;
		msg_error("out of memory for a message of %zu bytes", m->len);
		d->last_patience = LAST_PATIENCE;
		/* First of all: what sends the others takes its place in memory. */
		if (give_back(d, m, 0) < 0)
			msg_error("it is LOST: %s", ipcx_error(d->app->x));
		(void)deliver_flush(d);
		return 1;
	}
	end = out_position();
	memcpy(d->held.data + at + offsetof(struct held, end), &end, sizeof(end));
	d->taken++;
	return d->held.len >= HELD_MOST ? deliver_flush(d) : 0;
}

int deliver_next(struct delivery *d, const struct ipcx_take *take, int64_t patience)
{
	struct ipcx_message m = { .size = sizeof(m) };
	int r;

	while (!stop_wanted()) {
		r = ipcx_queue_receive(d->q, take, d->held.len ? 0 : patience, &m);
		if (r == 0)
			return hand_on(d, &m);
		if (r == -ETIMEDOUT && d->held.len && patience) {
			r = deliver_flush(d); /* before we wait */
			if (r)
				return r;
			continue;
		}
		if (r != -EINTR)
			return r;
	}
	return -EINTR;
}

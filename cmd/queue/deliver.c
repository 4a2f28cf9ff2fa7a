/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lose no message between its queue and the reader: each message is written before the
 * next one is received. When the process ends, the process holds at most one message; a
 * message that cannot be written is put back, or written to stderr.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "queue/queue.h"
#include "queue/record.h"
#include "stop.h"

/* Timeout for putting a message back, if it cannot be saved otherwise. */
#define LAST_TIMEOUT INT64_C(10000000000)

/* Put a message back, or else write it to stderr as a record. The message is sent
 * directly from the library's buffer. */
static void give_back(struct delivery *d, const struct ipcx_message *m)
{
	auto_buf struct ix_buf record = { 0 };

	if (ipcx_queue_send(d->q, m, 0) == 0) {
		msg_note("received, not delivered, put back at the end of the queue: 1");
		return;
	}
	if (record_put(&record, app_of(d->app)->message_label, m) == 0 &&
	    msg_data(record.data, record.len) == 0)
		msg_note(
			"received, not delivered, cannot be put back, written above as a record: 1");
	else if (ipcx_queue_send(d->q, m, LAST_TIMEOUT) < 0)
		msg_error("received, not delivered, LOST: 1: %s", ipcx_error(d->app->x));
}

int deliver_failed(struct delivery *d, int error, const struct ipcx_message *m)
{
	out_drop();
	stop_hush();
	if (error == -EINTR)
		msg_error("interrupted: %s does not accept the message", d->where);
	else if (error == -ENOMEM)
		msg_error("out of memory for a message");
	else
		msg_error("%s: write error: %s", d->where, strerror(-error));
	if (m)
		give_back(d, m);
	return 1;
}

int deliver_message(struct delivery *d, const struct ipcx_message *m)
{
	int r = d->put(app_of(d->app)->message_label, m);

	if (r == 0)
		r = out_flush();
	if (r < 0)
		return deliver_failed(d, r, m);
	d->whole = out_written();
	d->taken++;
	return 0;
}

int deliver_next(struct delivery *d, const struct ipcx_take *take, int64_t timeout)
{
	struct ipcx_message m = { .size = sizeof(m) };

	while (!stop_wanted()) {
		int r = ipcx_queue_receive(d->q, take, timeout, &m);

		if (r == 0)
			return deliver_message(d, &m);
		if (r != -EINTR)
			return r;
	}
	return -EINTR;
}

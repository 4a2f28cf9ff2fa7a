/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open a queue by its reference, and write messages in the formats for programs. */
#include "queue/queue.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "queue/record.h"
#include "stop.h"
#include "ui/bytes.h"

static int queue_command_begin(struct app *app, const struct ns_args *where,
			       const char *word, bool acts, unsigned flags,
			       struct ipcx_queue **ret_q)
{
	struct ipcx_ref ref;
	int r = verb_begin(app, where, word, IPCX_MECH_BIT(app->mech), acts, &ref);

	if (r)
		return r;
	stop_catch();
	r = ipcx_queue_open(app->x, &ref, flags, ret_q);
	return r < 0 ? app_failed(app, r) : 0;
}

int queue_begin(struct app *app, const struct ns_args *where, const char *word,
		unsigned flags, struct ipcx_queue **ret_q)
{
	return queue_command_begin(app, where, word, true, flags, ret_q);
}

int queue_look(struct app *app, const struct ns_args *where, const char *word,
	       struct ipcx_queue **ret_q)
{
	return queue_command_begin(app, where, word, false, IPCX_QUEUE_RECEIVE, ret_q);
}

uint64_t queue_there(struct ipcx_queue *q)
{
	struct ipcx_queue_state state = { .size = sizeof(state) };

	return ipcx_queue_state(q, &state) < 0 ? UINT64_MAX : state.messages;
}

static int put_raw(const char *label, const struct ipcx_message *m)
{
	(void)label;
	out_bytes(m->data, m->len);
	return 0;
}

static int queue_put_line(const char *label, const struct ipcx_message *m)
{
	(void)label;
	out_bytes(m->data, m->len);
	out_bytes("\n", 1);
	return 0;
}

static int queue_put_hex(const char *label, const struct ipcx_message *m)
{
	struct hex hex = { .at = 0 };

	out_format("%s %" PRId64 ", %zu bytes\n", label, m->rank, m->len);
	hex_add(&hex, m->data, m->len);
	hex_end(&hex);
	return 0;
}

static int put_record(const char *label, const struct ipcx_message *m)
{
	auto_buf struct ix_buf b = { 0 };
	int r = record_put(&b, label, m);

	if (r == 0)
		out_bytes(b.data, b.len);
	return r;
}

queue_put *queue_format(const char *word)
{
	static const struct {
		const char *name;
		queue_put *put;
	} words[] = {
		{ "raw", put_raw },
		{ "lines", queue_put_line },
		{ "hex", queue_put_hex },
		{ "json", put_record },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(word, words[i].name))
			return words[i].put;
	return NULL;
}

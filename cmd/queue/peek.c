/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx msg peek, mq notify, and the same for all queues: look at messages, or wait for
 * one, without receiving. */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/util.h"
#include "commands.h"
#include "queue/queue.h"
#include "stop.h"

#define GIVEN_COUNT 1U

/* Rows per table. */
#define SLICE 256

struct peek_args {
	struct ns_args where;
	struct output_args output;
	uint64_t given, count;
};

static const enum ipcx_field fields[] = { IPCX_F_POSITION, IPCX_F_MTYPE, IPCX_F_SIZE,
					  IPCX_F_DATA };

/* ---- peek */

/* Print the messages themselves, in a format of recv. */
static int peek_copy(struct app *app, struct ipcx_queue *q, uint64_t most, queue_put *put)
{
	const char *label = app_of(app)->message_label;
	struct ipcx_message m = { .size = sizeof(m) };
	bool failed = false;
	int r = 0;

	for (uint64_t i = 0; r == 0 && i < most && !stop_wanted(); i++) {
		r = ipcx_queue_peek(q, i, &m);
		if (r == 0 && put(label, &m) < 0) {
			msg_error("out of memory");
			return EXIT_FAILED;
		}
		if (r == -EMSGSIZE) {
			msg_note("%s", ipcx_error(app->x));
			failed = true;
			r = 0;
		}
	}
	if (r < 0 && r != -ENODATA) /* another reader received the messages meanwhile */
		return app_failed(app, r);
	return failed ? EXIT_PART : EXIT_DONE;
}

static int peek_list(struct app *app, struct ipcx_queue *q, uint64_t most,
		     struct output *s)
{
	struct tally tally = { .exact = true };
	uint64_t at = 0, slice = s->sort ? most : SLICE;
	bool more = true;
	int r = 0;

	while (!r && more && at < most && !stop_wanted()) {
		struct ipcx_table *t;

		r = ipcx_queue_messages(q, at, MIN(slice, most - at), &t);
		if (r < 0) {
			r = app_failed(app, r);
			break;
		}
		if (at == 0)
			output_heading(s, NULL);
		msg_table(t, app->verbose, &tally);
		more = ipcx_table_rows(t) == MIN(slice, most - at);
		at += ipcx_table_rows(t);
		if (ipcx_table_rows(t) > 0)
			r = output_all(s, t);
		ipcx_table_free(t);
	}
	if (!r || s->begun)
		output_close(s);
	return output_status(s, r ? r : tally_status(&tally));
}

/* Show at most as many messages as there were at first: other processes may send faster
 * than we read. */
static int peek_look(struct app *app, struct ipcx_queue *q, uint64_t most, queue_put *put,
		     struct output *s)
{
	struct ipcx_queue_state state = { .size = sizeof(state) };
	int r = ipcx_queue_state(q, &state);

	if (r < 0)
		return app_failed(app, r);
	most = MIN(most, state.messages);
	return put ? peek_copy(app, q, most, put) : peek_list(app, q, most, s);
}

/* Prepare rows. Formats that recv also has are the same as in recv. */
static int peek_open_output(struct app *app, const struct peek_args *args,
			    struct output *s)
{
	int r = output_open(s, &args->output, "messages");

	if (!r)
		r = output_fields(s, args->output.fields, COLUMN_LIST(fields),
				  columns_have, &COLUMN_LIST(fields));
	return r ? r
		 : output_condition(app->x, &args->output, columns_have,
				    &COLUMN_LIST(fields), &s->where);
}

static int run_peek(struct app *app, void *data, int n, char **words)
{
	const struct peek_args *args = data;
	uint64_t most = args->given & GIVEN_COUNT ? args->count : UINT64_MAX;
	queue_put *put = args->output.format ? queue_format(args->output.format) : NULL;
	struct ipcx_queue *q;
	struct output s;
	int r;

	if (n != 1)
		return msg_usage("%s peek needs one queue", app_noun(app));
	if (put && (args->output.json || args->output.fields || args->output.sort ||
		    args->output.where.n))
		return msg_usage(
			"--format %s prints messages, not rows: it excludes --json, -o, --sort and --where",
			args->output.format);
	r = put ? 0 : peek_open_output(app, args, &s);
	if (r)
		return r;
	r = queue_look(app, &args->where, words[0], &q);
	if (r)
		return r;
	out_start(0, stop_wanted);
	r = peek_look(app, q, most, put, &s);
	(void)out_flush();
	out_start(0, NULL);
	ipcx_queue_close(q);
	return stop_end(r);
}

/* ---- notify */

struct notify_args {
	struct ns_args where;
	struct wait_args wait;
};

static int64_t peek_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* Wait for a signal of the set; -EAGAIN at the timeout. */
static int wait_signal(const sigset_t *set, int64_t timeout)
{
	int64_t end = INT64_MAX, left = timeout;
	struct timespec ts;
	int r;

	if (timeout >= 0 && __builtin_add_overflow(peek_now(), timeout, &end))
		timeout = -1;
	do {
		ts = (struct timespec){ .tv_sec = left / 1000000000,
					.tv_nsec = left % 1000000000 };
		r = sigtimedwait(set, NULL, timeout < 0 ? NULL : &ts);
		if (r < 0 && errno == EINTR && timeout >= 0)
			left = MAX(end - peek_now(), 0);
	} while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r;
}

/* Register first, then check, so that a message in between is not missed. */
static int wait_message(struct app *app, struct ipcx_queue *q, const char *word,
			const sigset_t *set, int64_t timeout)
{
	struct ipcx_queue_state state = { .size = sizeof(state) };
	int r = ipcx_queue_notify(q, SIGRTMIN);

	if (r == 0)
		r = ipcx_queue_state(q, &state);
	if (r < 0)
		return app_failed(app, r);
	if (state.messages > 0)
		return EXIT_DONE;
	r = wait_signal(set, timeout);
	if (r == SIGRTMIN)
		return EXIT_DONE;
	if (r > 0) {
		stop_now(r);
		return EXIT_FAILED;
	}
	msg_error("%s: no message arrived", word);
	return EXIT_WOULD_BLOCK;
}

static int run_notify(struct app *app, void *data, int n, char **words)
{
	const struct notify_args *args = data;
	struct ipcx_queue *q;
	sigset_t set;
	int r;

	if (n != 1)
		return msg_usage("%s notify needs one queue", app_noun(app));
	if (args->wait.no_wait && args->wait.given)
		return msg_usage("--timeout and --no-wait contradict each other");
	stop_block(&set);
	(void)sigaddset(&set, SIGRTMIN);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	r = queue_begin(app, &args->where, words[0], IPCX_QUEUE_RECEIVE, &q);
	if (r)
		return r;
	r = wait_message(app, q, words[0], &set, wait_timeout(&args->wait));
	ipcx_queue_close(q);
	return stop_end(r);
}

/* clang-format off */
static const struct opt opts[] = {
	{ "count",  'n', NUMBER(struct peek_args, count), GIVEN(struct peek_args, given, GIVEN_COUNT), .arg = "N", .help = "only the first N messages" },
	{ "json",   0,   FLAG(struct peek_args, output.json),   .help = "print JSON, one row per message" },
	{ "format", 0,   TEXT(struct peek_args, output.format), .arg = "FORMAT", .complete = COMPLETE_FORMATS, .help = "rows: table, jsonl, csv, export; messages as in recv: raw, lines, hex, json" },
	{ "output", 'o', JOINED(struct peek_args, output.fields), .arg = "FIELDS", .complete = COMPLETE_FIELDS, .help = "fields: position, mtype, size, data; repeatable" },
	{ "sort",   0,   JOINED(struct peek_args, output.sort), .arg = "FIELDS", .complete = COMPLETE_FIELDS, .help = "sort by these fields; -FIELD reverses; repeatable" },
	{ "no-headings", 0, FLAG(struct peek_args, output.no_headings), .help = "omit the headings" },
	{ "bytes",  0,   FLAG(struct peek_args, output.bytes),  .help = "exact sizes in tables, too" },
	{ "colour", 0,   TEXT(struct peek_args, output.colour), .arg = "WHEN", .complete = COMPLETE_WHEN, .help = "auto (default), always or never" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,           0 },
	{ filter_opts,    offsetof(struct peek_args, output) },
	{ ns_one_opts, offsetof(struct peek_args, where) },
	{ NULL, 0 },
};

static const struct opt_group notify_options[] = {
	{ wait_opts,      offsetof(struct notify_args, wait) },
	{ ns_one_opts, offsetof(struct notify_args, where) },
	{ NULL, 0 },
};

static const struct example keyed[] = {
	{ "ipcx {noun} peek 0x4d2",             "show what is in a stuck queue" },
	{ "ipcx {noun} peek 5 -n 1 --format hex", "the next message as a hexadecimal dump" },
	{ "ipcx {noun} peek 5 --format json",   "a copy of all messages for '{noun} load'" },
	{ "", "" },
};

static const struct variant variants[] = {
	{ .needs = OF_KEYED, .examples = keyed },
	{ .needs = 0 },
};

static const struct example notify_named[] = {
	{ "ipcx {noun} notify /jobs && start-worker",  "start when there is something to do" },
	{ "ipcx {noun} notify /jobs --timeout 1h",     "exit with 5 after an hour without a message" },
	{ "", "" },
};

static const struct variant notify_variants[] = {
	{ .needs = OF_NAMED, .examples = notify_named },
	{ .needs = 0 },
};

const struct cmd cmd_queue_peek = {
	.name = "peek", .needs = IPCX_CAN_QUEUE | IPCX_CAN_PEEK, .variants = variants,
	.operands = "REF", .summary = "Show the messages of a {family} queue",
	.about = "Copies the messages in their order and leaves them in the queue; no access time changes. Others may send and receive "
		 "meanwhile, so the messages need not have been there at the same moment; at most as many are shown as there were at the beginning. "
		 "Needs a kernel with MSG_COPY.",
	.absent = "the kernel cannot show the messages of a {family} queue without receiving them: 'ipcx show' shows how many there are, 'ipcx ls {noun} -o +qsize' how many bytes",
	.options = options, .complete = COMPLETE_REFS,
	.exits = EXITS(NO_SUCH_OBJECT, { EXIT_PART, "some messages cannot be copied" }),
	.args_size = sizeof(struct peek_args), .run = run_peek,
};

const struct cmd cmd_queue_notify = {
	.name = "notify", .needs = IPCX_CAN_QUEUE | IPCX_CAN_NOTIFY, .variants = notify_variants,
	.operands = "REF", .summary = "Wait for a message in a {family} queue without receiving it",
	.about = "Ends when there is a message: at once if the queue is not empty, otherwise when the kernel notifies of one (mq_notify(3)). It notifies only one process, and "
		 "none if a process waits in mq_receive(3). When this ends, another process may already have received the message.",
	.options = notify_options, .complete = COMPLETE_REFS,
	.exits = EXITS({ EXIT_DONE, "there is a message" }, NO_SUCH_OBJECT, TOOK_TOO_LONG),
	.args_size = sizeof(struct notify_args), .run = run_notify,
};
/* clang-format on */

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx msg send, msg load, and the same for all queues: read messages, send them, and
 * report how many were sent before a failure. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/named.h"
#include "commands.h"
#include "queue/feed.h"
#include "queue/queue.h"
#include "queue/record.h"
#include "stop.h"

#define GIVEN_RANK  1U
#define GIVEN_BLOCK 2U

struct send_args {
	struct ns_args where;
	struct wait_args wait;
	uint64_t given, rank, block;
	bool lines, records;
};

struct sending {
	struct app *app;
	struct ipcx_queue *q;
	int64_t timeout;
	uint64_t sent, passed; /* passed: void records that were skipped */
	bool dry;              /* only check whether all messages could be sent */
};

/* ---- one message */

/* Send or check a message. Returns 0, or an exit status after a message. */
static int send_one(struct sending *s, const struct ipcx_message *m)
{
	int r = -EINTR;

	if (s->dry) {
		r = ipcx_queue_check(s->q, m);
		return r < 0 ? app_failed(s->app, r) : 0;
	}
	while (r == -EINTR && !stop_wanted())
		r = ipcx_queue_send(s->q, m, s->timeout);
	if (r == -EINTR)
		return EXIT_FAILED; /* stop_end() ends the process by the signal */
	if (r < 0)
		return app_failed(s->app, r);
	s->sent++;
	return 0;
}

/* ---- arguments */

static int send_words(struct sending *s, int64_t rank, int n, char **words)
{
	int r = 0;

	for (int round = 0; round < 2; round++) {
		s->dry = round == 0;
		for (int i = 0; r == 0 && i < n; i++)
			r = send_one(s, &(struct ipcx_message){
						.size = sizeof(struct ipcx_message),
						.rank = rank,
						.data = words[i],
						.len = strlen(words[i]) });
	}
	if (r && s->sent)
		msg_note("messages sent: %" PRIu64 " of %d", s->sent, n);
	return r;
}

/* ---- a stream */

struct stream {
	struct feed feed;
	const char *name;  /* "standard input" */
	const char *piece; /* name of a piece in error messages: "line" */
	size_t block;
	int64_t rank;
	bool lines, records;
	struct ix_buf data; /* data of the current record */
};

static int next_piece(struct stream *in, const char **ret_p, size_t *ret_len)
{
	if (in->lines || in->records)
		return feed_line(&in->feed, ret_p, ret_len);
	if (in->block)
		return feed_block(&in->feed, in->block, ret_p, ret_len);
	return in->feed.number ? 0 : feed_rest(&in->feed, ret_p, ret_len);
}

static int send_piece(struct sending *s, struct stream *in, const char *p, size_t len)
{
	struct ipcx_message m = {
		.size = sizeof(m), .rank = in->rank, .data = p, .len = len
	};
	const char *label = app_of(s->app)->message_label;
	bool is_void = false;
	const char *fault =
		in->records ? record_get(p, len, label, &in->data, &m, &is_void) : NULL;

	if (!fault && is_void) {
		s->passed += !s->dry;
		return 0;
	}
	if (!fault)
		return send_one(s, &m);
	msg_error("%s: line %" PRIu64 " %s", in->name, in->feed.number, fault);
	return EXIT_FAILED;
}

static int read_failed(const struct stream *in, int r)
{
	if (r == -EMSGSIZE)
		msg_error("%s: %s %" PRIu64
			  " is too long for the queue: more than %zu bytes",
			  in->name, in->piece, in->feed.number, in->feed.most);
	else if (r != -EINTR)
		msg_error("%s: %s", in->name, strerror(-r));
	return EXIT_FAILED;
}

static int send_stream(struct sending *s, struct stream *in)
{
	const char *p;
	size_t len;
	int r, status = 0;

	while (status == 0 && (r = next_piece(in, &p, &len)) != 0)
		status = r < 0 ? read_failed(in, r) : send_piece(s, in, p, len);
	if (status && !s->dry && (in->lines || in->records || in->block))
		msg_note("messages sent: %" PRIu64 "; %s %" PRIu64
			 " of %s is the first not sent",
			 s->sent, in->piece, s->sent + s->passed + 1, in->name);
	if (s->passed)
		msg_note("void records skipped, of messages that others received: "
			 "%" PRIu64,
			 s->passed);
	return status;
}

/* Return whether the input can be read twice. */
static bool rewinds(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static int go_back(int fd, off_t to)
{
	off_t at;

	do
		at = lseek(fd, to, SEEK_SET);
	while (at < 0 && errno == EINTR);
	return at < 0 ? -errno : 0;
}

/* Check a regular file completely before sending any message from this file. */
static int send_checked(struct sending *s, struct stream *in)
{
	off_t from = rewinds(in->feed.fd) ? lseek(in->feed.fd, 0, SEEK_CUR) : -1;
	int r = 0;

	if (from >= 0) {
		s->dry = true;
		r = send_stream(s, in);
		s->dry = false;
		feed_end(&in->feed);
		in->feed = (struct feed){ .fd = in->feed.fd, .most = in->feed.most };
		if (r == 0 && (r = go_back(in->feed.fd, from)) < 0)
			r = read_failed(in, r);
	}
	return r ? r : send_stream(s, in);
}

static int begin_stream(struct sending *s, struct stream *in)
{
	struct ipcx_queue_state state = { .size = sizeof(state) };
	int r = ipcx_queue_state(s->q, &state);

	if (r == -EACCES)
		state.longest = INT32_MAX;
	else if (r < 0)
		return app_failed(s->app, r);
	in->feed.most = in->records ? state.longest / 3 * 4 + RECORD_EXTRA
				    : state.longest;
	in->piece = in->block ? "block" : in->lines || in->records ? "line" : "message";
	if (in->block <= state.longest)
		return 0;
	return msg_usage("--block: messages of the queue have at most %" PRIu64 " bytes",
			 state.longest);
}

static int run_stream(struct sending *s, struct stream *in)
{
	int r = begin_stream(s, in);

	if (r == 0)
		r = send_checked(s, in);
	feed_end(&in->feed);
	ix_buf_free(&in->data);
	return r;
}

/* ---- send */

static int send_check(const struct app *app, const struct send_args *args, int n,
		      char **words)
{
	const char *label = app_of(app)->message_label;
	bool block = args->given & GIVEN_BLOCK;

	if (n < 1)
		return msg_usage("%s send needs a queue", app_noun(app));
	if (args->wait.no_wait && args->wait.given)
		return msg_usage("--timeout and --no-wait contradict each other");
	if (args->lines + args->records + block > 1)
		return msg_usage("--lines, --records and --block exclude each other");
	if ((args->lines || args->records || block) &&
	    (n > 2 || (n == 2 && strcmp(words[1], "-") != 0)))
		return msg_usage("messages are operands or standard input, not both");
	if (args->records && (args->given & GIVEN_RANK))
		return msg_usage("records have a %s each: --%s contradicts that", label,
				 label);
	if (args->rank > INT64_MAX)
		return msg_usage("--%s: %" PRIu64 " is out of range", label, args->rank);
	if (block && (args->block == 0 || args->block > INT32_MAX))
		return msg_usage("--block is 1 byte to 2G");
	return 0;
}

static int run_send(struct app *app, void *data, int n, char **words)
{
	const struct send_args *args = data;
	struct sending s = { .app = app };
	int64_t rank = args->given & GIVEN_RANK ? (int64_t)args->rank
						: app_of(app)->message_least;
	struct stream in = { .name = "standard input", .rank = rank };
	int r = send_check(app, args, n, words);

	if (!r)
		r = queue_begin(app, &args->where, words[0], IPCX_QUEUE_SEND, &s.q);
	if (r)
		return r;
	s.timeout = wait_timeout(&args->wait);
	in.lines = args->lines;
	in.records = args->records;
	in.block = args->given & GIVEN_BLOCK ? args->block : 0;
	r = ipcx_queue_check(s.q,
			     &(struct ipcx_message){ .size = sizeof(struct ipcx_message),
						     .rank = rank });
	if (r < 0)
		r = app_failed(app, r);
	else if (n == 1 || (n == 2 && !strcmp(words[1], "-")))
		r = run_stream(&s, &in);
	else
		r = send_words(&s, rank, n - 1, words + 1);
	ipcx_queue_close(s.q);
	return stop_end(r);
}

/* ---- load */

static int run_load(struct app *app, void *data, int n, char **words)
{
	const struct send_args *args = data;
	struct sending s = { .app = app };
	struct stream in = { .records = true, .name = "standard input" };
	auto_fd int fd = -1;
	const char *why;
	int r;

	if (n != 2)
		return msg_usage("%s load needs a queue and a file, or '-'",
				 app_noun(app));
	if (args->wait.no_wait && args->wait.given)
		return msg_usage("--timeout and --no-wait contradict each other");
	if (strcmp(words[1], "-") != 0) {
		in.name = words[1];
		fd = ix_open_input(AT_FDCWD, words[1], &why);
		if (fd < 0) {
			msg_error("%s: %s", words[1], why);
			return EXIT_FAILED;
		}
		in.feed.fd = fd;
	}
	r = queue_begin(app, &args->where, words[0], IPCX_QUEUE_SEND, &s.q);
	if (r)
		return r;
	s.timeout = wait_timeout(&args->wait);
	r = run_stream(&s, &in);
	ipcx_queue_close(s.q);
	return stop_end(r);
}

/* clang-format off */
static const struct opt type_opts[] = {
	{ "type",     't', NUMBER(struct send_args, rank), GIVEN(struct send_args, given, GIVEN_RANK), .arg = "N", .help = "type of the messages, at least {least} (default {least})" },
	{ .name = "" },
};

static const struct opt priority_opts[] = {
	{ "priority", 'p', NUMBER(struct send_args, rank), GIVEN(struct send_args, given, GIVEN_RANK), .arg = "N", .help = "priority of the messages, 0 to 32767 (default 0)" },
	{ .name = "" },
};

/* If messages have neither a type nor a priority, the option is named after the label of
 * their number. */
static const struct opt number_opts[] = {
	{ "{label}",  0,   NUMBER(struct send_args, rank), GIVEN(struct send_args, given, GIVEN_RANK), .arg = "N", .help = "{label} of the messages, at least {least} (default {least})" },
	{ .name = "" },
};

static const struct opt opts[] = {
	{ "lines",   'l', FLAG(struct send_args, lines),   .help = "send each line of standard input, without its newline" },
	{ "records", 0,   FLAG(struct send_args, records), .help = "send the records of recv --format json from standard input" },
	{ "block",   0,   SIZE(struct send_args, block),   GIVEN(struct send_args, given, GIVEN_BLOCK), .arg = "SIZE", .help = "send every SIZE bytes of standard input as a message" },
	{ .name = "" },
};

#define COMMON \
	{ wait_opts,      offsetof(struct send_args, wait) }, \
	{ ns_one_opts, offsetof(struct send_args, where) }, \
	{ NULL, 0 }

static const struct opt_group type_options[]     = { { type_opts, 0 }, { NULL, 0 } };
static const struct opt_group priority_options[] = { { priority_opts, 0 }, { NULL, 0 } };
static const struct opt_group number_options[]   = { { number_opts, 0 }, { NULL, 0 } };
static const struct opt_group send_options[]     = { { opts, 0 }, COMMON };
static const struct opt_group load_options[]     = { COMMON };

static const struct example send_keyed[] = {
	{ "ipcx {noun} send 0x4d2 hello",             "one message of {label} {least}" },
	{ "ipcx {noun} send 5 --{label} 7 one two",   "two messages of {label} 7" },
	{ "ipcx {noun} send 5 --lines < jobs",        "send each line as a message" },
	{ "ipcx {noun} send 5 --timeout 2s - < blob", "a file as one message; exit with 5 after 2 seconds without room" },
	{ "", "" },
};

static const struct example send_named[] = {
	{ "ipcx {noun} send /jobs hello",            "one message of {label} {least}" },
	{ "", "" },
};

static const struct example send_first[] = {
	{ "ipcx {noun} send /jobs --priority 9 urgent", "a message that is received before it" },
	{ "", "" },
};

static const struct example send_lines[] = {
	{ "ipcx {noun} send /jobs --no-wait --lines < jobs", "as many lines as fit into the queue" },
	{ "", "" },
};

static const struct variant send_variants[] = {
	{ .needs = OF_TYPES,                 .options = type_options },
	{ .needs = OF_PRIORITIES,            .options = priority_options },
	{ .lacks = OF_TYPES | OF_PRIORITIES, .options = number_options },
	{ .needs = OF_KEYED,                 .examples = send_keyed },
	{ .needs = OF_NAMED,                 .examples = send_named },
	{ .needs = OF_NAMED | OF_PRIORITIES, .examples = send_first },
	{ .needs = OF_NAMED,                 .examples = send_lines },
	{ .needs = 0 },
};

static const struct example load_keyed[] = {
	{ "ipcx {noun} load 5 saved",                            "send what '{noun} drain' saved, in order" },
	{ "ipcx {noun} drain 5 - --ns web | ipcx {noun} load 6 -", "move messages from a container's queue to ours" },
	{ "", "" },
};

static const struct example load_named[] = {
	{ "ipcx {noun} load /jobs saved", "send what '{noun} drain' saved, in order" },
	{ "", "" },
};

static const struct variant load_variants[] = {
	{ .needs = OF_KEYED, .examples = load_keyed },
	{ .needs = OF_NAMED, .examples = load_named },
	{ .needs = 0 },
};

const struct cmd cmd_queue_send = {
	.name = "send", .needs = IPCX_CAN_QUEUE, .variants = send_variants,
	.operands = "REF [MESSAGE…|-]", .summary = "Send messages to a {family} queue",
	.about = "Sends each operand as a message. Without a message, or with '-', sends standard input as one message, or as many with --lines, --records or --block; "
		 "empty input is a message, too. "
		 "Operands and files are checked before anything is sent: if a message is too long, none is sent. While the queue is full, send "
		 "waits, for each message up to --timeout. After a failure, a note says how many were sent.",
	.options = send_options, .complete = COMPLETE_REFS,
	.exits = EXITS(NO_SUCH_OBJECT, TOOK_TOO_LONG),
	.args_size = sizeof(struct send_args), .run = run_send,
};

const struct cmd cmd_queue_load = {
	.name = "load", .needs = IPCX_CAN_QUEUE, .variants = load_variants,
	.operands = "REF FILE|-", .summary = "Send the messages that '{noun} drain' saved",
	.about = "Sends the records of a file (ipcx-msg(5)) in order, waiting while the queue is full. A file is checked first: nothing is sent "
		 "if one of its records is invalid or too long.",
	.options = load_options, .complete = COMPLETE_REFS | COMPLETE_FILES,
	.exits = EXITS(NO_SUCH_OBJECT, TOOK_TOO_LONG),
	.args_size = sizeof(struct send_args), .run = run_load,
};
/* clang-format on */

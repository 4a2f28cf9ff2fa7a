/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx msg recv, and the same for all queues: which messages are received, how many, and
 * how long to wait. */
#include <errno.h>

#include "commands.h"
#include "queue/queue.h"
#include "stop.h"

#define GIVEN_TYPE   1U
#define GIVEN_EXCEPT 2U
#define GIVEN_LOWEST 4U
#define GIVEN_COUNT  8U
#define GIVEN_MOST   16U
#define GIVEN_PICK   (GIVEN_TYPE | GIVEN_EXCEPT | GIVEN_LOWEST)

struct recv_args {
	struct ns_args where;
	struct wait_args wait;
	uint64_t given, type, except, lowest, count, most;
	bool all, follow, truncate;
	const char *format;
};

static int read_pick(const struct recv_args *args, struct ipcx_take *take)
{
	uint64_t which = args->given & GIVEN_PICK, rank = 0;

	if (which & (which - 1))
		return msg_usage("--type, --except and --lowest exclude each other");
	if (which == GIVEN_TYPE) {
		take->pick = IPCX_PICK_TYPE;
		rank = args->type;
	} else if (which == GIVEN_EXCEPT) {
		take->pick = IPCX_PICK_EXCEPT;
		rank = args->except;
	} else if (which == GIVEN_LOWEST) {
		take->pick = IPCX_PICK_LOWEST;
		rank = args->lowest;
	}
	if (which && (rank == 0 || rank > INT64_MAX))
		return msg_usage("a type is 1 to 9223372036854775807");
	take->rank = (int64_t)rank;
	return 0;
}

static int recv_check(const struct recv_args *args, struct ipcx_take *take)
{
	if (args->all + args->follow + ((args->given & GIVEN_COUNT) != 0) > 1)
		return msg_usage("--count, --all and --follow exclude each other");
	if ((args->given & GIVEN_COUNT) && args->count == 0)
		return msg_usage("--count must be at least 1");
	if (args->wait.no_wait && args->wait.given)
		return msg_usage("--timeout and --no-wait contradict each other");
	if (args->follow && args->wait.no_wait)
		return msg_usage(
			"--follow waits; use --all for the messages that are there now");
	if (args->truncate && !(args->given & GIVEN_MOST))
		return msg_usage("--truncate needs --max-size");
	if ((args->given & GIVEN_MOST) && (args->most == 0 || args->most > INT32_MAX))
		return msg_usage("--max-size is 1 byte to 2G");
	take->most = args->given & GIVEN_MOST ? args->most : 0;
	take->flags = args->truncate ? IPCX_TAKE_TRUNCATE : 0;
	return read_pick(args, take);
}

static int recv_take_all(struct delivery *d, const struct recv_args *args,
			 const struct ipcx_take *take)
{
	int64_t timeout = args->all ? 0 : wait_timeout(&args->wait);
	uint64_t left = args->all                   ? queue_there(d->q)
			: args->follow              ? UINT64_MAX
			: args->given & GIVEN_COUNT ? args->count
						    : 1;
	int r = 0;

	while (r == 0 && left-- > 0)
		r = deliver_next(d, take, timeout);
	if (r > 0)
		return EXIT_FAILED;
	if (r == 0 || r == -EINTR || (r == -ETIMEDOUT && args->all))
		return EXIT_DONE;
	return app_failed(d->app, r);
}

static int recv_run(struct app *app, void *data, int n, char **words)
{
	const struct recv_args *args = data;
	struct ipcx_take take = { .size = sizeof(take) };
	struct delivery d = { .app = app, .where = "standard output" };
	int r = recv_check(args, &take);

	d.put = queue_format(args->format ? args->format : "raw");
	if (!r && !d.put)
		r = msg_usage("--format is raw, lines, hex or json, not '%s'",
			      args->format);
	if (!r && n != 1)
		r = msg_usage("%s recv needs one queue", app_noun(app));
	if (r)
		return r;
	r = queue_begin(app, &args->where, words[0], IPCX_QUEUE_RECEIVE, &d.q);
	if (r)
		return r;
	out_start(0, stop_wanted);
	r = recv_take_all(&d, args, &take);
	out_start(0, NULL);
	ipcx_queue_close(d.q);
	return stop_end(r);
}

/* clang-format off */
static const struct opt pick_opts[] = {
	{ "type",     't', NUMBER(struct recv_args, type),   GIVEN(struct recv_args, given, GIVEN_TYPE), .arg = "N", .help = "receive the first message of this type" },
	{ "except",   0,   NUMBER(struct recv_args, except), GIVEN(struct recv_args, given, GIVEN_EXCEPT), .arg = "N", .help = "receive the first message of any other type" },
	{ "lowest",   0,   NUMBER(struct recv_args, lowest), GIVEN(struct recv_args, given, GIVEN_LOWEST), .arg = "N", .help = "receive the first message of the lowest type up to N" },
	{ "max-size", 0,   SIZE(struct recv_args, most),     GIVEN(struct recv_args, given, GIVEN_MOST), .arg = "SIZE", .help = "fail on a longer message, which stays in the queue" },
	{ "truncate", 0,   FLAG(struct recv_args, truncate), .help = "truncate a longer message (the rest is lost)" },
	{ .name = "" },
};

static const struct opt opts[] = {
	{ "count",  'n', NUMBER(struct recv_args, count), GIVEN(struct recv_args, given, GIVEN_COUNT), .arg = "N", .help = "receive N messages (default 1)" },
	{ "all",    'a', FLAG(struct recv_args, all),     .help = "receive all current messages without waiting" },
	{ "follow", 'f', FLAG(struct recv_args, follow),  .help = "receive until interrupted" },
	{ "format", 0,   TEXT(struct recv_args, format),  .arg = "FORMAT", .help = "raw (default), lines (a newline after each), hex or json (records)" },
	{ .name = "" },
};

static const struct opt_group pick_options[] = {
	{ pick_opts,      0 },
	{ NULL, 0 },
};

static const struct opt_group options[] = {
	{ opts,           0 },
	{ wait_opts,      offsetof(struct recv_args, wait) },
	{ ns_one_opts, offsetof(struct recv_args, where) },
	{ NULL, 0 },
};

static const struct example keyed[] = {
	{ "ipcx {noun} recv 0x4d2",                              "wait for a message and receive it" },
	{ "", "" },
};

static const struct example keyed_pick[] = {
	{ "ipcx {noun} recv {noun}:5 --type 7 --no-wait",        "receive a message of type 7, if there is one" },
	{ "", "" },
};

static const struct example keyed_more[] = {
	{ "ipcx {noun} recv 5 --all --format json > messages",   "all current messages with their types" },
	{ "ipcx {noun} recv 5 --follow --format lines | logger", "every message as it arrives" },
	{ "", "" },
};

static const struct example named[] = {
	{ "ipcx {noun} recv /jobs",                     "wait for a message and receive it" },
	{ "ipcx {noun} recv /jobs --timeout 5s",        "exit with 5 after 5 seconds without a message" },
	{ "", "" },
};

static const struct example named_more[] = {
	{ "ipcx {noun} recv /jobs --all --format json", "all current messages with their priorities" },
	{ "", "" },
};

#define LOSES_NOTHING \
	"A message that cannot be written is put back at the end of the queue; if that is not possible, it is written to standard error " \
	"as a record for 'load'. On SIGINT, SIGTERM and SIGHUP a received message is still written. --timeout applies to each message."

static const struct variant variants[] = {
	{ .needs = IPCX_CAN_PICK, .options = pick_options,
	  .about = "Receives the next message, or the first of a type, and writes it to standard output, byte for byte. " LOSES_NOTHING },
	{ .needs = OF_PRIORITIES, .lacks = IPCX_CAN_PICK,
	  .about = "Receives the oldest message of the highest priority and writes it to standard output, byte for byte. " LOSES_NOTHING },
	{ .needs = OF_KEYED,                  .examples = keyed },
	{ .needs = OF_KEYED | IPCX_CAN_PICK,  .examples = keyed_pick },
	{ .needs = OF_KEYED | OF_TYPES,       .examples = keyed_more },
	{ .needs = OF_NAMED,                  .examples = named },
	{ .needs = OF_NAMED | OF_PRIORITIES,  .examples = named_more },
	{ .needs = 0 },
};

const struct cmd cmd_queue_recv = {
	.name = "recv", .needs = IPCX_CAN_QUEUE, .variants = variants,
	.operands = "REF", .summary = "Receive messages from a {family} queue",
	.about = "Receives the next message and writes it to standard output, byte for byte. " LOSES_NOTHING,
	.options = options, .complete = COMPLETE_REFS,
	.exits = EXITS(NO_SUCH_OBJECT, TOOK_TOO_LONG),
	.args_size = sizeof(struct recv_args), .run = recv_run,
};
/* clang-format on */

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx msg drain, ipcx mq drain: everything in a queue moves to a file that was not there
 * before. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queue.h"
#include "stop.h"

struct drain_args {
	struct where_args where;
};

/* A new file, an empty one, or what is none: nothing that was saved before is lost. */
static int open_target(const char *path, int *ret_fd)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 && errno == EEXIST)
		fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		msg_error("%s: %s", path, strerror(errno));
		return EXIT_FAILED;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		msg_error("%s: is there already, and not empty", path);
		(void)close(fd);
		return EXIT_FAILED;
	}
	*ret_fd = fd;
	return 0;
}

static int drain_all(struct delivery *d)
{
	static const struct ipcx_take take = { .size = sizeof(take) };
	int r = 0;

	while (r == 0)
		r = deliver_next(d, &take, 0);
	if (r > 0 || deliver_flush(d))
		return EXIT_FAILED;
	return r == -ETIMEDOUT || r == -EINTR ? EXIT_DONE : app_failed(d->app, r);
}

/* What was taken is on disk before this ends well. */
static int settle(const char *path, int fd)
{
	if (fsync(fd) == 0 || errno == EINVAL || errno == EROFS)
		return EXIT_DONE;
	msg_error("%s: %s", path, strerror(errno));
	return EXIT_FAILED;
}

static int run(struct app *app, void *data, int n, char **words,
	       const struct queue_kind *kind)
{
	const struct drain_args *args = data;
	struct delivery d = { .app = app, .kind = kind, .put = queue_format("json") };
	auto_fd int fd = -1;
	int r, settled = EXIT_DONE;

	if (n != 2)
		return msg_usage("%s drain needs a queue and a file, or '-'", kind->mech);
	r = queue_begin(app, kind, &args->where, words[0], IPCX_QUEUE_RECEIVE, &d.q);
	if (r)
		return r;
	d.where = strcmp(words[1], "-") ? words[1] : "standard output";
	if (strcmp(words[1], "-") != 0)
		r = open_target(words[1], &fd);
	if (r == 0) {
		out_start(fd > 0 ? fd : 0, stop_wanted);
		r = drain_all(&d);
		out_start(0, NULL);
		if (fd > 0)
			settled = settle(words[1], fd);
	}
	if (r == 0 && app->verbose)
		msg_note("%" PRIu64 " messages", d.taken);
	ipcx_queue_close(d.q);
	ix_buf_free(&d.held);
	return stop_end(r ? r : settled);
}

static int run_msg(struct app *app, void *data, int n, char **words)
{
	return run(app, data, n, words, &queue_msg);
}

static int run_mq(struct app *app, void *data, int n, char **words)
{
	return run(app, data, n, words, &queue_mq);
}

/* clang-format off */
static const struct opt_group options[] = {
	{ where_one_opts, offsetof(struct drain_args, where) },
	{ NULL, 0 },
};

static const struct example msg_examples[] = {
	{ "ipcx msg drain 5 saved",               "save what is in a queue, and empty it" },
	{ "ipcx msg drain 5 - | ipcx msg load 6 -", "move it to another queue" },
	{ NULL, NULL },
};

static const struct example mq_examples[] = {
	{ "ipcx mq drain /jobs saved", "save what is in a queue, and empty it" },
	{ NULL, NULL },
};

#define DRAINS \
	"Takes all messages that are there and writes them as records (ipcx-msg(5)): data, number and order come back with 'load'. " \
	"A file that is there already must be empty; it is on disk when the command ends. What cannot be written is put back at the end of the queue, or written to " \
	"standard error."

extern const struct cmd cmd_msg_drain, cmd_mq_drain;
const struct cmd cmd_msg_drain = {
	.name = "msg drain", .operands = "REF FILE|-", .summary = "move all messages of a System V queue to a file",
	.about = DRAINS, .options = options, .examples = msg_examples, .complete = COMPLETE_REFS | COMPLETE_FILES,
	.args_size = sizeof(struct drain_args), .run = run_msg,
};

const struct cmd cmd_mq_drain = {
	.name = "mq drain", .operands = "REF FILE|-", .summary = "move all messages of a POSIX queue to a file",
	.about = DRAINS, .options = options, .examples = mq_examples, .complete = COMPLETE_REFS | COMPLETE_FILES,
	.args_size = sizeof(struct drain_args), .run = run_mq,
};
/* clang-format on */

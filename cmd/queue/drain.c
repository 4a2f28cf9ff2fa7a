/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx msg drain, and the same for all queues: move all messages to a new or empty file.
 * */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/named.h"
#include "commands.h"
#include "queue/queue.h"
#include "stop.h"

struct drain_args {
	struct ns_args where;
};

/* The directory and name of the file, resolved before moving to another namespace. */
struct target {
	const char *path, *file; /* file: its last component */
	int dirfd;
};

static int drain_find_target(const char *path, struct target *t)
{
	const char *slash = strrchr(path, '/');
	auto_free char *dir = slash ? strndup(path, (size_t)(slash - path) + 1)
				    : strdup(".");

	t->path = path;
	t->file = slash ? slash + 1 : path;
	t->dirfd = dir ? ix_open(AT_FDCWD, dir, O_PATH | O_DIRECTORY) : -ENOMEM;
	if (t->dirfd >= 0)
		return 0;
	msg_error("%s: %s", path, strerror(-t->dirfd));
	return EXIT_FAILED;
}

/* Lock the file: two processes draining queues into it would overwrite each other's
 * messages. */
static int drain_take_file(const char *path, int fd)
{
	struct stat st;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		msg_error("%s: another process is writing to it", path);
		return EXIT_FAILED;
	}
	if (fstat(fd, &st) < 0 || st.st_size > 0) {
		msg_error("%s: exists and is not empty", path);
		return EXIT_FAILED;
	}
	return 0;
}

/* Open a new file, an empty one, or something that is not a regular file: no data is
 * overwritten. */
static int open_target(const struct target *t, int *ret_fd)
{
	const char *why;
	auto_fd int fd = ix_open_output(t->dirfd, t->file, 0600, &why);
	struct stat st;
	int r;

	if (fd < 0) {
		msg_error("%s: %s", t->path, why);
		return EXIT_FAILED;
	}
	r = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? drain_take_file(t->path, fd) : 0;
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

/* Begin with small batches, to detect early whether the output accepts data at all. */
static int drain_all(struct delivery *d)
{
	uint64_t left = queue_there(d->q), some = 1, n;
	int r = 0;

	while (r == 0 && left > 0 && !stop_wanted()) {
		r = move_some(d, MIN(left, some), &n);
		left -= MIN(left, n);
		some = MIN(some * 2, UINT64_C(4096));
	}
	if (r > 0)
		return EXIT_FAILED;
	if (r < 0 && r != -ENODATA && r != -EINTR)
		return app_failed(d->app, r);
	return d->false_ones ? EXIT_PART : EXIT_DONE;
}

/* Sync the received messages to disk. */
static int drain_settle(const char *path, int fd)
{
	if (fsync(fd) == 0 || errno == EINVAL || errno == EROFS)
		return EXIT_DONE;
	msg_error("%s: %s", path, strerror(errno));
	return EXIT_FAILED;
}

/* Drain the open queue to the target. */
static int drain_drain(struct delivery *d, const struct target *t)
{
	auto_fd int fd = -1;
	int r = t->file ? open_target(t, &fd) : 0;
	struct stat st;

	if (r)
		return r;
	if (t->file && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		d->file = fd;
	d->where = t->file ? t->path : "standard output";
	out_start(t->file ? fd : 0, stop_wanted);
	r = drain_all(d);
	out_start(0, NULL);
	/* Remove an incomplete record, which 'load' would reject. */
	if (r == EXIT_FAILED && d->file)
		(void)!ftruncate(fd, (off_t)d->whole);
	if (r == EXIT_DONE && t->file)
		r = drain_settle(t->path, fd);
	if (r == EXIT_DONE && d->app->verbose)
		msg_note("messages: %" PRIu64, d->taken);
	return r;
}

static int drain_run(struct app *app, void *data, int n, char **words)
{
	const struct drain_args *args = data;
	struct delivery d = { .app = app, .put = queue_format("json") };
	struct target t = { .dirfd = -1 };
	int r = 0;

	if (n != 2)
		return msg_usage("%s drain needs a queue and a file, or '-'",
				 app_noun(app));
	if (strcmp(words[1], "-") != 0)
		r = drain_find_target(words[1], &t);
	if (r == 0)
		r = queue_begin(app, &args->where, words[0], IPCX_QUEUE_RECEIVE, &d.q);
	if (r == 0)
		r = drain_drain(&d, &t);
	if (t.dirfd >= 0)
		(void)close(t.dirfd);
	ipcx_queue_close(d.q);
	return stop_end(r);
}

/* clang-format off */
static const struct opt_group options[] = {
	{ ns_one_opts, offsetof(struct drain_args, where) },
	{ NULL, 0 },
};

static const struct example keyed[] = {
	{ "ipcx {noun} drain 5 saved",                              "save and remove the messages of a queue" },
	{ "ipcx {noun} drain 5 saved && ipcx {noun} load 6 saved", "move them to another queue" },
	{ "", "" },
};

static const struct example named[] = {
	{ "ipcx {noun} drain /jobs saved", "save and remove the messages of a queue" },
	{ "", "" },
};

static const struct variant variants[] = {
	{ .needs = OF_KEYED, .examples = keyed },
	{ .needs = OF_NAMED, .examples = named },
	{ .needs = 0 },
};

const struct cmd cmd_queue_drain = {
	.name = "drain", .needs = IPCX_CAN_QUEUE, .variants = variants,
	.operands = "REF FILE|-", .summary = "Move all messages of a {family} queue to a file",
	.about = "Moves all current messages to records (ipcx-msg(5)), from which 'load' restores data, number and order. "
		 "An existing file must be empty; it is synced to disk at the end. A message that cannot be written stays in the queue, is put back at its end, or "
		 "is written to standard error.",
	.options = options, .complete = COMPLETE_REFS | COMPLETE_FILES,
	.exits = EXITS(NO_SUCH_OBJECT, { EXIT_PART, "some records are void: another reader received their messages" }),
	.args_size = sizeof(struct drain_args), .run = drain_run,
};
/* clang-format on */

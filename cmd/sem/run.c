/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verb run of every semaphore mechanism: hold a semaphore while a command runs.
 * For an array, SEM_UNDO makes the kernel release the semaphore however the command ends;
 * a named semaphore is released by ipcx, which waits for the command.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/util.h"
#include "commands.h"
#include "exec/run.h"
#include "sem/sem.h"

/* While we wait for the semaphore, signals are blocked for this long at a time and
 * delivered only between two waits, so that none can kill us just after the semaphore was
 * taken. */
#define SLICE INT64_C(50000000)

/* Return the command after the reference; NULL after a message. */
static char **sem_run_command_of(int n, char **words)
{
	if (n > 1 && !strcmp(words[1], "--"))
		words++, n--;
	if (n > 1)
		return words + 1;
	(void)msg_usage("a reference and a command are needed");
	return NULL;
}

static int sem_run_run(struct app *app, void *data, int n, char **words)
{
	const struct semverb_args *args = data;
	char **command = sem_run_command_of(n, words);
	struct ipcx_sem_op op = { .size = sizeof(op), .flags = IPCX_SEM_UNDO };
	struct semverb v;
	int32_t count = 1;
	int r;

	if (!command)
		return EXIT_USAGE;
	r = semverb_count(args, &count);
	if (!r) /* enter the namespace before the semaphore is taken: entering it later
		   would apply the undo */
		r = semverb_begin(app, &args->where, words[0], true, &v);
	if (!r)
		r = run_check(command);
	if (r)
		return r;
	op.num = v.num;
	op.op = -count;
	r = semverb_op(app, &v.ref, &op, 1, wait_timeout(&args->wait));
	if (!r && app->empty_shm)
		ns_note_empty();
	return r ? r : run_become(app, command, args->where.ns || app->root);
}

/* ---- a named semaphore */

/* Take the semaphore. Signals were blocked before the semaphore was taken. Returns 0 or
 * -errno. */
static int sem_run_take(struct app *app, const struct ipcx_ref *ref, int64_t timeout,
			const struct signals *held, struct ipcx_psem_taken **ret_taken)
{
	int64_t begun = semverb_now(), left = timeout;
	sigset_t now;
	int r;

	for (;;) {
		int64_t slice = left < 0 ? SLICE : MIN(left, SLICE);

		r = ipcx_psem_take(app->x, ref, slice, ret_taken);
		if (r != -EINTR && (r != -ETIMEDOUT || left == slice))
			return r;
		(void)sigprocmask(SIG_SETMASK, &held->mask, &now);
		(void)sigprocmask(SIG_SETMASK, &now, NULL);
		if (timeout > 0)
			left = MAX(timeout - (semverb_now() - begun), 1);
	}
}

static int run_named(struct app *app, void *data, int n, char **words)
{
	const struct semverb_args *args = data;
	char **command = sem_run_command_of(n, words);
	struct ipcx_psem_taken *taken;
	struct semverb v;
	struct signals held;
	int status = 0, gone, error, r;

	if (!command)
		return EXIT_USAGE;
	r = semverb_begin(app, &args->where, words[0], true, &v);
	if (!r)
		r = run_check(command);
	if (r)
		return r;
	signals_block(&held);
	r = sem_run_take(app, &v.ref, wait_timeout(&args->wait), &held, &taken);
	if (r < 0) {
		signals_give_back(&held);
		return app_failed(app, r);
	}
	gone = verb_go(app);
	error = gone ? 0 : run_child(app, command, app->moved, &held, &status);
	r = ipcx_psem_give(app->x, taken);
	signals_give_back(&held);
	if (error < 0)
		msg_error("cannot make a process: %s", strerror(-error));
	if (r < 0)
		return app_failed(app, r);
	if (gone)
		return gone;
	return error < 0 ? EXIT_FAILED : signals_end_like(status);
}

/* clang-format off */
static const struct opt_group options[] = {
	{ semverb_count_opts, 0 },
	{ wait_opts,      offsetof(struct semverb_args, wait) },
	{ ns_one_opts, offsetof(struct semverb_args, where) },
	{ NULL, 0 },
};

static const struct opt_group named_options[] = {
	{ wait_opts,      offsetof(struct semverb_args, wait) },
	{ ns_one_opts, offsetof(struct semverb_args, where) },
	{ NULL, 0 },
};

static const struct example keyed[] = {
	{ "ipcx {noun} run {noun}:5 -- make install", "one at a time, like flock(1) with a file" },
	{ "ipcx {noun} run {noun}:0x4d2:1 --no-wait -- backup /srv", "exit with 5 if it is already running" },
	{ "ipcx {noun} run {noun}:5 --count 2 -- make -j2", "take 2 at once, and release both together" },
	{ "", "" },
};

static const struct example named[] = {
	{ "ipcx {noun} run /lock -- make install", "one at a time" },
	{ "ipcx {noun} run /lock --timeout 1m -- make install", "wait at most a minute, then exit with 5" },
	{ "", "" },
};

static const struct variant variants[] = {
	{ .needs = OF_KEYED, .examples = keyed },
	{ .needs = 0 },
};

static const struct variant named_variants[] = {
	{ .needs = OF_NAMED, .examples = named },
	{ .needs = 0 },
};

const struct cmd cmd_sem_run = {
	.name = "run", .needs = IPCX_CAN_SEM_SET, .lacks = IPCX_CAN_SEM_TAKE, .variants = variants,
	.operands = "REF[:INDEX] [--] COMMAND…", .summary = "Hold a semaphore while a command runs",
	.about = "Takes the semaphore with SEM_UNDO and executes COMMAND in the same process: the kernel releases it when COMMAND ends, however "
		 "it ends. A namespace of --ns is entered first. Background processes left by COMMAND do not hold it. It is released "
		 "early only if COMMAND enters another IPC namespace, and not at all if another process sets the semaphore meanwhile.\n"
		 "If COMMAND cannot be run, the semaphore is not taken.",
	.options = options, .complete = COMPLETE_REFS | COMPLETE_FILES, .program = true,
	.exits = EXITS(NO_SUCH_OBJECT, TOOK_TOO_LONG, OF_THE_COMMAND),
	.args_size = sizeof(struct semverb_args), .run = sem_run_run,
};

const struct cmd cmd_sem_run_give = {
	.name = "run", .needs = IPCX_CAN_SEM_TAKE, .variants = named_variants,
	.operands = "NAME [--] COMMAND…", .summary = "Hold a named semaphore while a command runs",
	.about = "The kernel does not release named semaphores by itself: ipcx runs COMMAND as its child, forwards signals to it, and "
		 "releases the semaphore when it has ended. With --ns the semaphore is that of the namespace, and COMMAND runs there. If ipcx is killed by SIGKILL, COMMAND continues, and the semaphore stays taken for "
		 "ever: 'ipcx {noun} post' releases it. Where that matters, use 'ipcx sem run'.\n"
		 "If COMMAND cannot be run, the semaphore is not taken.",
	.options = named_options, .complete = COMPLETE_REFS | COMPLETE_FILES, .program = true,
	.exits = EXITS(NO_SUCH_OBJECT, TOOK_TOO_LONG, OF_THE_COMMAND),
	.args_size = sizeof(struct semverb_args), .run = run_named,
};
/* clang-format on */

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx ns enter: run a program, ours or the container's, in another namespace. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cap.h"
#include "base/util.h"
#include "commands.h"
#include "exec/run.h"
#include "nsopt.h"

struct ns_enter_args {
	struct run_options run;
	bool mount, user, pid;
	const char *uid, *gid, *cwd;
};

/* Before the namespace is opened, check the arguments as far as possible. */
static int ns_enter_check(const struct ns_enter_args *args, int n)
{
	if (n == 0)
		return msg_usage("ns enter needs a namespace: a process, container, pin, "
				 "file, ipc:[N] or self");
	if (args->pid && !args->mount &&
	    (args->run.keep_caps || args->run.drop_caps || args->uid || args->gid))
		return msg_usage(
			"--pid: a process with fewer rights would show our root to the "
			"processes in there: enter its own root, too (--mount)");
	return 0;
}

static int ns_enter_open_it(struct app *app, const char *where)
{
	int r = ipcx_ns_open(app->x, where, &app->ns);

	if (r < 0)
		return app_failed(app, r);
	return ns_all(app) ? msg_usage("cannot enter all namespaces at once") : 0;
}

static unsigned ns_enter_flags(const struct ns_enter_args *args)
{
	return (args->mount ? IPCX_ENTER_MOUNT : 0) | (args->user ? IPCX_ENTER_USER : 0) |
	       (args->pid ? IPCX_ENTER_PID : 0);
}

static int ns_enter_enter(struct app *app, const struct ns_enter_args *args,
			  struct run *run)
{
	int r = ipcx_ns_enter(app->x, app->ns, ns_enter_flags(args));
	uint64_t most;

	if (r == 1)
		ns_note_empty();
	/* Read the bounding set only after entering: a process that is starting may still
	 * drop capabilities. */
	if (r >= 0 && args->mount) {
		r = ipcx_ns_bounding(app->x, app->ns, &most);
		if (r >= 0)
			run_limit(run, most);
	}
	return r < 0 ? app_failed(app, r) : 0;
}

/* The most bytes of the environment of a container's first process that are taken. */
#define ENVIRON_MAX ((size_t)1 << 18)

/* What the command gets of the container. It is read before entering, with our rights,
 * and given to that command only. */
struct ns_enter_given {
	struct ipcx_ns_user user;
	char *environment; /* ENVIRON_MAX bytes */
};

/* Find the user to become, and its home directory. Without --uid and --gid nothing has to
 * be known. */
static int ns_enter_user(struct app *app, const struct ns_enter_args *args,
			 struct ns_enter_given *given, struct run *run)
{
	bool asked = args->uid || args->gid;
	int r;

	given->user.size = sizeof(given->user);
	if (!asked && !args->mount)
		return 0;
	r = ipcx_ns_user(app->x, app->ns, ns_enter_flags(args), args->uid, args->gid,
			 &given->user);
	if (r < 0)
		return r == -EINVAL && asked ? msg_usage("%s", ipcx_error(app->x))
					     : app_failed(app, r);
	run->become = asked;
	run->uid = given->user.uid;
	run->gid = given->user.gid;
	run->home = given->user.home;
	return 0;
}

/* An environment that cannot be read is left out. */
static int ns_enter_environment(struct app *app, struct ns_enter_given *given,
				struct run *run)
{
	given->environment = malloc(ENVIRON_MAX);
	if (!given->environment) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	if (ipcx_ns_environ(app->x, app->ns, given->environment, ENVIRON_MAX,
			    &run->environment_len) < 0)
		msg_note("%s: the command gets a small one", ipcx_error(app->x));
	else
		run->environment = given->environment;
	return 0;
}

static int ns_enter_command(struct app *app, const struct ns_enter_args *args,
			    struct ns_enter_given *given, struct run *run)
{
	int r = ns_enter_user(app, args, given, run);

	if (!r && args->mount)
		r = ns_enter_environment(app, given, run);
	if (r)
		return r;
	run->foreign = args->mount;
	run->fork = args->pid || args->mount;
	run->cwd = args->cwd;
	if (!args->run.no_pty && !pty_fork(&r))
		return r;
	r = ns_enter_enter(app, args, run);
	return r ? r : run_there(app, run);
}

static int ns_enter_run(struct app *app, void *data, int n, char **words)
{
	const struct ns_enter_args *args = data;
	struct ns_enter_given given = { .environment = NULL };
	struct run run;
	int r = ns_enter_check(args, n);

	if (!r)
		r = ns_enter_open_it(app, words[0]);
	if (!r)
		r = run_prepare(&args->run, args->mount || args->uid || args->gid, &run);
	if (r)
		return r;
	run.argv = words[1] && !strcmp(words[1], "--") ? words + 2 : words + 1;
	r = ns_enter_command(app, args, &given, &run);
	free(given.environment);
	run_free(&run);
	return r;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "mount", 'm', FLAG(struct ns_enter_args, mount), .help = "with the container's root and programs instead of ours, in its user and PID namespace" },
	{ "user",  'U', FLAG(struct ns_enter_args, user),  .help = "as root of its user namespace" },
	{ "pid",   'p', FLAG(struct ns_enter_args, pid),   .help = "in its PID namespace" },
	{ "uid",   'S', TEXT(struct ns_enter_args, uid),   .arg = "USER", .help = "as this user, of the container's passwd(5) with --mount" },
	{ "gid",   'G', TEXT(struct ns_enter_args, gid),   .arg = "GROUP", .help = "as this group (default: the group of the user)" },
	{ "cwd",   0,   TEXT(struct ns_enter_args, cwd),   .arg = "DIR", .help = "in this directory, of the container with --mount" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,     0 },
	{ run_opts, offsetof(struct ns_enter_args, run) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx ns enter web -- ipcs -m",        "our ipcs, in the namespace of a container" },
	{ "ipcx ns enter 4711",                  "a shell in the namespace of a process" },
	{ "ipcx ns enter web --mount -- ls /dev/shm", "the container's own ls" },
	{ "ipcx ns enter web -m -S www-data --cwd /srv -- sh", "a shell of a user of the container" },
	{ "ipcx ns enter /run/ipcns/a -- myprog", "in a namespace kept by a file" },
	{ "", "" },
};

const struct cmd cmd_ns_enter = {
	.name = "ns enter", .operands = "WHERE [--] [COMMAND…]", .summary = "Run a command in a namespace",
	.about = "Runs a command, or a shell, in the IPC namespace of WHERE, with our root and programs: in a mount namespace of its own, where "
		 "/dev/mqueue has the target's queues and /dev/shm is the target's. Nothing of the container is executed, unless --mount selects its "
		 "root; then the command also runs in its user and PID namespace, with the container's environment, and without the capabilities that the container's first process may not have "
		 "(--keep-caps all keeps them). If another user namespace owns the target, no_new_privs is set.\n"
		 "On a terminal, the command gets a new terminal, so that it cannot inject input into ours. Only the standard streams are passed on. The exit "
		 "status is the command's, 126 if it cannot be run, 127 if there is no such command; if the namespace cannot be entered, the command is not run.",
	.options = options, .examples = examples, .complete = COMPLETE_NS | COMPLETE_FILES, .program = true,
	.exits = EXITS(NO_SUCH_NAMESPACE, OF_THE_COMMAND),
	.args_size = sizeof(struct ns_enter_args), .run = ns_enter_run,
};
/* clang-format on */

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From argv to an exit status. The only exit() of the program. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"
#include "commands.h"
#include "compat/tool.h"
#include "exec/signals.h"
#include "monitor/check.h"

#define LIST(name) &cmd_##name,

static const struct cmd *const commands[] = { COMMANDS(LIST) NULL };

/* The option values of one run. */
struct run_args {
	struct global_args global;
	union {
		max_align_t align;
		char room[CMD_ARGS_MAX];
	} command;
};

/* If fd 0–2 is closed, open /dev/null there in the mode that makes any use fail, so that
 * files opened later never become stdin, stdout or stderr. */
static void hold_streams(void)
{
	static const int against[] = { O_WRONLY, O_RDONLY, O_RDWR };

	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null",
				    against[fd]); /* open() returns fd, which is the
						     lowest free number */
}

static int version(void)
{
	out_format("ipcx %s\n", ipcx_version());
	return EXIT_DONE;
}

/*
 * Options may follow operands. If a command runs another program, its own options stand
 * before the first operand or directly after it: that operand is then moved to the end of
 * the options, and everything after it belongs to the program.
 */
static int parse_command(const struct cmd *c, const struct opt_group *groups,
			 struct run_args *args, int argc, char **argv)
{
	uint64_t given = 0;
	int first = opt_parse(groups, args, argc, argv, c->program, &given), more;
	char *operand;

	if (first < 0 || !c->program || !c->operands[0] || c->operands[0] == '[' ||
	    first >= argc || !strcmp(argv[first - 1], "--"))
		return first;
	operand = argv[first];
	more = opt_parse(groups, args, argc - first, argv + first, true, &given);
	if (more < 0)
		return more;
	first += more - 1;
	argv[first] = operand;
	return first;
}

static int run_command(const struct called *called, const struct global_args *global,
		       int argc, char **argv, bool *ret_plugin)
{
	static struct run_args args;
	struct opt_group groups[8] = { { global_opts,
					 offsetof(struct run_args, global) } };
	struct app app = { .commands = commands, .mech = called->mech };
	const struct cmd *c = &called->cmd;
	size_t n = 1;
	int first, r;

	assert(c->args_size <= sizeof(args.command.room));
	for (const struct opt_group *g = c->options;
	     g && g->opts && n < ARRAY_SIZE(groups) - 1; g++)
		groups[n++] =
			(struct opt_group){ g->opts,
					    g->at + offsetof(struct run_args, command) };
	args.global = *global; /* options before the command count, too */
	args.global.root = NULL;
	msg_command(c->name);
	*ret_plugin = c->plugin != NULL;
	if (c->plugin)
		check_begin();
	first = parse_command(c, groups, &args, argc, argv);
	if (first < 0)
		return first == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
	if (!args.global.root)
		args.global.root = global->root;
	else if (global->root && strcmp(args.global.root, global->root) != 0)
		return msg_usage("--root is given twice, with different values");
	if (args.global.help) {
		help_command(commands, c);
		return EXIT_DONE;
	}
	if (args.global.version)
		return version();
	app.verbose = args.global.verbose;
	r = EXIT_DONE;
	if (c->plugin && !c->plugin(args.command.room, &r))
		return r;
	r = app_begin(&app, args.global.root, c->at_home);
	if (r)
		return r;
	ipcx_clock(app.x, time(NULL)); /* one "now" for all ages of a run */
	r = c->run(&app, args.command.room, argc - first, argv + first);
	ipcx_use(app.x, NULL);
	ipcx_ns_free(app.ns);
	ipcx_free(app.x);
	return r;
}

/* Report an unknown command; if it is the first word of two-word commands, list their
 * second words. */
static int no_command(int argc, char *const *argv)
{
	static struct called absent;
	const char *word = argv[0];
	struct cmd_walk w = { .list = commands };
	char seconds[200] = "";
	size_t len = strlen(word), at = 0;
	const struct cmd *c;

	while ((c = cmd_next(&w)) != NULL && at < sizeof(seconds))
		if (!strncmp(c->name, word, len) && c->name[len] == ' ')
			at += (size_t)snprintf(seconds + at, sizeof(seconds) - at, "%s%s",
					       at ? ", " : "", c->name + len + 1);
	if (cmd_find_absent(commands, argc, argv, &absent))
		return msg_usage("no command '%s': %s", absent.cmd.name,
				 absent.cmd.absent);
	if (*seconds)
		return msg_usage("%s what? %s", word, seconds);
	return msg_usage("no command '%s'", word);
}

static int start(int argc, char **argv, bool *ret_plugin)
{
	static const struct opt_group groups[] = { { global_opts, 0 }, { NULL, 0 } };
	struct global_args global = { .help = false };
	static struct called c; /* static: messages refer to its name until exit */
	uint64_t given = 0;
	int first = opt_parse(groups, &global, argc, argv, true, &given), words = 0;

	if (first < 0)
		return EXIT_USAGE;
	if (global.version)
		return version();
	if (first >= argc) {
		help_all(commands);
		return global.help ? EXIT_DONE : EXIT_USAGE;
	}
	if (!cmd_find(commands, argc - first, argv + first, &c, &words))
		return no_command(argc - first, argv + first);
	if (global.help) {
		help_command(commands, &c.cmd);
		return EXIT_DONE;
	}
	return run_command(&c, &global, argc - first - words + 1,
			   argv + first + words - 1, ret_plugin);
}

/* Flush stdout; if a write has failed, the command fails. EPIPE is not an error; under a
 * compat name, a closed stdout is not an error, either. */
static int main_finish(int status, const struct tool *old, bool plugin)
{
	int r;

	if (plugin)
		status = check_end(status);
	r = out_flush();
	if (r == -EPIPE || r == 0 || (old && r == -EBADF) || out_told())
		return status;
	msg_error("write error: %s", strerror(-r));
	return status == EXIT_DONE ? EXIT_FAILED : status;
}

/* A plug-in refuses in its own way. */
static int main_refuse(int argc, char **argv)
{
	struct called c;
	bool plugin;
	int words;

	plugin = argc > 1 && cmd_find(commands, argc - 1, argv + 1, &c, &words) &&
		 c.cmd.plugin;
	if (plugin)
		check_begin();
	msg_error(
		"refusing to run with privileges that the caller does not have (set-user-ID or file capabilities)");
	return main_finish(EXIT_FAILED, NULL, plugin);
}

int main(int argc, char **argv)
{
	const struct tool *old;
	bool plugin = false;
	int status;

	hold_streams();
	signals_begin();
	if (getauxval(AT_SECURE))
		return main_refuse(argc, argv);
	if (argc < 1)
		return msg_usage("called without a name");
	old = tool_by_path(argv[0]);
	status = old ? tool_start(old, argc, argv) : start(argc, argv, &plugin);
	exit(main_finish(status, old, plugin));
}

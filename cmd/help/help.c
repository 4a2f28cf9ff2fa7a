/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx help: print --help from the command tables, and print those tables themselves for
 * man pages, completions and tests. */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "commands.h"
#include "help/dump.h"

struct help_args {
	bool dump, schema;
};

/* clang-format off */
const struct exit_text exit_common[] = {
	{ EXIT_DONE,   "done" },
	{ EXIT_FAILED, "failed" },
	{ EXIT_USAGE,  "usage error: nothing was done" },
	{ .status = -1 },
};

const struct exit_text exit_general[] = {
	{ EXIT_DONE,        "done" },
	{ EXIT_FAILED,      "failed, or the answer to a question is no" },
	{ EXIT_USAGE,       "usage error: nothing was done" },
	{ EXIT_MISSING,     "no such object, namespace, process or container" },
	{ EXIT_PART,        "some of several operations failed, or the answer is unknown" },
	{ EXIT_WOULD_BLOCK, "would have blocked, or the timeout expired" },
	OF_THE_COMMAND,
	{ .status = -1 },
};
/* clang-format on */

/* The column where the descriptions of examples begin. */
#define EXAMPLE_COLUMN 6

static const struct exit_text *find_exit(const struct exit_text *list, int status)
{
	for (; list && *list->text; list++)
		if (list->status == status)
			return list;
	return NULL;
}

const struct exit_text *exit_next(const struct cmd *c, int *at)
{
	const struct exit_text *e = NULL;

	while (!e && *at <= EXIT_OWN) {
		e = find_exit(c->exits, *at);
		if (!e)
			e = find_exit(exit_common, *at);
		++*at;
	}
	return e;
}

static void help_statuses(const struct cmd *c)
{
	const struct exit_text *e;
	int at = 0;

	out_text("\nExit status:\n");
	while ((e = exit_next(c, &at)) != NULL) {
		char status[16] = "any other";

		if (e->status != EXIT_OWN)
			(void)snprintf(status, sizeof(status), "%d", e->status);
		out_format("  %s  ", status);
		out_indented(e->text, strlen(status) + 4);
	}
}

static void subcommands(const struct cmd *const *list, const struct cmd *c)
{
	struct cmd_walk w = { .list = list };
	size_t len = strlen(c->name);
	const struct cmd *sub;
	bool any = false;

	while ((sub = cmd_next(&w)) != NULL) {
		if (strncmp(sub->name, c->name, len) != 0 || sub->name[len] != ' ')
			continue;
		out_text(any ? "" : "\nSee also:\n");
		out_format("  ipcx %s %s\n      %s\n", sub->name, sub->operands,
			   sub->summary);
		any = true;
	}
}

void help_command(const struct cmd *const *list, const struct cmd *c)
{
	static const struct opt_group global[] = { { global_opts, 0 }, { NULL, 0 } };

	out_format("Usage: ipcx %s [OPTIONS]%s%s\n\n", c->name, *c->operands ? " " : "",
		   c->operands);
	out_paragraph(c->about ? c->about : c->summary);
	out_text("\nOptions:\n");
	if (c->options)
		opt_help(c->options);
	opt_help(global);
	if (c->examples)
		out_text("\nExamples:\n");
	for (const struct example *e = c->examples; e && *e->line; e++) {
		out_format("  %s\n%*s", e->line, EXAMPLE_COLUMN, "");
		out_indented(e->what, EXAMPLE_COLUMN);
	}
	subcommands(list, c);
	help_statuses(c);
}

void help_all(const struct cmd *const *list)
{
	static const struct opt_group global[] = { { global_opts, 0 }, { NULL, 0 } };
	struct cmd_walk w = { .list = list };
	const struct cmd *c;
	int width = 0;

	while ((c = cmd_next(&w)) != NULL)
		if (!c->hidden)
			width = MAX(width, (int)strlen(c->name));
	out_text(
		"Usage: ipcx [OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]\n\n"
		"List, create, change and remove Linux IPC objects (System V and POSIX).\n\nCommands:\n");
	w = (struct cmd_walk){ .list = list };
	while ((c = cmd_next(&w)) != NULL)
		if (!c->hidden)
			out_format("  %-*s  %s\n", width, c->name, c->summary);
	out_text("\nMechanisms:\n");
	for (unsigned m = 0; ipcx_mech_info(m); m++)
		out_format("  %-12s %s\n", ipcx_mech_info(m)->name,
			   ipcx_mech_info(m)->label);
	out_text("\nReferences:\n"
		 "  shm:5        by id\n"
		 "  shm:0x4d2    by key\n"
		 "  mq:/jobs     by name\n"
		 "  shm 5 6      a mechanism applies to the ids that follow\n"
		 "\nOptions:\n");
	opt_help(global);
	out_text("\nSee 'ipcx COMMAND --help' and ipcx-COMMAND(1) for details.\n");
}

static int help_run(struct app *app, void *data, int n, char **words)
{
	const struct help_args *args = data;
	struct called c;
	int used = 0;

	if (args->dump || args->schema) {
		if (args->dump)
			dump_tables(app->commands);
		else
			dump_schema();
		return EXIT_DONE;
	}
	if (n == 0) {
		help_all(app->commands);
		return EXIT_DONE;
	}
	if (!cmd_find(app->commands, n, words, &c, &used) || used != n)
		return msg_usage("no command '%s%s%s'", words[0], n > 1 ? " " : "",
				 n > 1 ? words[1] : "");
	help_command(app->commands, &c.cmd);
	return EXIT_DONE;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "dump",   0, FLAG(struct help_args, dump),   .help = "commands, options, fields and mechanisms as JSON", .hidden = true },
	{ "schema", 0, FLAG(struct help_args, schema), .help = "the JSON Schema of what --json prints", .hidden = true },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts, 0 },
	{ NULL, 0 },
};

const struct cmd cmd_help = {
	.name = "help", .operands = "[COMMAND]", .summary = "Show how to use a command",
	.exits = EXITS({ EXIT_FAILED, "failed: the output cannot be written" }),
	.options = options, .complete = COMPLETE_COMMANDS, .args_size = sizeof(struct help_args), .run = help_run,
};
/* clang-format on */

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx compat: the list of the old names, and the command that runs one of them. */
#include <string.h>

#include "commands.h"
#include "compat/tool.h"

extern const struct tool tool_ipcs, tool_ipcmk, tool_ipcrm, tool_lsipc;

const struct tool *const tools[] = { &tool_ipcs, &tool_ipcmk, &tool_ipcrm, &tool_lsipc,
				     NULL };

const struct tool *tool_by_path(const char *path)
{
	const char *slash = strrchr(path, '/');

	for (const struct tool *const *t = tools; *t; t++)
		if (!strcmp((*t)->name, slash ? slash + 1 : path))
			return *t;
	return NULL;
}

static int compat_run(struct app *app, void *data, int n, char **words)
{
	const struct tool *t;

	(void)app;
	(void)data;
	if (n == 0)
		return msg_usage("compat needs a name: ipcs, ipcmk, ipcrm or lsipc");
	t = tool_by_path(words[0]);
	if (!t)
		return msg_usage("'%s' is not ipcs, ipcmk, ipcrm or lsipc", words[0]);
	return tool_start(t, n, words);
}

/* clang-format off */
static const struct example examples[] = {
	{ "ipcx compat ipcs -m",                "print what ipcs -m of util-linux prints" },
	{ "ln -s /usr/bin/ipcx ~/bin/lsipc",    "install ipcx as lsipc" },
	{ "", "" },
};

const struct cmd cmd_compat = {
	.name = "compat", .operands = "[ipcs|ipcmk|ipcrm|lsipc [ARGUMENT…]]", .summary = "Run as one of the old commands",
	.about = "Runs as ipcs, ipcmk, ipcrm or lsipc of util-linux 2.42: the same options, the same output, the same exit "
		 "status, without their pitfalls (ipcx-compat(7)). A link to ipcx with such a name does the same.",
	.exits = EXITS({ EXIT_OWN, "the status of the old command (ipcx-compat(7))" }),
	.examples = examples, .complete = COMPLETE_OLD, .program = true, .run = compat_run,
};
/* clang-format on */

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx ns pin, ipcx ns unpin: keep a namespace alive under a name. */
#include "commands.h"
#include "nsopt.h"

struct ns_unpin_args {
	bool force;
};

static int run_pin(struct app *app, void *data, int n, char **words)
{
	int r;

	(void)data;
	if (n != 2)
		return msg_usage("ns pin needs a namespace and a name");
	r = ns_use(app, &(struct ns_args){ .ns = words[0] });
	if (r)
		return r;
	r = ipcx_ns_pin(app->x, app->ns, words[1]);
	if (r < 0)
		return app_failed(app, r);
	if (r)
		msg_note(
			"'%s' ends with this mount namespace, which is not that of process 1",
			words[1]);
	return EXIT_DONE;
}

static int run_unpin(struct app *app, void *data, int n, char **words)
{
	const struct ns_unpin_args *args = data;
	int r;

	if (n != 1)
		return msg_usage("ns unpin needs the name of a pin");
	r = ipcx_ns_unpin(app->x, words[0], args->force ? IPCX_UNPIN_FILE : 0);
	return r < 0 ? app_failed(app, r) : EXIT_DONE;
}

/* clang-format off */
static const struct opt_group options[] = {
	{ NULL, 0 },
};

static const struct opt unpin_opts[] = {
	{ "force", 'f', FLAG(struct ns_unpin_args, force), .help = "also a pin not mounted here: left over, or in another mount namespace" },
	{ .name = "" },
};

static const struct opt_group unpin_options[] = {
	{ unpin_opts, 0 },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx ns pin web crashed",                 "keep what a container leaves behind" },
	{ "nsenter --ipc=/run/ipcx/ns/crashed ipcs", "other tools accept the file" },
	{ "", "" },
};

static const struct example unpin_examples[] = {
	{ "ipcx ns unpin crashed", "remove it, with its objects" },
	{ "", "" },
};

const struct cmd cmd_ns_pin = {
	.name = "ns pin", .operands = "WHERE NAME", .summary = "Keep a namespace alive under a name",
	.about = "Mounts the namespace on /run/ipcx/ns/NAME, so that it and its objects outlive its processes. Every --ns accepts the name. A note "
		 "says if the pin would end with the current mount namespace.",
	.options = options, .examples = examples, .complete = COMPLETE_NS | COMPLETE_FILES,
	.exits = EXITS(NO_SUCH_NAMESPACE),
	.run = run_pin,
};

const struct cmd cmd_ns_unpin = {
	.name = "ns unpin", .operands = "NAME", .summary = "Remove a pin",
	.about = "Unmounts the pin. If nothing else keeps the namespace alive, it ends, and its objects with it.",
	.options = unpin_options, .examples = unpin_examples, .complete = COMPLETE_NS,
	.exits = EXITS({ EXIT_MISSING, "there is no such pin" }),
	.args_size = sizeof(struct ns_unpin_args), .run = run_unpin,
};
/* clang-format on */

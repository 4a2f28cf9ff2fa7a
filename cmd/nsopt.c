/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --ns means for a command: one spelling of the option, one place that opens it. */
#include "nsopt.h"

#include <errno.h>

/* clang-format off */
const struct opt ns_opts[] = {
	{ "ns", 'N', TEXT(struct ns_args, ns), .arg = "WHERE", .complete = COMPLETE_NS | COMPLETE_NS_ALL | COMPLETE_FILES,
	  .help = "in the namespace of a process, container, pin or file; or in all" },
	{ .name = NULL },
};

const struct opt ns_one_opts[] = {
	{ "ns", 'N', TEXT(struct ns_args, ns), .arg = "WHERE", .complete = COMPLETE_NS | COMPLETE_FILES,
	  .help = "in the namespace of a process, container, pin or file" },
	{ .name = NULL },
};
/* clang-format on */

int ns_use(struct app *app, const struct ns_args *args)
{
	int r;

	if (!args->ns)
		return 0;
	r = ipcx_ns_open(app->x, args->ns, &app->ns);
	if (r < 0)
		return app_failed(app, r);
	ipcx_use(app->x, app->ns);
	return 0;
}

void ns_note_empty(void)
{
	msg_note("it has no /dev/shm that is known: an empty one is there");
}

bool ns_all(const struct app *app)
{
	return app->ns && ipcx_ns_is_all(app->ns);
}

struct shown ns_shown(const struct app *app, struct shown shown)
{
	if (ns_all(app))
		shown.before = IPCX_FIELDSET(IPCX_F_NS, IPCX_F_CONTAINER);
	return shown;
}

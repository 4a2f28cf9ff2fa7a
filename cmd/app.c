/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The global options, and the exit status for a failed library call. */
#include <errno.h>

#include "cmd.h"

/* clang-format off */
const struct opt global_opts[] = {
	{ "verbose", 'v', FLAG(struct global_args, verbose), .help = "also report what was skipped and what was done" },
	{ "root",    0,   TEXT(struct global_args, root),    .arg = "DIR", .complete = COMPLETE_FILES,
	  .help = "in a debug container: the directory where the host's root is mounted" },
	{ "help",    'h', FLAG(struct global_args, help),    .help = "show this help" },
	{ "version", 'V', FLAG(struct global_args, version), .help = "show the version" },
	{ .name = "" },
};
/* clang-format on */

int app_failed(struct app *app, int r)
{
	const char *text = ipcx_error(app->x);
	char hint[IPCX_REF_MAX + 80];

	msg_hint(ipcx_error_hint(app->x), hint, sizeof(hint));
	msg_error("%s%s", text, hint);
	if (r == -ENOMEM || r == -EIO)
		return EXIT_FAILED;
	switch (ipcx_failure(app->x)) {
	case IPCX_FAILURE_REQUEST:
		return EXIT_USAGE;
	case IPCX_FAILURE_MISSING:
		return EXIT_MISSING;
	case IPCX_FAILURE_TIME:
		return EXIT_WOULD_BLOCK;
	case IPCX_FAILURE_OTHER:
		break;
	}
	return EXIT_FAILED;
}

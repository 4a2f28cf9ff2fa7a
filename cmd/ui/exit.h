/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exit statuses: an interface for scripts. What each means for a command stands in its
 * .exits (cmd/cmd.h). */
#pragma once

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_MISSING = 3,
	EXIT_PART = 4,
	EXIT_WOULD_BLOCK = 5,
	EXIT_CANNOT_RUN = 126, /* a command that was to be run, as a shell says it */
	EXIT_NO_PROGRAM = 127,
	EXIT_OWN =
		256, /* in lists: any other, which is that of the command that was run */
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exit statuses, an interface for scripts. The member exits of struct cmd (cmd/cmd.h)
 * explains them for each command. */
#pragma once

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_MISSING = 3,
	EXIT_PART = 4,
	EXIT_WOULD_BLOCK = 5,
	EXIT_CANNOT_RUN = 126, /* as in a shell: command found but not executable */
	EXIT_NO_PROGRAM = 127,
	EXIT_OWN = 256, /* in lists of statuses: any other status, which is that of the
			   command that was run */
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exit statuses: an interface for scripts. The list of cmd/help.c tells them to people. */
#pragma once

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_MISSING = 3,
	EXIT_PART = 4,
	EXIT_WOULD_BLOCK = 5,
};

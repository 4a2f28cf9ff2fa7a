/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Report gaps: what a command called by an old name (such as ipcs) could not show or
 * find. The command's stdout is the same as the original's; one line on stderr says that
 * something is missing. */
#pragma once

#include <stdint.h>

#include "ipcx.h"

/* Count the gaps in the notes of a table; return their number. */
size_t gap_table(const struct ipcx_table *t);

/* The same, without notes about mechanisms other than these. */
size_t gap_table_of(const struct ipcx_table *t, uint64_t mechs);

/* Count a failed read (-errno). An object that vanished is not a gap. */
void gap_error(const char *what, int error);

/* At the end of the run, report the first gap and the number of gaps, in a line that
 * begins with `what`. */
void gap_say(const char *what);

/* Whether a mechanism could not be read at all: for this reason (-errno), or any (0). */
bool gap_unread(const struct ipcx_table *t, int error);

/* Whether queues can be listed: there is a /dev/mqueue. Otherwise a message says so,
 * unless the kernel was built without queues: then the listing says that. */
bool gap_queues(struct ipcx *x);

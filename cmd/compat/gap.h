/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Report what an old name could not show or find: stdout is that of the original, and one
 * line on stderr says that something is missing. */
#pragma once

#include "ipcx.h"

/* Count the gaps in the notes of a table; return their number. */
size_t gap_table(const struct ipcx_table *t);

/* Count a failed read (-errno). An object that vanished is not a gap. */
void gap_error(const char *what, int error);

/* Report the gaps at the end: the first one and their number; what begins the line. */
void gap_say(const char *what);

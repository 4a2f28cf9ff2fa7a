/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an old name could not show or find: its standard output is that of the original,
 * and one line on stderr says that something is missing. */
#pragma once

#include "ipcx.h"

/* All gaps that a table tells of. How many. */
size_t gap_table(const struct ipcx_table *t);

/* Something could not be read: -errno. What cannot be as it vanished is no gap. */
void gap_error(const char *what, int error);

/* Say them at the end: the first, and how many there are. what begins the line. */
void gap_say(const char *what);

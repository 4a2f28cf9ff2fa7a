/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reasons for a failed call, printed for people. */
#pragma once

#include "cmd.h"

/* Print the rows of ipcx_why() that match --where, in the order of --sort: a paragraph
 * for each reason. What does not apply is one line, unless all is asked for. Returns 0,
 * or exit status 1 after a message. */
int causes_print(struct output *s, const struct ipcx_table *t, bool all);

/* Return the exit status that says whether a reason applies. */
int causes_status(const struct ipcx_table *t);

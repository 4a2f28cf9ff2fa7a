/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two commands on limits have in common. */
#pragma once

#include "cmd.h"

/* Room for the longest line of a sysctl. */
#define LINE_ROOM 256

/* A failure that may be that of a name: a limit is no object that may be there or not, so
 * a name that is none is a wrong word. Answers the exit status after a message. */
int limits_name_failed(struct app *app, int r);

int limits_no_memory(void);

/* Write the lines for sysctl.d that set these limits. 0, or an exit status after a
 * message. */
int limits_save(struct app *app, const struct ipcx_setting *settings, size_t n,
		const char *path, bool force);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the two commands on limits. */
#pragma once

#include "cmd.h"

/* A size that is longer than any sysctl line. */
#define LINE_ROOM 256

/* Report a failure. An unknown limit is a usage error, unlike a missing object. Returns
 * the exit status after a message. */
int limits_name_failed(struct app *app, int r);

int limits_no_memory(void);

/* Write the lines for sysctl.d that set these limits. Returns 0, or an exit status after
 * a message. */
int limits_save(struct app *app, const struct ipcx_setting *settings, size_t n,
		const char *path, bool force);

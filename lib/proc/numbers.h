/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the pids in /proc are those of our PID namespace. */
#pragma once

#include "core/ctx.h"

/* Check that /proc belongs to our PID namespace. If it belongs to another PID namespace,
 * our pids mean other processes there. Returns 1, 0 or -errno. */
int ix_proc_is_ours(struct ipcx *x);

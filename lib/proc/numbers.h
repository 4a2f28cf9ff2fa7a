/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the pids in /proc are ours. */
#pragma once

#include "core/ctx.h"

/* Check that /proc belongs to our PID namespace; a /proc of another one may be mounted,
 * in which our pids belong to other processes. Returns 1, 0 or -errno. */
int ix_proc_is_ours(struct ipcx *x);

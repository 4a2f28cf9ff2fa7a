/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose numbers of processes /proc has. */
#pragma once

#include "core/ctx.h"

/* Whether /proc numbers processes as we do: that of another PID namespace, in which a
 * number of ours is somebody else's, may be mounted. 1, 0, or -errno. */
int ix_proc_is_ours(struct ipcx *x);

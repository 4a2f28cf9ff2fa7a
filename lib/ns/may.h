/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks before a call changes something in another namespace. */
#pragma once

#include "core/ctx.h"

/* Refuse a change in our /dev/shm, too, if a container's name led there: a container may
 * have its own IPC namespace, but our /dev/shm, or that of the root in use. Returns 0 or
 * -errno with a text. */
int ix_ns_may_act_mounted(struct ipcx *x);

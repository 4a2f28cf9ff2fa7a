/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the process of a place is: its user namespace and its user there. That is not what
 * owns its IPC namespace, which it may share with others, and with us.
 */
#pragma once

#include "ns/target.h"

/*
 * The user namespace of the process, open; -1 when that is ours or no process is known.
 * To be called when its root and its mounts are open: a process only ever goes further
 * in, so that what it is then has no more rights than what it was. 0 or -errno with a
 * text.
 */
int ix_user_of(struct ipcx *x, const struct ix_target *p, int *ret_fd);

/*
 * In that user namespace: become its root; where it knows none, what the process is. 0 or
 * -errno without a text.
 */
int ix_user_become(const struct ix_target *p);

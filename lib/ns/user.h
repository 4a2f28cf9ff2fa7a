/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The identity of a target's process: its user namespace and its user there. This user
 * namespace need not be the one that owns the IPC namespace of the process, since the
 * process may share its IPC namespace with other processes and with us.
 */
#pragma once

#include "ns/target.h"

/*
 * Open the user namespace of the process; -1 if that user namespace is ours or no process
 * is known. Call this after opening the root and the mounts of the process: a process can
 * only enter user namespaces further down, so a user namespace read later has at most the
 * rights of one read earlier. Returns 0 or -errno with a text.
 */
int ix_user_of(struct ipcx *x, const struct ix_target *p, int *ret_fd);

/*
 * In the user namespace of the process, become root or, if this user namespace has no
 * root, the user of the process. Returns 0 or -errno without a text.
 */
int ix_user_become(const struct ix_target *p);

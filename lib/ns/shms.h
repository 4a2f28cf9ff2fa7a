/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The /dev/shm directories of the processes of a namespace. */
#pragma once

#include "core/gaps.h"
#include "ns/ns.h"

/*
 * Add a target for each further /dev/shm of the IPC namespaces in a list: one IPC
 * namespace has several if a container has two mount namespaces, or if the containers of
 * a pod share only the IPC namespace. Each mount namespace is read once; if an IPC
 * namespace has only one, it is not read. The array of targets needs room for one more
 * target per pair of the list; it must be sorted by inode number before the call, and is
 * unsorted afterwards. What could not be found out becomes a gap of ns. Returns 0 or
 * -ENOMEM.
 */
int ix_shms_add(struct ipcx *x, const struct ix_nslist *l, struct ipcx_ns *ns);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The /dev/shm directories of the processes of a namespace. */
#pragma once

#include "core/gaps.h"
#include "ns/ns.h"

/*
 * Add a target for each further /dev/shm of a namespace in a list: a container with two
 * mount namespaces, or a pod whose containers share only the IPC namespace. Each mount
 * namespace is read once; with only one, none is read. The targets have room for one more
 * per pair of the list; they are sorted by inode number before, and unsorted afterwards.
 * What is unknown becomes a gap of ns. Returns 0 or -ENOMEM.
 */
int ix_shms_add(struct ipcx *x, const struct ix_nslist *l, struct ipcx_ns *ns);

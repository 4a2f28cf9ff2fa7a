/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The directories that the processes of a namespace have on /dev/shm. */
#pragma once

#include "core/gaps.h"
#include "ns/ns.h"

/*
 * Add a place for each further /dev/shm that a namespace of a list has: a container with
 * two mount namespaces, a pod whose containers share the IPC namespace and nothing else.
 * One look for each mount namespace, and none where there is only one. Places have room
 * for one more per pair of the list. What could not be told is a gap of theirs. They are
 * sorted by their numbers, and in no order afterwards. 0 or -ENOMEM.
 */
int ix_shms_add(struct ipcx *x, const struct ix_nslist *l, struct ipcx_ns *ns);

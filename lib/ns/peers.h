/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds processes that share an IPC namespace but not its /dev/shm, or the /dev/shm but
 * not the IPC namespace. */
#pragma once

#include "ns/discover.h"
#include "ns/target.h"

/*
 * Compare the processes that share the target's IPC namespace with those that share its
 * /dev/shm. Returns 0; the text becomes "" if both groups are the same, else a sentence
 * that describes the processes in only one of the groups.
 */
int ix_peers_differ(struct ipcx *x, const struct ix_target *p, char *buf, size_t size);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process whose namespaces count as ours. */
#pragma once

#include "core/ctx.h"

/*
 * Open the /proc directory of the process whose namespaces count as ours when it is
 * judged who may name containers, and which processes are in containers: our own process
 * or, if the context has a root that the caller supplied, process 1. Process 1 is
 * accepted only if that root is its root directory, and if its PID namespace is ours or
 * contains ours: the root of a container below us must not pass for that of the host.
 *
 * Returns a descriptor (O_PATH), or -errno as ix_first_root() does (base/firstroot.h).
 */
int ix_home_open(struct ipcx *x);

/* Return the inode number of that process's namespace ("mnt", "ipc"); 0 if it is
 * unknown. */
uint64_t ix_home_ns(struct ipcx *x, const char *type);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds what else keeps a namespace alive, apart from the processes in it. */
#pragma once

#include "ns/discover.h"

/* A mount namespace seen during the pass, with one process in it. */
struct ix_mntns {
	uint64_t ino;
	int32_t pid;
};

struct ix_holders {
	unsigned how;
	struct ix_mntns *mnts; /* hash table by inode number */
	size_t slots, n;
	uint64_t last; /* the mount namespace of the previous process */
};

/* Inspect one process, which is in the given IPC namespace: record its mount namespace
 * and, if requested, search its threads and descriptors. Returns 0 or -ENOMEM. */
int ix_holders_of(struct ipcx *x, struct ix_nslist *l, struct ix_holders *h, int32_t pid,
		  uint64_t ino);

/* After the last process: search the mounts of all recorded mount namespaces. */
int ix_holders_mounted(struct ipcx *x, struct ix_nslist *l, struct ix_holders *h);

void ix_holders_free(struct ix_holders *h);

/* Return the list's entry for a namespace, which is added if it is missing; NULL if out
 * of memory. */
struct ix_nsseen *ix_nslist_add(struct ix_nslist *l, uint64_t ino);

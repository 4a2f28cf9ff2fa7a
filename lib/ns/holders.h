/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What else than a process keeps a namespace alive. */
#pragma once

#include "ns/discover.h"

/* Mount namespaces seen on the way, each with a process in it. */
struct ix_mntns {
	uint64_t ino;
	int32_t pid;
};

struct ix_holders {
	unsigned how;
	struct ix_mntns *mnts; /* a hash of inode numbers */
	size_t slots, n;
	uint64_t last; /* the one of the process before */
};

/* Look at one process, which is in this IPC namespace: its mount namespace for later; its
 * threads and descriptors where wanted. 0 or -ENOMEM. */
int ix_holders_of(struct ipcx *x, struct ix_nslist *l, struct ix_holders *h, int32_t pid,
		  uint64_t ino);

/* Then at the mounts of all mount namespaces. */
int ix_holders_mounted(struct ipcx *x, struct ix_nslist *l, struct ix_holders *h);

void ix_holders_free(struct ix_holders *h);

/* The list's entry for a namespace, made when it is new. NULL when memory is out. */
struct ix_nsseen *ix_nslist_add(struct ix_nslist *l, uint64_t ino);

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

/* Inspect a process whose first thread has ended, while others may still run. Returns 0
 * or -ENOMEM. */
int ix_holders_left(struct ipcx *x, struct ix_nslist *l, struct ix_holders *h,
		    int32_t pid);

/* If requested, search the threads and descriptors of a process, which is in the given
 * IPC namespace; 0: its first thread is in none any more. Returns 0 or -ENOMEM. */
int ix_holders_opened(struct ipcx *x, struct ix_nslist *l, const struct ix_holders *h,
		      int32_t pid, uint64_t ino);

/* Let a namespace keep a descriptor, unless it has one, or the descriptor is of another
 * namespace. Takes over fd; does nothing if it is an -errno. */
void ix_holders_hold(struct ix_nsseen *seen, int fd);

/* Reopen what an O_PATH descriptor refers to, but only if that is a file on nsfs. Returns
 * a descriptor, -EINVAL if it is no such file, or another -errno. */
int ix_holders_open_nsfs(int proc, int held);

/* Record a holder, if holders are to be recorded. Returns 0 or -ENOMEM. */
int ix_holders_keep(const struct ix_holders *h, struct ix_nslist *l,
		    const struct ix_keeper *one);

/* After the last process: search the mounts of all recorded mount namespaces. */
int ix_holders_mounted(struct ipcx *x, struct ix_nslist *l, struct ix_holders *h);

void ix_holders_free(struct ix_holders *h);

/* Return the list's entry for a namespace, which is added if it is missing; NULL if out
 * of memory. */
struct ix_nsseen *ix_nslist_add(struct ix_nslist *l, uint64_t ino);

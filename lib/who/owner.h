/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which thread the number in a lock's word belongs to. */
#pragma once

#include "proc/peek.h"
#include "who/uses.h"

/* A futex in a file, and the processes that map the file. */
struct ix_futex {
	uint64_t dev, ino, offset;
	const struct ix_uses *uses;
	const struct ix_use *const *mappers;
	size_t n;
};

/* What was read of processes and threads: any number of locks may name the same ones. */
struct ix_owners {
	struct ix_owner_process *processes; /* sorted by pid */
	size_t nprocesses, cap_processes;
	struct ix_owner_list *lists; /* sorted by tid */
	size_t nlists, cap_lists;
	unsigned stalled; /* threads whose memory did not answer */
};

struct ix_owner {
	int32_t pid,
		tid;   /* in the PID namespace of /proc; 0: no mapper has such a thread */
	bool listed;   /* the lock is on the thread's robust list */
	bool unlisted; /* the lock is robust, and is not on the thread's list */
	int error;     /* why something could not be read, or 0 */
	bool unsure; /* some mapper could not be looked at, or several have such a thread */
};

/* Find the thread with a TID, which is one of the owner's own PID namespace, among the
 * processes that map the file. Returns 0 or -ENOMEM. */
int ix_owner_find(struct ipcx *x, struct ix_owners *owners, const struct ix_futex *f,
		  const struct ix_lock *lock, struct ix_owner *ret_owner);
void ix_owners_free(struct ix_owners *owners);

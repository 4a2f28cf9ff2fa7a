/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which threads wait for IPC objects, found in one pass over /proc/PID/task/TID/syscall.
 * Memory and descriptors are looked at only for threads that are in such a call.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proc/blocked.h"
#include "proc/peek.h"
#include "who/procs.h"

/* One thread that waits for one object. */
struct ix_wait {
	uint32_t user; /* index in users[] */
	int32_t tid;
	char state; /* 'S' or 'D' */
	struct ix_blocked b;
	uint64_t ipc; /* IX_WAIT_SEM, _MSG: inode of the thread's IPC namespace */
	enum ix_use_kind file; /* the others: what kind of file, and which one; for
				  IX_USE_SYSV, ino is the id */
	uint64_t dev, ino;
	uint32_t key;       /* IX_USE_SYSV */
	bool fifo;          /* IX_USE_PIPE: in a file system */
	bool unlinked;      /* IX_USE_FILE: has no name any more */
	uint32_t name;      /* offset in names plus 1: its last name; or 0 */
	uint64_t offset;    /* of a futex in the file */
	uint32_t ops, nops; /* IX_WAIT_SEM: a part of semops[]; nops = 0: unreadable */
	bool ops_cut;       /* there are more */
	bool has_mtype;
	int64_t mtype;
	bool has_timeout, timeout_unknown;
	uint64_t timeout;    /* nanoseconds */
	struct ix_lock lock; /* of a futex */
	bool lock_unread;    /* the words there could not be read */
	uint64_t line;       /* hash of its line in "syscall" */
	uint64_t switches;   /* context switches of the thread when it was found */
	bool again;          /* is to be looked at by ix_waits_again() */
	bool moved;          /* it has not slept from then until ix_waits_again() */
	bool from_memory;    /* what it waits for was read from the thread's memory */
};

/* A process with at least one wait. */
struct ix_waiter {
	struct ix_user user;
	uint32_t threads; /* all of them were looked at; 0: unknown */
	uint32_t entries; /* in its directory "task", also those that have ended */
};

struct ix_waits {
	struct ix_wait *all; /* in the order of /proc */
	size_t n, cap;
	struct ix_waiter *users;
	size_t nusers, cap_users;
	struct ix_semop *semops;
	size_t nsemops, cap_semops;
	struct ix_buf names;
	struct ix_memory_dev devs[8]; /* see struct ix_uses */
	size_t ndevs;
	uint64_t pipe_dev;
	uint64_t denied, missed; /* processes, as in struct ix_uses */
	int missed_error;
	bool others;
};

/* What to look for: a mask of 1U << IX_WAIT_…; IX_WAIT_OPEN is part of pipes. */
struct ix_waits_what {
	unsigned kinds;
	const uint64_t *spaces; /* IX_WAIT_SEM, _MSG: only in these IPC namespaces */
	size_t nspaces;         /* 0: in all */
};

/* Look through /proc. Returns 0; -ENOMEM; or another -errno, with a text. */
int ix_waits_collect(struct ipcx *x, const struct ix_waits_what *what,
		     struct ix_waits *ret_waits);
void ix_waits_free(struct ix_waits *w);

/* Look once more at the threads with "again", and mark those that have not slept in the
 * same call all the time. */
void ix_waits_again(struct ipcx *x, struct ix_waits *w);

static inline bool ix_waits_wants(const struct ix_waits_what *what,
				  enum ix_wait_kind kind)
{
	return what->kinds >> kind & 1;
}

static inline bool ix_waits_complete(const struct ix_waits *w)
{
	return !w->denied && !w->missed && !w->others;
}

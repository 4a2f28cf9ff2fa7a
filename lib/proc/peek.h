/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading the memory of another process (process_vm_readv(2)), which neither stops nor
 * changes it. It may write there at the same time, and lie: every count is bounded, and
 * nothing read is trusted. A pid is one of our own PID namespace. Where the memory is
 * shared, the caller reads before and after what tells which process it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ix_blocked;

/* Returns the number of bytes read, which is size, or -errno: -EFAULT if not all of it is
 * mapped, -EPERM without PTRACE_MODE_ATTACH rights, -ESRCH. May never return: the memory
 * may have to be provided by a program (a FUSE file system, userfaultfd(2)) that does not
 * do so. Call it, and all others here except ix_peek_robust(), in a thread that can be
 * abandoned (base/sidethread.h). */
int ix_peek(int32_t pid, uint64_t address, void *buf, size_t size);

/* An operation of semop(2): struct sembuf. */
struct ix_semop {
	uint16_t num;
	int16_t op;
	bool undo;
};

/* The most operations that are read; the kernel's limit is SEMOPM (500 by default). */
#define IX_SEMOPS_MAX 1024

/* Read the operations of a blocked semop(2) or semtimedop(2). Returns their number (at
 * most max; *ret_cut tells whether there are more), or -errno. */
int ix_peek_semops(int32_t pid, const struct ix_blocked *b, struct ix_semop *ret,
		   size_t max, bool *ret_cut);

/* Read the timeout: nanoseconds as asked or, if it is a point in time, what is left of
 * it by our clock, at least 0. Returns 0; -ENODATA if there is none; -EPROTO if the
 * memory holds something else; or another -errno. */
int ix_peek_timeout(int32_t pid, const struct ix_blocked *b, uint64_t *ret_ns);

/* Read the type that msgrcv(2) asks for, from memory where it is there (ipc(2)). */
int ix_peek_mtype(int32_t pid, const struct ix_blocked *b, int64_t *ret_mtype);

/* Read the flags of a blocked open(2), from memory where they are there (openat2). */
int ix_peek_flags(int32_t pid, const struct ix_blocked *b, uint64_t *ret_flags);

/* Read the path of a blocked open(2), NUL-terminated. Returns its length or -errno. */
int ix_peek_path(int32_t pid, const struct ix_blocked *b, char *buf, size_t size);

/* A futex of futex_waitv(2). */
struct ix_waitv {
	uint64_t address, value;
	bool private;
};

/* Returns the number of futexes, at most max, or -errno. */
int ix_peek_waitv(int32_t pid, const struct ix_blocked *b, struct ix_waitv *ret,
		  size_t max);

/* What a word in memory that threads wait for is. */
enum ix_lock_kind {
	IX_LOCK_NONE,   /* not a lock that is known */
	IX_LOCK_PLAIN,  /* a mutex of glibc: its owner is in memory only */
	IX_LOCK_ROBUST, /* a robust mutex: the kernel knows its owner's list */
	IX_LOCK_PI,     /* FUTEX_LOCK_PI: the kernel knows the owner */
};

struct ix_lock {
	enum ix_lock_kind kind;
	int32_t owner; /* TID in the PID namespace of the owner; 0: none */
	bool died;     /* FUTEX_OWNER_DIED */
	bool fits;     /* what follows is the rest of such a mutex of glibc */
};

/* The words of memory from the futex on that ix_lock_parse() wants, if they are mapped. */
#define IX_LOCK_WORDS 6

/*
 * Find out what lock a futex belongs to. The word of a PI or robust futex is a contract
 * with the kernel (futex(2), get_robust_list(2)); a mutex without these properties is
 * recognised by the layout of glibc's pthread_mutex_t (lock, count, owner; kind, with the
 * bit for process-shared ones, at word 4, or at word 3 in 32-bit programs), and only if
 * all of that fits.
 */
void ix_lock_parse(const struct ix_blocked *b, const uint32_t *words, size_t n,
		   struct ix_lock *ret_lock);

/* The most entries of a robust list: the kernel's ROBUST_LIST_LIMIT, and one that is
 * pending. */
#define IX_ROBUST_MAX (2048 + 1)

/*
 * Read the addresses, in the thread's memory, of the futexes on its robust list:
 * get_robust_list(2), then the list, which may be broken or endless. Stores how many were
 * found. Returns 0; or -errno if there may be others: -ENODATA if the kernel names no
 * list, because there is none or, to a 64-bit program, because the thread is one of a
 * 32-bit program; -EFAULT or -ELOOP if the list is broken or endless.
 */
int ix_peek_robust(int32_t tid, uint64_t *ret_addresses, size_t *ret_n);

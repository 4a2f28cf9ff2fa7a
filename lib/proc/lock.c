/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What distinguishes a lock from a counter, a semaphore or a condition variable, which
 * are futexes, too. A PI futex is told by the command. The word of a robust mutex has the
 * owner's TID, and bit 31 while there are waiters; the value that a waiter gave to the
 * kernel has both. A word of another meaning can look like that by chance, so the TID
 * must be one that the kernel can give out. A mutex of musl that is neither recursive nor
 * robust has the errno EBUSY, 16, in place of the TID: that one is believed only if what
 * follows is the rest of a robust mutex of glibc.
 */
#include <errno.h>
#include <linux/futex.h>

#include "proc/blocked.h"
#include "proc/peek.h"

/* No TID is larger: the kernel's PID_MAX_LIMIT. */
#define LOCK_TID_MAX (4 * 1024 * 1024)

/* FUTEX_LOCK_PI2, which older headers lack. */
#define LOCK_PI2 13

/* A word that glibc's locks without an owner in it have while there are waiters. */
#define LOCK_CONTENDED 2

/* __kind of glibc's pthread_mutex_t (nptl/pthreadP.h). */
enum {
	KIND_TYPE = 3, /* normal, recursive, error checking, adaptive */
	KIND_RECURSIVE = 1,
	KIND_ROBUST = 16,
	KIND_PI = 32,
	KIND_SHARED = 128,
	KIND_NO_ELISION = 512, /* of a mutex whose type was set explicitly */
};

/* The words of glibc's pthread_mutex_t; two change places in 32-bit programs. */
struct lock_words {
	uint32_t count, owner, users, kind;
};

static bool lock_is_tid(uint32_t n)
{
	return n > 0 && n <= LOCK_TID_MAX;
}

static bool lock_words(const struct ix_blocked *b, const uint32_t *words, size_t n,
		       struct lock_words *ret_words)
{
	if (n < 5)
		return false;
	*ret_words = (struct lock_words){
		.count = words[1],
		.owner = words[2],
		.users = b->narrow ? words[4] : words[3],
		.kind = b->narrow ? words[3] : words[4],
	};
	return true;
}

/* Whether a mutex of glibc has the properties "must" and no others but those of "may". */
static bool lock_kind_is(uint32_t kind, uint32_t must, uint32_t may)
{
	return (kind & must) == must && !(kind & ~(must | may));
}

static bool lock_is_robust(const struct ix_blocked *b, const uint32_t *words, size_t n,
			   bool *ret_fits)
{
	uint32_t tid = (uint32_t)b->value & FUTEX_TID_MASK;
	uint32_t owner = words[0] & FUTEX_TID_MASK;
	struct lock_words w;

	if (b->value != (FUTEX_WAITERS | tid) || !lock_is_tid(tid) ||
	    (owner && !lock_is_tid(owner)))
		return false;
	*ret_fits = lock_words(b, words, n, &w) &&
		    lock_kind_is(w.kind, KIND_ROBUST | KIND_SHARED,
				 KIND_TYPE | KIND_PI | KIND_NO_ELISION);
	return (tid != EBUSY && owner != EBUSY) || *ret_fits;
}

/* All of glibc's layout: an owner and a user are noted while the lock is held, and a
 * depth only if it is recursive. */
static bool lock_is_plain(const struct ix_blocked *b, const uint32_t *words, size_t n,
			  uint32_t *ret_owner)
{
	struct lock_words w;

	if (b->value != LOCK_CONTENDED || words[0] > LOCK_CONTENDED ||
	    !lock_words(b, words, n, &w) ||
	    !lock_kind_is(w.kind, KIND_SHARED, KIND_TYPE | KIND_NO_ELISION) ||
	    !lock_is_tid(w.owner) || !w.users ||
	    ((w.kind & KIND_TYPE) == KIND_RECURSIVE) != (w.count != 0))
		return false;
	*ret_owner = w.owner;
	return true;
}

void ix_lock_parse(const struct ix_blocked *b, const uint32_t *words, size_t n,
		   struct ix_lock *ret_lock)
{
	struct ix_lock lock = { .kind = IX_LOCK_NONE };
	uint32_t owner = 0;

	*ret_lock = lock;
	if (b->kind != IX_WAIT_FUTEX || b->data || !n)
		return;
	switch (b->op) {
	case FUTEX_LOCK_PI:
	case LOCK_PI2:
		lock.kind = IX_LOCK_PI;
		break;
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
		if (lock_is_robust(b, words, n, &lock.fits))
			lock.kind = IX_LOCK_ROBUST;
		else if (lock_is_plain(b, words, n, &owner))
			lock.kind = IX_LOCK_PLAIN;
		break;
	default:
		break;
	}
	if (lock.kind == IX_LOCK_PI || lock.kind == IX_LOCK_ROBUST) {
		owner = words[0] & FUTEX_TID_MASK;
		lock.died = words[0] & FUTEX_OWNER_DIED;
	}
	if (lock_is_tid(owner))
		lock.owner = (int32_t)owner;
	*ret_lock = lock;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the causes of failed calls on segments are tested: numbers of the checks in
 * lib/why/shm.c, shmlimit.c, shmat.c, shmctl.c and shmsaid.c. */
#pragma once

#include "core/cause.h"

enum ix_shm_check {
	/* shmget(2) */
	IX_SHM_ELSEWHERE = IX_CHECK_SHM, /* the key is in another namespace */
	IX_SHM_ABSENT,                   /* there is no segment with the key */
	IX_SHM_EXISTS,                   /* there is one, and IPC_EXCL was given */
	IX_SHM_DENIED,                   /* its mode does not grant the flags' */
	IX_SHM_SMALLER,                  /* it is smaller than asked for */
	IX_SHM_EMPTY,                    /* a new one of 0 bytes */
	IX_SHM_LIMIT,                    /* a limit of new ones: .subject */
	IX_SHM_CROWDED,                  /* the same, and who has them */
	IX_SHM_NO_SUCH_PAGES,            /* huge pages of a size that is not there */
	IX_SHM_NO_PAGES,                 /* not enough huge pages are free */
	IX_SHM_NO_RIGHT,                 /* huge pages need a right */
	IX_SHM_FILES,                    /* fs.file-max */
	IX_SHM_MODULE,                   /* a security module */
	/* shmat(2) */
	IX_SHM_REMAP_NULL,
	IX_SHM_UNALIGNED,
	IX_SHM_TAKEN,  /* something is mapped there */
	IX_SHM_LOW,    /* below vm.mmap_min_addr */
	IX_SHM_CLOSED, /* the mode does not grant reading and writing */
	IX_SHM_NO_EXEC,
	IX_SHM_ADDRESSES, /* RLIMIT_AS */
	IX_SHM_MAPS,      /* vm.max_map_count */
	IX_SHM_MLOCKALL,
	IX_SHM_REMOVED, /* in between */
	/* shmdt(2) */
	IX_SHM_DETACH_UNALIGNED,
	IX_SHM_NOT_ATTACHED,
	/* shmat(2) and shmctl(2) */
	IX_SHM_NO_ID,
	IX_SHM_ID_ELSEWHERE,
	/* shmctl(2) */
	IX_SHM_NOT_OWNER,
	IX_SHM_LOCKS_OTHERS,
	IX_SHM_LOCK_NOTHING, /* RLIMIT_MEMLOCK is 0 */
	IX_SHM_LOCK_MORE,
	IX_SHM_UNREADABLE,
	IX_SHM_NO_COMMAND,
	IX_SHM_NO_USER, /* IPC_SET with an id that is not mapped */
	IX_SHM_WIDE,    /* EOVERFLOW */
	/* by the words of programs: .subject */
	IX_SHM_SAID,
	IX_SHM_CHECKS
};

_Static_assert((int)IX_SHM_CHECKS <= (int)IX_CHECK_SEM,
	       "the checks have their own numbers");

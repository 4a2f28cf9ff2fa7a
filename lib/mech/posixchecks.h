/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks of lib/why/mq.c and lib/why/posix.c, by which the causes of the POSIX calls
 * name them. */
#pragma once

#include "core/cause.h"

enum ix_mq_check {
	IX_MQC_NO_SLASH = IX_CHECK_MQ, /* the name does not begin with a slash */
	IX_MQC_BARE,                   /* the name is a slash alone */
	IX_MQC_SLASHES,                /* a second slash, or "/." or "/.." */
	IX_MQC_LONG,
	IX_MQC_ABSENT,
	IX_MQC_ELSEWHERE, /* it is in another namespace */
	IX_MQC_EXISTS,
	IX_MQC_MODE,
	IX_MQC_DIRECTORY, /* of the queues, in which none may be created or removed */
	IX_MQC_STICKY,    /* another user's queue may not be removed */
	IX_MQC_ACCESS,    /* both O_WRONLY and O_RDWR */
	IX_MQC_MAXMSG,
	IX_MQC_MSGSIZE,
	IX_MQC_PRODUCT,  /* maxmsg times msgsize overflows */
	IX_MQC_UNMAPPED, /* the uid has no number in the namespace's user namespace */
	IX_MQC_QUEUES,   /* queues_max */
	IX_MQC_CHARGE,   /* RLIMIT_MSGQUEUE */
	IX_MQC_FDS,      /* RLIMIT_NOFILE */
	IX_MQC_MESSAGE,  /* longer than msgsize */
	IX_MQC_BUFFER,   /* shorter than msgsize */
	IX_MQC_PRIORITY,
	IX_MQC_FULL,
	IX_MQC_EMPTY,
	IX_MQC_DIRECTION,  /* opened for the other direction only */
	IX_MQC_REGISTERED, /* a process is registered for notification */
	IX_MQC_SIGNAL,     /* a debugger interrupts */
};

enum ix_posix_check {
	IX_POSIX_NAME = IX_CHECK_POSIX, /* empty, or a slash within it */
	IX_POSIX_LONG,
	IX_POSIX_IS_DIR,
	IX_POSIX_IS_LINK,
	IX_POSIX_NO_DIR, /* /dev/shm is missing, or is no directory */
	IX_POSIX_ABSENT,
	IX_POSIX_ELSEWHERE,
	IX_POSIX_EXISTS,
	IX_POSIX_MODE,
	IX_POSIX_DIRECTORY, /* /dev/shm may not be written to */
	IX_POSIX_PROTECTED, /* fs.protected_regular */
	IX_POSIX_STICKY,
	IX_POSIX_READ_ONLY,
	IX_POSIX_UNMAPPED,
	IX_POSIX_BYTES,  /* of the file system */
	IX_POSIX_INODES, /* of the file system */
	IX_POSIX_FDS,    /* RLIMIT_NOFILE */
	IX_POSIX_FSIZE,  /* RLIMIT_FSIZE */
	IX_POSIX_MOST,   /* of any file */
	IX_POSIX_VALUE,  /* of a new semaphore */
	IX_POSIX_SIZE,   /* 0 or negative */
	IX_POSIX_ACCESS, /* the descriptor may not do that */
	IX_POSIX_NOEXEC,
	IX_POSIX_BUS_ROOM,   /* the file system cannot give the memory */
	IX_POSIX_BUS_END,    /* access behind the end of the file */
	IX_POSIX_SPACE,      /* RLIMIT_AS */
	IX_POSIX_ZERO,       /* the value of the semaphore */
	IX_POSIX_SHORT,      /* the file of a semaphore is no semaphore */
	IX_POSIX_OTHER_SIZE, /* the semaphore of a program of other word size */
	IX_POSIX_FULL_VALUE, /* SEM_VALUE_MAX */
	IX_POSIX_SIGNAL,     /* a debugger interrupts */
	IX_POSIX_END
};

_Static_assert(IX_MQC_SIGNAL < (int)IX_CHECK_POSIX && IX_POSIX_END <= (int)IX_CHECK_MOST,
	       "checks have a range for each file");

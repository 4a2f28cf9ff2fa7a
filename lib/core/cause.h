/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why calls fail: each mechanism lists the reasons that its calls have, as data. From the
 * same list come the texts of our own failed creates and changes, and the answers of
 * ipcx_why(), for which lib/why/ tests each reason from outside.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "ipcx.h"

/* The calls whose failures can be explained. */
enum ix_call {
	IX_CALL_NONE, /* a step of ours, such as chown(2) after a create */
	IX_SHMGET,
	IX_SHMAT,
	IX_SHMDT,
	IX_SHMCTL,
	IX_SEMGET,
	IX_SEMOP, /* also semtimedop(2) */
	IX_SEMCTL,
	IX_MSGGET,
	IX_MSGSND,
	IX_MSGRCV,
	IX_MSGCTL,
	IX_MQ_OPEN,
	IX_MQ_SEND, /* also mq_timedsend(3) */
	IX_MQ_RECEIVE,
	IX_MQ_NOTIFY,
	IX_MQ_UNLINK,
	IX_SHM_OPEN,
	IX_SHM_UNLINK,
	IX_FTRUNCATE, /* of shared memory; also posix_fallocate(3), write(2), and access
			 to its memory */
	IX_SEM_OPEN,
	IX_SEM_UNLINK,
	IX_SEM_WAIT, /* also sem_trywait(3), sem_timedwait(3) */
	IX_SEM_POST,
	IX_CALLS
};

/* Failures other than errnos. */
#define IX_SIGBUS 10000 /* the process is killed by SIGBUS */
#define IX_BLOCKS 10001 /* the call does not return */

/* How a reason is tested: see the functions of the same name in lib/why/. */
enum ix_check {
	IX_CHECK_NONE,        /* cannot be told from outside */
	IX_CHECK_LIMIT,       /* the limit named by .subject has no room for the object */
	IX_CHECK_FILTER,      /* seccomp(2), or the kernel lacks the call */
	IX_CHECK_SHM,         /* the checks of lib/why/shm.c begin here */
	IX_CHECK_SEM = 40,    /* lib/why/sem.c */
	IX_CHECK_MSG = 80,    /* lib/why/msg.c */
	IX_CHECK_MQ = 120,    /* lib/why/mq.c */
	IX_CHECK_POSIX = 160, /* lib/why/posix.c: /dev/shm and what is in it */
	IX_CHECK_MOST = 200
};

/* What we do ourselves when the text of a cause is our error text. */
#define IX_FOR_CREATE 1U
#define IX_FOR_CHANGE 2U
#define IX_FOR_REMOVE 4U

/* Subjects of causes that only the words of a program ask for: the program failed after
 * its call, or another process did. */
#define IX_SAID_IN_USE  "said: in use"
#define IX_SAID_DISPLAY "said: display"

struct ix_cause {
	uint64_t when; /* our own text applies only with one of these attributes
			  (IPCX_A_…); 0: always */
	int16_t error; /* -errno, IX_SIGBUS or IX_BLOCKS */
	uint8_t call;  /* enum ix_call; IX_CALL_NONE: only for our own texts */
	uint8_t check; /* enum ix_check, or a number of the check's file */
	uint8_t own;   /* IX_FOR_…: the text is that of our own failures, too */
	char subject[IX_TEXT(27)]; /* what the check tests, such as the name of a limit */
	char text[IX_TEXT(216)];
};

/* Return the name of a call, as in its man page. Static. */
const char *ix_call_name(enum ix_call call);

/* Find a call by its name or by that of a variant ("semtimedop"). IX_CALL_NONE: there is
 * none. */
enum ix_call ix_call_by_name(const char *name, size_t len);

/* Return the text of our own failure to do one of IX_FOR_… with these attributes, from a
 * list of causes that an empty text ends; or NULL. */
const char *ix_cause_text(const struct ix_cause *list, unsigned own, int error,
			  uint64_t attrs);

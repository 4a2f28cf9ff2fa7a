/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks of semcauses.c, made in lib/why/sem.c. */
#pragma once

#include "core/cause.h"

enum ix_sem_check {
	IX_SEM_NONE_ASKED = IX_CHECK_SEM, /* nsems is 0 or negative */
	IX_SEM_SMALLER,                   /* the array has fewer semaphores */
	IX_SEM_MOST,                      /* semmsl */
	IX_SEM_FULL,                      /* semmni or semmns, named by .subject */
	IX_SEM_ELSEWHERE,
	IX_SEM_ABSENT,
	IX_SEM_EXISTS,
	IX_SEM_GET_DENIED,
	IX_SEM_NO_OPS,
	IX_SEM_MANY_OPS,
	IX_SEM_TIME,
	IX_SEM_NO_ID,
	IX_SEM_ID_ELSEWHERE,
	IX_SEM_NUMBER,
	IX_SEM_OP_DENIED,
	IX_SEM_ABOVE,
	IX_SEM_UNDO_ABOVE,
	IX_SEM_UNDO_MEMORY,
	IX_SEM_WAITS,
	IX_SEM_REMOVED,
	IX_SEM_LOGOUT,
	IX_SEM_SIGNAL,
	IX_SEM_DEBUGGER,
	IX_SEM_CMD,
	IX_SEM_CTL_NUMBER,
	IX_SEM_VALUE,
	IX_SEM_OWNER,
	IX_SEM_CTL_DENIED,
	IX_SEM_NEW_OWNER,
	IX_SEM_ARRAY_MEMORY,
};

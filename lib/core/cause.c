/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of calls, and the texts of our own failures. */
#include "core/cause.h"

#include <string.h>

/* The first name of each call is that of its man page. */
static const struct {
	uint8_t call;
	char name[IX_TEXT(23)];
} names[] = {
	{ IX_SHMGET, "shmget" },
	{ IX_SHMAT, "shmat" },
	{ IX_SHMDT, "shmdt" },
	{ IX_SHMCTL, "shmctl" },
	{ IX_SEMGET, "semget" },
	{ IX_SEMOP, "semop" },
	{ IX_SEMOP, "semtimedop" },
	{ IX_SEMCTL, "semctl" },
	{ IX_MSGGET, "msgget" },
	{ IX_MSGSND, "msgsnd" },
	{ IX_MSGRCV, "msgrcv" },
	{ IX_MSGCTL, "msgctl" },
	{ IX_MQ_OPEN, "mq_open" },
	{ IX_MQ_SEND, "mq_send" },
	{ IX_MQ_SEND, "mq_timedsend" },
	{ IX_MQ_RECEIVE, "mq_receive" },
	{ IX_MQ_RECEIVE, "mq_timedreceive" },
	{ IX_MQ_NOTIFY, "mq_notify" },
	{ IX_MQ_UNLINK, "mq_unlink" },
	{ IX_SHM_OPEN, "shm_open" },
	{ IX_SHM_UNLINK, "shm_unlink" },
	{ IX_FTRUNCATE, "ftruncate" },
	{ IX_FTRUNCATE, "posix_fallocate" },
	{ IX_FTRUNCATE, "fallocate" },
	{ IX_FTRUNCATE, "mmap" },
	{ IX_SEM_OPEN, "sem_open" },
	{ IX_SEM_UNLINK, "sem_unlink" },
	{ IX_SEM_WAIT, "sem_wait" },
	{ IX_SEM_WAIT, "sem_trywait" },
	{ IX_SEM_WAIT, "sem_timedwait" },
	{ IX_SEM_WAIT, "sem_clockwait" },
	{ IX_SEM_POST, "sem_post" },
};

const char *ix_call_name(enum ix_call call)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].call == call)
			return names[i].name;
	return "";
}

enum ix_call ix_call_by_name(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i].name) == len && !memcmp(names[i].name, name, len))
			return (enum ix_call)names[i].call;
	return IX_CALL_NONE;
}

const char *ix_cause_text(const struct ix_cause *list, unsigned own, int error,
			  uint64_t attrs)
{
	for (; list && list->text[0]; list++)
		if (list->error == error && (list->own & own) &&
		    (!list->when || (list->when & attrs)))
			return list->text;
	return NULL;
}

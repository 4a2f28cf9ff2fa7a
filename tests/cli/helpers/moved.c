/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LD_PRELOAD: as soon as a call was refused because it would block, another process does
 * what it waited for. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <mqueue.h>
#include <semaphore.h>
#include <stddef.h>
#include <sys/msg.h>
#include <sys/sem.h>

#include "next.h"

#define NAMED(name, as) ((__typeof__(&name))dlsym(RTLD_NEXT, as))
#define REAL(name)      NAMED(name, #name)

int semtimedop(int id, struct sembuf *ops, size_t n, const struct timespec *timeout)
{
	struct sembuf up = { .sem_num = ops->sem_num, .sem_op = 1 };
	int r = NAMED(semtimedop, TIMED("semtimedop"))(id, ops, n, timeout);

	if (r < 0 && errno == EAGAIN) {
		semop(id, &up, 1);
		errno = EAGAIN;
	}
	return r;
}

int sem_trywait(sem_t *sem)
{
	int r = REAL(sem_trywait)(sem);

	if (r < 0) {
		sem_post(sem);
		errno = EAGAIN;
	}
	return r;
}

int msgsnd(int id, const void *m, size_t len, int flags)
{
	char text[8192 + sizeof(long)];
	int r = REAL(msgsnd)(id, m, len, flags);

	if (r < 0 && errno == EAGAIN) {
		REAL(msgrcv)(id, text, 8192, 0, IPC_NOWAIT);
		errno = EAGAIN;
	}
	return r;
}

ssize_t msgrcv(int id, void *m, size_t len, long type, int flags)
{
	struct {
		long type;
		char text;
	} one = { .type = type > 0 ? type : 1 };
	ssize_t r = REAL(msgrcv)(id, m, len, type, flags);

	if (r < 0 && errno == ENOMSG) {
		REAL(msgsnd)(id, &one, 1, 0);
		errno = ENOMSG;
	}
	return r;
}

int mq_timedsend(mqd_t q, const char *text, size_t len, unsigned priority,
		 const struct timespec *until)
{
	char old[8192];
	int r = NAMED(mq_timedsend, TIMED_MQ("mq_timedsend"))(q, text, len, priority,
							      until);

	if (r < 0) {
		mqd_t other = mq_open("/q", O_RDONLY);

		mq_receive(other, old, sizeof(old), NULL);
		mq_close(other);
		errno = ETIMEDOUT;
	}
	return r;
}

ssize_t mq_timedreceive(mqd_t q, char *text, size_t len, unsigned *priority,
			const struct timespec *until)
{
	ssize_t r = NAMED(mq_timedreceive, TIMED_MQ("mq_timedreceive"))(q, text, len,
									priority, until);

	if (r < 0) {
		mq_send(q, "x", 1, 0);
		errno = ETIMEDOUT;
	}
	return r;
}

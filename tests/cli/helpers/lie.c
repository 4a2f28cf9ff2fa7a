/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LD_PRELOAD: a C library that breaks a promise of the kernel. $LIE selects the
 * promise; most promises are broken in one of fifty calls.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <mqueue.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "next.h"

static bool lie(const char *name)
{
	const char *which = getenv("LIE");

	return which && strcmp(which, name) == 0;
}

/* Return true once in fifty calls, but not in the first ten. */
static bool now(void)
{
	static unsigned calls;

	return ++calls % 50 == 10;
}

/* For functions with few calls: return true once in two. */
static bool often(void)
{
	static unsigned calls;

	return ++calls % 2 == 1;
}

/* Replace an errno by a wrong one. */
static int mistake(int r, const char *name, int right, int wrong)
{
	if (r < 0 && errno == right && lie(name))
		errno = wrong;
	return r;
}

/* ---- System V queues */

int msgsnd(int id, const void *p, size_t n, int flags)
{
	static char held[1 << 16];
	static size_t held_size;
	static int held_id = -1;
	__typeof__(&msgsnd) real = (__typeof__(&msgsnd))dlsym(RTLD_NEXT, "msgsnd");
	char copy[1 << 16];
	int r;

	if (n + sizeof(long) <= sizeof(copy))
		memcpy(copy, p, n + sizeof(long));
	if (lie("msg-drop") && now())
		return 0;
	if (lie("msg-double") && now())
		(void)real(id, p, n, flags);
	if (lie("msg-corrupt") && n > 0 && now()) {
		copy[sizeof(long) + n - 1] ^= 4;
		return real(id, copy, n, flags);
	}
	if (lie("msg-cut") && n > 0 && now())
		return real(id, p, n - 1, flags);
	if (lie("msg-order") && held_id < 0 && n + sizeof(long) <= sizeof(held) &&
	    now()) {
		memcpy(held, p, n + sizeof(long));
		held_size = n;
		held_id = id;
		return 0;
	}
	if (lie("msg-short") && n == 1024) {
		errno = EINVAL;
		return -1;
	}
	r = real(id, p, n, flags);
	if (r < 0 && errno == EINVAL && n > 0 && lie("msg-longer"))
		return 0;
	if (n > 0)
		(void)mistake(r, "msg-long", EINVAL, EFBIG);
	if (held_id == id && r == 0) {
		held_id = -1;
		(void)real(id, held, held_size, 0);
	}
	return mistake(r, "msg-full", EAGAIN, ENOMEM);
}

ssize_t msgrcv(int id, void *p, size_t n, long type, int flags)
{
	__typeof__(&msgrcv) real = (__typeof__(&msgrcv))dlsym(RTLD_NEXT, "msgrcv");
	ssize_t r = real(id, p, n, type, flags);

	if (r > 0 && lie("msg-read") && now())
		((char *)p)[sizeof(long)] ^= 1;
	if (r < 0 && errno == EIDRM && lie("msg-gone"))
		errno = ENOMSG;
	return r;
}

int msgget(key_t key, int flags)
{
	__typeof__(&msgget) real = (__typeof__(&msgget))dlsym(RTLD_NEXT, "msgget");

	return mistake(real(key, flags), "msg-space", ENOSPC, ENOMEM);
}

int msgctl(int id, int op, struct msqid_ds *ds)
{
	__typeof__(&msgctl) real = (__typeof__(&msgctl))dlsym(RTLD_NEXT, TIMED("msgctl"));
	int r;

	if (op == IPC_RMID && lie("msg-keep") && now())
		return 0;
	r = real(id, op, ds);
	if (op == IPC_STAT && r == 0 && lie("msg-stat") && now())
		ds->msg_perm.mode ^= 0100;
	return r;
}

/* ---- System V semaphores */

static int semaphores(int id, struct sembuf *ops, size_t n, const struct timespec *t)
{
	__typeof__(&semtimedop) real =
		(__typeof__(&semtimedop))dlsym(RTLD_NEXT, TIMED("semtimedop"));
	struct sembuf copy[512];
	int r;

	if (n > 512)
		return real(id, ops, n, t);
	memcpy(copy, ops, n * sizeof(*ops));
	for (size_t i = 0; i < n; i++) {
		if (lie("sem-undo"))
			copy[i].sem_flg = (short)(copy[i].sem_flg & ~SEM_UNDO);
		if (lie("sem-twice") && copy[i].sem_op == 1 && now())
			copy[i].sem_op = 2;
	}
	for (size_t i = 0; i < n; i++)
		if (lie("sem-lost") && ops[i].sem_op > 0 && ops[i].sem_num % 2 && now())
			return 0;
	if (lie("sem-through") && ops->sem_op < 0 && now())
		return 0;
	if (lie("sem-half") && n > 1 && now())
		n = 1;
	r = real(id, copy, n, t);
	(void)mistake(r, "sem-range", ERANGE, EINVAL);
	(void)mistake(r, "sem-many", E2BIG, EINVAL);
	(void)mistake(r, "sem-again", EAGAIN, EBUSY);
	return mistake(r, "sem-gone", EIDRM, EAGAIN);
}

int semop(int id, struct sembuf *ops, size_t n)
{
	return semaphores(id, ops, n, NULL);
}

int semtimedop(int id, struct sembuf *ops, size_t n, const struct timespec *t)
{
	return semaphores(id, ops, n, t);
}

int semget(key_t key, int n, int flags)
{
	__typeof__(&semget) real = (__typeof__(&semget))dlsym(RTLD_NEXT, "semget");

	return mistake(real(key, n, flags), "sem-space", ENOSPC, ENOMEM);
}

int semctl(int id, int num, int op, ...)
{
	int (*real)(int, int, int, ...) =
		(int (*)(int, int, int, ...))dlsym(RTLD_NEXT, TIMED("semctl"));
	va_list args;
	void *arg;

	va_start(args, op);
	arg = va_arg(args, void *);
	va_end(args);
	if (op == IPC_RMID && lie("sem-keep") && now())
		return 0;
	return real(id, num, op, arg);
}

/* ---- System V shared memory */

void *shmat(int id, const void *at, int flags)
{
	__typeof__(&shmat) real = (__typeof__(&shmat))dlsym(RTLD_NEXT, "shmat");
	struct shmid_ds ds;

	if (lie("shm-apart") && shmctl(id, IPC_STAT, &ds) == 0 && often())
		return mmap(NULL, ds.shm_segsz ? ds.shm_segsz : 1, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return real(id, at, flags);
}

int shmdt(const void *at)
{
	__typeof__(&shmdt) real = (__typeof__(&shmdt))dlsym(RTLD_NEXT, "shmdt");

	if (lie("shm-attached") && now())
		return 0;
	return real(at);
}

int shmget(key_t key, size_t size, int flags)
{
	__typeof__(&shmget) real = (__typeof__(&shmget))dlsym(RTLD_NEXT, "shmget");

	if (lie("shm-small") && size > 4096 && (flags & IPC_CREAT) && now())
		size = 4096;
	return mistake(real(key, size, flags), "shm-space", ENOSPC, ENOMEM);
}

int shmctl(int id, int op, struct shmid_ds *ds)
{
	__typeof__(&shmctl) real = (__typeof__(&shmctl))dlsym(RTLD_NEXT, TIMED("shmctl"));

	if (op == IPC_RMID && lie("shm-keep") && now())
		return 0;
	return real(id, op, ds);
}

/* ---- POSIX queues */

int mq_send(mqd_t q, const char *p, size_t n, unsigned priority)
{
	__typeof__(&mq_send) real = (__typeof__(&mq_send))dlsym(RTLD_NEXT, "mq_send");
	char copy[1 << 16];

	if (n <= sizeof(copy))
		memcpy(copy, p, n);
	if (lie("mq-drop") && now())
		return 0;
	if (lie("mq-double") && now())
		(void)real(q, p, n, priority);
	if (lie("mq-priority") && priority > 0 && now())
		return real(q, p, n, priority - 1);
	if (lie("mq-corrupt") && n > 0 && now()) {
		copy[n - 1] ^= 4;
		return real(q, copy, n, priority);
	}
	return mistake(mistake(real(q, p, n, priority), "mq-full", EAGAIN, ENOSPC),
		       "mq-long", EMSGSIZE, EINVAL);
}

int mq_unlink(const char *name)
{
	__typeof__(&mq_unlink) real =
		(__typeof__(&mq_unlink))dlsym(RTLD_NEXT, "mq_unlink");

	return lie("mq-keep") && now() ? 0 : real(name);
}

/* ---- POSIX semaphores */

int sem_post(sem_t *s)
{
	__typeof__(&sem_post) real = (__typeof__(&sem_post))dlsym(RTLD_NEXT, "sem_post");

	if (lie("psem-lost") && now())
		return 0;
	if (lie("psem-twice") && now())
		(void)real(s);
	return mistake(real(s), "psem-most", EOVERFLOW, EINVAL);
}

int sem_wait(sem_t *s)
{
	__typeof__(&sem_wait) real = (__typeof__(&sem_wait))dlsym(RTLD_NEXT, "sem_wait");

	if (lie("psem-through") && now())
		return 0;
	return real(s);
}

int sem_unlink(const char *name)
{
	__typeof__(&sem_unlink) real =
		(__typeof__(&sem_unlink))dlsym(RTLD_NEXT, "sem_unlink");

	return lie("psem-keep") && now() ? 0 : real(name);
}

/* ---- POSIX shared memory */

/* The name of the same function with 64-bit offsets. */
void *mmap64(void *at, size_t n, int prot, int flags, int fd, off64_t off)
{
	__typeof__(&mmap64) real = (__typeof__(&mmap64))dlsym(RTLD_NEXT, "mmap64");

	if (fd >= 0 && (flags & MAP_SHARED) && (prot & PROT_WRITE) && lie("pshm-apart") &&
	    often())
		flags = (flags & ~MAP_SHARED) | MAP_PRIVATE;
	return real(at, n, prot, flags, fd, off);
}

int shm_unlink(const char *name)
{
	__typeof__(&shm_unlink) real =
		(__typeof__(&shm_unlink))dlsym(RTLD_NEXT, "shm_unlink");

	return lie("pshm-keep") && now() ? 0 : real(name);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plantwait: threads that wait for semaphore arrays and message queues of System V. */
#include "plantwait.h"

#include <errno.h>
#include <linux/time_types.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int id;

/* ---- semaphores */

int array(int n, const int *values)
{
	int made = semget(0x1234, n, IPC_CREAT | 0666);

	must(made >= 0, "semget");
	for (int i = 0; i < n; i++)
		if (values && values[i])
			must(semctl(made, i, SETVAL, values[i]) == 0, "SETVAL");
	fact("id", made);
	return made;
}

void operate(int sem, int num, int op, int flags)
{
	struct sembuf o = { (unsigned short)num, (short)op, (short)flags };

	must(semop(sem, &o, 1) == 0, "semop");
}

int value_of(int sem, int num)
{
	return semctl(sem, num, GETVAL);
}

enum way { GLIBC, TIMED, IPC, IPC_TIMED, TIME64, TIME64_TIMED };

static const struct {
	enum way way;
	int values[3];
	unsigned n;
	struct sembuf ops[3];
} ops[] = {
	{ GLIBC, { 0 }, 1, { { 0, -1, 0 } } },
	{ GLIBC, { 0 }, 3, { { 0, 1, SEM_UNDO }, { 1, -2, 0 }, { 2, 0, 0 } } },
	{ GLIBC, { 1 }, 1, { { 0, 0, 0 } } },
	{ TIMED, { 0 }, 1, { { 0, -1, SEM_UNDO } } },
	{ IPC, { 0 }, 1, { { 0, -1, SEM_UNDO } } },
	{ IPC_TIMED, { 0, 5, 0 }, 2, { { 1, -3, 0 }, { 2, -300, 0 } } },
	{ TIME64, { 0 }, 1, { { 2, -1, 0 } } },
	{ TIME64_TIMED, { 0, 1, 0 }, 2, { { 0, 0, 0 }, { 1, 0, SEM_UNDO } } },
	/* the last one blocks, although each operation before it changes a semaphore */
	{ GLIBC, { 2 }, 3, { { 0, -1, 0 }, { 0, -1, 0 }, { 0, -1, 0 } } },
};

static void ops_run(long i)
{
	struct sembuf *o = (struct sembuf *)ops[i].ops;
	struct timespec t = { 1000, 5 };
	unsigned n = ops[i].n;
	long r = -1;

	about();
	errno = ENOSYS;
	switch (ops[i].way) {
	case GLIBC:
		r = semop(id, o, n);
		break;
	case TIMED:
		r = semtimedop(id, o, n, &t);
		break;
#ifdef SYS_ipc
	case IPC:
		r = syscall(SYS_ipc, 1, id, n, 0, o, 0);
		break;
	case IPC_TIMED:
		r = syscall(SYS_ipc, 4, id, n, 0, o, &t);
		break;
#endif
#ifdef SYS_semtimedop_time64
	case TIME64:
		r = syscall(SYS_semtimedop_time64, id, o, n, NULL);
		break;
	case TIME64_TIMED: {
		struct __kernel_timespec t64 = { 1000, 5 };

		r = syscall(SYS_semtimedop_time64, id, o, n, &t64);
		break;
	}
#endif
	default:
		break;
	}
	must(r == 0, "semop");
}

/* How many wait for each semaphore to grow, and to be zero. */
static void counts(int n)
{
	for (int k = 0; k < n; k++) {
		char name[8] = { 'n', (char)('0' + k) };

		fact(name, semctl(id, k, GETNCNT));
		name[0] = 'z';
		fact(name, semctl(id, k, GETZCNT));
	}
}

static void scene_ops(long i)
{
	id = array(3, ops[i].values);
	asleep(child("taker", ops_run, i));
	counts(3);
}

/* Two threads wait on each of three semaphores, and one for zero of another. */
static void crowd_run(long i)
{
	about();
	operate(id, (int)i % 4, i == 3 ? 0 : -1, 0);
}

static void scene_crowd(long arg)
{
	static const int values[] = { 0, 0, 0, 1 };

	(void)arg;
	id = array(4, values);
	for (long i = 0; i < 7; i++)
		asleep(child("crowd", crowd_run, i));
	counts(4);
}

/* ---- messages */

struct message {
	long type;
	char text[100];
};

static const struct {
	enum way way;
	int sends;
	long type;
	int flags;
} waits[] = {
	{ GLIBC, 1, 1, 0 },          { GLIBC, 0, 0, 0 },
	{ GLIBC, 0, 77, 0 },         { GLIBC, 0, -5, 0 },
	{ GLIBC, 0, 3, MSG_EXCEPT }, { IPC, 1, 1, 0 },
	{ IPC, 0, 77, 0 },           { IPC, 0, -5, 0 },
	{ IPC_TIMED, 0, 77, 0 }, /* the newer form of the call */
	{ TIME64, 1, 1, 0 },     /* the calls of their own */
	{ TIME64, 0, 77, 0 },
};

static long message_run_direct(long i, struct message *m)
{
#ifdef __i386__
	return waits[i].sends ? syscall(400, id, m, 60, 0)
			      : syscall(401, id, m, sizeof(m->text), waits[i].type,
					waits[i].flags);
#else
	(void)i;
	(void)m;
	errno = ENOSYS;
	return -1;
#endif
}

static long message_run_ipc(long i, struct message *m)
{
#ifdef SYS_ipc
	struct {
		struct message *m;
		long type;
	} both = { m, waits[i].type };

	if (waits[i].sends)
		return syscall(SYS_ipc, 11, id, 60, 0, m);
	if (waits[i].way == IPC)
		return syscall(SYS_ipc, 12, id, sizeof(m->text), waits[i].flags, &both);
	return syscall(SYS_ipc, 12 | 1 << 16, id, sizeof(m->text), waits[i].flags, m,
		       waits[i].type);
#else
	(void)i;
	(void)m;
	errno = ENOSYS;
	return -1;
#endif
}

static void message_run(long i)
{
	struct message m = { .type = 1 };
	long r;

	about();
	if (waits[i].way == TIME64)
		r = message_run_direct(i, &m);
	else if (waits[i].way != GLIBC)
		r = message_run_ipc(i, &m);
	else if (waits[i].sends)
		r = msgsnd(id, &m, 60, 0);
	else
		r = msgrcv(id, &m, sizeof(m.text), waits[i].type, waits[i].flags);
	must(r >= 0, "msgsnd, msgrcv");
}

static void scene_message(long i)
{
	struct message m = { .type = 3 };
	struct msqid_ds d;

	id = msgget(0x1234, IPC_CREAT | 0666);
	must(id >= 0 && msgctl(id, IPC_STAT, &d) == 0, "msgget");
	fact("id", id);
	d.msg_qbytes = 100;
	must(msgctl(id, IPC_SET, &d) == 0, "IPC_SET");
	if (waits[i].sends)
		must(msgsnd(id, &m, 100, 0) == 0, "msgsnd");
	asleep(child("partner", message_run, i));
}

const struct scene sysv_scenes[] = {
	{ "sem-take", scene_ops, 0 },
	{ "sem-several", scene_ops, 1 },
	{ "sem-zero", scene_ops, 2 },
	{ "sem-timed", scene_ops, 3 },
	{ "sem-ipc", scene_ops, 4 },
	{ "sem-ipc-timed", scene_ops, 5 },
	{ "sem-time64", scene_ops, 6 },
	{ "sem-time64-timed", scene_ops, 7 },
	{ "sem-thrice", scene_ops, 8 },
	{ "sem-crowd", scene_crowd, 0 },
	{ "msg-send", scene_message, 0 },
	{ "msg-any", scene_message, 1 },
	{ "msg-type", scene_message, 2 },
	{ "msg-most", scene_message, 3 },
	{ "msg-except", scene_message, 4 },
	{ "msg-ipc-send", scene_message, 5 },
	{ "msg-ipc-type", scene_message, 6 },
	{ "msg-ipc-most", scene_message, 7 },
	{ "msg-ipc-newer", scene_message, 8 },
	{ "msg-direct-send", scene_message, 9 },
	{ "msg-direct-type", scene_message, 10 },
	{ 0 },
};

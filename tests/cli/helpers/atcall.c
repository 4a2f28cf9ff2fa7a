/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LD_PRELOAD: cause an event at call number $AT_N (from 1) of the function $AT: msgrcv
 * (which takes a message), msgcopy, mq_timedreceive or write. $AT_HOW is the event:
 *
 *    before, after   kill the process (SIGKILL) before or after the call
 *    half            write(2) writes half, then the process is killed
 *    steal TYPE      another reader receives a message of this type before the call
 *    send TYPE       another writer sends "new" with this type before the call
 *    remove          the queue is removed before the call
 *
 * With $AT_NO_COPY the kernel seems to lack MSG_COPY.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <mqueue.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <unistd.h>

static long n;

static int now(const char *what)
{
	const char *at = getenv("AT");

	return at && !strcmp(at, what) && ++n == atol(getenv("AT_N"));
}

static void act(const char *when, int msqid)
{
	static struct {
		long type;
		char text[65536];
	} m;
	const char *how = getenv("AT_HOW");

	if (!strcmp(how, when))
		(void)kill(getpid(), SIGKILL);
	if (strcmp(when, "before"))
		return;
	if (!strncmp(how, "steal ", 6))
		(void)syscall(SYS_msgrcv, msqid, &m, sizeof(m.text), atol(how + 6),
			      IPC_NOWAIT);
	if (!strncmp(how, "send ", 5)) {
		m.type = atol(how + 5);
		memcpy(m.text, "new", 3);
		(void)syscall(SYS_msgsnd, msqid, &m, 3, IPC_NOWAIT);
	}
	if (!strcmp(how, "remove"))
		(void)msgctl(msqid, IPC_RMID, NULL);
}

ssize_t msgrcv(int msqid, void *m, size_t size, long type, int flags)
{
	int it = now(flags & MSG_COPY ? "msgcopy" : "msgrcv");
	ssize_t r;

	if ((flags & MSG_COPY) && getenv("AT_NO_COPY")) {
		errno = ENOSYS;
		return -1;
	}
	if (it)
		act("before", msqid);
	r = syscall(SYS_msgrcv, msqid, m, size, type, flags);
	if (it)
		act("after", msqid);
	return r;
}

ssize_t mq_timedreceive(mqd_t q, char *text, size_t size, unsigned *priority,
			const struct timespec *until)
{
	int it = now("mq_timedreceive");
	ssize_t r;

	if (it)
		act("before", -1);
	r = syscall(SYS_mq_timedreceive, q, text, size, priority, until);
	if (it)
		act("after", -1);
	return r;
}

ssize_t write(int fd, const void *data, size_t size)
{
	int it = now("write");
	ssize_t r;

	if (it)
		act("before", -1);
	if (it && !strcmp(getenv("AT_HOW"), "half"))
		size = (size + 1) / 2;
	r = syscall(SYS_write, fd, data, size);
	if (it)
		act(strcmp(getenv("AT_HOW"), "half") ? "after" : "half", -1);
	return r;
}

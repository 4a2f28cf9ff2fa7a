/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * objects VERB…: actions for which ipcx has no verb. One that holds an object prints
 * "ready" and waits for the end of its standard input.
 *
 *   attach ID [TIMES]      attach a segment
 *   dest ID                attach a segment and remove it
 *   send ID N SIZE         send N messages of SIZE bytes to a System V queue
 *   mqsend NAME SIZE       send a message to a POSIX queue
 *   mqnotify NAME          request SIGUSR1 for the next message
 *   wait ID NUM OP         semop(2) that blocks
 *   many MECH N [NAME]     create N objects
 *   flicker PATH           truncate a file to 0 and extend it again, repeatedly
 */
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

static int hold(void)
{
	char c;

	puts("ready");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	return 0;
}

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int send_messages(int id, long n, size_t size)
{
	struct {
		long type;
		char text[8192];
	} m = { 0 };

	for (long i = 1; i <= n; i++) {
		m.type = i;
		memset(m.text, 'x', sizeof(m.text));
		if (msgsnd(id, &m, size, IPC_NOWAIT) < 0)
			return fail("msgsnd");
	}
	return 0;
}

static int many(const char *mech, int n, const char *name)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 1 };
	char path[300];
	int r = 0;

	for (int i = 0; i < n && r >= 0; i++) {
		snprintf(path, sizeof(path), "/%s%d", name, i);
		if (!strcmp(mech, "shm")) {
			r = shmget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
		} else if (!strcmp(mech, "msg")) {
			r = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
		} else if (!strcmp(mech, "sem")) {
			r = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
		} else if (!strcmp(mech, "mq")) {
			r = mq_open(path, O_CREAT | O_RDWR, 0600, &attr);
			close(r);
		} else if (!strcmp(mech, "pshm")) {
			r = shm_open(path, O_CREAT | O_RDWR, 0600);
			close(r);
		} else if (!strcmp(mech, "psem")) {
			sem_t *s = sem_open(path, O_CREAT, 0600, 1);

			r = s == SEM_FAILED ? -1 : 0;
			if (r == 0)
				sem_close(s);
		}
	}
	return r < 0 ? fail(mech) : 0;
}

static int flicker(const char *path)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };
	int fd = open(path, O_RDWR);

	if (fd < 0)
		return fail(path);
	puts("ready");
	fflush(stdout);
	while (poll(&in, 1, 0) == 0) {
		(void)!ftruncate(fd, 0);
		(void)!ftruncate(fd, sizeof(sem_t));
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";
	int id = argc > 2 ? atoi(argv[2]) : 0;

	if (!strcmp(verb, "attach") || !strcmp(verb, "dest")) {
		for (int n = argc > 3 ? atoi(argv[3]) : 1; n > 0; n--)
			if (shmat(id, NULL, SHM_RDONLY) == (void *)-1)
				return fail("shmat");
		if (verb[0] == 'd' && shmctl(id, IPC_RMID, NULL) < 0)
			return fail("shmctl");
		return hold();
	}
	if (!strcmp(verb, "send"))
		return send_messages(id, atol(argv[3]), (size_t)atol(argv[4]));
	if (!strcmp(verb, "mqsend") || !strcmp(verb, "mqnotify")) {
		struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
				       .sigev_signo = SIGUSR1 };
		mqd_t q = mq_open(argv[2], O_RDWR | O_NONBLOCK);
		static const char text[8192];

		if (q == (mqd_t)-1)
			return fail(argv[2]);
		if (!strcmp(verb, "mqnotify"))
			return mq_notify(q, &ev) < 0 ? fail("mq_notify") : hold();
		return mq_send(q, text, (size_t)atol(argv[3]), 5) < 0 ? fail("mq_send")
								      : 0;
	}
	if (!strcmp(verb, "wait")) {
		struct sembuf op = { .sem_num = (unsigned short)atoi(argv[3]),
				     .sem_op = (short)atoi(argv[4]) };

		return semop(id, &op, 1) < 0 ? fail("semop") : 0;
	}
	if (!strcmp(verb, "many"))
		return many(argv[2], atoi(argv[3]), argc > 4 ? argv[4] : "n");
	if (!strcmp(verb, "flicker"))
		return flicker(argv[2]);
	return 2;
}

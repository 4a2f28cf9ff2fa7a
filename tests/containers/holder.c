/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs in every container of the tests: create an object of each kind, then wait. */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#define KEY 0x1234

int main(void)
{
	struct {
		long type;
		char text[4];
	} message = { 1, "abc" };
	/* The queues are small because RLIMIT_MSGQUEUE counts those of all namespaces. */
	struct mq_attr attr = { .mq_maxmsg = 2, .mq_msgsize = 64 };
	int shm = shmget(KEY, 8192, IPC_CREAT | 0600),
	    msg = msgget(KEY, IPC_CREAT | 0600);
	int fd = open("/dev/shm/hp", O_CREAT | O_RDWR, 0600);

	if (shm < 0 || msg < 0 || fd < 0 || semget(KEY, 2, IPC_CREAT | 0600) < 0 ||
	    shmat(shm, NULL, 0) == (void *)-1 || msgsnd(msg, &message, 4, 0) < 0 ||
	    mq_open("/hq", O_CREAT | O_RDWR, 0600, &attr) == (mqd_t)-1 ||
	    ftruncate(fd, 4096) < 0) {
		perror("holder");
		return 1;
	}
	for (;;)
		(void)pause();
}

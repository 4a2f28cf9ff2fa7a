/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storm NAME: create and remove objects of all six kinds, with changing contents, owners
 * and modes, until the end of standard input. Prints a line when it has begun. Partially
 * created objects are removed at the end.
 */
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#define EACH 4

static void round_of(const char *name, unsigned n)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 8 };
	struct shmid_ds ds;
	int shm[EACH], msg[EACH], sem[EACH];
	char path[EACH][64];

	for (int i = 0; i < EACH; i++) {
		sem_t *s;
		mqd_t q;
		int fd;

		snprintf(path[i], sizeof(path[i]), "/%s%u", name, (n + (unsigned)i) % 7);
		shm[i] = shmget(IPC_PRIVATE, 4096 + n % 4096, IPC_CREAT | 0600);
		if (shm[i] >= 0 && shmctl(shm[i], IPC_STAT, &ds) == 0) {
			ds.shm_perm.mode = n & 0777;
			shmctl(shm[i], IPC_SET, &ds);
		}
		msg[i] = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
		sem[i] = semget(IPC_PRIVATE, 1 + (int)(n % 5), IPC_CREAT | 0600);
		q = mq_open(path[i], O_CREAT | O_RDWR | O_NONBLOCK, 0600, &attr);
		if (q != (mqd_t)-1)
			mq_close(q);
		fd = shm_open(path[i], O_CREAT | O_RDWR, 0600);
		if (fd >= 0) {
			(void)!ftruncate(fd, n % 10000);
			close(fd);
		}
		s = sem_open(path[i], O_CREAT, 0600, n % 100);
		if (s != SEM_FAILED)
			sem_close(s);
	}
	for (int i = 0; i < EACH; i++) {
		if (shm[i] >= 0)
			shmctl(shm[i], IPC_RMID, NULL);
		if (msg[i] >= 0)
			msgctl(msg[i], IPC_RMID, NULL);
		if (sem[i] >= 0)
			semctl(sem[i], 0, IPC_RMID);
		mq_unlink(path[i]);
		shm_unlink(path[i]);
		sem_unlink(path[i]);
	}
}

int main(int argc, char **argv)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };

	if (argc != 2)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	for (unsigned n = 0; poll(&in, 1, 0) == 0; n++) {
		round_of(argv[1], n);
		if (n == 0) {
			puts("ready");
			fflush(stdout);
		}
	}
	return 0;
}

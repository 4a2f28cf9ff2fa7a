// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tenants PROCESSES LEAST MOST EVERY: start that many idle processes of LEAST to MOST
 * mappings each, six of ten backed by a file, as programs with libraries have them. Of
 * each EVERY processes, the first attaches two of ten segments, the second has the file
 * /dev/shm/tenants mapped and open, the third a semaphore, the fourth a queue; with EVERY
 * = 1 all attach three segments and nothing else. Every other process has a file on disk
 * mapped as shared. Exits when all processes have started, and prints their number; they
 * live until the surrounding PID namespace ends.
 */

#include <fcntl.h>
#include <mqueue.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "ballast.h"

#define SEGMENTS 10
#define NAME     "/tenants"

static int segments[SEGMENTS], object = -1;

static int create_objects(void)
{
	sem_t *sem;
	mqd_t mq;

	for (int i = 0; i < SEGMENTS; i++) {
		segments[i] = shmget(IPC_PRIVATE, PAGE, 0600);
		if (segments[i] < 0)
			return -1;
	}
	object = shm_open(NAME, O_RDWR | O_CREAT, 0600);
	if (object < 0 || ftruncate(object, PAGE))
		return -1;
	sem = sem_open(NAME, O_CREAT, 0600, 1);
	if (sem == SEM_FAILED || sem_close(sem))
		return -1;
	mq = mq_open(NAME, O_RDWR | O_CREAT, 0600, NULL);
	return mq == (mqd_t)-1 ? -1 : mq_close(mq);
}

static int attach(int first, int count)
{
	for (int i = 0; i < count; i++)
		if (shmat(segments[(first + i) % SEGMENTS], NULL, 0) == (void *)-1)
			return -1;
	return 0;
}

static int map_shared(int fd, int prot)
{
	return mmap(NULL, PAGE, prot, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0;
}

/* Take what process "i" uses. */
static int settle(int i, int every, int spare)
{
	if (spare && munmap(ballast, spare * PAGE))
		return -1;
	if (i % 2 && map_shared(disk, PROT_READ))
		return -1;
	close(disk);
	if (i % every == 1)
		return map_shared(object, PROT_READ | PROT_WRITE);
	close(object);
	switch (i % every) {
	case 0:
		return attach(i / every, every > 1 ? 2 : 3);
	case 2:
		return sem_open(NAME, 0) == SEM_FAILED ? -1 : 0;
	case 3:
		return mq_open(NAME, O_RDWR) == (mqd_t)-1 ? -1 : 0;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int processes, least, most, every, ready[2];
	char c;

	/* what it was started with must not count: each process has three descriptors */
	if (argc != 5 || close_range(3, ~0U, 0) || pipe(ready) || open_disk())
		return 2;
	processes = atoi(argv[1]);
	least = atoi(argv[2]);
	most = atoi(argv[3]);
	every = atoi(argv[4]);
	if (processes < 1 || least > most || every < 1)
		return 2;
	if (create_objects() || fill(most - count_mappings())) {
		perror("tenants");
		return 1;
	}
	for (int i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return 1;
		if (pid > 0)
			continue;
		if (settle(i, every, most - least - i % (most - least + 1)) ||
		    write(ready[1], "x", 1) != 1) {
			perror("tenants");
			return 1;
		}
		close(ready[0]);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	for (int i = 0; i < processes; i++)
		if (read(ready[0], &c, 1) != 1)
			return 1;
	printf("%d\n", processes);
	return 0;
}

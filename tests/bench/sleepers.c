// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sleepers PROCESSES: start that many processes of 109 mappings each that sleep as those
 * of a busy machine do. Of each 40, one waits in each of semop, msgrcv, mq_receive,
 * sem_wait, a mutex that another process holds, and a pipe with a writer; two have a pool
 * of eight threads that wait for a private condition variable; two have two segments
 * attached; the others are in poll, epoll_wait, nanosleep, pause, and read of what is not
 * a pipe.
 *
 * sleepers one PROCESSES THREADS: processes of that many threads each, which all wait for
 * the same semaphore.
 *
 * Exits when all threads sleep, and prints their number; they live until the surrounding
 * PID namespace ends.
 */

#include <dirent.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ballast.h"

#define NAME     "/sleepers"
#define MAPPINGS 109
#define EACH     40
#define ARRAYS   10
#define POOL     8

static int arrays[ARRAYS], queue = -1, segment = -1, feed[2];
static mqd_t mq;
static sem_t *sem;
static pthread_mutex_t *mutex;
static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

static int create_objects(void)
{
	pthread_mutexattr_t shared;
	int fd = shm_open(NAME, O_RDWR | O_CREAT, 0600);

	for (int i = 0; i < ARRAYS; i++) {
		arrays[i] = semget(IPC_PRIVATE, 1, 0600);
		if (arrays[i] < 0)
			return -1;
	}
	queue = msgget(IPC_PRIVATE, 0600);
	segment = shmget(IPC_PRIVATE, PAGE, 0600);
	mq = mq_open(NAME, O_RDWR | O_CREAT, 0600, NULL);
	sem = sem_open(NAME, O_CREAT, 0600, 0);
	if (fd < 0 || ftruncate(fd, PAGE) || queue < 0 || segment < 0 ||
	    mq == (mqd_t)-1 || sem == SEM_FAILED)
		return -1;
	mutex = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (mutex == MAP_FAILED)
		return -1;
	pthread_mutexattr_init(&shared);
	pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	return pthread_mutex_init(mutex, &shared);
}

static void *wait_for_work(void *arg)
{
	pthread_mutex_lock(&own);
	for (;;)
		pthread_cond_wait(&cond, &own);
	return arg;
}

static void *take(void *arg)
{
	struct sembuf op = { .sem_op = -1 };

	semop(*(int *)arg, &op, 1);
	return NULL;
}

static int start_threads(int n, void *(*work)(void *), void *arg)
{
	pthread_attr_t small;
	pthread_t thread;
	int r = 0;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	while (!r && n-- > 0)
		r = pthread_create(&thread, &small, work, arg);
	return r;
}

/* Keep open and mapped what a process of this class has. */
static void leave(int class)
{
	if (class != 2)
		mq_close(mq);
	if (class != 3)
		sem_close(sem);
	if (class != 4 && class != 5)
		munmap(mutex, PAGE);
	if (class != 6)
		close(feed[0]);
	if (class != 7)
		close(feed[1]);
	if (class == 4)
		pthread_mutex_trylock(mutex);
	if (class == 10 || class == 11)
		for (int i = 0; i < 2; i++)
			shmat(segment, NULL, 0);
}

static void sleep_as(int class)
{
	struct {
		long type;
		char text[64];
	} msg;
	struct epoll_event event;
	char buf[8192];

	switch (class) {
	case 0:
		take(&arrays[getpid() % ARRAYS]);
		break;
	case 1:
		msgrcv(queue, &msg, sizeof(msg.text), 77, 0);
		break;
	case 2:
		mq_receive(mq, buf, sizeof(buf), NULL);
		break;
	case 3:
		sem_wait(sem);
		break;
	case 5:
		pthread_mutex_lock(mutex);
		break;
	case 6:
		if (read(feed[0], buf, sizeof(buf)) < 0)
			return;
		break;
	case 8 ... 9:
		start_threads(POOL - 1, wait_for_work, NULL);
		wait_for_work(NULL);
		break;
	case 12 ... 19:
		sleep(1000000);
		break;
	case 20 ... 25:
		epoll_wait(epoll_create1(EPOLL_CLOEXEC), &event, 1, -1);
		break;
	case 26 ... 29:
		if (read(eventfd(0, EFD_CLOEXEC), buf, 8) < 0)
			return;
		break;
	case 30 ... 33:
		pause();
		break;
	}
	poll(NULL, 0, -1);
}

/* How many threads a process has, if all sleep; else 0. */
static int asleep(pid_t pid)
{
	char path[300], text[8] = "";
	struct dirent *d;
	bool all = true;
	int n = 0, fd;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && all && (d = readdir(dir))) {
		if (*d->d_name == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/syscall", pid, d->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		all = fd >= 0 && read(fd, text, sizeof(text)) > 0 &&
		      strncmp(text, "running", 7) != 0;
		close(fd);
		n++;
	}
	if (dir)
		closedir(dir);
	return all ? n : 0;
}

/* Start one process and wait until it has what it needs; returns its pid. */
static pid_t start(int i, int threads)
{
	pid_t pid;
	int ready[2];
	char c;

	if (i % EACH == 0) {
		close(feed[0]);
		close(feed[1]);
		if (pipe(feed))
			return -1;
	}
	if (pipe(ready))
		return -1;
	pid = fork();
	if (pid < 0)
		return -1;
	if (!pid) {
		/* the reader of the output waits for its end */
		if (!freopen("/dev/null", "w", stdout) ||
		    !freopen("/dev/null", "w", stderr))
			_exit(1);
		close(disk);
		leave(threads ? -1 : i % EACH);
		if (start_threads(threads - 1, take, &arrays[0]) ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		close(ready[0]);
		close(ready[1]);
		if (threads)
			take(&arrays[0]);
		sleep_as(i % EACH);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

int main(int argc, char **argv)
{
	bool one = argc == 4 && !strcmp(argv[1], "one");
	int processes = one ? atoi(argv[2]) : argc == 2 ? atoi(argv[1]) : 0;
	int threads = one ? atoi(argv[3]) : 0, total = 0, n;
	pid_t *pids;

	if (processes < 1 || syscall(SYS_close_range, 3, ~0U, 0) || open_disk() ||
	    pipe(feed))
		return 2;
	pids = calloc((size_t)processes, sizeof(*pids));
	if (!pids || create_objects() || fill(MAPPINGS - count_mappings())) {
		perror("sleepers");
		return 1;
	}
	for (int i = 0; i < processes; i++) {
		pids[i] = start(i, threads);
		if (pids[i] < 0) {
			perror("sleepers");
			return 1;
		}
	}
	for (int i = 0; i < processes; i++, total += n)
		while (!(n = asleep(pids[i])))
			usleep(1000);
	printf("%d\n", total);
	return 0;
}

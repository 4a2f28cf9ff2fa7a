/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plantwait: threads that wait for POSIX message queues and named semaphores. */
#include "plantwait.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/time_types.h>
#include <mqueue.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct timespec later(void)
{
	struct timespec t;

	must(clock_gettime(CLOCK_REALTIME, &t) == 0, "clock_gettime");
	t.tv_sec += 1000;
	return t;
}

/* ---- queues */

enum { SENDS = 1, TIMED = 2, OLD = 4, TIME64 = 8 };

static mqd_t queue_open(void)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 16 };
	mqd_t q = mq_open("/q", O_RDWR | O_CREAT, 0666, &attr);

	must(q >= 0, "mq_open");
	return q;
}

static long queue_by_number(mqd_t q, long how)
{
	struct timespec t = later();
	struct __kernel_timespec t64 = { t.tv_sec, t.tv_nsec };
	char text[16] = "";
	unsigned prio;

	(void)t64;
	(void)prio;
	(void)text;
	if (how & OLD)
		return how & SENDS ? syscall(SYS_mq_timedsend, q, text, 1, 0, &t)
				   : syscall(SYS_mq_timedreceive, q, text, 16, &prio, &t);
#ifdef SYS_mq_timedsend_time64
	return how & SENDS
		       ? syscall(SYS_mq_timedsend_time64, q, text, 1, 0, &t64)
		       : syscall(SYS_mq_timedreceive_time64, q, text, 16, &prio, &t64);
#endif
	errno = ENOSYS;
	return -1;
}

static void queue_run(long how)
{
	struct timespec t = later();
	mqd_t q = queue_open();
	char text[16] = "";
	long r;

	about();
	if (how & (OLD | TIME64))
		r = queue_by_number(q, how);
	else if (how & SENDS)
		r = how & TIMED ? mq_timedsend(q, text, 1, 0, &t)
				: mq_send(q, text, 1, 0);
	else
		r = how & TIMED ? mq_timedreceive(q, text, 16, NULL, &t)
				: mq_receive(q, text, 16, NULL);
	must(r >= 0, "mq_send, mq_receive");
}

static void scene_queue(long how)
{
	mqd_t q = queue_open();

	if (how & SENDS)
		must(mq_send(q, "", 1, 0) == 0, "mq_send");
	asleep(child("partner", queue_run, how));
}

/* ---- semaphores */

static sem_t *sem(unsigned value)
{
	sem_t *s = sem_open("/s", O_CREAT, 0666, value);

	must(s != SEM_FAILED, "sem_open");
	return s;
}

/* By the kernel's call with a timeout as this machine's long has it. */
static int wait_old(sem_t *s)
{
	struct timespec t = later();

	/* FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME */
	return (int)syscall(SYS_futex, s, 9 | 256, 0, &t, NULL, 0xffffffff);
}

static void sem_run(long how)
{
	sem_t *s = sem(0);
	struct timespec t = later();
	int r;

	about_at(s);
	r = how & OLD ? wait_old(s) : how & TIMED ? sem_timedwait(s, &t) : sem_wait(s);
	must(r == 0, "sem_wait");
}

static void scene_sem(long how)
{
	(void)sem(0);
	asleep(child("waiter", sem_run, how));
}

static char state_of(pid_t pid)
{
	char path[32], line[256] = "", *end;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	must(f && fgets(line, sizeof(line), f), path);
	(void)fclose(f);
	end = strrchr(line, ')');
	return end ? end[2] : '?';
}

/* A wait that was stopped and went on: restart_syscall(2), unless the call is made anew.
 */
static void scene_restarted(long how)
{
	int w;

	(void)sem(0);
	w = child("waiter", sem_run, how);
	asleep(w);
	must(kill(pid_of(w), SIGSTOP) == 0, "kill");
	while (state_of(pid_of(w)) != 'T')
		(void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	must(kill(pid_of(w), SIGCONT) == 0, "kill");
	asleep(w);
}

/* Named semaphore and queue at once: actors of several mechanisms. */
static void scene_both(long arg)
{
	(void)arg;
	scene_sem(0);
	scene_queue(0);
}

const struct scene posix_scenes[] = {
	{ "mq-send", scene_queue, SENDS },
	{ "mq-receive", scene_queue, 0 },
	{ "mq-timed", scene_queue, TIMED },
	{ "mq-timed-send", scene_queue, SENDS | TIMED },
	{ "mq-old", scene_queue, OLD },
	{ "mq-old-send", scene_queue, OLD | SENDS },
	{ "mq-time64", scene_queue, TIME64 },
	{ "mq-time64-send", scene_queue, TIME64 | SENDS },
	{ "psem-wait", scene_sem, 0 },
	{ "psem-timed", scene_sem, TIMED },
	{ "psem-old", scene_sem, OLD },
	{ "psem-restarted", scene_restarted, TIMED },
	{ "both", scene_both, 0 },
	{ 0 },
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plantwait: threads, other namespaces, waits that end and begin anew, work. */
#include "plantwait.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int id, queue;

static void take_run(long num)
{
	about();
	operate(id, (int)num, -1, 0);
}

/* ---- threads */

static int slots[2];

static void threads_run(long arg)
{
	thread(slots[0], take_run, 0);
	thread(slots[1], take_run, 1);
	(void)arg;
	idle();
}

/* Two threads of a process wait for different semaphores, its first one for none. */
static void scene_threads(long arg)
{
	(void)arg;
	id = array(2, NULL);
	slots[0] = slot("first");
	slots[1] = slot("second");
	(void)child("process", threads_run, 0);
	asleep(slots[0]);
	asleep(slots[1]);
}

/* The first thread has ended. */
static void left_run(long arg)
{
	(void)arg;
	thread(slots[0], take_run, 0);
	(void)syscall(SYS_exit, 0); /* of this thread only */
}

static void scene_left(long arg)
{
	(void)arg;
	id = array(1, NULL);
	slots[0] = slot("stays");
	(void)child("process", left_run, 0);
	asleep(slots[0]);
}

static void elsewhere_run(long arg)
{
	(void)arg;
	must(unshare(CLONE_NEWIPC) == 0, "unshare");
	must(semget(0x1234, 1, IPC_CREAT | 0666) == 0, "semget");
	take_run(0);
}

static void elsewhere_process(long arg)
{
	thread(slots[0], elsewhere_run, arg);
	idle();
}

/* A thread that has left the IPC namespace of its process, and waits there for an array
 * of the same id as one here, for which a process waits, too. */
static void scene_elsewhere(long arg)
{
	(void)arg;
	id = array(1, NULL);
	asleep(child("here", take_run, 0));
	slots[0] = slot("elsewhere");
	(void)child("process", elsewhere_process, 0);
	asleep(slots[0]);
}

/* N threads in ten processes wait for one semaphore. */
static long each;

static void many_run(long first)
{
	for (long i = 0; i < each; i++)
		thread((int)(first + i), take_run, 0);
	idle();
}

static void scene_many(long n)
{
	int first;

	id = array(1, NULL);
	each = n / 10;
	first = slot("many");
	for (long i = 1; i < n; i++)
		(void)slot("many");
	for (int i = 0; i < 10; i++)
		(void)child("process", many_run, first + i * each);
	for (int i = 0; i < n; i++)
		asleep(first + i);
}

/* ---- waits that end */

/* The call has a timeout, and is made anew. */
static void anew_run(long arg)
{
	struct sembuf o = { 0, -1, 0 };
	struct timespec t = { 0, 20000000 };

	(void)arg;
	about();
	for (;;)
		must(semtimedop(id, &o, 1, &t) < 0 && errno == EAGAIN, "semtimedop");
}

static void scene_anew(long arg)
{
	(void)arg;
	id = array(1, NULL);
	asleep(child("steady", take_run, 0));
	asleep(child("anew", anew_run, 0));
}

/* Children that wait for all kinds of objects, and are killed while they do. */
static void brief(long i)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 16 };
	char text[64];
	int ends[2];

	switch (i % 5) {
	case 0:
		operate(id, 0, -1, SEM_UNDO);
		break;
	case 1:
		(void)msgrcv(queue, text, 1, 7, 0);
		break;
	case 2:
		(void)mq_receive(mq_open("/q", O_RDWR | O_CREAT, 0666, &attr), text, 16,
				 NULL);
		break;
	case 3:
		(void)sem_wait(sem_open("/s", O_CREAT, 0666, 0));
		break;
	default:
		must(pipe(ends) == 0 && read(ends[0], text, 1) > 0, "read");
		break;
	}
}

static void churn_run(long arg)
{
	pid_t pids[8] = { 0 }, parent = getpid();

	(void)arg;
	for (unsigned long i = 0;; i++) {
		pid_t *p = &pids[i % 8];

		if (*p) {
			(void)kill(*p, SIGKILL);
			(void)waitpid(*p, NULL, 0);
		}
		*p = fork();
		must(*p >= 0, "fork");
		if (!*p) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() != parent)
				_exit(1); /* it was killed before */
			brief((long)i);
			_exit(0);
		}
		if (i >= 8)
			step(1);
		(void)nanosleep(&(struct timespec){ .tv_nsec = 300000 }, NULL);
	}
}

static void scene_churn(long arg)
{
	int c;

	(void)arg;
	id = array(1, NULL);
	queue = msgget(0x1234, IPC_CREAT | 0666);
	must(queue >= 0, "msgget");
	asleep(child("steady", take_run, 0));
	c = child("churn", churn_run, 0);
	reached(c, 1);
}

/* ---- memory that lies */

static struct sembuf rewritten = { 0, -1, 0 };

static void rewritten_run(long arg)
{
	(void)arg;
	about();
	must(semop(id, &rewritten, 1) == 0, "semop");
}

/* Another thread writes where the operation is, which the kernel has read before. */
static void rewriter_run(long arg)
{
	volatile struct sembuf *o = &rewritten;

	(void)arg;
	thread(slots[0], rewritten_run, 0);
	await(1);
	for (unsigned long i = 0;; i++) {
		o->sem_num = i % 2 ? 0xffff : 1;
		o->sem_op = i % 2 ? -32768 : -2;
		if (i == 1000)
			step(1);
		if (i % 1000 == 0)
			(void)usleep(100);
	}
}

static void scene_rewritten(long arg)
{
	int r;

	(void)arg;
	id = array(2, NULL);
	slots[0] = slot("rewritten");
	r = child("process", rewriter_run, 0);
	asleep(slots[0]);
	go(1);
	reached(r, 1);
}

/* The list of robust mutexes of the thread has no end, and does not lead to the lock. */
static void endless_run(long arg)
{
	struct {
		void **next;
	} * head;
	size_t size;

	(void)arg;
	lock_at(MEM_LOCK, 0);
	lock_at(MEM_NEXT, 0);
	must(syscall(SYS_get_robust_list, 0, &head, &size) == 0, "get_robust_list");
	*head->next = head->next;
	step(1);
	idle();
}

static void endless_waiter(long arg)
{
	(void)arg;
	lock_at(MEM_LOCK, 1);
}

static void scene_endless(long arg)
{
	int o;

	(void)arg;
	locks_make(MEM_PSHM, LOCK_ROBUST);
	o = child("owner", endless_run, 0);
	reached(o, 1);
	fact("owner", pid_of(o));
	asleep(child("waiter", endless_waiter, 0));
}

/* ---- partners that work */

static struct {
	int pipes[2][2];
	sem_t *sems[2];
	mqd_t queues[2];
} work;

static int post(int how, int i)
{
	struct {
		long type;
		char text[1];
	} m = { 1 + i, "" };

	switch (how) {
	case 0:
		return semop(id, &(struct sembuf){ (unsigned short)i, 1, 0 }, 1) == 0;
	case 1:
		return msgsnd(queue, &m, 1, 0) == 0;
	case 2:
		return mq_send(work.queues[i], "", 1, 0) == 0;
	case 3:
		return write(work.pipes[i][1], "", 1) == 1;
	default:
		return sem_post(work.sems[i]) == 0;
	}
}

static int wait_for(int how, int i)
{
	struct {
		long type;
		char text[16];
	} m;

	switch (how) {
	case 0:
		return semop(id, &(struct sembuf){ (unsigned short)i, -1, 0 }, 1) == 0;
	case 1:
		return msgrcv(queue, &m, 1, 1 + i, 0) == 1;
	case 2:
		return mq_receive(work.queues[i], m.text, 16, NULL) == 1;
	case 3:
		return read(work.pipes[i][0], m.text, 1) == 1;
	default:
		return sem_wait(work.sems[i]) == 0;
	}
}

static void ping_run(long how)
{
	for (;;) {
		round_done(post((int)how, 0));
		round_done(wait_for((int)how, 1));
		(void)nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
}

static void pong_run(long how)
{
	for (;;) {
		round_done(wait_for((int)how, 0));
		(void)nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
		round_done(post((int)how, 1));
	}
}

static void scene_partners(long arg)
{
	static const char *const queues[] = { "/q0", "/q1" }, *const sems[] = { "/s0",
										"/s1" };
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 16 };

	(void)arg;
	id = array(2, NULL);
	queue = msgget(0x1234, IPC_CREAT | 0666);
	must(queue >= 0, "msgget");
	for (int i = 0; i < 2; i++) {
		must(pipe(work.pipes[i]) == 0, "pipe");
		work.queues[i] = mq_open(queues[i], O_RDWR | O_CREAT, 0666, &attr);
		work.sems[i] = sem_open(sems[i], O_CREAT, 0666, 0);
		must(work.queues[i] >= 0 && work.sems[i] != SEM_FAILED,
		     "mq_open, sem_open");
	}
	for (long how = 0; how < 5; how++) {
		(void)child("ping", ping_run, how);
		(void)child("pong", pong_run, how);
	}
}

const struct scene day_scenes[] = {
	{ "threads", scene_threads, 0 },     { "left", scene_left, 0 },
	{ "elsewhere", scene_elsewhere, 0 }, { "many", scene_many, 5000 },
	{ "anew", scene_anew, 0 },           { "churn", scene_churn, 0 },
	{ "rewritten", scene_rewritten, 0 }, { "endless", scene_endless, 0 },
	{ "partners", scene_partners, 0 },   { 0 },
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plantwait: waits that never end, or look as if, and others that resemble them. */
#include "plantwait.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int id, flags;

/* ---- arrays of semaphores */

/* Take the semaphore of one's own number, then wait for the next one's. */
static int members;

static void ring_run(long i)
{
	operate(id, (int)i, -1, flags);
	step(1);
	await(1);
	about();
	operate(id, (int)((i + 1) % members), -1, flags);
}

static void ring(int n, int undo)
{
	static const int ones[] = { 1, 1, 1 };
	static const char *const names[] = { "alice", "bob", "carol" };
	int actor[3];

	members = n;
	flags = undo ? SEM_UNDO : 0;
	id = array(n, ones);
	for (int i = 0; i < n; i++)
		actor[i] = child(names[i], ring_run, i);
	for (int i = 0; i < n; i++)
		reached(actor[i], 1);
	go(1);
	for (int i = 0; i < n; i++)
		asleep(actor[i]);
}

static void scene_abba(long undo)
{
	ring(2, (int)undo);
}

static void scene_ring(long undo)
{
	ring(3, (int)undo);
}

/* Two workers serve two queues of jobs in turn: each took the last job of the other
 * queue, and waits for a job in its own. */
static void worker_run(long i)
{
	operate(id, (int)(1 - i), -1, 0); /* a job of the other queue */
	step(1);
	await(1);
	about();
	operate(id, (int)i, -1, 0);
}

static void scene_workers(long arg)
{
	int a, b;

	(void)arg;
	id = array(2, NULL);
	a = child("worker", worker_run, 0);
	b = child("worker", worker_run, 1);
	operate(id, 0, 1, 0); /* jobs */
	operate(id, 1, 1, 0);
	reached(a, 1);
	reached(b, 1);
	go(1);
	asleep(a);
	asleep(b);
}

/* One that has a further thread, which is idle, and could end the cycle. */
static void busy_thread(long arg)
{
	(void)arg;
	step(1);
	idle();
}

static int helper_slot;

static void ring_busy_run(long i)
{
	thread(helper_slot, busy_thread, 0);
	ring_run(i);
}

static void scene_abba_busy(long undo)
{
	static const int ones[] = { 1, 1 };
	int a, b;

	members = 2;
	flags = undo ? SEM_UNDO : 0;
	id = array(2, ones);
	helper_slot = slot("helper");
	a = child("alice", ring_busy_run, 0);
	b = child("bob", ring_run, 1);
	reached(a, 1);
	reached(b, 1);
	go(1);
	asleep(a);
	asleep(b);
}

/* The last operation on the semaphore is that of the waiting process itself. */
static void signal_run(long arg)
{
	(void)arg;
	operate(id, 0, -1, flags);
	about();
	operate(id, 0, -1, flags);
}

static void scene_self(long undo)
{
	static const int one[] = { 1 };

	flags = undo ? SEM_UNDO : 0;
	id = array(1, one);
	asleep(child("alice", signal_run, 0));
}

/* A process took the semaphore and has ended or, if "lives", still runs. */
enum { LIVES = 1, UNDO = 2, SETVAL_ONLY = 4, SETVAL_AFTER = 8 };

/* Until the clock of the kernel shows another second than now. */
static void next_second(void)
{
	struct timespec then, now;

	(void)clock_gettime(CLOCK_REALTIME_COARSE, &then);
	do {
		(void)nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
		(void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
	} while (now.tv_sec == then.tv_sec);
}

static void holder_run(long how)
{
	if (!(how & SETVAL_ONLY))
		operate(id, 0, -1, 0);
	if (how & (SETVAL_ONLY | SETVAL_AFTER)) {
		next_second();
		must(semctl(id, 0, SETVAL, 0) == 0, "SETVAL");
	}
	step(1);
	if (how & LIVES)
		idle();
}

static void taker_run(long how)
{
	about();
	operate(id, 0, -1, how & UNDO ? SEM_UNDO : 0);
}

static void scene_holder(long how)
{
	static const int one[] = { 1 };
	int h;

	id = array(1, how & SETVAL_ONLY ? NULL : one);
	next_second();
	h = child("holder", holder_run, how);
	if (how & LIVES)
		reached(h, 1);
	else
		ended(h);
	fact("holder", pid_of(h));
	asleep(child("waiter", taker_run, how));
}

/* ---- queues */

enum { FULL = 2 };

static void partner_run(long how)
{
	struct {
		long type;
		char text[60];
	} m = { 1, "" };

	if (how & FULL)
		must(msgrcv(id, &m, 60, 0, 0) == 60, "msgrcv");
	else
		must(msgsnd(id, &m, 60, 0) == 0, "msgsnd");
	step(1);
	if (how & LIVES)
		idle();
}

static void stuck_run(long how)
{
	struct {
		long type;
		char text[60];
	} m = { 1, "" };

	if (how & FULL)
		must(msgsnd(id, &m, 60, 0) == 0, "msgsnd");
	else
		must(msgrcv(id, &m, 60, 0, 0) == 60, "msgrcv");
	about();
	if (how & FULL)
		must(msgsnd(id, &m, 60, 0) == 0, "msgsnd");
	else
		must(msgrcv(id, &m, 60, 0, 0) == 60, "msgrcv");
}

/* FULL: the last receiver of a full queue has ended, else the last sender of an empty
 * one; unless it lives. */
static void scene_queue(long how)
{
	struct {
		long type;
		char text[60];
	} m = { 1, "" };
	struct msqid_ds d;
	int p;

	id = msgget(0x1234, IPC_CREAT | 0666);
	must(id >= 0 && msgctl(id, IPC_STAT, &d) == 0, "msgget");
	fact("id", id);
	d.msg_qbytes = 100;
	must(msgctl(id, IPC_SET, &d) == 0, "IPC_SET");
	if (how & FULL)
		must(msgsnd(id, &m, 60, 0) == 0, "msgsnd");
	p = child("partner", partner_run, how);
	if (how & LIVES)
		reached(p, 1);
	else
		ended(p);
	fact("partner", pid_of(p));
	asleep(child("stuck", stuck_run, how));
}

static mqd_t queue_of(void)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 16 };
	mqd_t q = mq_open("/q", O_RDWR | O_CREAT, 0666, &attr);

	must(q >= 0, "mq_open");
	return q;
}

static void opener_run(long how)
{
	(void)queue_of();
	step(1);
	await(1);
	if (how & LIVES)
		idle();
}

static void receiver_run(long arg)
{
	mqd_t q = queue_of();
	char text[16];

	(void)arg;
	step(1);
	about();
	must(mq_receive(q, text, sizeof(text), NULL) >= 0, "mq_receive");
}

static void scene_posix_queue(long how)
{
	int p = child("partner", opener_run, how), r;

	reached(p, 1);
	r = child("receiver", receiver_run, 0);
	asleep(r);
	fact("partner", pid_of(p));
	go(1);
	if (!(how & LIVES))
		ended(p);
}

/* ---- named semaphores */

static sem_t *sem_of(void)
{
	sem_t *s = sem_open("/s", O_CREAT, 0666, 1);

	must(s != SEM_FAILED, "sem_open");
	return s;
}

enum { IDLE = 2, TIMED = 4 };

static void psem_holder(long arg)
{
	(void)arg;
	must(sem_wait(sem_of()) == 0, "sem_wait");
	step(1);
	idle();
}

static void psem_waiter(long how)
{
	struct timespec t;
	sem_t *s = sem_of();

	(void)clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += 1000;
	about_at(s);
	must((how & TIMED ? sem_timedwait(s, &t) : sem_wait(s)) == 0, "sem_wait");
}

static void psem_idler(long arg)
{
	(void)arg;
	(void)sem_of();
	step(1);
	idle();
}

/* A holder that was killed or lives, two waiters and, perhaps, a process that only has
 * the semaphore open. */
static void scene_psem(long how)
{
	int h = child("holder", psem_holder, 0), a, b, i;

	reached(h, 1);
	a = child("waiter", psem_waiter, how);
	b = child("waiter", psem_waiter, 0);
	asleep(a);
	asleep(b);
	fact("holder", pid_of(h));
	if (how & IDLE) {
		i = child("idler", psem_idler, 0);
		reached(i, 1);
		fact("idler", pid_of(i));
	}
	if (!(how & LIVES))
		finish(h);
}

const struct scene why_scenes[] = {
	{ "abba", scene_abba, 0 },
	{ "abba-undo", scene_abba, 1 },
	{ "abba-busy", scene_abba_busy, 0 },
	{ "abba-busy-undo", scene_abba_busy, 1 },
	{ "ring", scene_ring, 0 },
	{ "ring-undo", scene_ring, 1 },
	{ "workers", scene_workers, 0 },
	{ "self", scene_self, 0 },
	{ "self-undo", scene_self, 1 },
	{ "sem-dead", scene_holder, 0 },
	{ "sem-dead-undo", scene_holder, UNDO },
	{ "sem-lives", scene_holder, LIVES },
	{ "sem-lives-undo", scene_holder, LIVES | UNDO },
	{ "sem-set", scene_holder, SETVAL_ONLY },
	{ "sem-set-after", scene_holder, SETVAL_AFTER },
	{ "msg-full-dead", scene_queue, FULL },
	{ "msg-full-lives", scene_queue, FULL | LIVES },
	{ "msg-empty-dead", scene_queue, 0 },
	{ "msg-empty-lives", scene_queue, LIVES },
	{ "mq-alone", scene_posix_queue, 0 },
	{ "mq-other", scene_posix_queue, LIVES },
	{ "psem-dead", scene_psem, 0 },
	{ "psem-lives", scene_psem, LIVES },
	{ "psem-idle", scene_psem, IDLE },
	{ "psem-dead-timed", scene_psem, TIMED },
	{ 0 },
};

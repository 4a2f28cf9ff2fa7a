/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plantwait: locks and pipes whose waits never end, and others that resemble them. */
#include "plantwait.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- locks */

/* Tell the kernel that no robust mutex is held, as in a process that clone(2) made. */
static void forget_robust(void)
{
	static struct {
		void *next;
		long offset;
		void *pending;
	} head;

	head.next = &head;
	must(syscall(SYS_set_robust_list, &head, sizeof(head)) == 0, "set_robust_list");
}

static void owner_take(long how)
{
	lock_at(MEM_LOCK, 0);
	if (how == LOCK_ROBUST)
		forget_robust();
	step(1);
	idle();
}

static void taker_run(long arg)
{
	(void)arg;
	lock_at(MEM_LOCK, 1);
}

static void scene_owner_died(long how)
{
	int o;

	locks_make(MEM_PSHM, (enum lock)how);
	o = child("owner", owner_take, how);
	reached(o, 1);
	asleep(child("waiter", taker_run, 0));
	fact("owner", pid_of(o));
	finish(o);
}

static pid_t taker_tid;

static void *thread_take(void *arg)
{
	(void)arg;
	lock_at(MEM_LOCK, 0);
	taker_tid = gettid();
	return NULL;
}

static void thread_owner_run(long arg)
{
	pthread_t t;

	(void)arg;
	must(pthread_create(&t, NULL, thread_take, NULL) == 0, "pthread_create");
	must(pthread_join(t, NULL) == 0, "pthread_join");
	step(taker_tid);
	idle();
}

/* A thread of a process that lives took the lock and has ended. */
static void scene_thread_died(long how)
{
	int o;

	locks_make(MEM_PSHM, (enum lock)how);
	o = child("owner", thread_owner_run, how);
	reached(o, 1);
	fact("owner", pid_of(o));
	fact("thread", step_of(o));
	asleep(child("waiter", taker_run, 0));
}

static void crossed_run(long i)
{
	lock_at(i ? MEM_NEXT : MEM_LOCK, 0);
	step(1);
	await(1);
	lock_at(i ? MEM_LOCK : MEM_NEXT, 1);
}

static void scene_crossed(long how)
{
	int a, b;

	locks_make(MEM_PSHM, (enum lock)how);
	a = child("alice", crossed_run, 0);
	b = child("bob", crossed_run, 1);
	reached(a, 1);
	reached(b, 1);
	go(1);
	asleep(a);
	asleep(b);
}

/* The thread itself holds the lock. */
static void again_run(long arg)
{
	(void)arg;
	lock_at(MEM_LOCK, 0);
	lock_at(MEM_LOCK, 1);
}

static void scene_again(long how)
{
	locks_make(MEM_PSHM, (enum lock)how);
	asleep(child("alice", again_run, 0));
}

/* ---- pipes */

static int one[2], two[2];

static void make(int *ends, const char *name)
{
	struct stat st;

	must(pipe(ends) == 0 && fstat(ends[0], &st) == 0, "pipe");
	fact(name, (long long)st.st_ino);
}

static void close_both(const int *ends)
{
	must(close(ends[0]) == 0 && close(ends[1]) == 0, "close");
}

static void fill(int fd)
{
	static char some[4096];

	must(fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "F_SETFL");
	while (write(fd, some, sizeof(some)) > 0)
		;
	must(errno == EAGAIN && fcntl(fd, F_SETFL, 0) == 0, "F_SETFL");
}

static void reader_run(long arg)
{
	char byte;

	(void)arg;
	about();
	must(read(one[0], &byte, 1) == 1, "read");
}

static void keeper_run(long end)
{
	must(close(one[1 - end]) == 0, "close");
	step(1);
	idle();
}

static int extra_slot;

static void extra_run(long arg)
{
	(void)arg;
	step(1);
	idle();
}

static void reader_busy_run(long arg)
{
	thread(extra_slot, extra_run, 0);
	reader_run(arg);
}

enum { OTHER = 1, BUSY = 2, LISTENER = 3 };

/* The only reader holds the write end, too. OTHER: so does another process; BUSY: so does
 * another thread of the process, as threads share descriptors; LISTENER: another process
 * has the other end, which is of no use. */
static void scene_own_end(long how)
{
	int r, k;

	make(one, "ino");
	if (how == BUSY)
		extra_slot = slot("extra");
	if (how == OTHER || how == LISTENER) {
		k = child("keeper", keeper_run, how == OTHER);
		reached(k, 1);
		fact("keeper", pid_of(k));
	}
	r = child("reader", how == BUSY ? reader_busy_run : reader_run, 0);
	if (how == BUSY)
		reached(extra_slot, 1);
	asleep(r);
	close_both(one);
}

/* Each writes into a pipe that the other reads, and both are full. */
static void writer_run(long i)
{
	const int *to = i ? two : one, *from = i ? one : two;

	must(close(to[0]) == 0 && close(from[1]) == 0, "close");
	about();
	must(write(to[1], "x", 1) == 1, "write");
}

static void scene_full(long arg)
{
	int a, b;

	(void)arg;
	make(one, "one");
	make(two, "two");
	fill(one[1]);
	fill(two[1]);
	a = child("alice", writer_run, 0);
	b = child("bob", writer_run, 1);
	close_both(one);
	close_both(two);
	asleep(a);
	asleep(b);
}

/* Alice waits for a lock of Bob's, who waits for data that only Alice could write. */
static void mixed_run(long bob)
{
	char byte;

	must(close(one[bob ? 1 : 0]) == 0, "close");
	if (bob) {
		lock_at(MEM_LOCK, 0);
		step(1);
		about();
		must(read(one[0], &byte, 1) == 1, "read");
	} else {
		lock_at(MEM_LOCK, 1);
	}
}

static void scene_mixed(long how)
{
	int a, b;

	locks_make(MEM_PSHM, (enum lock)how);
	make(one, "pipe");
	b = child("bob", mixed_run, 1);
	reached(b, 1);
	a = child("alice", mixed_run, 0);
	close_both(one);
	asleep(b);
	asleep(a);
}

/* Alice has a lock and waits for a semaphore that Bob took, who waits for the lock. */
static int sem;

static void semaphore_run(long bob)
{
	if (bob)
		operate(sem, 0, -1, SEM_UNDO);
	else
		lock_at(MEM_LOCK, 0);
	step(1);
	await(1);
	if (bob) {
		lock_at(MEM_LOCK, 1);
	} else {
		about();
		operate(sem, 0, -1, SEM_UNDO);
	}
}

static void scene_semaphore(long how)
{
	static const int ones[] = { 1 };
	int a, b;

	locks_make(MEM_PSHM, (enum lock)how);
	sem = array(1, ones);
	a = child("alice", semaphore_run, 0);
	b = child("bob", semaphore_run, 1);
	reached(a, 1);
	reached(b, 1);
	go(1);
	asleep(a);
	asleep(b);
}

const struct scene stuck_scenes[] = {
	{ "owner-died-plain", scene_owner_died, LOCK_PLAIN },
	{ "owner-died-robust", scene_owner_died, LOCK_ROBUST },
	{ "thread-died-plain", scene_thread_died, LOCK_PLAIN },
	{ "crossed-plain", scene_crossed, LOCK_PLAIN },
	{ "crossed-robust", scene_crossed, LOCK_ROBUST },
	{ "again-plain", scene_again, LOCK_PLAIN },
	{ "again-robust", scene_again, LOCK_ROBUST },
	{ "pipe-own-end", scene_own_end, 0 },
	{ "pipe-own-end-other", scene_own_end, OTHER },
	{ "pipe-own-end-listener", scene_own_end, LISTENER },
	{ "pipe-own-end-busy", scene_own_end, BUSY },
	{ "pipes-full", scene_full, 0 },
	{ "mixed-robust", scene_mixed, LOCK_ROBUST },
	{ "mixed-semaphore", scene_semaphore, LOCK_ROBUST },
	{ "mixed-plain", scene_mixed, LOCK_PLAIN },
	{ 0 },
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plantwait SCENE : plants threads that wait for objects, prints a line of JSON for each
 * fact and each thread that sleeps, at last {"ready":PID}, and ends all at the end of its
 * standard input. A thread counts as asleep when /proc says that it sleeps in a call that
 * can wait for an object, after it has announced the call.
 */
#include "plantwait.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 8192 };

struct actor {
	char name[16];
	pid_t pid;
	int gone;        /* it was waited for */
	atomic_int tid;  /* it has announced a call */
	atomic_int step; /* the last that it has reached */
	uintptr_t base;
	atomic_uint rounds, failed; /* of round_done() */
	atomic_int error;
};

static struct {
	atomic_int go;
	int n;
	struct actor all[MOST];
} * shared;

static __thread int self;

void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "plantwait: %s: %s\n", what, strerror(errno));
	_exit(2); /* without flushing what other processes flush, too */
}

void fact(const char *name, long long value)
{
	printf("{\"fact\":\"%s\",\"value\":%lld}\n", name, value);
}

static void pause_shortly(void)
{
	(void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* ---- the first process */

int slot(const char *name)
{
	int i = shared->n++;

	must(i < MOST && strlen(name) < sizeof(shared->all[i].name), "too many actors");
	strcpy(shared->all[i].name, name);
	return i;
}

static void start(int i)
{
	self = i;
	(void)prctl(PR_SET_NAME, shared->all[i].name);
	shared->all[i].pid = getpid();
}

int child(const char *name, void (*f)(long), long arg)
{
	int i = slot(name);
	pid_t pid, parent = getpid();

	(void)fflush(stdout);
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1); /* it ended before */
		start(i);
		f(arg);
		_exit(0);
	}
	shared->all[i].pid = pid;
	return i;
}

pid_t pid_of(int actor)
{
	return shared->all[actor].pid;
}

int step_of(int actor)
{
	return shared->all[actor].step;
}

/* Sleep a little; actors that end meanwhile did so too early. */
static void look_again(int actor)
{
	siginfo_t info = { 0 };

	pause_shortly();
	if (waitid(P_PID, (id_t)shared->all[actor].pid, &info,
		   WEXITED | WNOHANG | WNOWAIT) == 0 &&
	    info.si_pid) {
		errno = ECHILD;
		must(0, shared->all[actor].name);
	}
}

void reached(int actor, int n)
{
	while (shared->all[actor].step < n)
		look_again(actor);
}

void go(int n)
{
	shared->go = n;
}

void finish(int actor)
{
	must(kill(shared->all[actor].pid, SIGKILL) == 0, "kill");
	must(waitpid(shared->all[actor].pid, NULL, 0) > 0, "waitpid");
	shared->all[actor].gone = 1;
}

void ended(int actor)
{
	int status;

	must(waitpid(shared->all[actor].pid, &status, 0) > 0, "waitpid");
	shared->all[actor].gone = 1;
	errno = ECHILD;
	must(status == 0, shared->all[actor].name);
}

/* The calls that can wait for an object, by number. */
static const long sleeping[] = {
	SYS_read,
	SYS_write,
	SYS_readv,
	SYS_writev,
	SYS_splice,
	SYS_tee,
	SYS_sendfile,
	SYS_vmsplice,
	SYS_open,
	SYS_openat,
	SYS_futex,
	SYS_restart_syscall,
	SYS_mq_timedsend,
	SYS_mq_timedreceive,
	449 /* futex_waitv */,
	455 /* futex_wait */,
#ifdef SYS_semop
	SYS_semop,
#endif
#ifdef SYS_semtimedop
	SYS_semtimedop,
#endif
#ifdef SYS_msgsnd
	SYS_msgsnd,
#endif
#ifdef SYS_msgrcv
	SYS_msgrcv,
#endif
#ifdef SYS_ipc
	SYS_ipc,
#endif
#ifdef SYS_semtimedop_time64
	SYS_semtimedop_time64,
	SYS_futex_time64,
	SYS_mq_timedsend_time64,
	SYS_mq_timedreceive_time64,
#endif
#ifdef SYS_sendfile64
	SYS_sendfile64,
#endif
};

/* The number of the call in which a thread sleeps, or -1; its first argument, too. */
static long sleeps_in(pid_t pid, pid_t tid, unsigned long long *ret_first)
{
	char path[64], line[256] = "", state[256] = "", *end;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", pid, tid);
	f = fopen(path, "re");
	if (f) {
		(void)!fgets(line, sizeof(line), f);
		(void)fclose(f);
	}
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	f = fopen(path, "re");
	if (f) {
		(void)!fgets(state, sizeof(state), f);
		(void)fclose(f);
	}
	end = strrchr(state, ')');
	if (!end || end[2] != 'S' || line[0] < '0' || line[0] > '9')
		return -1;
	long nr = strtol(line, &end, 10);

	*ret_first = strtoull(end, NULL, 16);
	for (size_t i = 0; i < sizeof(sleeping) / sizeof(sleeping[0]); i++)
		if (sleeping[i] == nr)
			return nr;
	return -1;
}

void asleep(int actor)
{
	struct actor *a = &shared->all[actor];
	unsigned long long first = 0;
	long nr = -1;

	while (!a->tid || (nr = sleeps_in(a->pid, a->tid, &first)) < 0)
		look_again(actor);
	printf("{\"name\":\"%s\",\"pid\":%d,\"tid\":%d,\"nr\":%ld,\"first\":%llu,\"offset\":%lld}\n",
	       a->name, a->pid, a->tid, nr, first,
	       a->base ? (long long)(first - a->base) : -1LL);
}

/* ---- actors */

struct thread_start {
	int actor;
	void (*f)(long);
	long arg;
};

static void *thread_run(void *arg)
{
	struct thread_start s = *(struct thread_start *)arg;

	free(arg);
	start(s.actor);
	s.f(s.arg);
	idle();
	return NULL;
}

void thread(int actor, void (*f)(long), long arg)
{
	struct thread_start *s = malloc(sizeof(*s));
	pthread_attr_t attr;
	pthread_t t;

	must(s != NULL, "malloc");
	*s = (struct thread_start){ actor, f, arg };
	must(pthread_attr_init(&attr) == 0 &&
		     pthread_attr_setstacksize(&attr, 65536) == 0,
	     "pthread_attr_setstacksize");
	must(pthread_create(&t, &attr, thread_run, s) == 0, "pthread_create");
}

void about_at(const void *base)
{
	shared->all[self].base = (uintptr_t)base;
	shared->all[self].tid = gettid();
}

void about(void)
{
	about_at(NULL);
}

void step(int n)
{
	shared->all[self].step = n;
}

void round_done(int ok)
{
	int e = errno;

	shared->all[self].rounds++;
	if (ok)
		return;
	shared->all[self].failed++;
	shared->all[self].error = e;
}

void await(int n)
{
	while (shared->go < n)
		pause_shortly();
}

void idle(void)
{
	for (;;)
		pause();
}

/* ---- main */

static const struct scene *find(const char *name)
{
	const struct scene *const tables[] = { sysv_scenes, posix_scenes, lock_scenes,
					       pipe_scenes, why_scenes,   stuck_scenes,
					       day_scenes };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct scene *s = tables[i]; s->name; s++)
			if (!strcmp(s->name, name))
				return s;
	errno = EINVAL;
	must(0, name);
	return NULL;
}

int main(int argc, char **argv)
{
	struct pollfd end = { .fd = 0, .events = POLLIN };
	const struct scene *scene;

	must(argc == 2, "usage: plantwait SCENE");
	scene = find(argv[1]);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(shared != MAP_FAILED, "mmap");
	scene->run(scene->arg);
	printf("{\"ready\":%d}\n", getpid());
	(void)fflush(stdout);
	(void)poll(&end, 1, -1);
	for (int i = 0; i < shared->n; i++)
		printf("{\"rounds\":%u,\"failed\":%u,\"error\":%d,\"name\":\"%s\"}\n",
		       shared->all[i].rounds, shared->all[i].failed, shared->all[i].error,
		       shared->all[i].name);
	(void)fflush(stdout);
	for (int i = 0; i < shared->n; i++)
		if (shared->all[i].pid && !shared->all[i].gone)
			(void)kill(shared->all[i].pid, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	return 0;
}

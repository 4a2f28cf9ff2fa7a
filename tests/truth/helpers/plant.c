/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plant STEP… : a process that does the steps in their order, prints what the tests need
 * to know of each ("ino 7"), at last "ready PID", and stays until the end of its standard
 * input. The steps on objects are in plant_objects.c.
 */
#include "plant.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK (256 << 10)

static char **steps;

static void die(const char *what)
{
	fprintf(stderr, "plant: %s: %s\n", what, strerror(errno));
	_exit(2); /* without flushing what other processes flush, too */
}

void must(int ok, const char *what)
{
	if (!ok)
		die(what);
}

char *word(void)
{
	must(*steps != NULL, "a word is missing");
	return *steps++;
}

long number(void)
{
	return strtol(word(), NULL, 0);
}

static void step_all(void);

/* ---- processes */

static void do_unshare(void)
{
	must(unshare(CLONE_NEWIPC) == 0, "unshare");
}

static void do_nodump(void)
{
	must(prctl(PR_SET_DUMPABLE, 0) == 0, "prctl");
}

/* NAME: the command name of this process. */
static void do_name(void)
{
	must(prctl(PR_SET_NAME, word()) == 0, "prctl");
}

static void *thread_rest(void *arg)
{
	(void)arg;
	step_all();
	_exit(0);
}

/* The following steps are those of another thread; the first one waits. */
static void do_thread(void)
{
	pthread_t t;

	must(pthread_create(&t, NULL, thread_rest, NULL) == 0, "pthread_create");
	for (;;)
		pause();
}

/* The same, but the first thread ends. */
static void do_leave(void)
{
	pthread_t t;

	must(pthread_create(&t, NULL, thread_rest, NULL) == 0, "pthread_create");
	pthread_exit(NULL);
}

static int child_rest(void *arg)
{
	(void)arg;
	step_all();
	_exit(0);
}

/* The following steps are those of a child that shares the memory, as after vfork(2),
 * which waits for its end. */
static void do_vfork(void)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(stack != MAP_FAILED, "mmap");
	printf("parent %d\n", getpid());
	must(clone(child_rest, stack + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL) > 0,
	     "clone");
	_exit(0);
}

/* N: N children, which stay as this process does. */
static void do_fork(void)
{
	for (long i = number(); i > 0; i--) {
		pid_t pid;

		(void)fflush(stdout);
		pid = fork();
		must(pid >= 0, "fork");
		if (!pid) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
		printf("child %d\n", pid);
	}
}

/* Children that map, attach and open, execute this program, and end, until the end of
 * standard input. The steps that the children do follow. */
static void do_churn(void);

static const struct step process_steps[] = {
	{ "unshare", do_unshare }, { "nodump", do_nodump }, { "thread", do_thread },
	{ "leave", do_leave },     { "vfork", do_vfork },   { "fork", do_fork },
	{ "churn", do_churn },     { "name", do_name },     { 0 },
};

static int do_step(const struct step *step, const char *name)
{
	for (; step->name; step++) {
		if (strcmp(step->name, name) != 0)
			continue;
		step->run();
		return 1;
	}
	return 0;
}

static void do_one(void)
{
	const char *name = word();

	errno = EINVAL;
	must(do_step(object_steps, name) || do_step(process_steps, name), name);
}

static void do_churn(void)
{
	char **first = steps;
	struct pollfd end = { .fd = 0, .events = POLLIN };
	unsigned long rounds = 0;

	printf("ready %d\n", getpid());
	(void)fflush(stdout);
	while (poll(&end, 1, 0) == 0) {
		pid_t pid = fork();

		must(pid >= 0, "fork");
		if (!pid) {
			steps = first;
			while (*steps)
				do_one();
			if (rounds % 2)
				(void)execl("/proc/self/exe", "plant", "-", (char *)NULL);
			_exit(0);
		}
		if (rounds++ % 4 == 3)
			while (waitpid(-1, NULL, 0) > 0)
				;
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
	_exit(0);
}

static void step_all(void)
{
	char byte;

	while (*steps)
		do_one();
	printf("ready %d\n", getpid());
	(void)fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
}

int main(int argc, char **argv)
{
	steps = argv + 1;
	if (argc == 2 && !strcmp(argv[1], "-"))
		return 0;
	step_all();
	return 0;
}

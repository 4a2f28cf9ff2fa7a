/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disguised KEY UID: a process that has not attached a segment of its IPC namespace, but
 * shares its memory with a process in another namespace which has attached a segment
 * there that has the same key and id. Prints "ready" and stays.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

static char stack[1 << 18];
static volatile int done;

static int child(void *key)
{
	int id = shmget(*(key_t *)key, 4096, IPC_CREAT | 0600);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	done = id >= 0 && shmat(id, NULL, 0) != (void *)-1 ? 1 : -1;
	for (;;)
		(void)pause();
	return 0;
}

int main(int argc, char **argv)
{
	key_t key = argc > 2 ? (key_t)strtol(argv[1], NULL, 0) : 0;
	uid_t uid = argc > 2 ? (uid_t)strtol(argv[2], NULL, 0) : 0;

	if (!uid || setgid(uid) < 0 || setuid(uid) < 0 ||
	    clone(child, stack + sizeof(stack),
		  CLONE_VM | CLONE_NEWUSER | CLONE_NEWIPC | SIGCHLD, &key) < 0)
		return 77;
	while (!done && !waitpid(-1, NULL, WNOHANG))
		(void)usleep(1000);
	(void)!write(STDOUT_FILENO, done > 0 ? "ready\n" : "no\n", done > 0 ? 6 : 3);
	for (;;)
		(void)pause();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * many NUMBER: a process in each of that many IPC namespaces, with a message queue of its
 * own. Prints the processes' ids, one a line, and an empty line; they end with it, which
 * waits for the end of standard input.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <unistd.h>

static void child(int i, int ready)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || unshare(CLONE_NEWIPC) ||
	    msgget(0x1000 + i, IPC_CREAT | 0600) < 0 || write(ready, "", 1) != 1)
		_exit(1);
	for (;;)
		(void)pause();
}

int main(int argc, char **argv)
{
	int number = argc == 2 ? atoi(argv[1]) : 0, ready[2];
	char byte;

	if (pipe(ready))
		return 1;
	for (int i = 0; i < number; i++) {
		pid_t pid = fork();

		if (pid == 0)
			child(i, ready[1]);
		if (pid < 0)
			return 1;
		printf("%d\n", pid);
	}
	close(ready[1]);
	for (int i = 0; i < number; i++)
		if (read(ready[0], &byte, 1) != 1)
			return 1;
	puts("");
	(void)fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	return 0;
}

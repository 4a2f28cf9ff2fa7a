// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crowd PROCESSES NAMESPACES [COMMAND]: start that many idle processes, spread evenly
 * over that many fresh IPC, mount and PID namespaces, as containers have them. COMMAND is
 * run by a shell in each, and fills it. Exits when all processes have started, and prints
 * their number; the processes live until the surrounding PID namespace ends.
 */

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The first process of a set of namespaces, and the other processes that it starts. */
static int settle(int others)
{
	for (int i = 0; i < others; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return -1;
		if (pid == 0)
			break;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int processes = argc >= 3 ? atoi(argv[1]) : 0;
	int places = argc >= 3 ? atoi(argv[2]) : 0;
	const long fresh = CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWPID | SIGCHLD;
	int ready[2];
	char c;

	if (places < 1 || processes < places || pipe(ready))
		return 2;
	for (int i = 0; i < places; i++) {
		int here = processes / places + (i < processes % places);
		long pid = syscall(SYS_clone, fresh, 0, 0, 0, 0);

		if (pid < 0)
			return 1;
		if (pid > 0)
			continue;
		if (argc > 3 && system(argv[3]))
			return 1;
		if (settle(here - 1) || write(ready[1], "x", 1) != 1)
			return 1;
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

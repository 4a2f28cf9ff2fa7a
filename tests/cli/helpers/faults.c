/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * faults PROGRAM [ARGUMENT...]: run a program several times with its output discarded and
 * print the fewest minor page faults that a run took, as getrusage(2) counts them. The
 * child is made by vfork(2), so that it takes none before execve(2).
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNS 40

int main(int argc, char **argv)
{
	long least = -1;

	for (int i = 0; argc > 1 && i < RUNS; i++) {
		struct rusage use;
		pid_t pid = vfork();
		int status;

		if (pid == 0) {
			int null = open("/dev/null", O_WRONLY);

			if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0)
				execvp(argv[1], argv + 1);
			_exit(127);
		}
		if (pid < 0 || wait4(pid, &status, 0, &use) < 0 || status != 0)
			return 1;
		if (least < 0 || use.ru_minflt < least)
			least = use.ru_minflt;
	}
	printf("%ld\n", least);
	return least < 0;
}

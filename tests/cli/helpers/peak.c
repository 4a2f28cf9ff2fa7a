/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peak COMMAND…: run the command; at the end print its exit status and its peak memory
 * in KiB on standard error. This program is small because a child's peak memory starts
 * at that of its parent.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage use;
	int status;
	pid_t pid = argc > 1 ? fork() : -1;

	if (pid == 0) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &use) != pid)
		return 125;
	fprintf(stderr, "%d %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		use.ru_maxrss);
	return 0;
}

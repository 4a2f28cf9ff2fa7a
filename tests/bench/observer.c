// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * observer KIND MILLISECONDS [LISTER ARG...]: measure how a lister affects other
 * processes.
 *
 * One CPU creates and removes objects in a loop; a second CPU runs LISTER again and
 * again (or once, if LISTER itself never ends). Prints the creator's cycles per second.
 * Wall-clock time is measured, because waiting for a lock costs no CPU time.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kinds.h"

#define WARM_UP_MS 50
#define BATCH      16 /* cycles per read of the clock */

static int pin(int nth)
{
	cpu_set_t all, one;

	if (sched_getaffinity(0, sizeof(all), &all))
		return -1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all) || nth--)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		return sched_setaffinity(0, sizeof(one), &one);
	}
	errno = ENODEV;
	return -1;
}

/*
 * Both processes exit with their parents, so that one kill by pid ends the chain. If the
 * lister fails, its parent ends, too: otherwise a failed lister would look like one that
 * affects nobody.
 */
static void list_once(char **argv)
{
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		_exit(1);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execvp(argv[0], argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status)
		_exit(1);
}

static pid_t start_lister(char **argv)
{
	pid_t pid = fork();
	int null;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	null = open("/dev/null", O_WRONLY);
	if (pin(1) || null < 0 || dup2(null, 1) < 0)
		_exit(1);
	for (;;)
		list_once(argv);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double cycles_per_second(const struct kind *kind, double seconds)
{
	double start = now(), end;
	long cycles = 0;
	int id;

	do {
		for (int i = 0; i < BATCH; i++) {
			id = kind->make(IPC_PRIVATE);
			if (id < 0 || kind->drop(id))
				return -1;
		}
		cycles += BATCH;
		end = now();
	} while (end - start < seconds);
	return (double)cycles / (end - start);
}

int main(int argc, char **argv)
{
	const struct kind *kind = argc >= 3 ? kind_by_name(argv[1]) : NULL;
	pid_t lister = 0;
	double rate;

	if (!kind)
		return 2;
	if (argc > 3)
		lister = start_lister(argv + 3);
	if (lister < 0 || pin(0)) {
		perror("observer");
		return 1;
	}
	cycles_per_second(kind, WARM_UP_MS / 1000.0);
	rate = cycles_per_second(kind, atoi(argv[2]) / 1000.0);
	if (lister && waitpid(lister, NULL, WNOHANG)) {
		fprintf(stderr, "observer: the lister failed, or found no second CPU\n");
		return 1;
	}
	if (lister)
		kill(lister, SIGKILL);
	printf("%.0f\n", rate);
	return rate < 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stream: send messages of 4 bytes from one process to another on one CPU for two
 * seconds, as a bare loop; print how many were sent per second of CPU time.
 */

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t over;

static void stop(int signo)
{
	(void)signo;
	over = 1;
}

static double cpu(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

int main(void)
{
	struct {
		long type;
		char text[4];
	} m = { .type = 1 };
	int id = msgget(IPC_PRIVATE, 0600);
	unsigned long n = 0;
	cpu_set_t one;
	pid_t receiver;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (id < 0 || sched_setaffinity(0, sizeof(one), &one) < 0)
		return 1;
	receiver = fork();
	if (receiver == 0) {
		while (msgrcv(id, &m, sizeof(m.text), 0, 0) >= 0)
			;
		_exit(0);
	}
	signal(SIGALRM, stop);
	alarm(2);
	while (!over && msgsnd(id, &m, sizeof(m.text), 0) == 0)
		n++;
	msgctl(id, IPC_RMID, NULL);
	waitpid(receiver, NULL, 0);
	printf("%f\n", (double)n / (cpu(RUSAGE_SELF) + cpu(RUSAGE_CHILDREN)));
	return 0;
}

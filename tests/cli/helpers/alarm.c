/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LD_PRELOAD: a timer whose signals interrupt system calls all the time. */
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>

static void nothing(int sig)
{
	(void)sig;
}

__attribute__((constructor)) static void begin(void)
{
	struct sigaction sa = { .sa_handler = nothing };
	struct itimerval often = { .it_interval = { .tv_usec = 200 },
				   .it_value = { .tv_usec = 200 } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

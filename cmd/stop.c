/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a signal arrives, end a command only after the command has put back the messages
 * that it holds. */
#include "stop.h"

#include <stddef.h>
#include <time.h>

#include "base/util.h"
#include "ui/out.h"

/* All catchable signals whose default action is to terminate: no signal may end the
 * process while the process holds messages. */
static const int signals[] = {
	SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU, SIGUSR1, SIGUSR2
};

static struct {
	volatile sig_atomic_t signo, times;
	timer_t timer;
	bool timed;
} stop;

/* timer_settime(2) is async-signal-safe (signal-safety(7)). The timer repeats, so that a
 * wait that begins just after the signal is interrupted, too. */
static void remember(int signo)
{
	static const struct itimerspec often = { .it_value = { .tv_nsec = 10000000 },
						 .it_interval = { .tv_nsec = 10000000 } };

	stop.signo = signo;
	stop.times = stop.times + 1;
	if (stop.timed)
		(void)timer_settime(stop.timer, 0, &often, NULL);
}

static void nudge(int signo)
{
	(void)signo; /* the signal only has to interrupt the wait */
}

void stop_catch(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct sigaction action = { .sa_handler = nudge }, before;

	(void)sigaction(SIGALRM, &action, NULL);
	stop.timed = timer_create(CLOCK_MONOTONIC, &event, &stop.timer) == 0;
	action.sa_handler = remember;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (sigaction(signals[i], NULL, &before) == 0 &&
		    before.sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &action, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

void stop_hush(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGALRM);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		(void)sigaddset(&set, signals[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

bool stop_wanted(void)
{
	return stop.signo != 0;
}

unsigned stop_times(void)
{
	return (unsigned)stop.times;
}

void stop_block(sigset_t *ret_set)
{
	struct sigaction before;

	(void)sigemptyset(ret_set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (sigaction(signals[i], NULL, &before) == 0 &&
		    before.sa_handler != SIG_IGN)
			(void)sigaddset(ret_set, signals[i]);
}

void stop_now(int signo)
{
	stop.signo = signo;
}

int stop_end(int status)
{
	sigset_t one;

	if (!stop.signo)
		return status;
	(void)out_flush();
	(void)signal(stop.signo, SIG_DFL);
	(void)sigemptyset(&one);
	(void)sigaddset(&one, stop.signo);
	(void)sigprocmask(SIG_UNBLOCK, &one, NULL);
	(void)raise(stop.signo);
	return 128 + stop.signo;
}

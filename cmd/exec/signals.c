/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block signals while another program runs, and end by the same signal by which that
 * program ended. Dispositions are not changed, so they survive execve(2) as they are.
 */
#include "exec/signals.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/util.h"

static bool grows; /* SIGXFSZ had its default action when we were started */

void signals_begin(void)
{
	grows = signal(SIGXFSZ, SIG_IGN) == SIG_DFL;
}

void signals_finish(void)
{
	if (grows)
		(void)signal(SIGXFSZ, SIG_DFL);
}

void signals_outlive_reader(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
}

void signals_await_children(void)
{
	(void)signal(SIGCHLD, SIG_DFL);
}

void signals_block(struct signals *s)
{
	static const int others[] = { SIGSEGV, SIGBUS, SIGFPE,  SIGILL, SIGTRAP,
				      SIGABRT, SIGSYS, SIGTTIN, SIGTTOU };

	s->fd = -1;
	(void)sigfillset(&s->held);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		(void)sigdelset(&s->held, others[i]);
	(void)sigprocmask(SIG_BLOCK, &s->held, &s->mask);
	/* If SIGCHLD is ignored, the exit status of a child is lost. */
	s->child = signal(SIGCHLD, SIG_DFL);
}

int signals_hold(struct signals *s)
{
	int error;

	signals_block(s);
	s->fd = signalfd(-1, &s->held, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->fd >= 0)
		return 0;
	error = -errno;
	signals_give_back(s);
	return error;
}

bool signals_next(const struct signals *s, struct signalfd_siginfo *ret_info)
{
	struct signalfd_siginfo info;

	if (read(s->fd, &info, sizeof(info)) != sizeof(info))
		return false;
	*ret_info = info;
	return true;
}

bool signals_wait(const struct signals *s, siginfo_t *ret_info)
{
	return sigwaitinfo(&s->held, ret_info) > 0;
}

void signals_give_back(const struct signals *s)
{
	(void)signal(SIGCHLD, s->child);
	(void)sigprocmask(SIG_SETMASK, &s->mask, NULL);
}

static void block(int how, int number)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, number);
	(void)sigprocmask(how, &set, NULL);
}

void signals_keep_front(void)
{
	block(SIG_BLOCK, SIGTTOU);
}

void signals_suffer(pid_t whom, int number)
{
	(void)signal(number, SIG_DFL);
	(void)kill(whom, number);
	block(SIG_UNBLOCK, number);
	block(SIG_BLOCK, number);
}

int signals_end_like(int status)
{
	const struct rlimit none = { 0, 0 };

	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	(void)setrlimit(RLIMIT_CORE, &none); /* only the child's core dump is useful */
	signals_suffer(getpid(), WTERMSIG(status));
	return 128 + WTERMSIG(status);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command as a child of ours, where something has to be done after its end: how signals
 * are passed on, and how we stop and go on as it does.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

/* What the terminal sends goes to its whole foreground: the command has it already. */
static bool from_terminal(const siginfo_t *info)
{
	switch (info->si_signo) {
	case SIGINT:
	case SIGQUIT:
	case SIGHUP:
	case SIGCONT:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGWINCH:
		return info->si_code == SI_KERNEL;
	default:
		return false;
	}
}

/* Whether it ended; a stop of its is one of ours, so that a shell sees it. */
static bool ended(pid_t child, int *ret_status)
{
	int status;

	while (waitpid(child, &status, WNOHANG | WUNTRACED) == child) {
		if (!WIFSTOPPED(status)) {
			*ret_status = status;
			return true;
		}
		(void)raise(SIGSTOP);
	}
	return false;
}

static void watch(pid_t child, int *ret_status)
{
	siginfo_t info;
	sigset_t all;

	(void)sigfillset(&all);
	for (;;) {
		int signo = sigwaitinfo(&all, &info);

		if (signo == SIGCHLD) {
			if (ended(child, ret_status))
				return;
		} else if (signo > 0 && !from_terminal(&info)) {
			(void)kill(child, signo);
		}
	}
}

int run_child(char **argv, bool alone, const sigset_t *before, int *ret_status)
{
	struct sigaction was, plain = { .sa_handler = SIG_DFL };
	pid_t child;

	/* Ignored, as one may inherit it, it would take the status away. */
	(void)sigaction(SIGCHLD, &plain, &was);
	(void)out_flush();
	child = fork();
	if (child < 0)
		return -errno;
	if (child == 0) {
		(void)sigaction(SIGCHLD, &was, NULL);
		(void)sigprocmask(SIG_SETMASK, before, NULL);
		_exit(run_become(argv, alone));
	}
	watch(child, ret_status);
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A filter cannot be read without privilege, and a call for which it kills cannot be
 * taken back: so a child makes the call first. The child has its own copy of the memory:
 * before Linux 5.16 a core dump ends every process that shares it.
 */
#include "base/calls.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

bool ix_call_filtered(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > 0;
}

/* All arguments are 0, so that their order, which differs between architectures, does not
 * matter: the end of the child raises no signal, and only __WALL waits for it. */
bool ix_call_survives(void (*call)(const void *), const void *arg)
{
	sigset_t all, old;
	int status = 0;
	pid_t pid;

	if (!ix_call_filtered())
		return true;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	pid = (pid_t)syscall(SYS_clone, 0L, 0L, 0L, 0L, 0L);
	if (pid == 0) {
		(void)prctl(PR_SET_DUMPABLE, 0); /* no core dump */
		call(arg);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, &status, __WALL) < 0 && errno == EINTR)
		;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return pid < 0 || !WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS;
}

static void calls_try(const void *number)
{
	(void)syscall(*(const long *)number, -1L, -1L, -1L, -1L, -1L, -1L);
}

bool ix_call_possible(long number)
{
	return ix_call_survives(calls_try, &number);
}

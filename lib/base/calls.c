/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A filter cannot be read without privilege, and a call for which it kills cannot be
 * taken back: so a child makes the call first. The child has its own copy of the memory:
 * before Linux 5.16 a core dump ends every process that shares it.
 */
#include "base/calls.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

bool ix_call_filtered(void)
{
	int error = errno;
	bool filtered = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > 0;

	errno = error; /* a kernel without CONFIG_SECCOMP answers EINVAL */
	return filtered;
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

/*
 * What was found out, by the number of the call, for the process, as a filter is: a
 * listing makes some of these calls for each thread on the machine. A filter cannot be
 * taken off, so a call stays forbidden. One that a program forbids itself after it has
 * used the library is not found out.
 */
#define CALLS 512
static _Atomic uint64_t lives[CALLS / 64], dies[CALLS / 64];

bool ix_call_known(long number, void (*call)(const void *), const void *arg)
{
	uint64_t bit = UINT64_C(1) << (number & 63);
	size_t word = (size_t)number / 64;
	bool lived;

	if (number < 0 || number >= CALLS)
		return ix_call_survives(call, arg);
	if (atomic_load(&lives[word]) & bit)
		return true;
	if (atomic_load(&dies[word]) & bit)
		return false;
	lived = ix_call_survives(call, arg);
	(void)atomic_fetch_or(lived ? &lives[word] : &dies[word], bit);
	return lived;
}

bool ix_call_possible(long number)
{
	return ix_call_known(number, calls_try, &number);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The C library's semaphore calls, made in a child process. A process that may write to
 * the semaphore's file may also truncate it, and the next access to the mapping then
 * raises SIGBUS, even in the middle of a wait. A library must not install a handler of
 * that signal in the program that calls it; so a child process accesses the memory, and
 * dies of the signal in our place.
 *
 * A token is never lost: the child reports that it has taken one, and keeps it only if
 * the parent confirms that it has read the report. If no parent is left to confirm, the
 * child posts the semaphore again.
 */
#include "mech/psemcall.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clockwait.h"
#include "base/util.h"
#include "core/semops.h"

/* The signal that ends the child's wait: sent by the parent, or by the kernel when the
 * parent dies. */
#define CANCEL SIGALRM

struct call {
	sem_t *sem;
	bool give, for_ever, at_once;
	struct timespec until; /* CLOCK_MONOTONIC */
	sigset_t mask;         /* the caller's */
	pid_t pid;
	int fd;
};

/* ---- in the child: take no lock, since another thread may have held it at the fork */

/* Repeat the signal, since the first may arrive between the check and the wait. Other
 * code of the child sees from the running timer that the wait was cancelled. */
static void cancel(int signo)
{
	static const struct itimerval often = { .it_value = { .tv_usec = 10000 },
						.it_interval = { .tv_usec = 10000 } };

	(void)signo;
	(void)setitimer(ITIMER_REAL, &often, NULL);
}

static bool is_cancelled(void)
{
	struct itimerval timer;

	return getitimer(ITIMER_REAL, &timer) == 0 && timer.it_interval.tv_usec != 0;
}

/* Let job-control signals that would stop the caller also stop the child. */
static void psemcall_set_signals(const sigset_t *callers)
{
	static const int stops[] = { SIGTSTP, SIGTTIN, SIGTTOU };
	struct sigaction action = { .sa_handler = SIG_DFL }, old;
	sigset_t mask;

	(void)sigfillset(&mask);
	(void)sigdelset(&mask, SIGBUS);
	(void)sigdelset(&mask, CANCEL);
	(void)sigaction(SIGBUS, &action, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(stops); i++)
		if (!sigismember(callers, stops[i]) &&
		    sigaction(stops[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			(void)sigdelset(&mask, stops[i]);
	action.sa_handler = cancel;
	(void)sigaction(CANCEL, &action, NULL);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
}

static bool is_orphan(const struct call *c)
{
	struct pollfd fd = { .fd = c->fd, .events = POLLIN };

	return poll(&fd, 1, 0) == 1 && (fd.revents & POLLHUP);
}

/* Take the semaphore. Returns 0 or -errno. After a cancellation try once more, so that
 * callers who are interrupted again and again make progress. */
static int psemcall_take(const struct call *c)
{
	int r;

	if (c->at_once)
		return sem_trywait(c->sem) < 0 ? -errno : 0;
	while (!is_cancelled()) {
		if (c->for_ever)
			r = sem_wait(c->sem) < 0 ? -errno : 0;
		else
			r = ix_sem_wait_until(c->sem, &c->until);
		if (r != -EINTR)
			return r;
	}
	return is_orphan(c) || sem_trywait(c->sem) < 0 ? -EINTR : 0;
}

static bool psemcall_send(const struct call *c, const void *what, size_t size)
{
	ssize_t n;

	do
		n = send(c->fd, what, size, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)size;
}

/* Whether the parent has confirmed that it read the report. Only end of file proves that
 * it has not; a failing recv(2) does not, and posting a token that the parent holds would
 * duplicate the token. */
static bool psemcall_is_confirmed(const struct call *c)
{
	char byte;
	ssize_t n;

	for (int i = 0; i < 100; i++) {
		n = recv(c->fd, &byte, 1, 0);
		if (n >= 0)
			return n == 1;
		i -= errno == EINTR;
	}
	return false;
}

static void __attribute__((noreturn)) child(const struct call *c)
{
	bool reported;
	int r;

	psemcall_set_signals(&c->mask);
	(void)prctl(PR_SET_PDEATHSIG, CANCEL);
	(void)prctl(PR_SET_DUMPABLE, 0); /* no core dump when the child gets SIGBUS */
	if (is_orphan(c))
		_exit(0);
	r = !c->give ? psemcall_take(c) : sem_post(c->sem) < 0 ? -errno : 0;
	reported = psemcall_send(c, &r, sizeof(r));
	if (r == 0 && !c->give && !(reported && psemcall_is_confirmed(c)))
		(void)sem_post(c->sem);
	_exit(0);
}

/* ---- in the caller */

/*
 * Fork a child whose exit raises no signal and for which only we can wait (__WALL): the
 * program has children of its own. All arguments are 0, so that their order, which
 * differs between architectures, does not matter.
 */
static int psemcall_begin(struct call *c)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	c->fd = fds[1];
	c->pid = (pid_t)syscall(SYS_clone, 0L, 0L, 0L, 0L, 0L);
	if (c->pid == 0) {
		(void)close(fds[0]);
		child(c);
	}
	(void)close(fds[1]);
	c->fd = fds[0];
	if (c->pid > 0)
		return 0;
	(void)close(fds[0]);
	return -ESRCH;
}

/* Return what the child reports; -EIO if it ends without a report. */
static int listen_to(const struct call *c)
{
	struct pollfd fd = { .fd = c->fd, .events = POLLIN };
	const sigset_t *mask = &c->mask;
	int report;

	while (ppoll(&fd, 1, NULL, mask) < 0) {
		mask = NULL; /* after an interruption, block all signals until the child
				answers */
		(void)kill(c->pid, CANCEL);
		(void)kill(c->pid, SIGCONT);
	}
	if (recv(c->fd, &report, sizeof(report), 0) != sizeof(report))
		return -EIO;
	/* Unless we confirm, the child posts the token again; a child that has ended
	 * (EPIPE) cannot. */
	if (report == 0 && !c->give && !psemcall_send(c, "", 1) && errno != EPIPE &&
	    errno != ECONNRESET)
		return -errno;
	return report;
}

static int psemcall_finish(const struct call *c, int r)
{
	int status = 0;

	(void)close(c->fd);
	while (waitpid(c->pid, &status, __WALL) < 0 && errno == EINTR)
		;
	return r == -EIO && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS) ? -ECHILD
										 : r;
}

/* Start the child. If it is to post a token, retry for up to a second: the token should
 * not be kept merely because processes or descriptors are scarce at the moment. */
static int begin_surely(struct call *c)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	int r = psemcall_begin(c);

	for (int i = 0; r < 0 && c->give && i < 100; i++) {
		(void)nanosleep(&moment, NULL);
		r = psemcall_begin(c);
	}
	return r;
}

static int set_deadline(struct call *c, int64_t timeout)
{
	c->at_once = timeout == 0;
	c->for_ever = timeout < 0;
	if (timeout <= 0)
		return 0;
	if (clock_gettime(CLOCK_MONOTONIC, &c->until) < 0)
		return -errno;
	c->until.tv_sec += timeout / IX_SECOND;
	c->until.tv_nsec += timeout % IX_SECOND;
	c->until.tv_sec += c->until.tv_nsec / IX_SECOND;
	c->until.tv_nsec %= IX_SECOND;
	return 0;
}

int ix_psem_call(sem_t *sem, bool give, int64_t timeout)
{
	struct call c = { .sem = sem, .give = give };
	int r = set_deadline(&c, timeout);
	sigset_t all;

	if (r < 0)
		return r;
	/* Block all signals until the child is set up; the child inherits the mask. */
	(void)sigfillset(&all);
	r = -pthread_sigmask(SIG_BLOCK, &all, &c.mask);
	if (r == 0)
		r = begin_surely(&c);
	if (r == 0)
		r = psemcall_finish(&c, listen_to(&c));
	(void)pthread_sigmask(SIG_SETMASK, &c.mask, NULL);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a monitoring system gets from a plug-in, whatever happens: one line on standard
 * output and a status of 0 to 3. The check runs in a child, because a plug-in that is
 * killed, crashes, or hangs in a call that no signal interrupts, would end with another
 * status and say nothing; Nagios takes that for CRITICAL. Messages are kept, as stderr is
 * not read; the first one is the reason of UNKNOWN.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "exec/signals.h"
#include "monitor/check.h"

static struct {
	bool begun, answered;
} check_run;

void check_begin(void)
{
	check_run.begun = true;
	msg_hold();
	signals_outlive_reader();
}

void check_answered(void)
{
	check_run.answered = true;
}

static int check_unknown(const char *why)
{
	struct check_line l = { .starved = false };

	check_add(&l, CHECK_UNKNOWN, 0, "%s", why);
	(void)check_print(&l);
	if (!check_run.answered) /* without memory, too */
		out_text("IPC UNKNOWN - out of memory\n");
	check_answered();
	check_line_free(&l);
	return CHECK_UNKNOWN;
}

/* The guidelines want UNKNOWN for --help and --version, too: a service that is set up with
 * "-h HOST" by mistake must not be OK for ever. */
int check_end(int status)
{
	if (!check_run.begun)
		return status;
	if (!check_run.answered && status != EXIT_DONE)
		status = check_unknown(*msg_held() ? msg_held() : "failed");
	if (!check_run.answered || out_flush() < 0)
		return CHECK_UNKNOWN;
	return status;
}

/* ---- the parent of the check */

struct check_child {
	pid_t pid;
	int from; /* its line */
	char line[8192];
	size_t len;
	uint64_t until; /* nanoseconds of CLOCK_MONOTONIC; UINT64_MAX: for ever */
};

static uint64_t check_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* Wait until the child has written something, or ended. Returns false if time is up. */
static bool check_wait(const struct check_child *c)
{
	struct pollfd in = { .fd = c->from, .events = POLLIN };
	uint64_t now, left;

	for (;;) {
		now = check_now();
		left = c->until > now ? (c->until - now) / 1000000 + 1 : 0;
		if (c->until != UINT64_MAX && !left)
			return false;
		/* The child closes its end of the pipe at the latest when it ends. */
		if (poll(&in, 1, left > 3600000 ? 3600000 : (int)left) > 0)
			return true;
	}
}

/* Returns false if time is up. */
static bool check_read(struct check_child *c)
{
	ssize_t n;

	do {
		if (!check_wait(c))
			return false;
		n = read(c->from, c->line + c->len, sizeof(c->line) - c->len);
		c->len += n > 0 ? (size_t)n : 0;
	} while (n > 0 || (n < 0 && errno == EINTR));
	return true;
}

static int check_late(const struct check_child *c, uint64_t timeout)
{
	bool whole = timeout % 1000000000 == 0;
	char why[120];

	(void)kill(c->pid, SIGKILL); /* and do not wait: it may be in a call that hangs */
	(void)snprintf(why, sizeof(why), "no answer within %" PRIu64 " %s (--timeout)",
		       timeout / (whole ? 1000000000 : 1000000), whole ? "s" : "ms");
	return check_unknown(why);
}

/* Answer for the child. */
static int check_attend(struct check_child *c, uint64_t timeout)
{
	int status = 0, r;
	char why[120];

	if (!check_read(c))
		return check_late(c, timeout);
	do
		r = waitpid(c->pid, &status, 0);
	while (r < 0 && errno == EINTR);
	if (r > 0 && WIFEXITED(status) && WEXITSTATUS(status) < CHECK_STATES && c->len) {
		out_bytes(c->line, c->len);
		check_answered();
		return WEXITSTATUS(status);
	}
	if (r > 0 && WIFSIGNALED(status))
		(void)snprintf(why, sizeof(why), "the check was ended by signal %d (%s)",
			       WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		(void)snprintf(why, sizeof(why), "the check ended without an answer");
	return check_unknown(why);
}

/* In the child: who reads the caller's output to its end must not wait for a child that
 * hangs. */
static void check_let_go(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; null >= 0 && fd <= 2; fd++)
		(void)dup3(null, fd, 0);
	if (null > 2)
		(void)close(null);
}

bool check_guard(uint64_t timeout, int *ret_status)
{
	struct check_child c = { .len = 0 };
	pid_t parent = getpid();
	int ends[2];

	c.until = timeout ? check_now() + timeout : UINT64_MAX;
	if (c.until < timeout)
		c.until = UINT64_MAX;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		msg_error("cannot make a pipe: %s", strerror(errno));
		*ret_status = EXIT_FAILED;
		return false;
	}
	signals_await_children();
	c.pid = fork();
	if (c.pid == 0) {
		/* The monitoring system may kill the parent alone. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(CHECK_UNKNOWN);
		(void)close(ends[0]);
		check_let_go();
		out_start(ends[1], NULL);
		return true;
	}
	(void)close(ends[1]);
	c.from = ends[0];
	if (c.pid < 0) {
		msg_error("cannot make a process: %s", strerror(errno));
		*ret_status = EXIT_FAILED;
	} else {
		*ret_status = check_attend(&c, timeout);
	}
	(void)close(ends[0]);
	return false;
}

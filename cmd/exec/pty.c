/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives an untrusted command a terminal of its own: on our terminal the command could
 * inject input (ioctl_tty(2), TIOCSTI) and keep reading input. Three processes: ours,
 * which copies bytes and holds the real terminal (relay.c); a session leader on the new
 * one; and the command, in a process group that the leader can stop, continue and put
 * into the foreground, as a shell does with a job.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/util.h"
#include "exec/relay.h"
#include "exec/run.h"

/* ---- the leader */

struct leader {
	int talk, terminal;
	const struct signals *held;
	pid_t command;
	pid_t front; /* foreground group of the new terminal, to restore when we are in
			the foreground again */
};

/* While we are in the background, so is everything on the new terminal: the leader makes
 * its own group the foreground group there, and any other process that reads from the
 * terminal is stopped. */
static void set_front(struct leader *l, bool front)
{
	pid_t now = tcgetpgrp(l->terminal);

	if (!front && now != getpgrp()) {
		l->front = now;
		(void)tcsetpgrp(l->terminal, getpgrp());
	} else if (front && now == getpgrp() && tcsetpgrp(l->terminal, l->front) < 0) {
		(void)tcsetpgrp(l->terminal, l->command);
	}
}

/* Handle one message from the relay. Returns false if the relay is gone. */
static bool obey(struct leader *l)
{
	struct word w;

	if (read(l->talk, &w, sizeof(w)) != sizeof(w))
		return errno == EINTR;
	switch (w.what) {
	case FRONT:
		set_front(l, w.n);
		break;
	case GO_ON:
		if (w.n)
			(void)tcsetpgrp(l->terminal, l->command);
		(void)kill(-l->command, SIGCONT);
		break;
	case SIGNAL:
		(void)kill(l->command, w.n);
		break;
	case SIGNAL_ALL:
		(void)kill(-l->command, w.n);
		break;
	case ENDED:
	case STOPPED:
		break;
	}
	return true;
}

/* Report that the command was stopped. But if SIGTTIN or SIGTTOU stopped the command,
 * which is in the foreground by now, continue it. */
static void report_stop(const struct leader *l, int number)
{
	if ((number == SIGTTIN || number == SIGTTOU) &&
	    tcgetpgrp(l->terminal) == l->command)
		(void)kill(-l->command, SIGCONT);
	else
		(void)tell(l->talk, STOPPED, number);
}

/* Handle one signal. Returns whether the command has ended. When the terminal hangs up,
 * the kernel signals only the session leader, which is this process, so pass SIGHUP on;
 * any other signal sent to this process was meant for the command. */
static bool listen_to_signals(const struct leader *l, int *ret_status)
{
	struct signalfd_siginfo s;
	int status = 0;
	pid_t pid;

	if (!signals_next(l->held, &s))
		return false;
	if (s.ssi_signo != SIGCHLD) {
		if (s.ssi_code <= 0)
			(void)kill(l->command, (int)s.ssi_signo);
		else if (s.ssi_signo == SIGHUP && kill(-l->command, SIGHUP) == 0)
			(void)kill(-l->command, SIGCONT); /* the command may be stopped */
		return false;
	}
	pid = waitpid(l->command, &status, WNOHANG | WUNTRACED);
	if (pid == 0)
		return false;
	if (pid > 0 && WIFSTOPPED(status)) {
		report_stop(l, WSTOPSIG(status));
		return false;
	}
	*ret_status = status;
	return true;
}

/* Run until the command has ended and the relay has closed its end of the socket, which
 * means that the relay has read all output. The session leader must not exit earlier,
 * because the terminal vanishes with it. */
static void lead(struct leader *l)
{
	bool open = true, ended = false;
	int status = 0;

	while (!ended || open) {
		struct pollfd fds[] = {
			{ .fd = l->held->fd, .events = POLLIN },
			{ .fd = open ? l->talk : -1, .events = POLLIN },
		};

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		if (fds[1].revents)
			open = obey(l);
		if (fds[0].revents && !ended && listen_to_signals(l, &status)) {
			ended = true;
			(void)tell(l->talk, ENDED, status);
		}
	}
}

/* ---- starting it */

/* Replace each standard stream that is a terminal by the new terminal. */
static int take_terminal(int slave)
{
	if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
		return -errno;
	for (int fd = 0; fd <= 2; fd++)
		if (isatty(fd) && dup2(slave, fd) < 0)
			return -errno;
	return 0;
}

/* Returns 0 in the process that becomes the command, where only the standard streams
 * refer to the new terminal. */
static pid_t fork_command(struct relay *p, const struct leader *l)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)setpgid(0, 0);
	if (p->front)
		(void)tcsetpgrp(l->terminal, getpid());
	(void)close(l->talk);
	(void)close(l->terminal);
	(void)close(p->held.fd);
	signals_give_back(&p->held);
	return 0;
}

/* The leader. Returns only in the command. */
static void fork_behind(struct relay *p, int talk)
{
	int slave = ioctl(p->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct leader l = { .talk = talk, .terminal = slave, .held = &p->held };
	int r = slave < 0 ? -errno : take_terminal(slave);

	if (r == 0) {
		(void)close(p->in);
		(void)close(p->out);
		(void)close(p->master);
		signals_keep_front();
		l.command = l.front = fork_command(p, &l);
		r = l.command < 0 ? -errno : 0;
		if (l.command == 0)
			return;
	}
	if (r < 0) {
		msg_error("cannot give it a terminal: %s", strerror(-r));
		(void)tell(talk, ENDED, EXIT_FAILED << 8);
		_exit(EXIT_FAILED);
	}
	(void)setpgid(l.command, l.command);
	lead(&l);
	_exit(0);
}

/* ---- our side */

/* Open the first stream that is a terminal, or else the controlling terminal, which
 * programs may open as /dev/tty. */
static int our_terminal(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (isatty(fd))
			return relay_open(fd);
	return relay_open(-1);
}

static int open_relay(struct relay *p, int *ret_leader_end)
{
	struct termios now;
	int pair[2];

	p->out = isatty(1) ? relay_open(1) : isatty(2) ? relay_open(2) : p->in;
	p->master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (p->master < 0 || unlockpt(p->master) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	p->talk = pair[0];
	*ret_leader_end = pair[1];
	if (tcgetattr(p->in, &now) == 0)
		(void)tcsetattr(p->master, TCSANOW, &now);
	return signals_hold(&p->held);
}

/* A signal typed at the terminal would have reached our whole process group, so send this
 * signal to the whole group. */
static int end_like(const struct relay *p)
{
	if (WIFSIGNALED(p->status) && WTERMSIG(p->status) == p->typed)
		(void)kill(0, p->typed);
	return signals_end_like(p->status);
}

bool pty_fork(int *ret_status)
{
	struct relay p = { .in = our_terminal() };
	int talk = -1, r;
	pid_t leader;

	(void)out_flush(); /* flush before the fork, so that nothing is written twice */
	if (p.in < 0)
		return true;
	*ret_status = EXIT_FAILED;
	r = open_relay(&p, &talk);
	if (r < 0) {
		msg_error("cannot make a terminal: %s (--no-pty shares this one)",
			  strerror(-r));
		return false;
	}
	relay_begin(&p);
	leader = fork();
	if (leader == 0) {
		(void)close(p.talk);
		fork_behind(&p, talk);
		return true;
	}
	r = -errno;
	(void)close(talk);
	p.ended = leader < 0;
	relay_run(&p);
	(void)close(p.talk);
	if (leader < 0) {
		msg_error("cannot make a process: %s", strerror(-r));
		return false;
	}
	while (waitpid(leader, NULL, 0) < 0 && errno == EINTR)
		;
	signals_give_back(&p.held);
	*ret_status = end_like(&p);
	return false;
}

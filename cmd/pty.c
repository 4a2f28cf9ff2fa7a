/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A terminal of its own for a command that is not trusted with ours: what has our
 * terminal could type into it (ioctl_tty(2), TIOCSTI) and hear of it for ever. Three
 * processes: we, who pass bytes on and hold the real terminal; a session leader on the
 * new one; the command, in the foreground of that session, so that it can be stopped like
 * any job.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/util.h"
#include "run.h"
#include "signals.h"

/* What the session leader tells us, and we tell it. */
struct word {
	enum { ENDED, STOPPED, CONTINUE } what;
	int status; /* as waitpid(2) gives it */
};

struct relay {
	int master, talk, signals; /* the terminal; a socket to the leader; signalfd */
	int in, out;               /* our terminal, where it is one */
	struct termios before;
	bool raw;
	pid_t leader;
	bool in_open;
	int status;
	bool ended;
};

bool pty_wanted(void)
{
	return isatty(STDIN_FILENO) || isatty(1) || isatty(2);
}

/* ---- the other side */

static void tell(int talk, int what, int status)
{
	struct word w = { .what = what, .status = status };

	while (write(talk, &w, sizeof(w)) < 0 && errno == EINTR)
		;
}

/* Wait for the command; a stop is told, and the answer awaited. */
static void lead(int talk, pid_t command)
{
	struct word w;
	int status = 0;

	for (;;) {
		pid_t pid = waitpid(command, &status, WUNTRACED);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0 || !WIFSTOPPED(status))
			break;
		tell(talk, STOPPED, status);
		if (read(talk, &w, sizeof(w)) != sizeof(w))
			break;
		(void)tcsetpgrp(STDIN_FILENO, command);
		(void)kill(-command, SIGCONT);
	}
	tell(talk, ENDED, status);
}

/* The streams that are our terminal become the new one; others stay what they are. */
static int take_terminal(int slave)
{
	if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0) < 0)
		return -errno;
	for (int fd = 0; fd <= 2; fd++)
		if (isatty(fd) && dup2(slave, fd) < 0)
			return -errno;
	return 0;
}

static pid_t start_command(int terminal, const sigset_t *mask,
			   int (*start_it)(void *data), void *data)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)setpgid(0, 0);
	(void)signal(SIGTTOU, SIG_IGN);
	(void)tcsetpgrp(terminal, getpid());
	(void)signal(SIGTTOU, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	{
		int r = start_it(data);

		(void)out_flush();
		_exit(r);
	}
}

static void run_leader(const struct relay *p, int talk, const sigset_t *mask,
		       int (*start_it)(void *data), void *data)
{
	int slave = ioctl(p->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	pid_t command = -1;

	if (slave >= 0 && take_terminal(slave) == 0) {
		(void)close(p->master);
		(void)signal(SIGHUP, SIG_IGN); /* of our own end */
		(void)signal(SIGTTOU, SIG_IGN);
		command = start_command(slave, mask, start_it, data);
	}
	if (command > 0) {
		(void)setpgid(command, command);
		lead(talk, command);
		_exit(0);
	}
	msg_error("cannot give it a terminal: %s", strerror(errno));
	tell(talk, ENDED, EXIT_FAILED << 8);
	_exit(EXIT_FAILED);
}

/* ---- our side */

static void copy_size(const struct relay *p)
{
	struct winsize size;

	if (ioctl(p->in >= 0 ? p->in : p->out, TIOCGWINSZ, &size) == 0)
		(void)ioctl(p->master, TIOCSWINSZ, &size);
}

static void make_raw(struct relay *p)
{
	struct termios raw;

	if (p->in < 0 || tcgetattr(p->in, &p->before) < 0)
		return;
	raw = p->before;
	cfmakeraw(&raw);
	p->raw = tcsetattr(p->in, TCSADRAIN, &raw) == 0;
}

static void restore(struct relay *p)
{
	if (p->raw)
		(void)tcsetattr(p->in, TCSADRAIN, &p->before);
	p->raw = false;
}

static bool pass(int from, int to)
{
	char buf[4096];
	ssize_t n = read(from, buf, sizeof(buf)), at = 0;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	while (at < n) {
		ssize_t put = write(to, buf + at, (size_t)(n - at));

		if (put < 0 && errno != EINTR)
			return false;
		at += put > 0 ? put : 0;
	}
	return n > 0;
}

/* Stopped like any job; when the shell lets us go on, so does the command. */
static void stop(struct relay *p)
{
	restore(p);
	(void)raise(SIGSTOP);
	make_raw(p);
	copy_size(p);
	tell(p->talk, CONTINUE, 0);
}

static void hear(struct relay *p)
{
	struct word w;
	ssize_t n = read(p->talk, &w, sizeof(w));

	if (n < 0 && errno == EINTR)
		return;
	if (n == sizeof(w) && w.what == STOPPED) {
		stop(p);
		return;
	}
	p->status = n == sizeof(w) ? w.status : EXIT_FAILED << 8;
	p->ended = true;
}

/* Signals that somebody sends to us are meant for the command. */
static void handle_signal(struct relay *p)
{
	struct signalfd_siginfo s;
	pid_t group;

	if (read(p->signals, &s, sizeof(s)) != sizeof(s))
		return;
	if (s.ssi_signo == SIGWINCH) {
		copy_size(p);
		return;
	}
	if (ioctl(p->master, TIOCGPGRP, &group) == 0 && group > 0)
		(void)kill(-group, (int)s.ssi_signo);
}

static void serve(struct relay *p)
{
	while (!p->ended) {
		struct pollfd fds[] = {
			{ .fd = p->talk, .events = POLLIN },
			{ .fd = p->signals, .events = POLLIN },
			{ .fd = p->master, .events = POLLIN },
			{ .fd = p->in_open ? p->in : -1, .events = POLLIN },
		};

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			break;
		if (fds[2].revents & POLLIN)
			(void)pass(p->master, p->out);
		if (fds[3].revents && !pass(p->in, p->master))
			p->in_open = false;
		if (fds[1].revents)
			handle_signal(p);
		if (fds[0].revents && !(fds[2].revents & POLLIN))
			hear(p);
	}
}

/* What it wrote last. */
static void drain(struct relay *p)
{
	struct pollfd fd = { .fd = p->master, .events = POLLIN };

	while (poll(&fd, 1, 0) > 0 && (fd.revents & POLLIN) && pass(p->master, p->out))
		;
}

static int open_relay(struct relay *p, int *ret_leader_end, sigset_t *ret_mask)
{
	static const int ours[] = { SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT };
	sigset_t signals;
	int pair[2];

	p->in = isatty(STDIN_FILENO) ? STDIN_FILENO : -1;
	p->out = isatty(1) ? 1 : isatty(2) ? 2 : STDIN_FILENO;
	p->in_open = p->in >= 0;
	p->master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (p->master < 0 || unlockpt(p->master) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	(void)sigemptyset(&signals);
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		(void)sigaddset(&signals, ours[i]);
	(void)sigprocmask(SIG_BLOCK, &signals, ret_mask);
	p->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	p->talk = pair[0];
	*ret_leader_end = pair[1];
	return p->signals < 0 ? -errno : 0;
}

int pty_run(int (*start_it)(void *data), void *data)
{
	struct relay p = { .master = -1 };
	sigset_t mask;
	int talk = -1, r = open_relay(&p, &talk, &mask);

	if (r < 0) {
		msg_error("cannot make a terminal: %s (--no-pty shares this one)",
			  strerror(-r));
		return EXIT_FAILED;
	}
	if (p.in >= 0) {
		struct termios now;

		if (tcgetattr(p.in, &now) == 0)
			(void)tcsetattr(p.master, TCSANOW, &now);
	}
	copy_size(&p);
	p.leader = fork();
	if (p.leader == 0) {
		(void)close(p.talk);
		run_leader(&p, talk, &mask, start_it, data);
	}
	(void)close(talk);
	if (p.leader < 0) {
		msg_error("cannot make a process: %s", strerror(errno));
		return EXIT_FAILED;
	}
	make_raw(&p);
	serve(&p);
	drain(&p);
	restore(&p);
	while (waitpid(p.leader, NULL, 0) < 0 && errno == EINTR)
		;
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	return signals_end_like(p.status);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our side of a command's own terminal: copies bytes both ways, the window size and
 * signals, and decides when to read our terminal and make it raw. We do so only in the
 * foreground, and not before the command wants input: that is at the start if its
 * standard input is a terminal, otherwise when it first tries to read from a terminal.
 * Until then our terminal stays as it is: it echoes, translates line ends, and sends
 * signals to our whole pipeline.
 */
#include "exec/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/util.h"

/* More than the buffers of a pty hold: once the command has ended, any output beyond this
 * was written by another process. */
#define PTY_HOLDS ((size_t)128 << 10)

/* How often to check whether we are in the foreground: not every shell sends SIGCONT. */
#define LOOK_MSEC 500

bool tell(int talk, int what, int n)
{
	const struct word w = { .what = what, .n = n };
	ssize_t put;

	do
		put = send(talk, &w, sizeof(w), MSG_NOSIGNAL);
	while (put < 0 && errno == EINTR);
	return put == sizeof(w);
}

/* ---- our terminal */

/* Reopen the terminal: O_NONBLOCK on the existing open file description would affect
 * every process that shares it. If the terminal cannot be reopened, duplicate the
 * descriptor. */
int relay_open(int fd)
{
	char path[32] = "/dev/tty";
	int r;

	if (fd >= 0)
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (r < 0 && fd >= 0)
		r = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return r < 0 ? -errno : r;
}

/* Return whether we may use our terminal without being stopped: we are in its foreground,
 * or it is not our controlling terminal. */
static bool foreground(const struct relay *p)
{
	pid_t group = p->in < 0 ? 0 : tcgetpgrp(p->in);

	return group < 0 ? errno == ENOTTY : group == getpgrp();
}

static void copy_size(const struct relay *p)
{
	struct winsize size;

	if (ioctl(p->in, TIOCGWINSZ, &size) == 0)
		(void)ioctl(p->master, TIOCSWINSZ, &size);
}

/* Return whether a terminal has these flags of output processing; the command may have
 * cleared them on its own terminal. */
static bool has_output_flags(int fd, tcflag_t flags)
{
	struct termios t;

	return tcgetattr(fd, &t) == 0 && (t.c_oflag & flags) == flags;
}

static bool is_raw(const struct termios *t)
{
	return !(t->c_lflag & (ICANON | ECHO | ISIG));
}

/* Return whether a complete line or an end of input is waiting to be read: raw mode would
 * lose that input. */
static bool has_lines(const struct relay *p, const struct termios *now)
{
	struct pollfd fd = { .fd = p->in, .events = POLLIN };

	return (now->c_lflag & ICANON) && poll(&fd, 1, 0) > 0 && (fd.revents & POLLIN);
}

/* Make our terminal raw for input; leave output processing on if other processes write to
 * that terminal. If another process has made our terminal raw, leave the terminal alone,
 * and do not restore it later. */
static void make_raw(struct relay *p)
{
	struct termios now, raw;

	if (tcgetattr(p->in, &now) < 0 || (!p->raw && is_raw(&now)))
		return;
	if (!p->raw && has_lines(p, &now))
		return;
	if (!p->raw)
		p->before = now;
	raw = p->before;
	cfmakeraw(&raw);
	if (p->shared && has_output_flags(p->master, OPOST))
		raw.c_oflag = p->before.c_oflag;
	if (!is_raw(&now) || now.c_oflag != raw.c_oflag)
		p->raw = tcsetattr(p->in, TCSANOW, &raw) == 0;
}

/* In the background, leave the terminal to the foreground process. */
static void restore(struct relay *p)
{
	if (p->raw && foreground(p))
		(void)tcsetattr(p->in, TCSANOW, &p->before);
	p->raw = false;
}

static void relay_look(struct relay *p)
{
	bool front = p->asked && foreground(p);

	if (front)
		make_raw(p);
	else
		p->raw = false;
	if (front == p->front)
		return;
	p->front = front;
	copy_size(p);
	(void)tell(p->talk, FRONT, front);
}

/* Our terminal was hung up: close the command's terminal, so that the kernel signals its
 * processes. */
static void hang_up(struct relay *p)
{
	if (p->master >= 0)
		(void)close(p->master);
	p->master = p->in = p->out = -1;
	p->front = p->raw = false;
}

/* ---- bytes */

static bool is_empty(const struct flow *f)
{
	return f->at == f->end;
}

/* Returns false at the end of input. */
static bool relay_fill(struct flow *f, int fd)
{
	ssize_t n = read(fd, f->data,
			 sizeof(f->data) - 1); /* leaves one byte for read_keys() */

	f->at = 0;
	f->end = n > 0 ? (size_t)n : 0;
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static bool relay_drain(struct flow *f, int fd)
{
	ssize_t n = write(fd, f->data + f->at, f->end - f->at);

	f->at += n > 0 ? (size_t)n : 0;
	return n >= 0 || errno == EINTR || errno == EAGAIN;
}

/* Avoid translating line ends twice: if our terminal translates them, undo the
 * translation by the command's terminal. */
static void squeeze_line_ends(struct relay *p)
{
	struct flow *f = &p->text;
	size_t to = 0;

	if (!has_output_flags(p->out, OPOST | ONLCR) ||
	    !has_output_flags(p->master, OPOST | ONLCR))
		return;
	for (size_t i = 0; i < f->end; i++)
		if (f->data[i] != '\r' || i + 1 == f->end || f->data[i + 1] != '\n')
			f->data[to++] = f->data[i];
	f->end = to;
}

/* Remember which signal the command's terminal will generate for a typed key. */
static void note_signals(struct relay *p)
{
	struct termios t;

	if (tcgetattr(p->master, &t) < 0 || !(t.c_lflag & ISIG))
		return;
	for (size_t i = p->keys.at; i < p->keys.end; i++) {
		unsigned char c = (unsigned char)p->keys.data[i];

		if (c && c == t.c_cc[VINTR])
			p->typed = SIGINT;
		if (c && c == t.c_cc[VQUIT])
			p->typed = SIGQUIT;
	}
}

/* ---- the command and signals */

/*
 * The command was stopped: stop ourselves like any job, with the whole process group, and
 * continue the command when the shell continues us. An orphaned process group is never
 * continued, so it ignores all stop signals but SIGSTOP: then only the command stays
 * stopped.
 */
static void relay_stop(struct relay *p, int number)
{
	int ours = number == SIGSTOP ? SIGTSTP : number;
	bool stopped, reads = number == SIGTTIN || number == SIGTTOU;
	sigset_t pending;

	restore(p);
	signals_suffer(number == SIGSTOP ? getpid() : 0, ours);
	(void)sigpending(&pending);
	stopped = sigismember(&pending, SIGCONT) == 1;
	relay_look(p);
	copy_size(p);
	if (stopped || number != SIGSTOP)
		(void)tell(p->talk, GO_ON, p->front || (reads && !stopped));
}

static void relay_hear(struct relay *p)
{
	struct word w;
	ssize_t n = read(p->talk, &w, sizeof(w));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n == sizeof(w) && w.what == STOPPED) {
		bool waits = (w.n == SIGTTIN || w.n == SIGTTOU) && !p->front;

		if (!waits || !foreground(p)) {
			relay_stop(p, w.n);
			return;
		}
		p->asked = true;
		relay_look(p);
		(void)tell(p->talk, GO_ON, true);
		return;
	}
	p->status = n == sizeof(w) ? w.n : SIGKILL;
	p->ended = true;
}

/* Pass a signal on: to the command's process group if our terminal sent the signal to our
 * process group, otherwise to the command alone. */
static void handle_signal(struct relay *p)
{
	struct signalfd_siginfo s;
	bool kernel;

	if (!signals_next(&p->held, &s))
		return;
	kernel = s.ssi_code > 0;
	switch (s.ssi_signo) {
	case SIGWINCH:
		copy_size(p);
		return;
	case SIGCHLD:
	case SIGCONT: /* the loop calls relay_look() next */
	case SIGURG:
		return;
	default:
		break;
	}
	p->hurry = p->ended && s.ssi_signo != SIGTSTP;
	if (s.ssi_signo == SIGHUP && kernel)
		hang_up(p);
	else if (!p->ended)
		(void)tell(p->talk, kernel ? SIGNAL_ALL : SIGNAL, (int)s.ssi_signo);
}

/* ---- the loop */

/* Return whether all output has been written to our terminal, or can no longer be
 * written. */
static bool is_finished(const struct relay *p)
{
	struct pollfd fd = { .fd = p->master, .events = POLLIN };

	if (!p->ended)
		return false;
	if (p->hurry || p->master < 0 || p->out < 0)
		return true;
	return is_empty(&p->text) &&
	       (p->late > PTY_HOLDS || poll(&fd, 1, 0) <= 0 || !(fd.revents & POLLIN));
}

/* While our terminal is not raw, an end of input is a read of 0 bytes or an incomplete
 * line: translate it into the end-of-file character of the command's terminal. */
static void read_keys(struct relay *p)
{
	struct termios ours, its;
	bool lines = tcgetattr(p->in, &ours) == 0 && (ours.c_lflag & ICANON);
	struct flow *f = &p->keys;
	bool any = relay_fill(f, p->in);

	if (lines && (f->end ? f->data[f->end - 1] != '\n' : !any) &&
	    tcgetattr(p->master, &its) == 0)
		f->data[f->end++] = (char)its.c_cc[VEOF];
	note_signals(p);
}

static void move_keys(struct relay *p, const struct pollfd *in, const struct pollfd *to)
{
	if (in->revents & (POLLHUP | POLLERR)) {
		hang_up(p);
		return;
	}
	if (in->revents & POLLIN)
		read_keys(p);
	if ((to->revents & POLLOUT) && !relay_drain(&p->keys, p->master))
		p->keys.at = p->keys.end;
}

static void move_text(struct relay *p, const struct pollfd *from,
		      const struct pollfd *out)
{
	if (p->master >= 0 && is_empty(&p->text) &&
	    (from->revents & (POLLIN | POLLHUP))) {
		if (!relay_fill(&p->text, p->master)) {
			(void)close(p->master); /* no process has this terminal open */
			p->master = -1;
		}
		if (p->ended)
			p->late += p->text.end;
		squeeze_line_ends(p);
	}
	if (p->out >= 0 && out->revents && !relay_drain(&p->text, p->out))
		hang_up(p);
}

void relay_begin(struct relay *p)
{
	p->asked = isatty(STDIN_FILENO) == 1;
	p->shared = isatty(1) != 1;
	copy_size(p);
	relay_look(p);
}

void relay_run(struct relay *p)
{
	while (relay_look(p), !is_finished(p)) {
		bool keys = !is_empty(&p->keys), text = !is_empty(&p->text);
		bool waits = p->asked && !p->front && p->in >= 0;
		struct pollfd fds[] = {
			{ .fd = p->held.fd, .events = POLLIN },
			{ .fd = p->ended ? -1 : p->talk, .events = POLLIN },
			{ .fd = p->master,
			  .events = (text ? 0 : POLLIN) | (keys ? POLLOUT : 0) },
			{ .fd = p->in, .events = p->front && !keys ? POLLIN : 0 },
			{ .fd = text ? p->out : -1, .events = POLLOUT },
		};

		if (poll(fds, ARRAY_SIZE(fds), waits ? LOOK_MSEC : -1) < 0)
			continue;
		move_text(p, &fds[2], &fds[4]);
		move_keys(p, &fds[3], &fds[2]);
		if (fds[0].revents)
			handle_signal(p);
		if (fds[1].revents)
			relay_hear(p);
	}
	restore(p);
}

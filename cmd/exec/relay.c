/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our side of a command's own terminal: bytes both ways, the size, signals, and when our
 * terminal is ours to read and to make raw. That is only so in the foreground, and only
 * when the command wants keys: who has a terminal as standard input does, others when
 * they first try to read it. Until then our terminal works for us as it does for
 * everybody else: it echoes, makes line ends, and sends signals to our whole pipeline.
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

/* More than a pty holds: what comes after so much was not written by who has ended. */
#define PTY_HOLDS ((size_t)128 << 10)

/* How often we look whether we are in the foreground: not every shell tells. */
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

/* Opened once more: not to block is a property that others would share. Where it may not
 * be opened, we do with what we have. */
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

/* A terminal that does not control us has no foreground, and nobody is stopped by it. */
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

/* Whether a terminal processes output: the command may have told its own not to. */
static bool has_output_flags(int fd, tcflag_t flags)
{
	struct termios t;

	return tcgetattr(fd, &t) == 0 && (t.c_oflag & flags) == flags;
}

static bool is_raw(const struct termios *t)
{
	return !(t->c_lflag & (ICANON | ECHO | ISIG));
}

/* Whole lines wait there, or an end of input, which would be lost in raw mode. */
static bool has_lines(const struct relay *p, const struct termios *now)
{
	struct pollfd fd = { .fd = p->in, .events = POLLIN };

	return (now->c_lflag & ICANON) && poll(&fd, 1, 0) > 0 && (fd.revents & POLLIN);
}

/* Raw for keys; output stays what it was where others need line ends. Made raw by another
 * it is not ours to restore. */
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

/* Who has lost the foreground leaves the terminal to those who have it. */
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

/* The command's terminal goes as ours has gone: the kernel tells whom it concerns. */
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

/* False when nothing will come any more. */
static bool relay_fill(struct flow *f, int fd)
{
	ssize_t n = read(fd, f->data, sizeof(f->data) - 1); /* see read_keys() */

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

/* Line ends are made once: while our terminal makes them, those of the other go. */
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

/* Remember which signal the command's terminal will make of a key. */
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
 * Stopped like any job, and with the whole of it; when the shell lets us go on, so does
 * the command. Nobody would continue an orphaned process group, so nothing stops it but
 * SIGSTOP: then the command stands and we do not.
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

/* What is sent to us is meant for the command: to it alone, or to its group where our
 * terminal sent it to ours. */
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
	case SIGCONT: /* whoever waits looks */
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

/* All that it wrote is on our terminal, or never will be. */
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

/* From a terminal that is not raw yet we hear of an end of input as programs do. */
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
			(void)close(p->master); /* nobody has it open any more */
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

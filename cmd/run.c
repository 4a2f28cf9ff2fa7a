/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From ipcx to another program: which descriptors, capabilities and variables it gets,
 * and how its end becomes ours.
 */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cap.h"
#include "base/util.h"
#include "signals.h"

#define EXIT_CANNOT  126
#define EXIT_NO_SUCH 127

/* clang-format off */
const struct opt run_opts[] = {
	{ "env",       'e', LISTED(struct run_options, env),      .arg = "NAME=VALUE", .help = "a variable of its environment; may be repeated" },
	{ "keep-caps", 0,   TEXT(struct run_options, keep_caps), .arg = "LIST", .help = "keep only these capabilities: cap_net_raw,cap_chown, or none, or all" },
	{ "drop-caps", 0,   TEXT(struct run_options, drop_caps), .arg = "LIST", .help = "drop these capabilities" },
	{ "no-pty",    0,   FLAG(struct run_options, no_pty),    .help = "share the terminal instead of giving it one of its own" },
	{ .name = NULL },
};
/* clang-format on */

/* ---- what it inherits */

/* Nothing above the standard streams. */
static void close_rest(void)
{
	if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	for (int fd = 3, most = (int)sysconf(_SC_OPEN_MAX); fd < most; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static int lost_libcap(void)
{
	msg_error("capabilities: libcap is not installed");
	return EXIT_FAILED;
}

/* What is asked for, at most what is there; "all" is everything, whatever is there. */
static int read_caps(const struct run_options *o, uint64_t *ret_caps, bool *ret_all)
{
	uint64_t keep = IX_CAPS_ALL, drop = 0;
	int r = 0;

	if (o->keep_caps)
		r = ix_cap_parse(o->keep_caps, &keep);
	if (r == -EINVAL)
		return msg_usage("--keep-caps: '%s' is no list of capabilities",
				 o->keep_caps);
	*ret_all = o->keep_caps && keep == IX_CAPS_ALL;
	if (r == 0 && o->drop_caps)
		r = ix_cap_parse(o->drop_caps, &drop);
	if (r == -EINVAL)
		return msg_usage("--drop-caps: '%s' is no list of capabilities",
				 o->drop_caps);
	*ret_caps = keep & ~drop;
	return r == 0 ? 0 : lost_libcap();
}

/* The programs of a container get nothing of ours but the terminal's kind. */
static int set_environment(const struct run *run)
{
	static char path[] =
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	const char *term = secure_getenv("TERM");
	auto_free char *kept = term ? strdup(term) : NULL;

	if (run->foreign && (clearenv() != 0 || putenv(path) != 0 ||
			     (kept && setenv("TERM", kept, 1) != 0)))
		return -ENOMEM;
	for (size_t i = 0; i < run->options->env.n; i++) {
		auto_free char *name = strdup(run->options->env.all[i]);
		char *sign = name ? strchr(name, '=') : NULL;

		if (!sign)
			return -ENOMEM;
		*sign = '\0';
		if (setenv(name, sign + 1, 1) < 0)
			return -errno;
	}
	return 0;
}

static int check_environment(const struct run_options *o)
{
	for (size_t i = 0; i < o->env.n; i++)
		if (!strchr(o->env.all[i], '=') || o->env.all[i][0] == '=')
			return msg_usage("--env: '%s' is no NAME=VALUE", o->env.all[i]);
	return 0;
}

/* ---- becoming it */

static int cannot(const char *program, int error)
{
	msg_error("%s: cannot run: %s", program, strerror(error));
	return error == ENOENT ? EXIT_NO_SUCH : EXIT_CANNOT;
}

static int become(const struct run *run)
{
	const char *shell = run->foreign ? NULL : secure_getenv("SHELL");
	char path[PATH_MAX] = "/bin/sh", *alone[] = { path, NULL }, **argv = run->argv;

	if (!argv || !*argv) {
		argv = alone;
		if (shell && *shell == '/')
			(void)snprintf(path, sizeof(path), "%s", shell);
	}
	signals_finish();
	(void)execvp(argv[0], argv);
	signals_begin();
	return cannot(argv[0], errno);
}

int run_become(char **argv, bool alone)
{
	(void)out_flush();
	if (alone)
		close_rest();
	return become(&(struct run){ .argv = argv });
}

/* Why a file cannot be executed; 0: it seems to be. */
static int file_fault(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (!S_ISREG(st.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return EACCES;
	return 0;
}

/* As execvp(3) looks: where the first word has a slash, there; otherwise along PATH, and
 * a file that may not be executed counts when no other is found. */
int run_check(char *const *argv)
{
	const char *name = argv[0], *dirs = secure_getenv("PATH");
	int fault = ENOENT;
	char path[PATH_MAX];

	if (strchr(name, '/')) {
		fault = file_fault(name);
		return fault ? cannot(name, fault) : 0;
	}
	if (!dirs)
		dirs = "/bin:/usr/bin";
	for (bool more = *name; more;) {
		size_t len = strcspn(dirs, ":");
		int n = snprintf(path, sizeof(path), "%.*s%s%s", (int)len, dirs,
				 len ? "/" : "./", name);
		int r = n < (int)sizeof(path) ? file_fault(path) : ENAMETOOLONG;

		if (r == 0)
			return 0;
		if (r == EACCES)
			fault = r;
		more = dirs[len];
		dirs += len + 1;
	}
	return cannot(name, fault);
}

/*
 * Wait for the command, and be no obstacle: what somebody sends to us goes on to it (what
 * a terminal sends reaches both), and when it is stopped, so are we.
 */
static int attend(const struct signals *held, pid_t pid)
{
	struct signalfd_siginfo s;
	int status = 0;
	pid_t got;

	for (;;) {
		if (!signals_next(held, true, &s))
			continue;
		if (s.ssi_signo != SIGCHLD) {
			if (s.ssi_code <= 0 && s.ssi_pid != (uint32_t)pid)
				(void)kill(pid, (int)s.ssi_signo);
			continue;
		}
		got = waitpid(pid, &status, WNOHANG | WUNTRACED);
		if (got < 0 || (got > 0 && !WIFSTOPPED(status)))
			return status;
		if (got > 0) {
			signals_suffer(getpid(), WSTOPSIG(status));
			(void)kill(pid, SIGCONT);
		}
	}
}

int run_child(char **argv, bool alone, const struct signals *held, int *ret_status)
{
	pid_t pid;

	(void)out_flush();
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		signals_give_back(held);
		_exit(run_become(argv, alone));
	}
	*ret_status = attend(held, pid);
	return 0;
}

/* In the new PID namespace is only who is born there. */
static int in_child(const struct run *run)
{
	struct signals held;
	int r = signals_hold(&held);
	pid_t pid = r < 0 ? -1 : fork();

	if (pid == 0) {
		signals_give_back(&held);
		r = become(run);
		(void)out_flush();
		_exit(r);
	}
	if (pid < 0) {
		msg_error("cannot make a process: %s", strerror(r < 0 ? -r : errno));
		return EXIT_FAILED;
	}
	/* In a foreign root there is nothing to be tidied up, and much to be avoided. */
	_exit(signals_end_like(attend(&held, pid)));
}

struct start {
	struct app *app;
	const struct run *run;
	uint64_t caps;
	bool all;
};

/* After going, nothing is loaded any more: in a container's root it would be its library.
 */
static int start(void *data)
{
	const struct start *s = data;
	uint64_t caps = s->caps;
	int r = s->run->go(s->app, s->run->data);

	if (r)
		return r;
	if (s->run->most && !s->all)
		caps &= *s->run->most;
	if (caps != IX_CAPS_ALL) {
		r = ix_cap_keep(caps);
		if (r < 0) {
			msg_error("cannot drop capabilities: %s", strerror(-r));
			return EXIT_FAILED;
		}
	}
	if (set_environment(s->run) < 0) {
		msg_error("cannot set the environment");
		return EXIT_FAILED;
	}
	close_rest();
	return s->run->fork ? in_child(s->run) : become(s->run);
}

int run_command_there(struct app *app, const struct run *run)
{
	struct start s = { .app = app, .run = run };
	int r = check_environment(run->options);

	if (!r)
		r = read_caps(run->options, &s.caps, &s.all);
	if (!r && (run->most || s.caps != IX_CAPS_ALL) && ix_cap_has(0) < 0)
		r = lost_libcap(); /* now, while it would be ours: see start() */
	if (r)
		return r;
	(void)out_flush();
	if (!run->options->no_pty && pty_run(start, &s, &r))
		return r;
	return start(&s);
}

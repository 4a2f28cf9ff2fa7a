/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replaces ipcx by another program: decides which descriptors, capabilities and
 * environment that program gets, and returns the program's exit status as ours.
 */
#include "exec/run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/calls.h"
#include "base/cap.h"
#include "base/older.h"
#include "base/util.h"
#include "exec/env.h"
#include "exec/signals.h"

/* clang-format off */
const struct opt run_opts[] = {
	{ "env",       'e', LISTED(struct run_options, env),      .arg = "NAME=VALUE", .help = "set an environment variable; may be repeated" },
	{ "env-file",  0,   TEXT(struct run_options, env_file),  .arg = "FILE", .complete = COMPLETE_FILES, .help = "set the variables in this file: lines NAME=VALUE, or NAME for our value" },
	{ "keep-caps", 0,   TEXT(struct run_options, keep_caps), .arg = "LIST", .help = "keep only these capabilities: cap_net_raw,cap_chown, or none, or all" },
	{ "drop-caps", 0,   JOINED(struct run_options, drop_caps), .arg = "LIST", .help = "drop these capabilities; may be repeated" },
	{ "no-pty",    0,   FLAG(struct run_options, no_pty),    .help = "share our terminal instead of creating a new one" },
	{ .name = "" },
};
/* clang-format on */

/* ---- descriptors, capabilities, environment */

/*
 * Close all descriptors above the standard streams, both those that we opened and those
 * that we inherited. Close-on-exec is not enough: a process in a container's PID
 * namespace can be inspected before execve(2), and a directory descriptor leads to
 * everything above that directory.
 */
static void close_rest(struct app *app)
{
	ipcx_use(app->x, NULL);
	ipcx_ns_free(TAKE(app->ns));
	ipcx_free(TAKE(app->x));
	if (IX_CALL(SYS_close_range, 3U, ~0U, 0U) == 0)
		return;
	/* Linux before 5.9. This misses descriptors that were opened before RLIMIT_NOFILE
	 * was lowered below their numbers. */
	for (int fd = 3, most = (int)sysconf(_SC_OPEN_MAX); fd < most; fd++)
		(void)close(fd);
}

/* Parse both options. "all" means every capability, even beyond what run_limit()
 * allows. */
static int read_caps(struct run *run)
{
	const struct run_options *o = run->options;
	uint64_t keep = IX_CAPS_ALL, drop = 0;

	if (o->keep_caps && ix_cap_parse(run->lib, o->keep_caps, &keep) < 0)
		return msg_usage("--keep-caps: '%s' is not a list of capabilities",
				 o->keep_caps);
	if (o->drop_caps && ix_cap_parse(run->lib, o->drop_caps, &drop) < 0)
		return msg_usage("--drop-caps: '%s' is not a list of capabilities",
				 o->drop_caps);
	run->all = o->keep_caps && keep == IX_CAPS_ALL;
	run->caps = keep & ~drop;
	return 0;
}

/* Also wipe the memory of the environment, which /proc/PID/environ shows until
 * execve(2). */
static void wipe_environment(void)
{
	for (char **e = environ; e && *e; e++)
		explicit_bzero(*e, strlen(*e));
	(void)clearenv();
}

#define RUN_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * Programs of a container get that container's environment, and nothing of ours but TERM.
 * It stays out of our own environment, which is wiped.
 */
static int foreign_environment(const struct run *run, char ***ret_env)
{
	const char *term = secure_getenv("TERM");
	struct ix_buf own = { 0 };
	struct env_list lists[4] = { { RUN_PATH, sizeof(RUN_PATH) },
				     { run->environment, run->environment_len } };
	int r = 0;

	if (run->home && ix_buf_add(&own, "HOME=", 5) == 0)
		r = ix_buf_add(&own, run->home, strlen(run->home) + 1);
	if (r == 0 && term && (r = ix_buf_add(&own, "TERM=", 5)) == 0)
		r = ix_buf_add(&own, term, strlen(term) + 1);
	if (r < 0)
		return r;
	lists[2] = (struct env_list){ own.data, own.len };
	lists[3] = (struct env_list){ run->given->pool.data, run->given->pool.len };
	/* The array points into "own", which lives until execve(2). */
	*ret_env = env_array(lists, ARRAY_SIZE(lists));
	wipe_environment();
	return *ret_env ? 0 : -ENOMEM;
}

static int set_environment(const struct run *run)
{
	const struct ix_buf *given = &run->given->pool;

	for (size_t at = 0; at < given->len; at += strlen(given->data + at) + 1) {
		auto_free char *name = strdup(given->data + at);
		char *sign = name ? strchr(name, '=') : NULL;

		if (!sign)
			return -ENOMEM;
		*sign = '\0';
		if (setenv(name, sign + 1, 1) < 0)
			return -errno;
	}
	return 0;
}

/* ---- running it */

static int exec_run_cannot(const char *program, int error)
{
	msg_error("%s: cannot run: %s", program, strerror(error));
	return error == ENOENT ? EXIT_NO_PROGRAM : EXIT_CANNOT_RUN;
}

/* Like execvpe(3), which would search along our own PATH. */
static void exec_run_search(char **argv, char **env)
{
	const char *dirs = env_value(env, "PATH");
	int fault = ENOENT;
	char path[PATH_MAX];

	if (strchr(argv[0], '/') || !*argv[0]) {
		(void)execvpe(argv[0], argv, env);
		return;
	}
	for (bool more = dirs && *dirs; more;) {
		size_t len = strcspn(dirs, ":");
		int n = snprintf(path, sizeof(path), "%.*s%s%s", (int)len, dirs,
				 len ? "/" : "./", argv[0]);

		if (n < (int)sizeof(path))
			(void)execvpe(path, argv, env);
		if (errno == EACCES)
			fault = EACCES;
		else if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG)
			return;
		more = dirs[len];
		dirs += len + 1;
	}
	errno = fault;
}

static int exec_run_become(const struct run *run, char **env)
{
	const char *shell = run->foreign ? NULL : secure_getenv("SHELL");
	char path[PATH_MAX] = "/bin/sh", *alone[] = { path, NULL }, **argv = run->argv;

	if (!argv || !*argv) {
		argv = alone;
		if (shell && *shell == '/')
			(void)snprintf(path, sizeof(path), "%s", shell);
	}
	signals_finish();
	if (env)
		exec_run_search(argv, env);
	else
		(void)execvp(argv[0], argv);
	signals_begin();
	return exec_run_cannot(argv[0], errno);
}

int run_become(struct app *app, char **argv, bool alone)
{
	(void)out_flush();
	if (alone)
		close_rest(app);
	return exec_run_become(&(struct run){ .argv = argv }, NULL);
}

/* Return an errno if a file cannot be executed; 0 if it probably can. */
static int file_fault(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (!S_ISREG(st.st_mode) || ix_access(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return EACCES;
	return 0;
}

/* Search like execvp(3): a name with a slash is a path; otherwise along PATH, where
 * EACCES is reported only if no other file is found. */
int run_check(char *const *argv)
{
	const char *name = argv[0], *dirs = secure_getenv("PATH");
	int fault = ENOENT;
	char path[PATH_MAX];

	if (strchr(name, '/')) {
		fault = file_fault(name);
		return fault ? exec_run_cannot(name, fault) : 0;
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
	return exec_run_cannot(name, fault);
}

/*
 * Wait for the command. Pass on signals that a process sent to us (signals from the
 * terminal reach the command, too), and stop when the command is stopped.
 */
static int exec_run_attend(const struct signals *held, pid_t pid)
{
	int status = 0;
	siginfo_t s;
	pid_t got;

	for (;;) {
		if (!signals_wait(held, &s))
			continue;
		if (s.si_signo != SIGCHLD) {
			if (s.si_code <= 0 && s.si_pid != pid)
				(void)kill(pid, s.si_signo);
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

int run_child(struct app *app, char **argv, bool alone, const struct signals *held,
	      int *ret_status)
{
	pid_t pid;

	(void)out_flush();
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		signals_give_back(held);
		_exit(run_become(app, argv, alone));
	}
	*ret_status = exec_run_attend(held, pid);
	return 0;
}

/* Only children are in the new PID namespace, not the process that entered the
 * namespace. */
static int in_child(const struct run *run, char **env)
{
	struct signals held;
	pid_t pid;
	int r;

	signals_block(&held);
	pid = fork();
	if (pid == 0) {
		signals_give_back(&held);
		r = exec_run_become(run, env);
		(void)out_flush();
		_exit(r);
	}
	if (pid < 0) {
		msg_error("cannot make a process: %s", strerror(errno));
		return EXIT_FAILED;
	}
	/* After the root directory was changed, do not run exit handlers. */
	_exit(signals_end_like(exec_run_attend(&held, pid)));
}

/* ---- preparing and running */

int run_prepare(const struct run_options *options, bool bounded, struct run *ret_run)
{
	struct run run = { .options = options, .caps = IX_CAPS_ALL };
	int r;

	run.given = calloc(1, sizeof(*run.given));
	if (!run.given) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	/* Ask now what a filter kills for, and remember it: a child that asked in
	 * close_rest() would be in the container, with our descriptors. */
	(void)ix_call_possible(SYS_close_range);
	r = env_read(run.given, options->env_file, &options->env);
	/* Load libcap before entering: after entering, the container's copy would be
	 * loaded or, if it has none, the capabilities could not be dropped. */
	if (!r && (bounded || options->keep_caps || options->drop_caps)) {
		r = ix_cap_load(&run.lib);
		if (r < 0) {
			msg_error("capabilities: libcap %s",
				  r == -ENOPKG ? "is not installed"
					       : "cannot be loaded: out of memory");
			r = EXIT_FAILED;
		} else {
			r = read_caps(&run);
		}
	}
	if (r)
		run_free(&run);
	else
		*ret_run = run;
	return r;
}

void run_free(struct run *run)
{
	free(run->lib);
	if (run->given)
		ix_buf_free(&run->given->pool);
	free(run->given);
}

void run_limit(struct run *run, uint64_t most)
{
	if (!run->all)
		run->caps &= most;
}

/*
 * Become another user. The bounding set is reduced before, which needs a capability, and
 * all others are dropped after it: a program of root there could regain them by a
 * set-user-ID bit only as far as the bounding set goes.
 */
static int run_become_user(struct app *app, const struct run *run)
{
	int r = run->caps == IX_CAPS_ALL ? 0 : ix_cap_bound(run->lib, run->caps);

	if (r == 0) {
		r = ipcx_ns_become(app->x, app->ns, run->uid, run->gid);
		if (r < 0)
			return app_failed(app, r);
		r = run->uid ? ix_cap_clear(run->lib) : 0;
	}
	if (r == 0 && !run->uid && run->caps != IX_CAPS_ALL)
		r = ix_cap_keep(run->lib, run->caps);
	if (r == 0)
		return 0;
	msg_error("cannot drop capabilities: %s", strerror(-r));
	return EXIT_FAILED;
}

static int run_drop_caps(const struct run *run)
{
	int r = run->caps == IX_CAPS_ALL ? 0 : ix_cap_keep(run->lib, run->caps);

	if (r == 0)
		return 0;
	msg_error("cannot drop capabilities: %s", strerror(-r));
	return EXIT_FAILED;
}

/* Change to a directory, with the rights of the command. It must be below the root: a
 * link of /proc may lead elsewhere. */
static int run_change_dir(const struct run *run)
{
	char cwd[PATH_MAX];

	if (!run->cwd)
		return 0;
	if (chdir(run->cwd) == 0 && getcwd(cwd, sizeof(cwd)) && cwd[0] == '/')
		return 0;
	msg_error("%s: cannot change to this directory: %s", run->cwd,
		  strerror(errno ? errno : ENOENT));
	return EXIT_FAILED;
}

/* Fail after the root directory was changed: run no exit handlers. */
static int run_failed(const struct run *run, int r)
{
	if (!run->foreign)
		return r;
	(void)out_flush();
	_exit(r);
}

int run_there(struct app *app, const struct run *run)
{
	char **env = NULL;
	int r = run->become ? run_become_user(app, run) : run_drop_caps(run);

	if (!r) {
		errno = 0;
		r = run_change_dir(run);
	}
	if (r)
		return run_failed(run, r);
	if ((run->foreign ? foreign_environment(run, &env) : set_environment(run)) < 0) {
		msg_error("cannot set the environment");
		return run_failed(run, EXIT_FAILED);
	}
	close_rest(app);
	return run->fork ? in_child(run, env) : exec_run_become(run, env);
}

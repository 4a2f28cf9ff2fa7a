/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inside PID MARK PROGRAM COMMAND…: run a command, and stop it and all its children at
 * each of their system calls. At each stop a root process in the namespaces of PID
 * inspects every visible process that was not there at the start: whether its root and
 * current directory belong to this container; whether it has a descriptor above 2 while
 * it still runs PROGRAM; whether the file MARK, which is outside of the container, can be
 * reached through it; and whether its environment contains "SECRET=".
 *
 * Exits with the command's status. On stderr: a line "leak: …" for each finding, and at
 * the end "stops N seen M": the number of stops, and at how many of them there was a
 * new process.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLLOW                                                            \
	(PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
	 PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD)

#define FDS 128

struct answer {
	int seen;
	char text[400];
};

static const char *mark;
static struct stat program;

static void die(const char *what)
{
	perror(what);
	_exit(99);
}

/* ---- in the container */

static char known[1 << 22];
static struct answer a;

static void leak(const char *fmt, ...)
{
	va_list args;

	if (a.text[0])
		return;
	va_start(args, fmt);
	vsnprintf(a.text, sizeof(a.text), fmt, args);
	va_end(args);
}

static int is_dir(const char *path, const char *ours)
{
	struct stat dir, st;

	if (stat(ours, &dir))
		die("stat");
	return stat(path, &st) || (st.st_dev == dir.st_dev && st.st_ino == dir.st_ino);
}

static void try_path(int pid, const char *middle)
{
	char path[700];

	snprintf(path, sizeof(path), "/proc/%d/%s%s", pid, middle, mark);
	if (access(path, F_OK) == 0)
		leak("%s is there", path);
}

/* Does the process still run PROGRAM? Descriptors that another program opened do not
 * matter. */
static int is_program(int pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return stat(path, &st) ||
	       (st.st_dev == program.st_dev && st.st_ino == program.st_ino);
}

/* Try to reach the mark through a descriptor: below it, above it, and through a /proc
 * beside it. */
static void follow_fd(int pid, int fd)
{
	char middle[64];

	snprintf(middle, sizeof(middle), "fd/%d", fd);
	try_path(pid, middle);
	snprintf(middle, sizeof(middle), "fd/%d/../1/root", fd);
	try_path(pid, middle);
	snprintf(middle, sizeof(middle), "fd/%d/../../../../../..", fd);
	try_path(pid, middle);
}

static void look_at_fd(int pid, int fd)
{
	char path[64], link[300] = "";

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	if (readlink(path, link, sizeof(link) - 1) >= 0 && fd > 2 && is_program(pid))
		leak("descriptor %d is open: %s", fd, link);
}

static void look_at_environment(int pid)
{
	char path[64], text[65536];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text));
	if (n > 0 && memmem(text, (size_t)n, "SECRET=", 7))
		leak("the environment is shown");
	if (fd >= 0)
		close(fd);
}

static void look_at(int pid)
{
	char path[64];

	a.seen++;
	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	if (!is_dir(path, "/"))
		leak("its root is another one");
	snprintf(path, sizeof(path), "/proc/%d/cwd", pid);
	/* "/usr" of the container is what the tests of --cwd ask for. */
	if (!is_dir(path, "/") && !is_dir(path, "/usr"))
		leak("its current directory is another one");
	try_path(pid, "root");
	try_path(pid, "cwd");
	for (int fd = 0; fd < FDS; fd++)
		follow_fd(pid, fd);
	for (int fd = 0; fd < FDS; fd++)
		look_at_fd(pid, fd);
	look_at_environment(pid);
}

static void look(int first)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;

	if (!dir)
		die("/proc");
	while ((d = readdir(dir))) {
		int pid = atoi(d->d_name);

		if (pid <= 0 || pid >= (int)sizeof(known))
			continue;
		if (first)
			known[pid] = 1;
		else if (!known[pid])
			look_at(pid);
	}
	closedir(dir);
}

static int open_ns(const char *pid, const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

static void enter(int fd, int type)
{
	if (setns(fd, type) && errno != EINVAL)
		die("setns");
}

/* Inspect a process as the container's root. */
static void inspect(const char *pid, int talk)
{
	int user = open_ns(pid, "ns/user"), mnt = open_ns(pid, "ns/mnt"),
	    pids = open_ns(pid, "ns/pid"), root = open_ns(pid, "root");
	struct stat theirs, ours;
	char c;

	if (fstat(user, &theirs) || stat("/proc/self/ns/user", &ours))
		die("user namespace");
	enter(pids, CLONE_NEWPID);
	if (theirs.st_ino != ours.st_ino)
		enter(user, CLONE_NEWUSER);
	enter(mnt, CLONE_NEWNS);
	if (fchdir(root) || chroot(".") || chdir("/"))
		die("chroot");
	if (theirs.st_ino != ours.st_ino && (setresgid(0, 0, 0) || setresuid(0, 0, 0)))
		die("become root there");
	if (fork() != 0) {
		wait(NULL);
		_exit(0);
	}
	look(1);
	if (access(mark, F_OK) == 0)
		die("the mark is visible");
	if (write(talk, "x", 1) != 1)
		die("ready");
	while (read(talk, &c, 1) == 1) {
		memset(&a, 0, sizeof(a));
		look(0);
		if (write(talk, &a, sizeof(a)) != sizeof(a))
			break;
	}
	_exit(0);
}

/* ---- outside */

static int talk, stops, seen;
static char last[400];

static void ask(void)
{
	struct answer got;

	stops++;
	if (write(talk, "x", 1) != 1 || read(talk, &got, sizeof(got)) != sizeof(got))
		die("the inspecting process has exited");
	seen += got.seen > 0;
	if (got.text[0] && strcmp(got.text, last)) {
		fprintf(stderr, "leak: %s\n", got.text);
		memcpy(last, got.text, sizeof(last));
	}
}

static pid_t run(char **argv)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		close(talk);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execv(argv[0], argv);
		die(argv[0]);
	}
	if (waitpid(pid, NULL, 0) != pid || ptrace(PTRACE_SETOPTIONS, pid, NULL, FOLLOW))
		die("ptrace");
	return pid;
}

int main(int argc, char **argv)
{
	int pair[2], status, result = 99;
	pid_t child, pid;
	char c;

	if (argc < 5 || stat(argv[3], &program) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return 99;
	mark = argv[2];
	if (fork() == 0) {
		close(pair[0]);
		inspect(argv[1], pair[1]);
	}
	close(pair[1]);
	talk = pair[0];
	if (read(talk, &c, 1) != 1)
		return 99;
	child = run(argv + 4);
	ptrace(PTRACE_SYSCALL, child, NULL, NULL);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		long deliver = 0;

		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (pid == child) {
				result = WIFEXITED(status) ? WEXITSTATUS(status)
							   : 128 + WTERMSIG(status);
				break;
			}
			continue;
		}
		ask();
		if (WSTOPSIG(status) != (SIGTRAP | 0x80) && WSTOPSIG(status) != SIGTRAP &&
		    WSTOPSIG(status) != SIGSTOP)
			deliver = WSTOPSIG(status);
		ptrace(PTRACE_SYSCALL, pid, NULL, deliver);
	}
	fprintf(stderr, "stops %d seen %d\n", stops, seen);
	return result;
}

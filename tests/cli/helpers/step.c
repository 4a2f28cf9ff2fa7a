/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * step N keep|end|reuse|move COMMAND…: run a command in which "@" stands for a process
 * with its own namespaces. Before the command's system call number N, "end" makes that
 * process exit; "reuse" also gives its PID at once to another process in other
 * namespaces; "move" makes it move to other namespaces. In each set of namespaces a
 * number, 1 or 2, is the size of the segment with key 0x1 and the text of /dev/shm/who.
 * Exits with the command's status, after a last line on stderr: "steps N", the number
 * of system calls made.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLLOW                                                            \
	(PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
	 PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD)

static void die(const char *what)
{
	perror(what);
	_exit(99);
}

static int heard = -1; /* what the target reports, once in each set of namespaces */

static void settle(int who, int ready)
{
	sigset_t moves;
	int signo;
	FILE *f;

	sigemptyset(&moves);
	sigaddset(&moves, SIGUSR1);
	sigprocmask(SIG_BLOCK, &moves, NULL);

	char net[64] = "";

	if (unshare(CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWNET) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/dev/shm", "tmpfs", 0, NULL) ||
	    shmget(1, (size_t)who * 4096, IPC_CREAT | 0600) < 0)
		die("settle");
	if (readlink("/proc/thread-self/ns/net", net, sizeof(net) - 1) < 0 ||
	    symlink(net, "/dev/shm/net") < 0)
		die("net");
	f = fopen("/dev/shm/who", "w");
	if (!f || fprintf(f, "%d\n", who) < 0 || fclose(f))
		die("who");
	if (write(ready, "x", 1) != 1)
		die("ready");
	sigwait(&moves, &signo);
	settle(who + 1, ready);
}

/* Start a process with its own namespaces; unless want is 0, its PID is want. */
static pid_t start(int who, pid_t want)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	int ready[2];
	pid_t pid;
	char c;

	if (want) {
		args.set_tid = (uintptr_t)&want;
		args.set_tid_size = 1;
	}
	if (pipe2(ready, O_CLOEXEC))
		die("pipe");
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		die("clone3");
	if (pid == 0)
		settle(who, ready[1]);
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		_exit(99);
	heard = ready[0];
	return pid;
}

static pid_t run(char **argv, pid_t target)
{
	char number[16];
	pid_t pid;

	snprintf(number, sizeof(number), "%d", target);
	for (char **word = argv; *word; word++)
		if (!strcmp(*word, "@"))
			*word = number;
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execv(argv[0], argv);
		die(argv[0]);
	}
	if (waitpid(pid, NULL, 0) != pid || ptrace(PTRACE_SETOPTIONS, pid, NULL, FOLLOW))
		die("ptrace");
	return pid;
}

static pid_t strike(const char *how, pid_t target)
{
	if (!strcmp(how, "keep"))
		return target;
	if (!strcmp(how, "move")) {
		char c;

		kill(target, SIGUSR1);
		return read(heard, &c, 1) == 1 ? target : 0;
	}
	kill(target, SIGKILL);
	waitpid(target, NULL, 0);
	return strcmp(how, "reuse") ? 0 : start(2, target);
}

int main(int argc, char **argv)
{
	long at = argc > 3 ? strtol(argv[1], NULL, 10) : 0, steps = 0;
	pid_t target, child, pid;
	int status = 0, result = 99;

	if (argc < 4)
		return 99;
	target = start(1, 0);
	child = run(argv + 3, target);
	pid = child;
	ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
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
		/* The command stops at both the entry and the exit of a call; a stop
		 * does not show which of the two it is. */
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			if (++steps == at)
				target = strike(argv[2], target);
		} else if (WSTOPSIG(status) != SIGTRAP && WSTOPSIG(status) != SIGSTOP) {
			deliver = WSTOPSIG(status);
		}
		ptrace(PTRACE_SYSCALL, pid, NULL, deliver);
	}
	if (target > 0) {
		kill(target, SIGKILL);
		waitpid(target, NULL, 0);
	}
	fprintf(stderr, "steps %ld\n", steps);
	return result;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * failcall OUT ERR IN SECONDS COMMAND [WORD...]
 *
 * Run a command again and again, each time with one of its system calls failing. This is
 * done with ptrace(2), which the program does not notice and which needs no filter. Each
 * line of standard
 * input is a run:
 *
 *   trace                   no call fails; prints "call TASK NR" for each of them
 *   fail TASK NR NTH ERRNO  the NTH call NR of this process or thread fails
 *   none                    no call fails
 *
 * The answer is "end STATUS HIT UNTOLD": how the command ended (minus the signal; "hang"
 * if it did not end within SECONDS), whether the call was reached (HIT), and whether the
 * call was a write to standard error (UNTOLD). Standard output and error of the command
 * go to OUT and ERR,
 * standard input comes from IN.
 *
 * Calls are counted from fcntl(0, F_GETFD) on, the first call of main(). Each process and
 * thread has its own counts; TASK is its number in the order of creation. Calls of
 * executed programs are not counted.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS 1024
#define TASKS 512

struct task {
	pid_t pid;
	int known;   /* its creator's event has arrived */
	int held;    /* stopped until then */
	int foreign; /* the task has executed another program */
	int error;   /* the current call fails with this errno */
	unsigned count[CALLS];
};

static struct task *tasks[TASKS];
static int ntasks, started, tracing, hit, untold;
static long want[4];
static volatile sig_atomic_t late;

static void too_late(int n)
{
	(void)n;
	late = 1;
}

static struct task *task_of(pid_t pid)
{
	for (int i = ntasks; i-- > 0;)
		if (tasks[i]->pid == pid)
			return tasks[i];
	if (ntasks == TASKS)
		exit(3);
	tasks[ntasks] = calloc(1, sizeof(struct task));
	tasks[ntasks]->pid = pid;
	return tasks[ntasks++];
}

static int number_of(const struct task *t)
{
	for (int i = 0; i < ntasks; i++)
		if (tasks[i] == t)
			return i;
	return -1;
}

static void go_on(pid_t pid, int sig)
{
	(void)ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)sig);
}

/* Cancel the call that is just beginning: no call is made instead. */
static void drop_call(pid_t pid)
{
#if defined(__x86_64__)
	(void)ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, orig_rax),
		     -1L);
#else
	int none = -1;
	struct iovec v = { &none, sizeof(none) };

	(void)ptrace(PTRACE_SETREGSET, pid, (void *)NT_ARM_SYSTEM_CALL, &v);
#endif
}

static void answer_call(pid_t pid, int error)
{
#if defined(__x86_64__)
	(void)ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax),
		     (long)-error);
#else
	struct user_regs_struct regs;
	struct iovec v = { &regs, sizeof(regs) };

	(void)ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &v);
	regs.regs[0] = (unsigned long)-error;
	(void)ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &v);
#endif
}

static void begins(struct task *t, const struct __ptrace_syscall_info *info)
{
	unsigned long nr = info->entry.nr;
	int n = number_of(t);

	if (!started)
		started = nr == SYS_fcntl && info->entry.args[0] == 0 &&
			  info->entry.args[1] == F_GETFD;
	else if (!t->foreign && nr < CALLS) {
		t->count[nr]++;
		if (tracing)
			printf("call %d %lu\n", n, nr);
		else if (n == want[0] && nr == (unsigned long)want[1] &&
			 t->count[nr] == want[2]) {
			t->error = (int)want[3];
			hit = 1;
			untold = nr == SYS_write && info->entry.args[0] == 2;
			drop_call(t->pid);
		}
	}
}

static void at_call(struct task *t)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		begins(t, &info);
	else if (t->error) {
		answer_call(t->pid, t->error);
		t->error = 0;
	}
}

/* A task was created; its first stop may arrive before its creator's event. */
static void made(const struct task *maker)
{
	unsigned long pid = 0;
	struct task *t;

	(void)ptrace(PTRACE_GETEVENTMSG, maker->pid, NULL, &pid);
	t = task_of((pid_t)pid);
	t->known = 1;
	t->foreign = maker->foreign;
	if (t->held)
		go_on(t->pid, 0);
	t->held = 0;
}

static void became(pid_t pid)
{
	unsigned long former = (unsigned long)pid;

	(void)ptrace(PTRACE_GETEVENTMSG, pid, NULL, &former);
	if ((pid_t)former != pid)
		task_of((pid_t)former)->pid = -1;
	task_of(pid)->foreign = 1;
}

static void stopped(struct task *t, int status, int *running)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (sig == (SIGTRAP | 0x80)) {
		at_call(t);
		sig = 0;
	} else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
		   event == PTRACE_EVENT_CLONE) {
		made(t);
		sig = 0;
	} else if (event == PTRACE_EVENT_EXEC) {
		if ((*running)++)
			became(t->pid);
		sig = 0;
	} else if (!t->known && sig == SIGSTOP) {
		t->held = 1;
		return;
	} else if (t->known == 1 && sig == SIGSTOP)
		sig = 0;
	t->known = 2;
	go_on(t->pid, sig);
}

static void end_all(void)
{
	for (int i = 0; i < ntasks; i++)
		if (tasks[i]->pid > 0)
			(void)kill(tasks[i]->pid, SIGKILL);
}

static void open_as(int fd, const char *path, int flags)
{
	int from = open(path, flags, 0600);

	if (from < 0 || dup2(from, fd) < 0)
		_exit(126);
	if (from != fd)
		(void)close(from);
}

static pid_t begin(char **argv)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct rlimit none = { 0, 0 };

		(void)setrlimit(RLIMIT_CORE, &none);
		(void)setpgid(0, 0);
		open_as(0, argv[3], O_RDONLY);
		open_as(1, argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
		open_as(2, argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
		(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		(void)raise(SIGSTOP);
		execv(argv[5], argv + 5);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		exit(3);
	(void)ptrace(PTRACE_SETOPTIONS, pid, NULL,
		     PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
			     PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC |
			     PTRACE_O_EXITKILL);
	task_of(pid)->known = 2;
	go_on(pid, 0);
	return pid;
}

static void run(char **argv)
{
	struct itimerval limit = { .it_value.tv_sec = atol(argv[4]) };
	pid_t leader = begin(argv), pid;
	int status, running = 0, result = 0;

	(void)setitimer(ITIMER_REAL, &limit, NULL);
	for (;;) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno == EINTR) {
			end_all();
			continue;
		}
		if (pid < 0)
			break;
		if (WIFSTOPPED(status))
			stopped(task_of(pid), status, &running);
		else {
			if (pid == leader)
				result = WIFEXITED(status) ? WEXITSTATUS(status)
							   : -WTERMSIG(status);
			task_of(pid)->pid = -1;
		}
	}
	(void)setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	if (late)
		printf("end hang %d %d\n", hit, untold);
	else
		printf("end %d %d %d\n", result, hit, untold);
	(void)fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = too_late };
	char line[128];

	if (argc < 6)
		return 2;
	(void)sigaction(SIGALRM, &act, NULL);
	while (fgets(line, sizeof(line), stdin)) {
		for (int i = 0; i < ntasks; i++)
			free(tasks[i]);
		ntasks = started = hit = untold = 0;
		late = 0;
		tracing = !strncmp(line, "trace", 5);
		want[0] = -1;
		if (!strncmp(line, "fail", 4))
			(void)sscanf(line, "fail %ld %ld %ld %ld", &want[0], &want[1],
				     &want[2], &want[3]);
		run(argv);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/calls.c, in child processes with filters of their own: which calls a filter kills
 * for is found out without dying of it. */
#include "base/calls.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/statx.h"
#include "base/util.h"
#include "unit.h"

/* Let a filter answer a call in this way from now on. */
static int forbid(long call, unsigned answer)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { ARRAY_SIZE(code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

/* Run a function in a child with such a filter; returns its result, or 77 if there can be
 * no filter here. */
static int under(long call, unsigned answer, int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(forbid(call, answer) < 0 ? 77 : fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("no filter of system calls can be set here\n");
		skip();
	}
	return WEXITSTATUS(status);
}

static int ask_twice(void)
{
	return ix_call_possible(SYS_statx) + 2 * ix_call_possible(SYS_statx) +
	       4 * ix_call_possible(SYS_openat2);
}

static void a_deadly_call_is_found_out(void **state)
{
	(void)state;
	assert_int_equal(under(SYS_statx, SECCOMP_RET_KILL_PROCESS, ask_twice), 4);
}

static void a_failing_call_is_possible(void **state)
{
	(void)state;
	assert_int_equal(under(SYS_statx, SECCOMP_RET_ERRNO | EPERM, ask_twice), 7);
}

static int stat_root(void)
{
	struct statx st;

	return ix_statx(AT_FDCWD, "/", 0, STATX_BASIC_STATS, &st) == 0 &&
			       S_ISDIR(st.stx_mode)
		       ? 0
		       : 1;
}

static void files_are_seen_without_statx(void **state)
{
	(void)state;
	assert_int_equal(under(SYS_statx, SECCOMP_RET_ERRNO | ENOSYS, stat_root), 0);
	if (sizeof(long) < sizeof(time_t)) {
		print_message("the C library itself calls statx(2) in 32 bits\n");
		skip();
	}
	assert_int_equal(under(SYS_statx, SECCOMP_RET_ERRNO | EPERM, stat_root), 0);
	assert_int_equal(under(SYS_statx, SECCOMP_RET_KILL_PROCESS, stat_root), 0);
}

static volatile sig_atomic_t signals;

static void calls_count(int number)
{
	(void)number;
	signals++;
}

/* The child that is asked is none of the program's. */
static int is_quiet(void)
{
	struct sigaction action = { .sa_handler = calls_count };

	(void)sigaction(SIGCHLD, &action, NULL);
	(void)ix_call_possible(SYS_statx);
	return signals || waitpid(-1, NULL, 0) != -1 || errno != ECHILD;
}

static void the_program_notices_nothing(void **state)
{
	(void)state;
	assert_int_equal(under(SYS_statx, SECCOMP_RET_KILL_PROCESS, is_quiet), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_deadly_call_is_found_out),
		cmocka_unit_test(a_failing_call_is_possible),
		cmocka_unit_test(files_are_seen_without_statx),
		cmocka_unit_test(the_program_notices_nothing),
	};

	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}

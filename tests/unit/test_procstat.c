/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc/stat.c, proc/creator.c: identity of a process, and whether its PID was reused. */
#include "proc/stat.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"
#include "proc/creator.h"
#include "unit.h"

#define REST " 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 "

struct row {
	const char *text;
	const char *comm; /* NULL: malformed */
	char state;
	uint64_t start;
};

/* clang-format off */
static const struct row rows[] = {
	{ "1 (systemd) S" REST "42 175349760 3000 18446744073709551615 1 1", "systemd", 'S', 42 },
	{ "77 (a) R" REST "18446744073709551615\n", "a", 'R', UINT64_MAX },
	/* the last parenthesis ends the command name, which may hold any bytes */
	{ "8 () Z" REST "7 0", "", 'Z', 7 },
	{ "8 (a) R 9 (b) S" REST "7 0", "a) R 9 (b", 'S', 7 },
	{ "8 ((((( ))))) D" REST "7 0", "(((( ))))", 'D', 7 },
	{ "8 (a\nb c\x1b[31m) T" REST "7 0", "a\nb c\x1b[31m", 'T', 7 },
	/* a name longer than any kernel writes is truncated without an overflow */
	{ "8 (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) I" REST "7 0",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 'I', 7 },
	{ "", NULL, 0, 0 },
	{ "1 systemd S" REST "42", NULL, 0, 0 },
	{ "1 (systemd", NULL, 0, 0 },
	{ "1 systemd) S" REST "42", NULL, 0, 0 },
	{ ") (" REST "42", NULL, 0, 0 },
	{ "1 (systemd)", NULL, 0, 0 },
	{ "1 (systemd) S", NULL, 0, 0 },
	{ "1 (systemd) S 1 1 1", NULL, 0, 0 },
	{ "1 (systemd) S" REST, NULL, 0, 0 },
	{ "1 (systemd) S" REST "-1 2", NULL, 0, 0 },
	{ "1 (systemd) S" REST "x 2", NULL, 0, 0 },
	{ "1 (systemd) S" REST "18446744073709551616 2", NULL, 0, 0 },
	{ "1 (systemd) S" REST "111111111111111111111111111111111111111 2", NULL, 0, 0 },
};
/* clang-format on */

static void test_lines_of_stat(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		size_t len = strlen(row->text);
		struct ix_proc_stat st = { .state = '?' };
		char *copy = malloc(len ? len : 1); /* not NUL-terminated */
		int r;

		assert_non_null(copy);
		memcpy(copy, row->text, len);
		r = ix_proc_stat_parse(copy, len, &st);
		free(copy);
		ROW_TRUE(row->text, r == (row->comm ? 0 : -EPROTO));
		ROW_TRUE(row->text, row->comm || st.state == '?');
		if (!row->comm)
			continue;
		ROW_TRUE(row->text, !strcmp(st.comm, row->comm));
		ROW_TRUE(row->text, st.state == row->state && st.start == row->start);
	}
}

/* A PID may have as many digits as PID_MAX_LIMIT (4194304), and more. */
static void test_parents(void **state)
{
	static const int32_t numbers[] = { 0,       1,       32768,    99999,
					   100000,  999999,  1000000,  4194303,
					   4194304, 4194305, INT32_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct ix_proc_stat st = { .parent = -1 };
		char text[200];
		int len = snprintf(
			text, sizeof(text),
			"%d (a) S %d 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 42 0",
			numbers[i], numbers[i]);

		assert_int_equal(ix_proc_stat_parse(text, (size_t)len, &st), 0);
		assert_int_equal(st.parent, numbers[i]);
		assert_int_equal(st.start, 42);
	}
}

static struct ix_process then(struct ipcx *x, int32_t pid, int64_t from, int64_t to)
{
	struct ix_process p;

	memset(&p, 'x', sizeof(p));
	ix_proc_then(x, pid, &(const struct ix_moment){ from, to }, &p);
	return p;
}

/* Return a time before the start of this process, but after the boot: at most an hour
 * ago, or 0 just after the boot. */
static int64_t earlier(void)
{
	struct timespec since;

	assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &since), 0);
	return since.tv_sec < 60 ? 0 : time(NULL) - MIN(since.tv_sec / 2, 3600);
}

/* This process counts as alive now and in a day; before its start, its PID counts as that
 * of another process. */
static void test_own_process_at_different_times(void **state)
{
	struct ipcx *x = NULL;
	int64_t now = time(NULL);
	struct ix_process p;

	(void)state;
	assert_int_equal(ipcx_new(&x), 0);
	if (ix_procfd(x) < 0) {
		print_message("there is no /proc here\n");
		ipcx_free(x);
		skip();
	}
	/* An emulator has a name of its own. */
	assert_int_equal(prctl(PR_SET_NAME, "test_procstat"), 0);
	p = then(x, getpid(), now + 86400, now + 86400);
	assert_int_equal(p.alive, IX_ALIVE);
	assert_int_equal(strncmp(p.comm, "test_procstat", 13), 0);
	assert_int_equal(then(x, getpid(), now, now).alive, IX_ALIVE);
	p = then(x, getpid(), earlier(), earlier());
	assert_int_equal(p.alive, earlier() ? IX_GONE : IX_UNKNOWN);
	assert_string_equal(p.comm, "");
	/* If the moment lies between two times, one of them before our start, the answer
	 * is unknown. */
	p = then(x, getpid(), earlier(), now + 1);
	assert_int_equal(p.alive, IX_UNKNOWN);
	assert_int_equal(p.why, IX_WHY_MOMENT);
	assert_string_equal(p.comm, "");
	/* Without a time the answer is unknown; it is also unknown for a time before the
	 * boot, since the clock must have been set. */
	assert_int_equal(then(x, getpid(), 0, 0).why, IX_WHY_MOMENT);
	assert_int_equal(then(x, getpid(), 1, 1).alive, IX_UNKNOWN);
	ipcx_free(x);
}

/* A process has ended even if its parent never asks for its status; but not if only its
 * first thread has. */
static void test_a_zombie_has_ended(void **state)
{
	struct ix_proc_stat st = { .state = 'Z', .threads = 1 };
	struct ipcx *x = NULL;
	int64_t now = time(NULL);
	pid_t pid = fork();
	siginfo_t info;

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(ipcx_new(&x), 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(then(x, pid, now + 86400, now + 86400).alive,
			 ix_procfd(x) < 0 ? IX_UNKNOWN : IX_GONE);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	ipcx_free(x);
	assert_true(ix_proc_has_ended(&st));
	st.threads = 2;
	assert_false(ix_proc_has_ended(&st));
}

static int64_t nanoseconds(clockid_t clock)
{
	struct timespec t;

	assert_int_equal(clock_gettime(clock, &t), 0);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* The start of a process in the middle of a second is that second, in whichever part of
 * a second it is computed. */
static void test_the_start_stays(void **state)
{
	const int64_t second = 1000000000;
	int64_t boot = nanoseconds(CLOCK_REALTIME) - nanoseconds(CLOCK_BOOTTIME);
	int64_t per = sysconf(_SC_CLK_TCK), begin = nanoseconds(CLOCK_MONOTONIC);
	int64_t fraction = (second - boot % second + second / 2) % second;
	uint64_t ticks = (uint64_t)(fraction * per / second);

	(void)state;
	do
		assert_int_equal(ix_proc_started(ticks), (boot + fraction) / second);
	while (nanoseconds(CLOCK_MONOTONIC) < begin + second);
}

/* PID 0 means a process of another PID namespace, or no process; no PID exceeds 2^22. */
static void test_pids_without_a_process(void **state)
{
	struct ipcx *x = NULL;
	int64_t now = time(NULL);
	struct ix_process p;

	(void)state;
	assert_int_equal(ipcx_new(&x), 0);
	p = then(x, 0, now, now);
	assert_int_equal(p.alive, IX_UNKNOWN);
	assert_int_equal(p.why, IX_WHY_NO_NUMBER);
	assert_string_equal(p.comm, "");
	assert_int_equal(then(x, -1, now, now).alive, IX_UNKNOWN);
	assert_int_equal(then(x, INT32_MAX, now, now).alive, IX_GONE);
	ipcx_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_of_stat),
		cmocka_unit_test(test_parents),
		cmocka_unit_test(test_own_process_at_different_times),
		cmocka_unit_test(test_pids_without_a_process),
		cmocka_unit_test(test_a_zombie_has_ended),
		cmocka_unit_test(test_the_start_stays),
	};

	return cmocka_run_group_tests_name("procstat", tests, NULL, NULL);
}

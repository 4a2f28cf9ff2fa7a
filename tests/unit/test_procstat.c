/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc/stat.c, proc/creator.c: who a process is, and whether it is still the same. */
#include "proc/stat.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"
#include "proc/creator.h"
#include "unit.h"

#define REST " 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 "

struct row {
	const char *text;
	const char *comm; /* NULL: no such line */
	char state;
	uint64_t start;
};

/* clang-format off */
static const struct row rows[] = {
	{ "1 (systemd) S" REST "42 175349760 3000 18446744073709551615 1 1", "systemd", 'S', 42 },
	{ "77 (a) R" REST "18446744073709551615\n", "a", 'R', UINT64_MAX },
	/* the last parenthesis ends the command, which may hold anything */
	{ "8 () Z" REST "7 0", "", 'Z', 7 },
	{ "8 (a) R 9 (b) S" REST "7 0", "a) R 9 (b", 'S', 7 },
	{ "8 ((((( ))))) D" REST "7 0", "(((( ))))", 'D', 7 },
	{ "8 (a\nb c\x1b[31m) T" REST "7 0", "a\nb c\x1b[31m", 'T', 7 },
	/* longer than any kernel's: cut, not overflowing */
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

static void lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		size_t len = strlen(row->text);
		struct ix_proc_stat st = { .state = '?' };
		char *copy = malloc(len ? len : 1); /* without a NUL */
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

/* We live, and lived a day from now; an hour before we began somebody else had our
 * number. */
static void ourselves(void **state)
{
	struct ipcx *x = NULL;
	int64_t now = time(NULL);
	char comm[64] = "as it was", shorter[4];

	(void)state;
	assert_int_equal(ipcx_new(&x), 0);
	if (ix_procfd(x) < 0) {
		print_message("there is no /proc here\n");
		ipcx_free(x);
		skip();
	}
	assert_int_equal(ix_proc_then(x, getpid(), now + 86400, comm, sizeof(comm)),
			 IX_ALIVE);
	assert_int_equal(strncmp(comm, "test_procstat", 13), 0);
	assert_int_equal(ix_proc_then(x, getpid(), now, shorter, sizeof(shorter)),
			 IX_ALIVE);
	assert_string_equal(shorter, "tes");
	assert_int_equal(ix_proc_then(x, getpid(), now - 3600, comm, sizeof(comm)),
			 IX_GONE);
	assert_string_equal(comm, "");
	ipcx_free(x);
}

/* 0 is a process of another PID namespace, or none; no number is larger than 2^22. */
static void nobody(void **state)
{
	struct ipcx *x = NULL;
	char comm[64] = "as it was";

	(void)state;
	assert_int_equal(ipcx_new(&x), 0);
	assert_int_equal(ix_proc_then(x, 0, time(NULL), comm, sizeof(comm)), IX_UNKNOWN);
	assert_string_equal(comm, "");
	assert_int_equal(ix_proc_then(x, -1, time(NULL), comm, sizeof(comm)), IX_UNKNOWN);
	assert_int_equal(ix_proc_then(x, INT32_MAX, time(NULL), comm, sizeof(comm)),
			 IX_GONE);
	assert_int_equal(ix_proc_then(x, INT32_MAX, time(NULL), NULL, 0), IX_GONE);
	ipcx_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(ourselves),
		cmocka_unit_test(nobody),
	};

	return cmocka_run_group_tests_name("procstat", tests, NULL, NULL);
}

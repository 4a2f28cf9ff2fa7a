/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mech/sysvtext.c: lines of /proc/sysvipc as today's kernels write them, as later kernels
 * may write them, and malformed lines. */
#include "mech/sysvtext.h"

#include <errno.h>
#include <string.h>

#include "sysvkinds.h"
#include "unit.h"

static struct ix_sysv_parser parser(const char *kind, const char *heading)
{
	struct ix_sysv_parser p = { .v = NULL };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].sysv.name, kind)) {
			struct text_row row;
			const char *text = heading ? heading : kinds[i].heading;

			ix_sysv_parser_init(&p, &kinds[i].sysv);
			assert_int_equal(ix_sysv_parse_line(&p, text, strlen(text), &row),
					 0);
			return p;
		}
	fail();
	return p;
}

static int line(struct ix_sysv_parser *p, const char *text, struct text_row *row)
{
	*row = (struct text_row){ .base.id = -1 };
	return ix_sysv_parse_line(p, text, strlen(text), row);
}

/* Lines as the kernel writes them: for every mechanism, each column is stored in its
 * member. */
static void test_shm_line(void **state)
{
	struct ix_sysv_parser p = parser("shm", NULL);
	struct text_row row;

	(void)state;
	assert_int_equal(
		line(&p,
		     "      1234          5  1600               4194304    11    12      3"
		     "  1000   100     1     2 1700000001 1700000002 1700000003"
		     "                  8192                  4096",
		     &row),
		1);
	assert_int_equal(row.base.key, 1234);
	assert_int_equal(row.base.id, 5);
	assert_int_equal(row.base.mode, 01600);
	assert_int_equal(row.number[0], 4194304);
	assert_int_equal(row.pid[0], 11);
	assert_int_equal(row.pid[1], 12);
	assert_int_equal(row.number[3], 3);
	assert_int_equal(row.base.uid, 1000);
	assert_int_equal(row.base.gid, 100);
	assert_int_equal(row.base.cuid, 1);
	assert_int_equal(row.base.cgid, 2);
	assert_int_equal(row.time[0], 1700000001);
	assert_int_equal(row.time[1], 1700000002);
	assert_int_equal(row.base.ctime, 1700000003);
	assert_int_equal(row.number[1], 8192);
	assert_int_equal(row.number[2], 4096);
	assert_int_equal(p.bad, 0);
}

static void test_msg_and_sem_lines(void **state)
{
	struct ix_sysv_parser p = parser("msg", NULL);
	struct text_row row;

	(void)state;
	assert_int_equal(line(&p, "-559038737 7 644 16384 9 1 2 3 4 5 6 10 11 12", &row),
			 1);
	assert_int_equal(row.base.key, 0xdeadbeef);
	assert_int_equal(row.base.id, 7);
	assert_int_equal(row.base.mode, 0644);
	assert_int_equal(row.number[0], 16384);
	assert_int_equal(row.number[1], 9);
	assert_int_equal(row.pid[1], 2);
	assert_int_equal(row.base.cgid, 6);
	assert_int_equal(row.time[1], 11);
	assert_int_equal(row.base.ctime, 12);
	p = parser("sem", NULL);
	assert_int_equal(line(&p, "0 2147483647 600 32000 1 2 3 4 0 99", &row), 1);
	assert_int_equal(row.base.id, INT32_MAX);
	assert_int_equal(row.number[0], 32000);
	assert_int_equal(row.time[0], 0);
	assert_int_equal(row.base.ctime, 99);
}

/* Columns are found by name: in any order, among unknown columns, and if some columns are
 * missing. */
static void test_other_headings(void **state)
{
	struct ix_sysv_parser p =
		parser("sem", "\tcolour semid  nsems otime new key nsems perms");
	struct text_row row;

	(void)state;
	assert_int_equal(line(&p, "blue 4 3 77 - 255 8 640 more words", &row), 1);
	assert_int_equal(row.base.id, 4);
	assert_int_equal(row.number[0], 3); /* of the first nattch column */
	assert_int_equal(row.time[0], 77);
	assert_int_equal(row.base.key, 255);
	assert_int_equal(row.base.mode, 0640);
	assert_true(ipcx_fieldset_has(&p.missing, IPCX_F_UID));
	assert_true(ipcx_fieldset_has(&p.missing, IPCX_F_CTIME));
	assert_false(ipcx_fieldset_has(&p.missing, IPCX_F_NSEMS));
	assert_false(ipcx_fieldset_has(&p.missing, IPCX_F_KEY));
}

static void test_headings_without_an_id(void **state)
{
	static const char *const rows[] = { "",          "   ",        "key perms nsems",
					    "SEMID key", "semids key", "semi key",
					    "0 1 2 3" };
	struct text_row row;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ix_sysv_parser p;

		ix_sysv_parser_init(&p, &kinds[2].sysv);
		ROW_TRUE(rows[i], line(&p, rows[i], &row) == -EPROTO);
	}
}

/* A malformed line is skipped and counted; the next line is still read. */
static void test_malformed_lines_are_skipped(void **state)
{
	/* with "semid nsems key perms uid ctime x" */
	static const char *const rows[] = {
		"",
		"   ",
		"1",
		"1 2 3 600 5 6",            /* a column is missing */
		"-1 2 3 600 5 6 x",         /* invalid id */
		"2147483648 2 3 600 5 6 x", /* id out of range */
		"4294967296 2 3 600 5 6 x", /* the id must not wrap to 0 */
		"18446744073709551616 2 3 600 5 6 x",
		"1 -2 3 600 5 6 x", /* negative number */
		"1 18446744073709551616 3 600 5 6 x",
		"1 99999999999999999999999999999 3 600 5 6 x",
		"1 2 4294967296 600 5 6 x",
		"1 2 -2147483649 600 5 6 x",
		"1 2 3 680 5 6 x", /* not octal */
		"1 2 3 0x1 5 6 x",
		"1 2 3 600 -5 6 x",
		"1 2 3 600 4294967296 6 x",
		"1 2 3 600 5 -9223372036854775809 x",
		"1 2 3 600 5 - x",
		"1 +2 3 600 5 6 x",
		"1 2a 3 600 5 6 x",
		"1 2,3 3 600 5 6 x",
		"1 ２ 3 600 5 6 x",
		"1 2\x01 3 600 5 6 x",
	};
	struct ix_sysv_parser p = parser("sem", "semid nsems key perms uid ctime x");
	struct text_row row;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		p.bad = 0;
		ROW_TRUE(rows[i], line(&p, rows[i], &row) == 0);
		ROW_TRUE(rows[i], p.bad == 1);
		ROW_TRUE(rows[i], line(&p, "1 2 3 600 5 6 x", &row) == 1 && p.bad == 1);
	}
}

static void test_extreme_values(void **state)
{
	struct ix_sysv_parser p = parser("sem", "semid nsems key perms uid ctime");
	struct text_row row;

	(void)state;
	assert_int_equal(line(&p,
			      "0 18446744073709551615 -2147483648 37777777777 4294967295 "
			      "-9223372036854775808",
			      &row),
			 1);
	assert_true(row.number[0] == UINT64_MAX);
	assert_int_equal(row.base.key, 0x80000000);
	assert_int_equal(row.base.mode, UINT32_MAX);
	assert_int_equal(row.base.uid, UINT32_MAX);
	assert_true(row.base.ctime == INT64_MIN);
	assert_int_equal(
		line(&p, "\t00000000000000000000000000007\t0000 -0 0 0 0\t", &row), 1);
	assert_int_equal(row.base.id, 7);
	/* Linux writes times as unsigned numbers, even those before 1970. */
	assert_int_equal(line(&p, "0 0 0 0 0 18446744073709551615", &row), 1);
	assert_true(row.base.ctime == -1);
	assert_int_equal(p.bad, 0);
}

/* A line is passed with its length and need not end with a NUL; a NUL inside it is like
 * any other byte. */
static void test_lines_are_read_to_their_length(void **state)
{
	static const char text[] = "1 23 4567";
	static const char nul[] = "1 2\0 3";
	struct ix_sysv_parser p = parser("sem", "semid nsems key");
	struct text_row row = { .base.id = 0 };

	(void)state;
	assert_int_equal(ix_sysv_parse_line(&p, text, 6, &row), 1);
	assert_int_equal(row.base.key, 4);
	assert_int_equal(ix_sysv_parse_line(&p, text, 5, &row), 0);
	assert_int_equal(ix_sysv_parse_line(&p, nul, sizeof(nul) - 1, &row), 0);
	assert_int_equal(p.bad, 2);
}

/* If a line has more columns than the parser has room for, the first columns count. */
static void test_too_many_columns(void **state)
{
	char heading[512] = "semid nsems key", data[512] = "1 2 3";
	struct ix_sysv_parser p;
	struct text_row row;

	(void)state;
	for (int i = 0; i < 60; i++) {
		(void)strncat(heading, " col", sizeof(heading) - strlen(heading) - 1);
		(void)strncat(data, " 9", sizeof(data) - strlen(data) - 1);
	}
	p = parser("sem", heading);
	assert_int_equal(p.ncolumns, IX_TEXT_COLUMNS);
	assert_int_equal(line(&p, data, &row), 1);
	assert_int_equal(row.base.key, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shm_line),
		cmocka_unit_test(test_msg_and_sem_lines),
		cmocka_unit_test(test_other_headings),
		cmocka_unit_test(test_headings_without_an_id),
		cmocka_unit_test(test_malformed_lines_are_skipped),
		cmocka_unit_test(test_extreme_values),
		cmocka_unit_test(test_lines_are_read_to_their_length),
		cmocka_unit_test(test_too_many_columns),
	};

	return cmocka_run_group_tests_name("sysvtext", tests, NULL, NULL);
}

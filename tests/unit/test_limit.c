/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/limits/: parsing texts of the kernel, the table of limits, and limits read from a
 * recorded tree. */
#include "core/limit.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/util.h"
#include "core/attr.h"
#include "core/ctx.h"
#include "core/mech.h"
#include "limits/limits.h"
#include "tree.h"
#include "unit.h"

#define ALL UINT64_MAX

/* ---- texts of the kernel, and of file systems that imitate it ---- */

static void test_sysctl_texts(void **state)
{
	static const struct {
		const char *text;
		unsigned at, of;
		int r;
		uint64_t n;
	} rows[] = {
		{ "4096\n", 0, 1, 0, 4096 },
		{ "0", 0, 1, 0, 0 },
		{ " 7 \n", 0, 1, 0, 7 },
		{ "18446744073692774399\n", 0, 1, 0, UINT64_C(18446744073692774399) },
		{ "18446744073709551615\n", 0, 1, 0, ALL },
		{ "18446744073709551616\n", 0, 1, -ERANGE, 0 },
		{ "999999999999999999999999999999\n", 0, 1, -ERANGE, 0 },
		{ "", 0, 1, -EINVAL, 0 },
		{ "\n", 0, 1, -EINVAL, 0 },
		{ "-1\n", 0, 1, -EINVAL, 0 },
		{ "junk\n", 0, 1, -EINVAL, 0 },
		{ "4096 junk\n", 0, 1, -EINVAL, 0 },
		{ "32000\t1024000000\t500\t32001\n", 0, 4, 0, 32000 },
		{ "32000\t1024000000\t500\t32001\n", 1, 4, 0, 1024000000 },
		{ "32000\t1024000000\t500\t32001\n", 2, 4, 0, 500 },
		{ "32000\t1024000000\t500\t32001", 3, 4, 0, 32001 },
		{ "1 2 3\n", 0, 4, -EINVAL, 0 },
		{ "1 2 3 4 5\n", 0, 4, -EINVAL, 0 },
		{ "-1 2 3 4\n", 0, 4, -EINVAL, 0 },
		{ "-1 2 3 4\n", 1, 4, 0, 2 },
		{ "1 2 3 x\n", 3, 4, -EINVAL, 0 },
		{ "1 999999999999999999999999999999 3 4\n", 1, 4, -ERANGE, 0 },
		{ "1 999999999999999999999999999999 3 4\n", 2, 4, 0, 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t n = 42;

		ROW_TRUE(rows[i].text, ix_sysctl_parse(rows[i].text, rows[i].at,
						       rows[i].of, &n) == rows[i].r);
		ROW_TRUE(rows[i].text, n == (rows[i].r ? 42 : rows[i].n));
	}
}

static void test_meminfo_texts(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint64_t n;
	} rows[] = {
		{ "Huge:  12 kB\n", 0, 12 },
		{ "XHuge: 1\nHuge:\t5\n", 0, 5 },
		{ "HugeX: 1\nHuge: 6", 0, 6 },
		{ "", -ENOENT, 0 },
		{ "Huge 1\n", -ENOENT, 0 },
		{ "Huge:", -EINVAL, 0 },
		{ "Huge:\nOther: 5\n", -EINVAL, 0 },
		{ "Huge: -5\n", -EINVAL, 0 },
		{ "Huge: five\n", -EINVAL, 0 },
		{ "Huge: 999999999999999999999999999999\n", -ERANGE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t n = 42;

		ROW_TRUE(rows[i].text,
			 ix_meminfo_parse(rows[i].text, "Huge", &n) == rows[i].r);
		ROW_TRUE(rows[i].text, n == (rows[i].r ? 42 : rows[i].n));
	}
}

/* ---- the table ---- */

static void test_table_of_limits(void **state)
{
	const struct ix_limit *l;
	const struct ix_mech *m;
	unsigned sem = 0, mech;

	(void)state;
	for (unsigned i = 0; (l = ix_limit(i)) != NULL; i++) {
		ROW_TRUE(l->name, !strcmp(ipcx_limit_name(i), l->name));
		ROW_TRUE(l->name, ix_limit_by_name(l->name) == l);
		ROW_TRUE(l->name,
			 *l->unit && *l->source && *l->what && l->read && *l->mech);
		ROW_TRUE(l->name, ipcx_mech_by_name(l->mech, (size_t)-1, &mech) == 0);
		ROW_TRUE(l->name, strlen(l->what) < 200);
		/* The table lists the four fields of kernel.sem in the order that the
		 * file has. */
		if (!strcmp(l->source, "kernel.sem"))
			ROW_TRUE(l->name, l->of == 4 && l->at == sem++);
	}
	assert_int_equal(sem, 4);
	assert_null(ipcx_limit_name(10000));
	for (mech = 0; (m = ix_mech(mech)) != NULL; mech++)
		for (const struct ix_charge *c = m->charges; c && c->limit; c++)
			ROW_TRUE(c->limit, ix_limit_by_name(c->limit) && c->amount);
}

static void test_names_of_limits(void **state)
{
	static const struct {
		const char *limit, *name;
		bool same;
	} rows[] = {
		{ "shmmax", "shmmax", true },
		{ "shmmax", "kernel.shmmax", true },
		{ "shmmax", "kernel/shmmax", true },
		{ "mqueue_msg_max", "fs.mqueue.msg_max", true },
		{ "mqueue_msg_max", "fs/mqueue/msg_max", true },
		{ "mqueue_msg_max", "fs/mqueue.msg_max", true },
		{ "semmns", "kernel.sem", true },
		{ "rlimit_msgqueue", "RLIMIT_MSGQUEUE", true },
		{ "dev_shm", "/dev/shm", true },
		{ "shmmax", "shmma", false },
		{ "shmmax", "shmmaxx", false },
		{ "shmmax", "", false },
		{ "shmmax", "kernel.shmma", false },
		{ "shmmax", "kernel.shmmaxx", false },
		{ "shmmin", "constant", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct ix_limit *l = ix_limit_by_name(rows[i].limit);

		ROW_TRUE(rows[i].name,
			 l && ix_limit_named(l, rows[i].name) == rows[i].same);
	}
}

/* ---- a recorded tree in place of /proc ---- */

/* Return a limit as text: "LIMIT USED PERCENT", "-" if unknown. */
static const char *shown(const struct tree *t, const char *name)
{
	static const enum ipcx_field fields[] = { IPCX_F_LIMIT, IPCX_F_USED,
						  IPCX_F_PERCENT };
	static char text[128];
	const char *names[] = { name, NULL };
	struct ipcx_table *table;
	struct ipcx_value v;
	size_t len = 0;

	assert_int_equal(ipcx_limits(t->x, names, &table), 0);
	assert_int_equal(ipcx_table_rows(table), 1);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		assert_int_equal(ipcx_row_get(table, 0, fields[i], &v), 0);
		if (v.type == IPCX_TYPE_NONE)
			len += (size_t)sprintf(text + len, " -");
		else if (v.type == IPCX_TYPE_REAL)
			len += (size_t)sprintf(text + len, " %g", v.as.d);
		else
			len += (size_t)sprintf(text + len, " %" PRIu64, v.as.u);
	}
	ipcx_table_free(table);
	return text + 1;
}

static void test_limits_of_a_recorded_tree(void **state)
{
	const struct tree *t = *state;

	put(t, "sys/kernel/shmmax", "18446744073692774399\n");
	assert_string_equal(shown(t, "shmmax"), "18446744073692774399 - -");
	put(t, "sys/kernel/shmmax", "18446744073709551615\n");
	assert_string_equal(shown(t, "kernel/shmmax"), "18446744073709551615 - -");
	put(t, "sys/kernel/sem", "250\t32000\t32\t128\n");
	assert_string_equal(shown(t, "semmsl"), "250 - -");
	assert_string_equal(shown(t, "semopm"), "32 - -");
	assert_string_equal(shown(t, "shmmin"), "1 - -");
	assert_string_equal(shown(t, "semvmx"), "32767 - -");
	put(t, "meminfo",
	    "HugePages_Total: 10\nHugePages_Free: 4\nHugePages_Rsvd: 1\n"
	    "HugePages_Surp: 0\nHugepagesize: 2048 kB\n");
	assert_string_equal(shown(t, "hugepages"), "10 7 70");
	put(t, "meminfo",
	    "HugePages_Total: 0\nHugePages_Free: 0\nHugePages_Rsvd: 0\n"
	    "HugePages_Surp: 0\n");
	assert_string_equal(shown(t, "hugepages"), "0 0 -");
	put(t, "meminfo",
	    "HugePages_Total: 1\nHugePages_Free: 4\nHugePages_Rsvd: 0\n"
	    "HugePages_Surp: 0\n");
	assert_string_equal(shown(t, "hugepages"), "1 - -");
}

static void test_hostile_texts(void **state)
{
	static const char *const texts[] = {
		"",      "\n",   "-1\n",  "x\n",
		"1 2\n", "1x\n", "1.5\n", "999999999999999999999999999999\n"
	};
	const struct tree *t = *state;
	char longer[1000];

	assert_string_equal(shown(t, "mqueue_msg_max"), "- - -");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		put(t, "sys/fs/mqueue/msg_max", texts[i]);
		ROW_TRUE(texts[i], !strcmp(shown(t, "mqueue_msg_max"), "- - -"));
	}
	memset(longer, '1', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	put(t, "sys/fs/mqueue/msg_max", longer);
	assert_string_equal(shown(t, "mqueue_msg_max"), "- - -");
}

static void test_each_reason_is_reported_once(void **state)
{
	static const char *const names[] = { "mqueue_msg_max", "shmmin",
					     "mqueue_msgsize_max", "shm_rmid_forced",
					     NULL };
	const struct tree *t = *state;
	struct ipcx_table *table;
	const struct ipcx_note *note;

	put(t, "sys/kernel/shm_rmid_forced", "junk\n");
	assert_int_equal(ipcx_limits(t->x, names, &table), 0);
	assert_int_equal(ipcx_table_rows(table), 4);
	assert_string_equal(ipcx_table_kind(table), "limits");
	note = ipcx_table_note(table, 0);
	assert_non_null(note);
	assert_int_equal(note->error, -ENOENT);
	assert_string_equal(note->subject, "mqueue_msg_max, mqueue_msgsize_max");
	note = ipcx_table_note(table, 1);
	assert_non_null(note);
	assert_int_equal(note->error, -EINVAL);
	assert_string_equal(note->subject, "shm_rmid_forced");
	assert_null(ipcx_table_note(table, 2));
	ipcx_table_free(table);
}

static void test_unknown_names(void **state)
{
	static const char *const names[] = { "shmmin", "a\033b", NULL };
	const struct tree *t = *state;
	struct ipcx_table *table = NULL;
	char line[16] = "x";

	assert_int_equal(ipcx_limits(t->x, names, &table), -ENOENT);
	assert_null(table);
	assert_string_equal(ipcx_error(t->x), "a\\x1bb: no such limit");
	assert_int_equal(ipcx_limit_set(t->x, "", 1), -ENOENT);
	assert_int_equal(ipcx_limit_sysctl(t->x, "no", 1, line, sizeof(line)), -ENOENT);
	assert_string_equal(line, "x");
}

static void test_setting_a_limit(void **state)
{
	const struct tree *t = *state;

	put(t, "sys/kernel/sem", "250\t32000\t32\t128");
	assert_int_equal(ipcx_limit_set(t->x, "semopm", 64), 0);
	assert_string_equal(shown(t, "semopm"), "64 - -");
	assert_string_equal(shown(t, "semmsl"), "250 - -");
	assert_int_equal(ipcx_limit_set(t->x, "kernel.sem", 64), -EINVAL);

	/*
	 * A regular file keeps the rest of its old text: this looks like a kernel that
	 * stores a value other than the written one.
	 */
	put(t, "sys/kernel/shmmax", "4096");
	assert_int_equal(ipcx_limit_set(t->x, "shmmax", 12), -ERANGE);
	assert_string_equal(
		ipcx_error(t->x),
		"shmmax: the kernel took another value: it is now 1296, not 12");

	assert_int_equal(ipcx_limit_set(t->x, "mqueue_msg_max", 12), -ENOTSUP);
	assert_int_equal(ipcx_limit_set(t->x, "shmmin", 12), -ENOTSUP);
	assert_int_equal(ipcx_limit_set(t->x, "dev_shm", 12), -ENOTSUP);
	assert_int_equal(ipcx_limit_set(t->x, "rlimit_memlock", 12), -ENOTSUP);
}

static void test_lines_for_sysctl_conf(void **state)
{
	const struct tree *t = *state;
	char line[64];

	put(t, "sys/kernel/sem", "250\t32000\t32\t128\n");
	assert_int_equal(ipcx_limit_sysctl(t->x, "semmns", 7, line, sizeof(line)), 25);
	assert_string_equal(line, "kernel.sem = 250 7 32 128");
	assert_int_equal(
		ipcx_limit_sysctl(t->x, "kernel/shmmax", ALL, line, sizeof(line)), 36);
	assert_string_equal(line, "kernel.shmmax = 18446744073709551615");
	assert_int_equal(ipcx_limit_sysctl(t->x, "shmmni", 4096, line, 7), 20);
	assert_string_equal(line, "kernel");
	assert_int_equal(ipcx_limit_sysctl(t->x, "semvmx", 1, line, sizeof(line)),
			 -ENOTSUP);
}

/* Each sysctl gets one line, however many limits it holds and in whichever order they are
 * given. */
static void test_several_limits_of_one_sysctl(void **state)
{
	static const struct ipcx_setting settings[] = {
		{ .size = sizeof(struct ipcx_setting), .name = "semmni", .value = 9 },
		{ .size = sizeof(struct ipcx_setting), .name = "shmmni", .value = 40 },
		{ .size = sizeof(struct ipcx_setting), .name = "semmsl", .value = 300 },
		{ .size = sizeof(struct ipcx_setting), .name = "semmni", .value = 77 },
		{ .size = sizeof(struct ipcx_setting), .name = "msgmni", .value = 1 },
		{ .size = sizeof(struct ipcx_setting),
		  .name = "kernel.shmmni",
		  .value = 4 },
		{ .size = sizeof(struct ipcx_setting),
		  .name = "kernel/msgmni",
		  .value = 2 },
	};
	static const struct ipcx_setting bad[] = {
		{ .size = sizeof(struct ipcx_setting), .name = "semmni", .value = 9 },
		{ .size = sizeof(struct ipcx_setting), .name = "semvmx", .value = 9 }
	};
	const struct tree *t = *state;
	char lines[128] = "x";

	put(t, "sys/kernel/sem", "250\t32000\t32\t128\n");
	assert_int_equal(ipcx_limit_lines(t->x, settings, ARRAY_SIZE(settings), lines,
					  sizeof(lines)),
			 64);
	assert_string_equal(lines, "kernel.sem = 300 32000 32 77\n"
				   "kernel.shmmni = 4\n"
				   "kernel.msgmni = 2");
	assert_int_equal(ipcx_limit_lines(t->x, settings, 2, lines, 13), 46);
	assert_string_equal(lines, "kernel.sem =");
	assert_int_equal(ipcx_limit_lines(t->x, bad, 2, lines, sizeof(lines)), -ENOTSUP);
	assert_string_equal(lines, "kernel.sem =");
	assert_int_equal(ipcx_limit_lines(t->x, NULL, 0, lines, sizeof(lines)), 0);
	assert_string_equal(lines, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sysctl_texts),
		cmocka_unit_test(test_meminfo_texts),
		cmocka_unit_test(test_table_of_limits),
		cmocka_unit_test(test_names_of_limits),
		IN_TREE(test_limits_of_a_recorded_tree),
		IN_TREE(test_hostile_texts),
		IN_TREE(test_each_reason_is_reported_once),
		IN_TREE(test_unknown_names),
		IN_TREE(test_setting_a_limit),
		IN_TREE(test_lines_for_sysctl_conf),
		IN_TREE(test_several_limits_of_one_sysctl),
	};

	return cmocka_run_group_tests_name("limit", tests, NULL, NULL);
}

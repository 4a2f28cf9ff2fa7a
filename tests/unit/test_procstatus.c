/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc/status.c: lines of /proc/PID/status as the kernel writes them, malformed lines
 * and missing ones; children, setgroups. */
#include "proc/status.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "unit.h"

#define HEAD "Name:\tsh\nUmask:\t0022\nState:\tS (sleeping)\n"
#define CAPS "CapPrm:\t0000000000000000\nCapBnd:\t000001ffffffffff\n"

/* Call the parser with a copy of the text that has exactly its length and no NUL. */
#define ON_COPY(text, call)                         \
	__extension__({                             \
		size_t len = strlen(text);          \
		char *copy = malloc(len ? len : 1); \
		int r_;                             \
                                                    \
		assert_non_null(copy);              \
		memcpy(copy, text, len);            \
		r_ = call;                          \
		free(copy);                         \
		r_;                                 \
	})

struct ids_row {
	const char *text;
	int error;
	struct ix_status_ids ids;
};

/* clang-format off */
static const struct ids_row ids_rows[] = {
	{ HEAD "Uid:\t0\t1\t2\t3\nGid:\t9\t9\t9\t9\n", 0, { 0, 1, 2, 3 } },
	{ "Uid:\t1000\t1000\t1000\t1000\n", 0, { 1000, 1000, 1000, 1000 } },
	{ "Uid:\t4294967294\t0\t0\t0\n", 0, { 4294967294, 0, 0, 0 } },
	/* a process name that imitates a line: the kernel escapes newlines */
	{ "Name:\tx\\nUid:\\t0\nUid:\t7\t7\t7\t7\n", 0, { 7, 7, 7, 7 } },
	{ "Name:\tUid:\t0\t0\t0\t0\nUid:\t7\t7\t7\t7\n", 0, { 7, 7, 7, 7 } },

	{ "", -ENODATA, { 0 } },
	{ HEAD, -ENODATA, { 0 } },
	{ "Uid", -ENODATA, { 0 } },
	{ "XUid:\t0\t0\t0\t0\n", -ENODATA, { 0 } },
	{ "Uids:\t0\t0\t0\t0\n", -ENODATA, { 0 } },
	/* "unchanged" for setresuid(2) */
	{ "Uid:\t4294967295\t0\t0\t0\n", -EPROTO, { 0 } },
	{ "Uid:\t0\t4294967295\t0\t0\n", -EPROTO, { 0 } },
	{ "Uid:\t0\t4294967296\t0\t0\n", -EPROTO, { 0 } },
	{ "Uid:\t0\t18446744073709551616\t0\t0\n", -EPROTO, { 0 } },
	{ "Uid:\t0\t-1\t0\t0\n", -EPROTO, { 0 } },
	{ "Uid:\t0\t0x1\t0\t0\n", -EPROTO, { 0 } },
	{ "Uid:\t0\t0\t0\n", -EPROTO, { 0 } },
	{ "Uid:\t0\t0\t0\t0\t0\n", -EPROTO, { 0 } },
	{ "Uid:\t0\t0\t0\t0 \n", -EPROTO, { 0 } },
	{ "Uid: 0\t0\t0\t0\n", -EPROTO, { 0 } },
	{ "Uid:\t0\t\t0\t0\n", -EPROTO, { 0 } },
	{ "Uid:\n", -EPROTO, { 0 } },
	{ "Uid:\t0\t0\t0\t0", -EPROTO, { 0 } }, /* truncated: could be 07 */
	{ "Uid:\t0\t0\t0\t0\nUid:\t7\t7\t7\t7\n", -EPROTO, { 0 } },
};
/* clang-format on */

static void test_uids(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids_rows); i++) {
		const struct ids_row *row = &ids_rows[i];
		struct ix_status_ids ids = { 77, 77, 77, 77 };
		int r = ON_COPY(row->text, ix_status_uids(copy, len, &ids));

		ROW_TRUE(row->text, r == row->error);
		if (r == 0)
			ROW_TRUE(row->text, !memcmp(&ids, &row->ids, sizeof(ids)));
		else
			ROW_TRUE(row->text, ids.real == 77 && ids.fs == 77);
	}
}

static void test_gids(void **state)
{
	static const char text[] = HEAD "Uid:\t0\t0\t0\t0\nGid:\t1\t2\t3\t4\n";
	struct ix_status_ids ids = { 0 };

	(void)state;
	assert_int_equal(ix_status_gids(text, strlen(text), &ids), 0);
	assert_int_equal(ids.real, 1);
	assert_int_equal(ids.effective, 2);
	assert_int_equal(ids.saved, 3);
	assert_int_equal(ids.fs, 4);
	assert_int_equal(ix_status_gids(HEAD, strlen(HEAD), &ids), -ENODATA);
}

struct caps_row {
	const char *text;
	int error;
	uint64_t caps;
};

/* clang-format off */
static const struct caps_row caps_rows[] = {
	{ HEAD CAPS, 0, 0x1ffffffffff },
	{ "CapBnd:\t0000000000000000\n", 0, 0 },
	{ "CapBnd:\tffffffffffffffff\n", 0, UINT64_MAX },
	{ HEAD "CapPrm:\t000001ffffffffff\n", -ENODATA, 0 },
	{ "CapBnd:\t000001fffffffff\n", -EPROTO, 0 },
	{ "CapBnd:\t000001ffffffffff0\n", -EPROTO, 0 },
	{ "CapBnd:\t000001ffffffffff", -EPROTO, 0 },
	{ "CapBnd:\t000001fffffffffg\n", -EPROTO, 0 },
	{ "CapBnd:\t0x0001ffffffffff\n", -EPROTO, 0 },
	{ "CapBnd: 000001ffffffffff\n", -EPROTO, 0 },
	{ "CapBnd:\n", -EPROTO, 0 },
	{ CAPS CAPS, -EPROTO, 0 },
};
/* clang-format on */

static void test_bounding_set(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(caps_rows); i++) {
		const struct caps_row *row = &caps_rows[i];
		uint64_t caps = 77;
		int r = ON_COPY(row->text, ix_status_bounding(copy, len, &caps));

		ROW_TRUE(row->text, r == row->error);
		ROW_TRUE(row->text, caps == (r == 0 ? row->caps : 77));
	}
}

struct state_row {
	const char *text;
	int error;
	char state;
};

/* clang-format off */
static const struct state_row state_rows[] = {
	{ HEAD "Tgid:\t5\n", 0, 'S' },
	{ "State:\tD (disk sleep)\n", 0, 'D' },
	{ "State:\tt\n", 0, 't' },
	{ "Name:\tsh\nTgid:\t5\n", -ENODATA, 0 },
	{ "State:\n", -EPROTO, 0 },
	{ "State:\t\n", -EPROTO, 0 },
	{ "State: S (sleeping)\n", -EPROTO, 0 },
	{ "State:\tS (sleeping)", -EPROTO, 0 },
	{ HEAD "State:\tT\n", -EPROTO, 0 },
};
/* clang-format on */

static void test_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(state_rows); i++) {
		const struct state_row *row = &state_rows[i];
		char found = '?';
		int r = ON_COPY(row->text, ix_status_state(copy, len, &found));

		ROW_TRUE(row->text, r == row->error);
		ROW_TRUE(row->text, found == (r == 0 ? row->state : '?'));
	}
}

struct pids_row {
	const char *text;
	int error;
	struct ix_status_pids pids;
};

/* clang-format off */
static const struct pids_row pids_rows[] = {
	{ HEAD "NStgid:\t5\nNSpid:\t700\nNSpgid:\t1\n", 0, { 1, 700, 700 } },
	{ "NSpid:\t700\t1\n", 0, { 2, 700, 1 } },
	{ "NSpid:\t300\t1\t5\n", 0, { 3, 300, 5 } },
	{ "NSpid:\t2147483647\t0\n", 0, { 2, INT32_MAX, 0 } },
	{ HEAD "Pid:\t1\n", -ENODATA, { 0 } },
	{ "NSpid:\n", -EPROTO, { 0 } },
	{ "NSpid:\t\n", -EPROTO, { 0 } },
	{ "NSpid:\t700\t\n", -EPROTO, { 0 } },
	{ "NSpid:\t700\t1", -EPROTO, { 0 } }, /* truncated: could be 12 */
	{ "NSpid:\t700 1\n", -EPROTO, { 0 } },
	{ "NSpid:\t2147483648\n", -EPROTO, { 0 } },
	{ "NSpid:\t-1\n", -EPROTO, { 0 } },
	{ "NSpid:\t700\t1\nNSpid:\t700\n", -EPROTO, { 0 } },
};
/* clang-format on */

static void test_pids_at_each_level(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pids_rows); i++) {
		const struct pids_row *row = &pids_rows[i];
		struct ix_status_pids pids = { 77, 77, 77 };
		int r = ON_COPY(row->text, ix_status_pids(copy, len, &pids));

		ROW_TRUE(row->text, r == row->error);
		if (r == 0)
			ROW_TRUE(row->text, !memcmp(&pids, &row->pids, sizeof(pids)));
		else
			ROW_TRUE(row->text, pids.levels == 77);
	}
}

/* ---- related files */

static void test_setgroups_text(void **state)
{
	static const char *const wrong[] = { "",       "deny",   "allow",    "deny\n\n",
					     "denied", "Deny\n", "allowed\n" };
	bool denied = true;

	(void)state;
	assert_int_equal(ON_COPY("allow\n", ix_setgroups_denied(copy, len, &denied)), 0);
	assert_false(denied);
	assert_int_equal(ON_COPY("deny\n", ix_setgroups_denied(copy, len, &denied)), 0);
	assert_true(denied);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		ROW_TRUE(wrong[i],
			 ON_COPY(wrong[i], ix_setgroups_denied(copy, len, &denied)) ==
				 -EPROTO);
}

static const struct {
	const char *text;
	size_t n;
	int32_t first, last;
} children_rows[] = {
	{ "5 ", 1, 5, 5 },         { "2147483647 8 9 ", 3, INT32_MAX, 9 },
	{ "1 2 3 4 5 ", 4, 1, 4 }, /* the list has room for 4 */
	{ "7 8", 1, 7, 7 },        /* truncated: could be 81 */
	{ "7 x 9 ", 1, 7, 7 },     { "7  9 ", 1, 7, 7 },
	{ "", 0, 77, 77 },         { " ", 0, 77, 77 },
	{ "0 ", 0, 77, 77 },       { "-1 ", 0, 77, 77 },
	{ "5\n", 0, 77, 77 },      { "2147483648 ", 0, 77, 77 },
};

static void test_children_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(children_rows); i++) {
		const char *text = children_rows[i].text;
		int32_t pids[4] = { 77, 77, 77, 77 };
		size_t n =
			(size_t)ON_COPY(text, (int)ix_children_parse(copy, len, pids, 4));

		ROW_TRUE(text, n == children_rows[i].n);
		ROW_TRUE(text, pids[0] == children_rows[i].first);
		ROW_TRUE(text, pids[n ? n - 1 : 0] == children_rows[i].last);
	}
}

static void test_pid_at_a_level(void **state)
{
	static const char text[] = HEAD "NSpid:\t700\t12\t1\n", cut[] = "NSpid:\t700\t1";
	int32_t pid = 77;

	(void)state;
	assert_int_equal(ix_status_pid_at(text, strlen(text), 3, &pid), -ENODATA);
	assert_int_equal(ix_status_pid_at(HEAD, strlen(HEAD), 0, &pid), -ENODATA);
	assert_int_equal(ix_status_pid_at(cut, strlen(cut), 0, &pid), -EPROTO);
	assert_int_equal(pid, 77);
	assert_int_equal(ix_status_pid_at(text, strlen(text), 0, &pid), 0);
	assert_int_equal(pid, 700);
	assert_int_equal(ix_status_pid_at(text, strlen(text), 2, &pid), 0);
	assert_int_equal(pid, 1);
}

/* ---- groups, effective capabilities, single numbers */

struct groups_row {
	const char *text;
	int error;
	size_t n;
	uint32_t last;
};

/* clang-format off */
static const struct groups_row groups_rows[] = {
	{ HEAD "Groups:\t0 24 1000 \n", 0, 3, 1000 },
	{ "Groups:\t \n", 0, 0, 0 },
	{ "Groups:\t\n", 0, 0, 0 },
	{ "Groups:\t4294967294 \n", 0, 1, 4294967294 },
	{ HEAD, -ENODATA, 0, 0 },
	{ "Groups:\t1 2\n", -EPROTO, 0, 0 },
	{ "Groups:\t1  2 \n", -EPROTO, 0, 0 },
	{ "Groups:\t4294967295 \n", -EPROTO, 0, 0 },
	{ "Groups:\tx \n", -EPROTO, 0, 0 },
	{ "Groups: 1 \n", -EPROTO, 0, 0 },
	{ "Groups:\t1 \nGroups:\t2 \n", -EPROTO, 0, 0 },
};
/* clang-format on */

static void groups_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(groups_rows); i++) {
		const struct groups_row *r = &groups_rows[i];
		uint32_t all[8] = { 0 };
		size_t n = 77;

		ROW_TRUE(r->text, ON_COPY(r->text, ix_status_groups(copy, len, all,
								    ARRAY_SIZE(all),
								    &n)) == r->error);
		ROW_TRUE(r->text, n == (r->error ? 77 : r->n));
		ROW_TRUE(r->text, !r->n || all[r->n - 1] == r->last);
	}
}

static void more_groups_than_room_are_counted(void **state)
{
	uint32_t all[2] = { 0, 9 };
	size_t n = 0;

	(void)state;
	assert_int_equal(ix_status_groups("Groups:\t4 5 6 \n", 15, all, 1, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(all[0], 4);
	assert_int_equal(all[1], 9);
}

static void single_numbers_are_read(void **state)
{
	static const char text[] = HEAD CAPS
		"CapEff:\t0000000000000020\nSeccomp:\t2\nTracerPid:\t17\nBad:\t2 \n";
	uint64_t n = 5;

	(void)state;
	assert_int_equal(ix_status_number(text, strlen(text), "Seccomp", &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(ix_status_number(text, strlen(text), "TracerPid", &n), 0);
	assert_int_equal(n, 17);
	assert_int_equal(ix_status_number(text, strlen(text), "Bad", &n), -EPROTO);
	assert_int_equal(ix_status_number(text, strlen(text), "None", &n), -ENODATA);
	assert_int_equal(ix_status_effective(text, strlen(text), &n), 0);
	assert_int_equal(n, 0x20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uids),
		cmocka_unit_test(test_gids),
		cmocka_unit_test(test_bounding_set),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_pids_at_each_level),
		cmocka_unit_test(test_setgroups_text),
		cmocka_unit_test(test_children_text),
		cmocka_unit_test(test_pid_at_a_level),
		cmocka_unit_test(groups_are_read),
		cmocka_unit_test(more_groups_than_room_are_counted),
		cmocka_unit_test(single_numbers_are_read),
	};

	return cmocka_run_group_tests_name("procstatus", tests, NULL, NULL);
}

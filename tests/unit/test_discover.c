/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ns/discover.c: the namespace number in the text of a /proc link. */
#include "ns/discover.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/util.h"
#include "unit.h"

struct row {
	const char *type, *text;
	uint64_t number; /* 0: not a namespace link */
};

/* clang-format off */
static const struct row rows[] = {
	{ "ipc", "ipc:[4026531839]", 4026531839 },
	{ "ipc", "ipc:[1]", 1 },
	{ "ipc", "ipc:[18446744073709551615]", UINT64_MAX },
	{ "mnt", "mnt:[4026531841]", 4026531841 },
	{ "user", "user:[4026531837]", 4026531837 },

	{ "ipc", "mnt:[4026531841]", 0 },
	{ "ipc", "ipc_for_children:[4026531839]", 0 },
	{ "pid", "pid_for_children:[4026531836]", 0 },
	{ "pid_for_children", "pid:[4026531836]", 0 },
	{ "ipc", "xipc:[1]", 0 },
	{ "ipc", "IPC:[1]", 0 },
	{ "ipc", "ipc:[18446744073709551616]", 0 },
	{ "ipc", "ipc:[000000000000000000000012]", 0 },
	{ "ipc", "ipc:[-1]", 0 },
	{ "ipc", "ipc:[+1]", 0 },
	{ "ipc", "ipc:[ 1]", 0 },
	{ "ipc", "ipc:[1 ]", 0 },
	{ "ipc", "ipc:[1x]", 0 },
	{ "ipc", "ipc:[1]]", 0 },
	{ "ipc", "ipc:[1] (deleted)", 0 },
	{ "ipc", "ipc:[[1]", 0 },
	{ "ipc", "ipc:[0]", 0 },
	{ "ipc", "ipc:[]", 0 },
	{ "ipc", "ipc:[", 0 },
	{ "ipc", "ipc:]", 0 },
	{ "ipc", "ipc:1", 0 },
	{ "ipc", "ipc[1]", 0 },
	{ "ipc", "ipc:", 0 },
	{ "ipc", "ipc", 0 },
	{ "ipc", "ip", 0 },
	{ "ipc", "", 0 },
	{ "ipc", "/ipc:[1]", 0 },
	{ "ipc", "/dev/null", 0 },
};
/* clang-format on */

static void test_numbers_of_links(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = strlen(rows[i].text);
		char *copy = malloc(len ? len : 1); /* the text of a link has no NUL */
		uint64_t number;

		assert_non_null(copy);
		memcpy(copy, rows[i].text, len);
		number = ix_ns_number(rows[i].type, copy, len);
		free(copy);
		ROW_TRUE(rows[i].text, number == rows[i].number);
	}
}

/* A truncated link text yields no number. */
static void test_truncated_link_has_no_number(void **state)
{
	static const char text[] = "ipc:[4026531839]";

	(void)state;
	for (size_t len = 0; len < strlen(text); len++) {
		char *copy = malloc(len ? len : 1);

		assert_non_null(copy);
		memcpy(copy, text, len);
		ROW_TRUE(text, ix_ns_number("ipc", copy, len) == 0);
		free(copy);
	}
}

/* A recorded /proc with valid and invalid links. */
static void test_links_of_a_recorded_proc(void **state)
{
	char top[] = "/tmp/ipcx-test-discover.XXXXXX", longer[80];
	auto_fd int dir = -1;

	(void)state;
	assert_non_null(mkdtemp(top));
	dir = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);
	memset(longer, '1', sizeof(longer));
	memcpy(longer, "ipc:[", 5);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(symlinkat("ipc:[4026532999]", dir, "ipc"), 0);
	assert_int_equal(symlinkat(longer, dir, "longer"), 0);
	assert_int_equal(mkdirat(dir, "dir", 0700), 0);
	assert_true(ix_ns_link(dir, "ipc", "ipc") == 4026532999);
	assert_true(ix_ns_link(dir, "ipc", "mnt") == 0);
	assert_true(ix_ns_link(dir, "longer", "ipc") == 0);
	assert_true(ix_ns_link(dir, "dir", "ipc") == 0);
	errno = 0;
	assert_true(ix_ns_link(dir, "none", "ipc") == 0);
	assert_int_equal(errno, ENOENT);
	(void)unlinkat(dir, "ipc", 0);
	(void)unlinkat(dir, "longer", 0);
	(void)unlinkat(dir, "dir", AT_REMOVEDIR);
	assert_int_equal(rmdir(top), 0);
}

/* The link's text and the inode of the file agree. */
static void test_own_link_matches_its_inode(void **state)
{
	auto_fd int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	(void)state;
	if (proc < 0 || fstatat(proc, "self/ns/ipc", &st, 0) < 0) {
		print_message("there is no /proc here\n");
		skip();
	}
	assert_true(st.st_ino != 0);
	assert_true(ix_ns_link(proc, "self/ns/ipc", "ipc") == st.st_ino);
	assert_true(ix_ns_link(proc, "self/ns/mnt", "ipc") == 0);
	assert_true(ix_ns_link(proc, "self/exe", "ipc") == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_of_links),
		cmocka_unit_test(test_truncated_link_has_no_number),
		cmocka_unit_test(test_links_of_a_recorded_proc),
		cmocka_unit_test(test_own_link_matches_its_inode),
	};

	return cmocka_run_group_tests_name("discover", tests, NULL, NULL);
}

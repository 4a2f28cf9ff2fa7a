/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/mntinfo.c: the lines of a mountinfo, escapes in paths, and what is malformed. */
#include "base/mntinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/util.h"
#include "unit.h"

#define LINE \
	"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"

/* ---- lines */

struct good {
	const char *text;
	uint64_t id;
	unsigned major, minor;
	const char *root, *target, *type;
};

/* clang-format off */
static const struct good good[] = {
	{ LINE, 36, 98, 0, "/mnt1", "/mnt2", "ext3" },
	/* no optional field, or several */
	{ "1 1 0:2 / / rw - rootfs rootfs rw\n", 1, 0, 2, "/", "/", "rootfs" },
	{ "24 1 0:22 / /run rw shared:5 master:6 propagate_from:2 unbindable - tmpfs tmpfs rw\n",
	  24, 0, 22, "/", "/run", "tmpfs" },
	/* a source that is empty, that is "-", or that has a blank */
	{ "24 1 0:22 / /run rw - tmpfs  rw\n", 24, 0, 22, "/", "/run", "tmpfs" },
	{ "24 1 0:22 / /run rw shared:1 - tmpfs - rw\n", 24, 0, 22, "/", "/run", "tmpfs" },
	{ "24 1 0:22 / /run rw - fuse.sshfs a\\040-\\040b rw\n", 24, 0, 22, "/", "/run", "fuse.sshfs" },
	/* the largest numbers */
	{ "18446744073709551615 1 4095:1048575 / /x rw - tmpfs x rw\n",
	  UINT64_MAX, 4095, 1048575, "/", "/x", "tmpfs" },
	/* names of namespaces stand where a root stands */
	{ "60 30 0:4 ipc:[4026532177] /run/ipcx/ns/a rw - nsfs nsfs rw\n",
	  60, 0, 4, "ipc:[4026532177]", "/run/ipcx/ns/a", "nsfs" },
	/* escapes */
	{ "1 1 0:2 /a\\040b\\011c /d\\012e\\134f\\043 rw - tmpfs x rw\n", 1, 0, 2, "/a b\tc", "/d\ne\\f#", "tmpfs" },
	{ "1 1 0:2 / /\\134040 rw - tmpfs x rw\n", 1, 0, 2, "/", "/\\040", "tmpfs" },
	{ "1 1 0:2 / /\\377\\200 rw - tmpfs x rw\n", 1, 0, 2, "/", "/\377\200", "tmpfs" },
	{ "1 1 0:2 / /-\\040-\\040tmpfs rw - xfs x rw\n", 1, 0, 2, "/", "/- - tmpfs", "xfs" },
	/* a backslash that begins no escape stays */
	{ "1 1 0:2 /\\ /\\04 rw - tmpfs x rw\n", 1, 0, 2, "/\\", "/\\04", "tmpfs" },
	{ "1 1 0:2 / /\\400\\08\\8\\\\040 rw - tmpfs x rw\n", 1, 0, 2, "/", "/\\400\\08\\8\\ ", "tmpfs" },
};

static const char *const bad[] = {
	/* truncated */
	"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw", "36", " ", "x",
	/* too few words */
	"\n", "36\n", "36 35\n", "36 35 98:0\n", "36 35 98:0 /\n", "36 35 98:0 / /x\n", "36 35 98:0 / /x rw\n",
	"36 35 98:0 / /x rw -\n", "36 35 98:0 / /x rw - tmpfs\n", "36 35 98:0 / /x rw tmpfs x rw\n",
	"36 35 98:0 / - tmpfs x rw\n", "36 35 98:0 / /x rw x- tmpfs x rw\n",
	/* no numbers */
	"x 35 98:0 / /x rw - tmpfs x rw\n", " 36 35 98:0 / /x rw - tmpfs x rw\n", "-1 35 98:0 / /x rw - tmpfs x rw\n",
	"18446744073709551616 1 0:2 / /x rw - tmpfs x rw\n", "36 35 98 / /x rw - tmpfs x rw\n", "36 35 98: / /x rw - tmpfs x rw\n",
	"36 35 :0 / /x rw - tmpfs x rw\n", "36 35 98:0x / /x rw - tmpfs x rw\n", "36 35 98:-1 / /x rw - tmpfs x rw\n",
	"36 35 4294967296:0 / /x rw - tmpfs x rw\n", "36 35 98:4294967296 / /x rw - tmpfs x rw\n",
	"36 35 98.0 / /x rw - tmpfs x rw\n",
};
/* clang-format on */

static void test_good_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const struct good *g = &good[i];
		auto_free char *text = strdup(g->text);
		struct ix_mntinfo m = { .id = 0 };
		char *pos = text;

		assert_non_null(text);
		ROW_TRUE(g->text, ix_mntinfo_next(&pos, &m) == 1);
		ROW_TRUE(g->text, m.id == g->id && m.dev == makedev(g->major, g->minor));
		ROW_TRUE(g->text, !strcmp(m.root, g->root));
		ROW_TRUE(g->text, !strcmp(m.target, g->target));
		ROW_TRUE(g->text, !strcmp(m.type, g->type));
		ROW_TRUE(g->text, ix_mntinfo_next(&pos, &m) == 0);
	}
}

static void test_bad_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		auto_free char *text = strdup(bad[i]);
		struct ix_mntinfo m = { .id = 7, .target = "untouched" };
		char *pos = text;

		assert_non_null(text);
		ROW_TRUE(bad[i], ix_mntinfo_next(&pos, &m) == -EPROTO);
		ROW_TRUE(bad[i], m.id == 7 && !strcmp(m.target, "untouched"));
	}
}

static void test_many_lines(void **state)
{
	char text[] = LINE LINE "1 1 0:2 / / rw - rootfs rootfs rw\n";
	struct ix_mntinfo m;
	char *pos = text;

	(void)state;
	assert_int_equal(ix_mntinfo_next(&pos, &m), 1);
	assert_int_equal(ix_mntinfo_next(&pos, &m), 1);
	assert_int_equal(ix_mntinfo_next(&pos, &m), 1);
	assert_int_equal(m.id, 1);
	for (int i = 0; i < 2; i++)
		assert_int_equal(ix_mntinfo_next(&pos, &m), 0);
}

/* The kernel's paths are shorter, but the escapes make them up to four times as long. */
static void test_very_long_line(void **state)
{
	enum { LONG = 100000 };
	auto_buf struct ix_buf b = { 0 };
	struct ix_mntinfo m;
	char *pos;

	(void)state;
	assert_int_equal(ix_buf_add(&b, "1 1 0:2 / /", 11), 0);
	for (int i = 0; i < LONG; i++)
		assert_int_equal(ix_buf_add(&b, "\\040", 4), 0);
	assert_int_equal(ix_buf_add(&b, "x rw - tmpfs x rw\n", 19), 0);
	pos = b.data;
	assert_int_equal(ix_mntinfo_next(&pos, &m), 1);
	assert_int_equal(strlen(m.target), LONG + 2);
	assert_int_equal(strspn(m.target + 1, " "), LONG);
	assert_string_equal(m.type, "tmpfs");
}

/* ---- files */

static int proc; /* a directory that stands for /proc */
static char top[] = "/tmp/ipcx-mntinfo.XXXXXX";

static void put(const char *path, const char *text)
{
	auto_fd int fd =
		openat(proc, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void test_files(void **state)
{
	struct ix_buf b = { 0 };
	struct ix_mntinfo m;
	char *pos;

	(void)state;
	assert_int_equal(mkdirat(proc, "12", 0700), 0);
	assert_int_equal(mkdirat(proc, "thread-self", 0700), 0);
	assert_int_equal(ix_mntinfo_read(proc, 12, &b), -ENOENT);
	assert_null(b.data);
	put("12/mountinfo", LINE);
	put("thread-self/mountinfo", "");

	assert_int_equal(ix_mntinfo_read(proc, 12, &b), 0);
	pos = b.data;
	assert_int_equal(ix_mntinfo_next(&pos, &m), 1);
	assert_string_equal(m.target, "/mnt2");
	assert_int_equal(ix_mntinfo_next(&pos, &m), 0);
	ix_buf_free(&b);

	/* 0 is this thread; a file may be empty */
	b = (struct ix_buf){ 0 };
	assert_int_equal(ix_mntinfo_read(proc, 0, &b), 0);
	pos = b.data;
	assert_int_equal(ix_mntinfo_next(&pos, &m), 0);
	ix_buf_free(&b);
}

/* Our own mounts: each line can be read, and the root directory is among them. */
static void test_our_own(void **state)
{
	auto_buf struct ix_buf b = { 0 };
	auto_fd int real = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct ix_mntinfo m;
	bool root = false;
	char *pos;
	int r;

	(void)state;
	assert_int_equal(ix_mntinfo_read(real, 0, &b), 0);
	pos = b.data;
	while ((r = ix_mntinfo_next(&pos, &m)) == 1)
		root |= !strcmp(m.target, "/");
	assert_int_equal(r, 0);
	assert_true(root);
}

static int make_proc(void **state)
{
	(void)state;
	proc = mkdtemp(top) ? open(top, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	return proc < 0;
}

static int remove_proc(void **state)
{
	(void)state;
	(void)unlinkat(proc, "12/mountinfo", 0);
	(void)unlinkat(proc, "thread-self/mountinfo", 0);
	(void)unlinkat(proc, "12", AT_REMOVEDIR);
	(void)unlinkat(proc, "thread-self", AT_REMOVEDIR);
	(void)close(proc);
	return rmdir(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_lines),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_many_lines),
		cmocka_unit_test(test_very_long_line),
		cmocka_unit_test_setup_teardown(test_files, make_proc, remove_proc),
		cmocka_unit_test(test_our_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

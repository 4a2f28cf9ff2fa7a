/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/below.c: links planted by other users do not lead out of the root directory. */
#include "base/below.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/util.h"
#include "unit.h"

static char top[] = "/tmp/ipcx-test-below.XXXXXX";
static int above = -1, root = -1;

/* clang-format off */
static const char *const dirs[] = { "root", "root/etc", "root/etc/deep" };

static const struct {
	const char *path, *text; /* of a file */
	const char *target;      /* or of a link */
} files[] = {
	{ "passwd", "outside", NULL },
	{ "root/etc/passwd", "inside", NULL },
	{ "root/passwd", "inside, above", NULL },
	{ "root/absolute", NULL, "/etc/passwd" },
	{ "root/relative", NULL, "etc/passwd" },
	{ "root/etc/up", NULL, "../../passwd" },
	{ "root/etc/far-up", NULL, "../../../../../../../../passwd" },
	{ "root/top", NULL, "/" },
	{ "root/over-top", NULL, "/../.." },
	{ "root/chain", NULL, "/over-top/etc/up" },
	{ "root/loop", NULL, "loop" },
	{ "root/dangling", NULL, "/none" },
	{ "root/proc-like", NULL, "/proc/self/exe" },
};
/* clang-format on */

static void put(const char *path, const char *text)
{
	auto_fd int fd =
		openat(above, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static int begin(void **state)
{
	(void)state;
	if (!mkdtemp(top))
		return -1;
	above = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (above < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdirat(above, dirs[i], 0700) < 0)
			return -1;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i].text)
			put(files[i].path, files[i].text);
		else if (symlinkat(files[i].target, above, files[i].path) < 0)
			return -1;
	root = openat(above, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		(void)unlinkat(above, files[i].path, 0);
	for (size_t i = ARRAY_SIZE(dirs); i-- > 0;)
		(void)unlinkat(above, dirs[i], AT_REMOVEDIR);
	(void)close(root);
	(void)close(above);
	return rmdir(top);
}

/* Return whether openat2(2) exists: before Linux 5.6 there is nothing to test. */
static bool promises(void)
{
	auto_fd int fd = ix_open_below(root, ".", O_PATH, true);

	if (fd == -ENOSYS)
		print_message("there is no openat2(2) here\n");
	return fd != -ENOSYS;
}

struct row {
	const char *path;
	int flags, error;
	const char *text; /* text that the file has, or NULL */
};

/* clang-format off */
static const struct row rows[] = {
	{ "etc/passwd", O_RDONLY, 0, "inside" },
	{ "/etc/passwd", O_RDONLY, 0, "inside" },
	{ "absolute", O_RDONLY, 0, "inside" },
	{ "relative", O_RDONLY, 0, "inside" },
	{ "top/etc/passwd", O_RDONLY, 0, "inside" },
	{ "etc/up", O_RDONLY, 0, "inside, above" },
	{ "etc/far-up", O_RDONLY, 0, "inside, above" },
	{ "../passwd", O_RDONLY, 0, "inside, above" },
	{ "../../../passwd", O_RDONLY, 0, "inside, above" },
	{ "over-top/passwd", O_RDONLY, 0, "inside, above" },
	{ "chain", O_RDONLY, 0, "inside, above" },
	{ "etc/deep", O_PATH | O_DIRECTORY, 0, NULL },
	{ ".", O_PATH | O_DIRECTORY, 0, NULL },

	{ "loop", O_RDONLY, -ELOOP, NULL },
	{ "dangling", O_RDONLY, -ENOENT, NULL },
	{ "proc-like", O_RDONLY, -ENOENT, NULL },
	{ "none", O_RDONLY, -ENOENT, NULL },
	{ "none/../etc/passwd", O_RDONLY, -ENOENT, NULL },
	{ "etc/passwd/x", O_RDONLY, -ENOTDIR, NULL },
	{ "etc/passwd", O_PATH | O_DIRECTORY, -ENOTDIR, NULL },
	{ "absolute", O_RDONLY | O_NOFOLLOW, -ELOOP, NULL },
	{ "", O_RDONLY, -ENOENT, NULL },
};
/* clang-format on */

static void one(const struct row *row, bool hostile)
{
	auto_fd int fd = ix_open_below(root, row->path, row->flags, hostile);
	char buf[32] = "";

	if (row->error) {
		ROW_TRUE(row->path, fd == row->error);
		return;
	}
	ROW_TRUE(row->path, fd > 2);
	ROW_TRUE(row->path, fcntl(fd, F_GETFD) == FD_CLOEXEC);
	if (!row->text)
		return;
	ROW_TRUE(row->path, read(fd, buf, sizeof(buf) - 1) >= 0);
	ROW_TRUE(row->path, !strcmp(buf, row->text));
}

static void test_paths_stay_below_the_root(void **state)
{
	(void)state;
	if (!promises())
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		one(&rows[i], true);
		one(&rows[i], false);
	}
}

/* Magic links of /proc bypass path lookup, so following one would lead out of the root
 * directory. */
static void test_magic_links_are_not_followed(void **state)
{
	static const char *const magic[] = { "exe",    "cwd",   "root",    "fd/0",
					     "ns/ipc", "cwd/x", "root/etc" };
	auto_fd int proc = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char link[8];

	(void)state;
	if (!promises())
		skip();
	if (proc < 0 || readlinkat(proc, "exe", link, sizeof(link)) < 0) {
		print_message("there is no /proc here\n");
		skip();
	}
	for (size_t i = 0; i < ARRAY_SIZE(magic); i++) {
		ROW_TRUE(magic[i],
			 ix_open_below(proc, magic[i], O_RDONLY, true) == -ELOOP);
		ROW_TRUE(magic[i],
			 ix_open_below(proc, magic[i], O_RDONLY, false) == -ELOOP);
	}
}

/* The directory entry itself is read: not the target of a link, and nothing above the
 * root directory. */
static void test_only_the_entry_itself_is_read(void **state)
{
	(void)state;
	if (!promises())
		skip();
	for (int hostile = 0; hostile < 2; hostile++) {
		auto_fd int file = ix_open_entry(root, "passwd", O_RDONLY, hostile);
		auto_fd int link = ix_open_entry(root, "relative", O_PATH, hostile);
		struct stat st;

		assert_true(file > 2 && fcntl(file, F_GETFD) == FD_CLOEXEC);
		assert_true(link > 2 && fstat(link, &st) == 0);
		assert_true(S_ISLNK(st.st_mode));
		assert_int_equal(ix_open_entry(root, "relative", O_RDONLY, hostile),
				 -ELOOP);
		assert_int_equal(ix_open_entry(root, "none", O_RDONLY, hostile), -ENOENT);
	}
	assert_int_equal(ix_open_entry(root, "..", O_PATH, true), -EXDEV);
	assert_int_equal(ix_open_entry(root, "/etc", O_PATH, true), -EXDEV);
	assert_int_equal(ix_open_entry(root, "top/etc", O_PATH, true), -EXDEV);
	assert_int_equal(ix_open_entry(root, "etc/../../passwd", O_PATH, true), -EXDEV);
}

/* A mount point is crossed only if allowed; on nearly every machine /proc is one. */
static void test_mount_points_are_crossed_only_below_a_trusted_root(void **state)
{
	auto_fd int slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), proc = -1;
	struct stat st, up;

	(void)state;
	if (!promises())
		skip();
	assert_true(slash >= 0 && fstat(slash, &up) == 0);
	if (fstatat(slash, "proc", &st, 0) < 0 || st.st_dev == up.st_dev) {
		print_message("/proc is no mount here\n");
		skip();
	}
	assert_int_equal(ix_open_entry(slash, "proc", O_PATH, true), -EXDEV);
	proc = ix_open_entry(slash, "proc", O_PATH, false);
	assert_true(proc > 2);
}

/* Whatever the result of a call, no descriptor is leaked. */
static void test_no_descriptor_leaks(void **state)
{
	int lowest = fcntl(root, F_DUPFD_CLOEXEC, 3);

	(void)state;
	assert_true(lowest >= 0);
	if (!promises())
		skip();
	(void)close(lowest);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		one(&rows[i], true);
		one(&rows[i], false);
	}
	assert_int_equal(fcntl(root, F_DUPFD_CLOEXEC, 3), lowest);
	(void)close(lowest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths_stay_below_the_root),
		cmocka_unit_test(test_magic_links_are_not_followed),
		cmocka_unit_test(test_only_the_entry_itself_is_read),
		cmocka_unit_test(test_mount_points_are_crossed_only_below_a_trusted_root),
		cmocka_unit_test(test_no_descriptor_leaks),
	};

	return cmocka_run_group_tests_name("below", tests, begin, end);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/named.c: symbolic links, FIFOs and devices planted at a file name that a user
 * gave. Planting files of other users needs root. */
#include "base/named.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "unit.h"

#define OTHER 12345

static char top[] = "/tmp/ipcx-test-named.XXXXXX";
static int dir = -1;

static int begin(void **state)
{
	(void)state;
	if (!mkdtemp(top))
		return -1;
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 || fchmod(dir, 01777) < 0 ? -1 : 0;
}

static const char *const made[] = { "new", "file", "fifo", "link", "chain", "magic" };

static void clear(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		(void)unlinkat(dir, made[i], 0);
}

static int end(void **state)
{
	(void)state;
	clear();
	(void)close(dir);
	return rmdir(top);
}

static void make_file(void)
{
	auto_fd int fd = openat(dir, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "old", 3), 3);
}

static void give(const char *name, uid_t uid)
{
	assert_int_equal(fchownat(dir, name, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW), 0);
}

/* Open a file by name; check that the error text contains the word; return 0 or
 * -errno. */
static int try(bool write, const char *name, mode_t mode, const char *word)
{
	const char *why = "";
	auto_fd int fd = write ? ix_open_output(dir, name, mode, &why)
			       : ix_open_input(dir, name, &why);

	if (fd >= 0) {
		assert_true(fd > 2);
		assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		return 0;
	}
	ROW_TRUE(why, *why && (!word || strstr(why, word)));
	return fd;
}

static void test_new_and_existing_files(void **state)
{
	struct stat st;

	(void)state;
	clear();
	assert_int_equal(try(true, "new", 0, NULL), -ENOENT);
	assert_int_equal(try(true, "new", 0600, NULL), 0);
	assert_int_equal(fstatat(dir, "new", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	make_file();
	assert_int_equal(try(true, "file", 0600, NULL), 0);
	assert_int_equal(fstatat(dir, "file", &st, 0), 0);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(try(false, "file", 0, NULL), 0);
	assert_int_equal(try(true, ".", 0600, NULL), -EISDIR);
	assert_int_equal(try(true, "./", 0600, NULL), -EISDIR);
	assert_int_equal(try(true, "", 0600, NULL), -ENOENT);
	assert_int_equal(try(true, "file/x", 0600, NULL), -ENOTDIR);
	assert_int_equal(try(false, ".", 0, NULL), 0);
}

static void test_own_links_are_followed(void **state)
{
	(void)state;
	clear();
	make_file();
	assert_int_equal(symlinkat("file", dir, "link"), 0);
	assert_int_equal(symlinkat("./link", dir, "chain"), 0);
	assert_int_equal(try(true, "chain", 0600, NULL), 0);
	assert_int_equal(try(false, "chain", 0, NULL), 0);
	assert_int_equal(unlinkat(dir, "file", 0), 0);
	/* No file is created through a link. */
	assert_int_equal(try(true, "chain", 0600, NULL), -ENOENT);
	assert_int_equal(unlinkat(dir, "link", 0), 0);
	assert_int_equal(symlinkat("chain", dir, "link"), 0);
	assert_int_equal(try(true, "chain", 0600, NULL), -ELOOP);
}

static void test_devices_and_fifos_are_opened(void **state)
{
	char path[40];
	int fd[2];

	(void)state;
	clear();
	assert_int_equal(try(true, "/dev/null", 0600, NULL), 0);
	assert_int_equal(mkfifoat(dir, "fifo", 0600), 0);
	assert_int_equal(try(true, "fifo", 0600, "without a reader"), -ENXIO);
	fd[0] = openat(dir, "fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd[0] >= 0);
	assert_int_equal(try(true, "fifo", 0600, NULL), 0);
	assert_int_equal(close(fd[0]), 0);
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	(void)snprintf(path, sizeof(path), "/dev/fd/%d", fd[1]);
	assert_int_equal(try(true, path, 0600, NULL), 0);
	/* The same through the caller's own link to a magic link. */
	assert_int_equal(symlinkat(path, dir, "magic"), 0);
	assert_int_equal(try(true, "magic", 0600, NULL), 0);
	assert_int_equal(close(fd[0]) | close(fd[1]), 0);
}

static void test_planted_files_are_refused(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	clear();
	make_file();
	assert_int_equal(symlinkat("file", dir, "link"), 0);
	give("link", OTHER);
	assert_int_equal(try(true, "link", 0600, "symbolic link"), -ELOOP);
	assert_int_equal(try(false, "link", 0, "symbolic link"), -ELOOP);
	/* The same at the end of a chain of links that begins with the caller's own. */
	assert_int_equal(symlinkat("link", dir, "chain"), 0);
	assert_int_equal(try(true, "chain", 0600, "symbolic link"), -ELOOP);
	give("file", OTHER);
	assert_int_equal(try(true, "file", 0600, "another user"), -EPERM);
	assert_int_equal(try(false, "file", 0, NULL), 0);
	assert_int_equal(mkfifoat(dir, "fifo", 0622), 0);
	give("fifo", OTHER);
	assert_int_equal(try(true, "fifo", 0600, "another user"), -EPERM);
	/* Files of the directory's owner are trusted: the owner could replace anything
	 * in it. */
	assert_int_equal(fchown(dir, OTHER, (gid_t)-1), 0);
	assert_int_equal(try(true, "link", 0600, NULL), 0);
	assert_int_equal(try(true, "fifo", 0600, "without a reader"), -ENXIO);
	assert_int_equal(fchown(dir, 0, (gid_t)-1), 0);
	/* In a directory that is not world-writable all files are trusted. */
	assert_int_equal(fchmod(dir, 0755), 0);
	assert_int_equal(try(true, "link", 0600, NULL), 0);
	assert_int_equal(fchmod(dir, 01777), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_and_existing_files),
		cmocka_unit_test(test_own_links_are_followed),
		cmocka_unit_test(test_devices_and_fifos_are_opened),
		cmocka_unit_test(test_planted_files_are_refused),
	};

	return cmocka_run_group_tests(tests, begin, end);
}

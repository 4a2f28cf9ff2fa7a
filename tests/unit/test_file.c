/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/file.c: reading small files as a whole, and keeping descriptors above those of the
 * standard streams. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "unit.h"

static char top[] = "/tmp/ipcx-test-file.XXXXXX";
static int dir = -1;

static int begin(void **state)
{
	(void)state;
	if (!mkdtemp(top))
		return -1;
	dir = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	(void)unlinkat(dir, "x", 0);
	(void)unlinkat(dir, "link", 0);
	(void)close(dir);
	return rmdir(top);
}

static void put(const char *text)
{
	auto_fd int fd = openat(dir, "x", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* The size of the buffer includes the NUL. */
static void test_file_is_read_whole_or_not_at_all(void **state)
{
	char buf[16];

	(void)state;
	put("");
	assert_int_equal(ix_read_file(dir, "x", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	put("123456789012345");
	assert_int_equal(ix_read_file(dir, "x", buf, sizeof(buf)), 15);
	assert_string_equal(buf, "123456789012345");
	put("1234567890123456");
	assert_int_equal(ix_read_file(dir, "x", buf, sizeof(buf)), -EFBIG);
	assert_int_equal(ix_read_file(dir, "none", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(ix_read_file(dir, ".", buf, sizeof(buf)), -EISDIR);
}

/* Reading the text of a link treats buffer sizes in the same way. */
static void test_link_is_read_whole_or_not_at_all(void **state)
{
	char buf[16];

	(void)state;
	assert_int_equal(symlinkat("123456789012345", dir, "link"), 0);
	assert_int_equal(symlinkat("1234567890123456", dir, "longer"), 0);
	assert_int_equal(ix_read_link(dir, "link", buf, sizeof(buf)), 15);
	assert_string_equal(buf, "123456789012345");
	assert_int_equal(ix_read_link(dir, "longer", buf, sizeof(buf)), -ENAMETOOLONG);
	assert_int_equal(ix_read_link(dir, "none", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(ix_read_link(dir, ".", buf, sizeof(buf)), -EINVAL);
	assert_int_equal(unlinkat(dir, "link", 0), 0);
	assert_int_equal(unlinkat(dir, "longer", 0), 0);
}

/* Follow a link of an exiting child until this fails with "no such process", which must
 * not be taken for "not permitted". */
static void follow_to_the_end(int proc, pid_t child, bool open_it)
{
	char path[32], buf[64];
	int r;

	(void)snprintf(path, sizeof(path), "%d/ns/mnt", child);
	do {
		r = open_it ? ix_open_link(proc, path, O_RDONLY)
			    : ix_read_link(proc, path, buf, sizeof(buf));
		if (open_it && r >= 0)
			(void)close(r);
	} while (r >= 0);
	if (r != -ENOENT)
		assert_int_equal(r, -ESRCH);
}

static void test_links_of_a_process_that_exits(void **state)
{
	int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_true(proc >= 0);
	assert_true(signal(SIGCHLD, SIG_IGN) !=
		    SIG_ERR); /* children are reaped automatically */
	for (int i = 0; i < 1500; i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(0);
		assert_true(child > 0);
		follow_to_the_end(proc, child, i % 4 == 0);
	}
	assert_true(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
	(void)close(proc);
}

/* A pipe delivers its data in pieces. */
static void test_pipe_is_read_to_its_end(void **state)
{
	struct ix_buf b = { 0 };
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "ab", 2), 2);
	assert_int_equal(write(ends[1], "cd", 2), 2);
	(void)close(ends[1]);
	assert_int_equal(ix_read_all(ends[0], 4, &b), 0);
	assert_int_equal(b.len, 4);
	assert_memory_equal(b.data, "abcd", 4);
	ix_buf_free(&b);
	(void)close(ends[0]);
}

static void test_read_all_stops_at_the_limit(void **state)
{
	struct ix_buf b = { .len = 77 };
	auto_fd int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(zero >= 0);
	assert_int_equal(ix_read_all(zero, 1000000, &b), -EFBIG);
	assert_int_equal(ix_read_all(-1, 10, &b), -EBADF);
	assert_true(b.len == 77 && !b.data);
}

/* An existing file is written with a single call; a missing file is not created. */
static void test_only_existing_files_are_written(void **state)
{
	char buf[16];

	(void)state;
	put("....");
	assert_int_equal(ix_write_file(dir, "x", "ab"), 0);
	assert_int_equal(ix_read_file(dir, "x", buf, sizeof(buf)), 4);
	assert_string_equal(buf, "ab..");
	assert_int_equal(ix_write_file(dir, "none", "ab"), -ENOENT);
	assert_int_equal(faccessat(dir, "none", F_OK, 0), -1);
	assert_int_equal(ix_write_file(AT_FDCWD, "/dev/full", "ab"), -ENOSPC);
}

static void test_open_sets_close_on_exec(void **state)
{
	auto_fd int fd = ix_open(dir, ".", O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_true(fd > 2);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(ix_open(dir, "none", O_RDONLY), -ENOENT);
	assert_int_equal(symlinkat("x", dir, "link"), 0);
	assert_int_equal(ix_open(dir, "link", O_RDONLY | O_NOFOLLOW), -ELOOP);
}

/* With stdin closed the lowest free descriptor is 0, which must not be used. */
static void test_open_avoids_standard_streams(void **state)
{
	int kept = fcntl(0, F_DUPFD_CLOEXEC, 10), fd;

	(void)state;
	(void)close(0);
	fd = ix_open(AT_FDCWD, "/dev/null", O_RDONLY);
	assert_int_equal(fcntl(0, F_GETFD), -1);
	if (kept >= 0)
		assert_int_equal(dup2(kept, 0), 0);
	assert_true(fd > 2);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	(void)close(fd);
	(void)close(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file_is_read_whole_or_not_at_all),
		cmocka_unit_test(test_link_is_read_whole_or_not_at_all),
		cmocka_unit_test(test_links_of_a_process_that_exits),
		cmocka_unit_test(test_pipe_is_read_to_its_end),
		cmocka_unit_test(test_read_all_stops_at_the_limit),
		cmocka_unit_test(test_only_existing_files_are_written),
		cmocka_unit_test(test_open_sets_close_on_exec),
		cmocka_unit_test(test_open_avoids_standard_streams),
	};

	return cmocka_run_group_tests_name("file", tests, begin, end);
}

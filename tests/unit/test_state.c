/* SPDX-License-Identifier: GPL-2.0-or-later */
/* container/state.c, container/containers.c: which state files are trusted, and which
 * process each of them names. */
#include "container/state.h"

#include <errno.h>
#include <time.h>

#include "base/file.h"
#include "machine.h"
#include "proc/stat.h"

static const struct ix_search bare; /* without optional parts */

#define GOOD "{ \"init_process_pid\": 100, \"init_process_start\": 1000 }"

struct claimed {
	const char *text;
	bool believed;
};

/* clang-format off */
static const struct claimed claims[] = {
	{ GOOD, true },
	/* without a start time the mtime of the file counts, which is the current time */
	{ "{ \"init_process_pid\": 100 }", true },
	{ "{ \"init_process_pid\": 100, \"init_process_start\": 0 }", true },

	{ "{ \"init_process_pid\": 100, \"init_process_start\": 1001 }", false },
	{ "{ \"init_process_pid\": 100, \"init_process_start\": 999 }", false },
	{ "{ \"init_process_pid\": 100, \"init_process_start\": 4294968296 }", false }, /* 2^32 + 1000 */
	{ "{ \"init_process_pid\": 101, \"init_process_start\": 1000 }", false },
	{ "{ \"init_process_pid\": 102, \"init_process_start\": 1000 }", false }, /* a zombie */
	{ "{ \"init_process_pid\": 4294967396, \"init_process_start\": 1000 }", false }, /* 2^32 + 100 */
	{ "{ \"init_process_pid\": \"100\", \"init_process_start\": 1000 }", false },
	{ "{ \"init_process_pid\": 100.0, \"init_process_start\": 1000 }", false },
	{ "{ \"init_process_pid\": [ 100 ], \"init_process_start\": 1000 }", false },
	{ "{ \"init_process_pid\": -100, \"init_process_start\": 1000 }", false },
	{ "{ \"init_process_pid\": 0, \"init_process_start\": 1000 }", false },
	{ "{ \"init_process_start\": 1000 }", false },
	{ "[ " GOOD " ]", false },
	{ GOOD GOOD, false },
	{ "{ \"init_process_pid\": 100", false },
	{ "", false },
};
/* clang-format on */

static void test_texts_of_state_files(void **state)
{
	const struct machine *m = *state;

	NEEDS(openat2);
	run(m, 100, 1, "sleep", 1000);
	run(m, 102, 1, "Z", 1000);
	for (size_t i = 0; i < ARRAY_SIZE(claims); i++) {
		claim(m, "runc/box", "state.json", claims[i].text);
		ROW_TRUE(claims[i].text, listed(m, "box") == claims[i].believed);
	}
}

static void test_all_members_are_read(void **state)
{
	const struct machine *m = *state;
	const struct ix_container *found;
	struct ix_containers *c;

	NEEDS(openat2);
	run(m, 100, 1, "sleep", 1000);
	claim(m, "runc/box", "state.json", GOOD);
	claim(m, "runc/.hidden", "state.json", GOOD);
	claim(m, "runc/empty", "other.json", GOOD);
	c = containers(m);
	assert_int_equal(look(c, "box", &found), 1);
	assert_non_null(found);
	assert_string_equal(found->runtime, "runc");
	assert_string_equal(found->name, "box");
	assert_int_equal(found->pid, 100);
	assert_true(found->start == 1000);
	assert_true(!found->pod && !found->ipc_mode && !found->cgroup);
	assert_null(ix_containers_at(c, 1));
	ix_containers_free(c);
}

/* ---- mtime */

/* Set the mtime of a file, in seconds since the epoch. */
static void written_at(const struct machine *m, const char *path, int64_t when)
{
	const struct timespec times[2] = { { .tv_sec = when }, { .tv_sec = when } };

	assert_int_equal(utimensat(m->fd, path, times, 0), 0);
}

/* A PID was reused: the process is younger than the file that names its PID. */
static void test_file_older_than_its_process(void **state)
{
	static const struct {
		const char *what;
		int64_t after;
		bool believed;
	} rows[] = {
		{ "an hour before it started", -3600, false },
		{ "five seconds before", -5, false },
		{ "five seconds after", 5, true },
		{ "an hour after", 3600, true },
	};
	const struct machine *m = *state;
	struct timespec wall, since;
	char path[300];
	int64_t started;

	NEEDS(openat2);
	assert_int_equal(clock_gettime(CLOCK_REALTIME, &wall), 0);
	assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &since), 0);
	started = wall.tv_sec - since.tv_sec + 100;
	run(m, 100, 1, "sleep", 100 * (uint64_t)sysconf(_SC_CLK_TCK));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		claim(m, "crun/box", "status", "{ \"pid\": 100 }");
		written_at(m, state_path(path, "crun/box/status"),
			   started + rows[i].after);
		ROW_TRUE(rows[i].what, listed(m, "box") == rows[i].believed);
	}
}

/* ---- file types */

struct trick {
	const char *what;
	void (*play)(const struct machine *m, const char *dir, const char *file);
	bool believed, root;
	int r; /* result of reading the file */
};

static void nothing(const struct machine *m, const char *dir, const char *file)
{
	(void)dir;
	assert_int_equal(faccessat(m->fd, file, R_OK, 0), 0);
}

static void by_link(const struct machine *m, const char *dir, const char *file)
{
	char other[320];

	(void)snprintf(other, sizeof(other), "%s/other.json", dir);
	assert_int_equal(renameat(m->fd, file, m->fd, other), 0);
	assert_int_equal(symlinkat("other.json", m->fd, file), 0);
}

static void dir_by_link(const struct machine *m, const char *dir, const char *file)
{
	char other[320];

	(void)file;
	(void)snprintf(other, sizeof(other), "%s/../.elsewhere", dir);
	assert_int_equal(renameat(m->fd, dir, m->fd, other), 0);
	assert_int_equal(symlinkat(".elsewhere", m->fd, dir), 0);
}

/* Create a FIFO in place of the file; opening the FIFO must not block. */
static void fifo(const struct machine *m, const char *dir, const char *file)
{
	(void)dir;
	assert_int_equal(unlinkat(m->fd, file, 0), 0);
	assert_int_equal(mkfifoat(m->fd, file, 0600), 0);
}

static void directory(const struct machine *m, const char *dir, const char *file)
{
	(void)dir;
	assert_int_equal(unlinkat(m->fd, file, 0), 0);
	assert_int_equal(mkdirat(m->fd, file, 0700), 0);
}

static void anybody_writes(const struct machine *m, const char *dir, const char *file)
{
	(void)dir;
	assert_int_equal(fchmodat(m->fd, file, 0602, 0), 0);
}

static void all_read(const struct machine *m, const char *dir, const char *file)
{
	(void)dir;
	assert_int_equal(fchmodat(m->fd, file, 0644, 0), 0);
}

static void anothers(const struct machine *m, const char *dir, const char *file)
{
	(void)dir;
	assert_int_equal(fchownat(m->fd, file, 12345, 0, 0), 0);
}

/* Pad a file to a size with blanks, which JSON ignores. */
static void pad(const struct machine *m, const char *file, size_t size)
{
	auto_free char *text = malloc(size);

	assert_non_null(text);
	memset(text, ' ', size);
	memcpy(text, GOOD, strlen(GOOD));
	put_bytes(m, file, text, size);
}

/* Return the largest accepted size of a file of this owner. It is smaller for users,
 * since root reads their files, too. */
static size_t at_most(uid_t owner)
{
	return owner ? (size_t)256 << 10 : (size_t)4 << 20;
}

static void largest(const struct machine *m, const char *dir, const char *file)
{
	(void)dir;
	pad(m, file, at_most(geteuid()));
}

static void too_large(const struct machine *m, const char *dir, const char *file)
{
	(void)dir;
	pad(m, file, at_most(geteuid()) + 1);
}

static void change_root(const struct machine *m, mode_t mode)
{
	char path[300];

	assert_int_equal(fchmodat(m->fd, state_path(path, "runc"), mode, 0), 0);
}

static void open_root(const struct machine *m, const char *dir, const char *file)
{
	(void)dir;
	(void)file;
	change_root(m, 0777);
}

/* A sticky directory like /tmp: nobody can replace a file of another user. */
static void sticky_root(const struct machine *m, const char *dir, const char *file)
{
	(void)dir;
	(void)file;
	change_root(m, 01777);
}

static void anothers_root(const struct machine *m, const char *dir, const char *file)
{
	char path[300];

	(void)dir;
	(void)file;
	assert_int_equal(fchownat(m->fd, state_path(path, "runc"), 12345, 0, 0), 0);
}

/* clang-format off */
static const struct trick tricks[] = {
	{ "as it was made", nothing, true, false, 0 },
	{ "readable to all", all_read, true, false, 0 },
	{ "as large as may be", largest, true, false, 0 },
	{ "below a sticky directory", sticky_root, true, false, 0 },

	{ "a link", by_link, false, false, -ELOOP },
	{ "below a link", dir_by_link, false, false, -ELOOP },
	{ "a FIFO", fifo, false, false, -EPERM },
	{ "a directory", directory, false, false, -EPERM },
	{ "writable for all", anybody_writes, false, false, -EPERM },
	{ "larger than that", too_large, false, false, -EFBIG },
	{ "below a directory for all", open_root, false, false, 0 },
	{ "somebody else's", anothers, false, true, -EPERM },
	{ "below somebody else's directory", anothers_root, false, true, 0 },
};
/* clang-format on */

/* Read a file as ipcx reads the state files of runtimes. */
static int read_it(const struct machine *m)
{
	char path[300];
	auto_fd int dir = openat(m->fd, state_path(path, "runc"),
				 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct ix_state s;
	int r;

	assert_true(dir >= 0);
	r = ix_state_read(&bare, dir, "box/state.json", geteuid(), &s);
	if (r == 0)
		ix_state_free(&s);
	return r;
}

static void test_planted_files_are_refused(void **state)
{
	(void)state;
	NEEDS(openat2);
	for (size_t i = 0; i < ARRAY_SIZE(tricks); i++) {
		char dir[300], file[300];
		void *made;
		const struct machine *m;

		if (tricks[i].root && geteuid() != 0) {
			print_message("%s: only root can make it\n", tricks[i].what);
			continue;
		}
		assert_int_equal(machine_begin(&made), 0);
		m = made;
		run(m, 100, 1, "sleep", 1000);
		claim(m, "runc/box", "state.json", GOOD);
		tricks[i].play(m, state_path(dir, "runc/box"),
			       state_path(file, "runc/box/state.json"));
		ROW_TRUE(tricks[i].what, listed(m, "box") == tricks[i].believed);
		ROW_TRUE(tricks[i].what, read_it(m) == tricks[i].r);
		assert_int_equal(machine_end(&made), 0);
	}
}

/* Files of an unprivileged user must be smaller, and have only one link. */
static void test_files_of_unprivileged_users(void **state)
{
	const struct machine *m = *state;
	const uid_t user = geteuid() ? geteuid() : 12345;
	struct ix_state s;

	NEEDS(openat2);
	put(m, "one", GOOD);
	put(m, "large", GOOD);
	pad(m, "large", at_most(user) + 1);
	assert_int_equal(ix_state_read(&bare, m->fd, "one", user, &s), 0);
	ix_state_free(&s);
	assert_int_equal(ix_state_read(&bare, m->fd, "large", user, &s), -EFBIG);
	assert_int_equal(linkat(m->fd, "one", m->fd, "two", 0), 0);
	assert_int_equal(ix_state_read(&bare, m->fd, "two", user, &s), -EPERM);
}

/* ---- files that hold only a PID */

static void test_pid_files(void **state)
{
	static const struct {
		const char *text;
		int32_t pid;
	} rows[] = {
		{ "100", 100 },      { "100\n", 100 },
		{ "100 \n\n", 100 }, { "2147483647", INT32_MAX },
		{ "", 0 },           { "\n", 0 },
		{ "x", 0 },          { "100x", 0 },
		{ "100 1", 0 },      { "-100", 0 },
		{ " 100", 0 },       { "2147483648", 0 },
		{ "4294967396", 0 }, { "0000000000000000000100", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ix_state s = { .written = 0 };

		assert_int_equal(ix_buf_add(&s.text, rows[i].text, strlen(rows[i].text)),
				 0);
		ROW_TRUE(rows[i].text, ix_state_pid(&s) == rows[i].pid);
		ix_state_free(&s);
	}
}

/* ---- this process, in the real /proc */

static uint64_t own_start(int proc)
{
	struct ix_proc_stat st;
	char path[32], text[1024];
	int len;

	(void)snprintf(path, sizeof(path), "%d/stat", getpid());
	len = ix_read_file(proc, path, text, sizeof(text));
	return len > 0 && ix_proc_stat_parse(text, (size_t)len, &st) == 0 ? st.start : 0;
}

static void test_own_process(void **state)
{
	const struct machine *m = *state;
	char text[128], path[300];
	uint64_t start;

	NEEDS(openat2);
	(void)close(m->x->procfd);
	m->x->procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	start = m->x->procfd < 0 ? 0 : own_start(m->x->procfd);
	if (start == 0) {
		print_message("there is no /proc here\n");
		skip();
	}
	for (int wrong = 0; wrong < 2; wrong++) {
		(void)snprintf(text, sizeof(text),
			       "{ \"init_process_pid\": %d, \"init_process_start\": %ju }",
			       getpid(), (uintmax_t)start + (uintmax_t)wrong);
		claim(m, "runc/ipcx-test-box", "state.json", text);
		assert_int_equal(listed(m, "ipcx-test-box"), !wrong);
	}
	(void)snprintf(text, sizeof(text), "{ \"pid\": %d }", getpid());
	claim(m, "crun/ipcx-test-box", "status", text);
	assert_true(listed(m, "ipcx-test-box"));
	written_at(m, state_path(path, "crun/ipcx-test-box/status"), time(NULL) - 3600);
	assert_false(listed(m, "ipcx-test-box"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_MACHINE(test_texts_of_state_files),
		ON_MACHINE(test_all_members_are_read),
		ON_MACHINE(test_file_older_than_its_process),
		cmocka_unit_test(test_planted_files_are_refused),
		ON_MACHINE(test_files_of_unprivileged_users),
		cmocka_unit_test(test_pid_files),
		ON_MACHINE(test_own_process),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}

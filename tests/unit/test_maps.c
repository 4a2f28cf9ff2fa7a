/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc/maps.c, proc/fds.c: the texts of /proc/PID/maps and of fdinfo, and the mappings
 * and descriptors of this process. */
#include "proc/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/util.h"
#include "proc/fds.h"
#include "unit.h"

#define NAME_AT "                       " /* the kernel aligns names */

struct row {
	const char *line;
	const char *name; /* NULL: malformed */
	struct ix_mapping m;
};

/* clang-format off */
static const struct row rows[] = {
	{ "7f0000000000-7f0000002000 rw-s 00000000 00:01 32768" NAME_AT "/SYSV00000000 (deleted)", "/SYSV00000000 (deleted)",
	  { 0x7f0000000000, 0x7f0000002000, 1, 32768, true, true, true, 0 } },
	/* the first id of a namespace is inode 0 */
	{ "7f0000000000-7f0000001000 r--s 00000000 00:01 0" NAME_AT "/SYSV0000beef (deleted)", "/SYSV0000beef (deleted)",
	  { 0x7f0000000000, 0x7f0000001000, 1, 0, true, false, true, 0 } },
	{ "08048000-08049000 r-xp 00001000 fd:02 131 /bin/x", "/bin/x", { 0x8048000, 0x8049000, 0xfd02, 131, true, false, false, 0x1000 } },
	{ "08048000-08049000 ---p 00001000 fd:02 131 /bin/x", "/bin/x", { 0x8048000, 0x8049000, 0xfd02, 131, false, false, false, 0x1000 } },
	{ "08048000-08049000 -w-s ffffffff000 fd:02 131 /bin/x", "/bin/x", { 0x8048000, 0x8049000, 0xfd02, 131, false, true, true, 0xffffffff000 } },
	{ "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0" NAME_AT "[vsyscall]", "[vsyscall]",
	  { 0xffffffffff600000, 0xffffffffff601000, 0, 0, false, false, false, 0 } },
	{ "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 ", "", { 0x7f0000000000, 0x7f0000001000, 0, 0, true, true, false, 0 } },
	/* names hold any bytes; a newline is written as \012 */
	{ "7f0000000000-7f0000001000 rw-s 00000000 00:22 7" NAME_AT "/dev/shm/a\\012b c\x1b[31m  ", "/dev/shm/a\\012b c\x1b[31m  ",
	  { 0x7f0000000000, 0x7f0000001000, 0x22, 7, true, true, true, 0 } },
	{ "7f0000000000-7f0000001000 rw-s 00000000 103:00005 18446744073709551615" NAME_AT "/x", "/x",
	  { 0x7f0000000000, 0x7f0000001000, 0, UINT64_MAX, true, true, true, 0 } },
	{ "", NULL, { 0 } },
	{ "7f0000000000", NULL, { 0 } },
	{ "7f0000000000-", NULL, { 0 } },
	{ "7f0000000000-7f0000001000", NULL, { 0 } },
	{ "7f0000000000-7f0000001000 ", NULL, { 0 } },
	{ "7f0000000000-7f0000001000 rw-", NULL, { 0 } },
	{ "7f0000000000-7f0000001000 rw-s", NULL, { 0 } },
	{ "7f0000000000-7f0000001000 rw-s 00000000", NULL, { 0 } },
	{ "7f0000000000-7f0000001000 rw-s 00000000 00:01", NULL, { 0 } },
	{ "7f0000000000-7f0000001000 rw-s 00000000 0001 7", NULL, { 0 } },
	/* the kernel writes a blank after the inode */
	{ "7f0000000000-7f0000001000 rw-s 00000000 00:01 7", NULL, { 0 } },
	{ "7f0000000000-7f0000001000 rw-s 00000000 00:01 ", NULL, { 0 } },
	{ "7f0000000000-7f0000001000 rw-s 00000000 00:01 x", NULL, { 0 } },
	{ "7f0000000000-7f0000001000 rw-s 00000000 00:01 18446744073709551616", NULL, { 0 } },
	{ "1ffffffffffffffff-1ffffffffffffffff rw-s 00000000 00:01 7", NULL, { 0 } },
	{ "7f0000000000 7f0000001000 rw-s 00000000 00:01 7", NULL, { 0 } },
	{ "-7f0000001000 rw-s 00000000 00:01 7", NULL, { 0 } },
	{ "VmFlags: rd wr sh mr mw me ms", NULL, { 0 } },
};
/* clang-format on */

/* Parse a copy that is not NUL-terminated. On success the name is written to name[]. */
static int parse(const char *line, size_t len, struct ix_mapping *ret_m, char name[128])
{
	auto_free char *copy = malloc(len ? len : 1);
	const char *at = NULL;
	size_t n = 0;
	int r;

	assert_non_null(copy);
	memcpy(copy, line, len);
	r = ix_maps_parse(copy, len, ret_m, &at, &n);
	if (r < 0)
		return r;
	assert_true(n < 128);
	assert_true(!n || (at >= copy && at + n <= copy + len));
	if (n)
		memcpy(name, at, n);
	name[n] = '\0';
	return 0;
}

static void test_lines_of_maps(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct ix_mapping m = { .start = 77 };
		char name[128] = "";
		int r = parse(row->line, strlen(row->line), &m, name);

		ROW_TRUE(row->line, r == (row->name ? 0 : -EPROTO));
		ROW_TRUE(row->line, row->name || m.start == 77);
		if (!row->name)
			continue;
		ROW_TRUE(row->line, !strcmp(name, row->name));
		ROW_TRUE(row->line, m.start == row->m.start && m.end == row->m.end);
		ROW_TRUE(row->line, m.ino == row->m.ino);
		ROW_TRUE(row->line, m.read == row->m.read && m.write == row->m.write &&
					    m.shared == row->m.shared &&
					    m.offset == row->m.offset);
		/* rows[] gives numbers below 256, for which both codings agree */
		if (row->m.dev)
			ROW_TRUE(row->line, m.dev == row->m.dev);
	}
}

/* The device is that of stat(2), also if its numbers are large. */
static void test_devices(void **state)
{
	static const unsigned majors[] = { 0, 1, 8, 0xfd, 0x103, 0xfff };
	static const unsigned minors[] = { 0, 1, 0x2a, 0xff, 0x100, 0xfffff };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(majors) * ARRAY_SIZE(minors); i++) {
		unsigned major = majors[i / 6], minor = minors[i % 6];
		struct ix_mapping m;
		char line[120], name[128];
		int len = snprintf(line, sizeof(line),
				   "1000-2000 rw-s 00000000 %02x:%02x 5 /x", major,
				   minor);

		assert_int_equal(parse(line, (size_t)len, &m, name), 0);
		assert_true(m.dev == makedev(major, minor));
		assert_int_equal(m.ino, 5);
	}
}

/* Every shorter text is refused or gives a shorter name or number; nothing is read past
 * its end. */
static void test_truncated_lines(void **state)
{
	const char *line = rows[0].line;
	struct ix_mapping m;
	char name[128];

	(void)state;
	for (size_t len = 0; len < strlen(line); len++) {
		int r = parse(line, len, &m, name);

		assert_true(r == 0 || r == -EPROTO);
		if (r == 0)
			assert_true(!strncmp(name, rows[0].name, strlen(name)));
	}
}

static const struct {
	const char *text;
	int r, flags;
} infos[] = {
	{ "pos:\t0\nflags:\t02\nmnt_id:\t9\nino:\t3\n", 0, 02 },
	{ "pos:\t0\nflags:\t0100002\nmnt_id:\t9\n", 0, 0100002 },
	{ "pos:\t18446744073709551615\nflags:\t012100000\nmnt_id:\t9\n", 0, 012100000 },
	{ "flags:\t00\n", 0, 0 },
	{ "pos:\t0\nflags:\t0\nmnt_id:\t9\n", 0, 0 },
	/* lines of other files follow: only the first "flags:" at the start of a line */
	{ "pos:\t0\nflags:\t01\nmnt_id:\t9\nlock:\t1: POSIX\nflags:\t02\n", 0, 01 },
	{ "pos:\t0\nxflags:\t01\nflags:\t02\n", 0, 02 },
	{ "", -EPROTO, 0 },
	{ "pos:\t0\n", -EPROTO, 0 },
	{ "pos:\t0\nflags:\t\n", -EPROTO, 0 },
	{ "pos:\t0\nflags:", -EPROTO, 0 },
	{ "pos:\t0\nflags:\t9\n", -EPROTO, 0 },
	{ "pos:\t0\nflags:\t0x2\n", -EPROTO, 0 },
	{ "pos:\t0\nflags:\t-1\n", -EPROTO, 0 },
	{ "pos:\t0\nflags:\t017777777777\n", 0, 017777777777 },
	{ "pos:\t0\nflags:\t0100000000000\n", -EPROTO, 0 },
	{ "pos:\t0\nflags:\t040000000000\n", -EPROTO, 0 },
	{ "pos:\t0\nflags:\t07777777777777777777777777\n", -EPROTO, 0 },
};

static void test_flags_of_fdinfo(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(infos); i++) {
		size_t len = strlen(infos[i].text);
		auto_free char *copy = malloc(len ? len : 1);
		int flags = 77;

		assert_non_null(copy);
		memcpy(copy, infos[i].text, len);
		ROW_TRUE(infos[i].text,
			 ix_fd_flags_parse(copy, len, &flags) == infos[i].r);
		ROW_TRUE(infos[i].text, flags == (infos[i].r ? 77 : infos[i].flags));
	}
}

/* ---- this process */

/* A file of three pages without a name; pages 0 and 2 are mapped apart, with different
 * rights. */
struct own {
	int dir, fd;
	struct stat st;
	char *page[2];
	size_t size;
};

static void own_make(struct own *o)
{
	o->size = (size_t)sysconf(_SC_PAGESIZE);
	o->dir = open("/proc/self", O_DIRECTORY | O_PATH | O_CLOEXEC);
	if (o->dir < 0) {
		print_message("there is no /proc here\n");
		skip();
	}
	o->fd = memfd_create("a\nb \x1b", MFD_CLOEXEC);
	assert_true(o->fd >= 0 && ftruncate(o->fd, (off_t)(3 * o->size)) == 0 &&
		    fstat(o->fd, &o->st) == 0);
	o->page[0] = mmap(NULL, o->size, PROT_READ | PROT_WRITE, MAP_SHARED, o->fd, 0);
	o->page[1] =
		mmap(NULL, o->size, PROT_READ, MAP_PRIVATE, o->fd, (off_t)(2 * o->size));
	assert_true(o->page[0] != MAP_FAILED && o->page[1] != MAP_FAILED);
}

static void own_free(struct own *o)
{
	(void)munmap(o->page[0], o->size);
	(void)munmap(o->page[1], o->size);
	(void)close(o->fd);
	(void)close(o->dir);
}

/* The linker redirects calls of ioctl(2) to this one: a kernel that lacks the request. */
static bool no_query;
int __real_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, void *arg);

int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	if (!no_query)
		return __real_ioctl(fd, request, arg);
	errno = ENOTTY;
	return -1;
}

/* The name of the call where long has 32 bits and time 64. */
int __wrap___ioctl_time64(int fd, unsigned long request, void *arg);

int __wrap___ioctl_time64(int fd, unsigned long request, void *arg)
{
	return __wrap_ioctl(fd, request, arg);
}

/* Find the two mappings. */
static void own_maps(const struct own *o, bool shared_only)
{
	auto_maps struct ix_maps maps = { .fd = -1 };
	struct ix_mapping m = { 0 };
	char name[64];
	int r, found = 0;

	assert_int_equal(ix_maps_open(o->dir, "maps", shared_only, &maps), 0);
	while ((r = ix_maps_next(&maps, &m)) > 0) {
		assert_true(m.end > m.start && (!shared_only || m.shared));
		if (m.ino != o->st.st_ino || m.dev != o->st.st_dev)
			continue;
		found++;
		assert_int_equal(m.end - m.start, o->size);
		assert_true(m.start == (uintptr_t)o->page[!m.shared]);
		assert_true(m.read && m.write == m.shared);
		r = ix_maps_name(&maps, &m, name, sizeof(name));
		assert_int_equal(r, strlen("/memfd:a\nb \x1b (deleted)"));
		assert_string_equal(name, "/memfd:a\nb \x1b (deleted)");
		/* cut to fit */
		r = ix_maps_name(&maps, &m, name, 8);
		assert_true(r >= 0 && strlen(name) <= 7 &&
			    !strncmp(name, "/memfd:", strlen(name)));
	}
	assert_int_equal(r, 0);
	assert_int_equal(found, shared_only ? 1 : 2);
}

/* Whether an emulator has other addresses for a program than the kernel. */
static bool is_moved(void)
{
	static const char here[] = "here";
	char there[sizeof(here)] = "";
	auto_fd int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && (pread(fd, there, sizeof(there), (off_t)(uintptr_t)here) < 0 ||
			   memcmp(there, here, sizeof(here)) != 0);
}

static void test_own_mappings(void **state)
{
	struct own o;

	(void)state;
	if (is_moved()) {
		print_message("the emulator gives programs addresses of its own\n");
		skip();
	}
	own_make(&o);
	for (int i = 0; i < 4; i++) {
		no_query = i & 2;
		own_maps(&o, i & 1);
	}
	no_query = false;
	own_free(&o);
}

static void test_own_descriptors(void **state)
{
	auto_fds struct ix_fds fds = { .dir = -1 };
	struct ix_opened opened;
	struct own o;
	int r, found = 0, flags = 0;

	(void)state;
	own_make(&o);
	assert_int_equal(ix_fds_open(o.dir, "fd", &fds), 0);
	while ((r = ix_fds_next(&fds, &opened)) > 0) {
		if (opened.number != o.fd)
			continue;
		found++;
		assert_true(opened.dev == o.st.st_dev && opened.ino == o.st.st_ino);
		assert_true(opened.size == 3 * o.size && opened.links == 0);
		assert_true(S_ISREG(opened.mode));
	}
	assert_int_equal(r, 0);
	assert_int_equal(found, 1);
	assert_int_equal(ix_fd_flags(o.dir, o.fd, &flags), 0);
	assert_int_equal(flags & O_ACCMODE, O_RDWR);
	assert_int_equal(ix_fd_flags(o.dir, o.dir, &flags), 0);
	assert_true(flags & O_PATH);
	assert_true(ix_fd_flags(o.dir, 1 << 20, &flags) < 0);
	own_free(&o);
}

static void test_missing_files(void **state)
{
	auto_fd int dir = open("/", O_DIRECTORY | O_PATH | O_CLOEXEC);
	struct ix_maps maps;
	struct ix_fds fds;

	(void)state;
	assert_true(dir >= 0);
	assert_int_equal(ix_maps_open(dir, "no/maps", true, &maps), -ENOENT);
	assert_int_equal(ix_fds_open(dir, "no/fd", &fds), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_of_maps),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_truncated_lines),
		cmocka_unit_test(test_flags_of_fdinfo),
		cmocka_unit_test(test_own_mappings),
		cmocka_unit_test(test_own_descriptors),
		cmocka_unit_test(test_missing_files),
	};

	return cmocka_run_group_tests_name("maps", tests, NULL, NULL);
}

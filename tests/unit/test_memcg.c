/* SPDX-License-Identifier: GPL-2.0-or-later */
/* space/cgroup.c: the memory controller of versions 1 and 2, from recorded trees. */
#include "space/cgroup.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/util.h"
#include "tree.h"

#define HYBRID                                                                          \
	"9:name=systemd:/user.slice\n4:memory:/docker/abc\n2:cpuacct,cpu:/docker/abc\n" \
	"0::/system.slice/x\n"

static const struct {
	const char *text, *path;
	bool v2;
} lines[] = {
	{ "0::/system.slice/web.service\n", "/system.slice/web.service", true },
	{ "0::/", "/", true },
	{ HYBRID, "/docker/abc", false },
	{ "3:cpu,memory:/a:b\n", "/a:b", false },
	{ "0::/../outside\n", "/../outside", true },
	{ "", NULL, false },
	{ "0:\n0::\n::/x\n", NULL, false },
	{ "4:memoryx,xmemory:/a\n10::/a\n", NULL, false },
};

static void test_the_line_of_a_process(void **state)
{
	char buf[64];
	bool v2;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		int r = ix_memcg_path(lines[i].text, strlen(lines[i].text), &v2, buf,
				      sizeof(buf));

		assert_int_equal(r, lines[i].path ? 0 : -ENOENT);
		if (r == 0)
			assert_string_equal(buf, lines[i].path);
		if (r == 0)
			assert_int_equal(v2, lines[i].v2);
	}
	assert_int_equal(ix_memcg_path(HYBRID, sizeof(HYBRID) - 1, &v2, buf, 11),
			 -ENAMETOOLONG);
}

static void test_numbers(void **state)
{
	uint64_t n = 7;

	(void)state;
	assert_int_equal(ix_memcg_number("max\n", &n), -ENODATA);
	assert_int_equal(ix_memcg_number("9223372036854771712\n", &n), -ENODATA);
	assert_int_equal(ix_memcg_number("", &n), -EINVAL);
	assert_int_equal(ix_memcg_number("12x", &n), -EINVAL);
	assert_int_equal(ix_memcg_number("99999999999999999999\n", &n), -EINVAL);
	assert_true(n == 7);
	assert_int_equal(ix_memcg_number("67108864\n", &n), 0);
	assert_true(n == 67108864);
	assert_int_equal(ix_memcg_stat("anon 1\nshmem 4096\nshmem_thp 9\n", "shmem", &n),
			 0);
	assert_true(n == 4096);
	assert_int_equal(ix_memcg_stat("total_shmem 3\n", "shmem", &n), -ENOENT);
	assert_int_equal(ix_memcg_stat("shmem x\n", "shmem", &n), -EINVAL);
	assert_int_equal(ix_memcg_stat("shmem 1 2\n", "shmem", &n), -EINVAL);
	assert_int_equal(ix_memcg_stat("", "shmem", &n), -ENOENT);
}

static int recorded_begin(void **state)
{
	static struct tree t;

	t = (struct tree){ .path = "/tmp/ipcx-memcg-XXXXXX" };
	if (!mkdtemp(t.path))
		return -1;
	t.fd = open(t.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*state = &t;
	return t.fd < 0;
}

static int recorded_remove(const char *path, const struct stat *st, int type,
			   struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int recorded_end(void **state)
{
	const struct tree *t = *state;

	(void)close(t->fd);
	return nftw(t->path, recorded_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static void make_group(const struct tree *t, const char *dir, const char *max,
		       const char *current, const char *stat)
{
	char path[128];

	assert_int_equal(mkdirat(t->fd, dir, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/memory.max", dir);
	if (max)
		put(t, path, max);
	(void)snprintf(path, sizeof(path), "%s/memory.current", dir);
	if (current)
		put(t, path, current);
	(void)snprintf(path, sizeof(path), "%s/memory.stat", dir);
	if (stat)
		put(t, path, stat);
}

static int read_group(const struct tree *t, const char *cgroup, const char *mountinfo,
		      struct ix_memcg *g)
{
	auto_free char *copy = strdup(mountinfo);

	assert_non_null(copy);
	return ix_memcg_read(t->fd, cgroup, strlen(cgroup), copy, g);
}

#define MOUNTED(root)                                             \
	"21 20 0:20 / /sys rw - sysfs sysfs rw\n31 21 0:27 " root \
	" /cg rw - cgroup2 cgroup2 rw\n"

static void test_version_2(void **state)
{
	const struct tree *t = *state;
	struct ix_memcg g = { .used = 1 };

	NEEDS(openat2);
	make_group(t, "cg", NULL, NULL, "shmem 9000\n");
	make_group(t, "cg/app", "67108864\n", "900\n", "shmem 800\n");
	make_group(t, "cg/app/one", "max\n", "400\n", "anon 5\nshmem 300\n");
	make_group(t, "cg/app/two", "4096\n", "500\n", NULL);
	make_group(t, "cg/free", "max\n", "12\n", "anon 12\n");
	assert_int_equal(read_group(t, "0::/app/one\n", MOUNTED("/"), &g), 0);
	assert_true(g.v2 && g.limited && g.limit == 67108864 && g.counted &&
		    g.used == 400 && g.shared && g.shmem == 300);
	assert_string_equal(g.path, "/app/one");
	assert_string_equal(g.above, "/app");
	/* its own limit */
	assert_int_equal(read_group(t, "0::/app\n", MOUNTED("/"), &g), 0);
	assert_true(g.limit == 67108864 && g.used == 900 && !g.above[0]);
	/* no limit anywhere, and a statistic that this kernel lacks */
	assert_int_equal(read_group(t, "0::/free\n", MOUNTED("/"), &g), 0);
	assert_true(!g.limited && g.used == 12 && !g.shared);
	/* a container without a cgroup namespace sees only its part */
	assert_int_equal(read_group(t, "0::/docker/app/one\n", MOUNTED("/docker"), &g),
			 0);
	assert_true(g.limit == 67108864 && g.used == 400);
	g.used = 77;
	assert_int_equal(read_group(t, "0::/app/two\n", MOUNTED("/"), &g), -ENOENT);
	assert_int_equal(read_group(t, "0::/elsewhere\n", MOUNTED("/docker"), &g),
			 -ENOENT);
	assert_int_equal(read_group(t, "0::/../x\n", MOUNTED("/"), &g), -ENOENT);
	assert_int_equal(read_group(t, "0::/gone\n", MOUNTED("/"), &g), -ENOENT);
	assert_int_equal(read_group(t, "0::/app\n", "", &g), -ENOENT);
	assert_true(g.used == 77);
}

static void test_version_1(void **state)
{
	const struct tree *t = *state;
	struct ix_memcg g;

	NEEDS(openat2);
	assert_int_equal(mkdirat(t->fd, "v1", 0700), 0);
	assert_int_equal(mkdirat(t->fd, "v1/app", 0700), 0);
	put(t, "v1/app/memory.limit_in_bytes", "9223372036854771712\n");
	put(t, "v1/app/memory.usage_in_bytes", "5000\n");
	put(t, "v1/app/memory.stat",
	    "shmem 1\nhierarchical_memory_limit 8192\ntotal_shmem 4096\n");
	assert_int_equal(read_group(t, "7:memory:/app\n",
				    "31 21 0:27 / /v1 rw - cgroup cgroup rw,memory\n",
				    &g),
			 0);
	assert_true(!g.v2 && g.limited && g.limit == 8192 && g.used == 5000 &&
		    g.shmem == 4096 && g.above[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_line_of_a_process),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test_setup_teardown(test_version_2, recorded_begin,
						recorded_end),
		cmocka_unit_test_setup_teardown(test_version_1, recorded_begin,
						recorded_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

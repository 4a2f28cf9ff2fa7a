/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory tree that replaces / and /proc in tests: its directories, and functions
 * with which a test puts files into it.
 */
#pragma once

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/util.h"
#include "core/ctx.h"
#include "unit.h"

struct tree {
	char path[32];
	int fd;
	struct ipcx *x;
};

static inline void put(const struct tree *t, const char *path, const char *text)
{
	int fd = openat(t->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	assert_int_equal(close(fd), 0);
}

static const char *const tree_dirs[] = { "sys", "sys/kernel", "sys/fs", "sys/fs/mqueue",
					 "sys/vm" };

static inline int tree_begin(void **state)
{
	static struct tree t;

	t = (struct tree){ .path = "/tmp/ipcx-limits-XXXXXX" };
	if (!mkdtemp(t.path) || ipcx_new(&t.x) < 0)
		return -1;
	t.fd = open(t.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_SIZE(tree_dirs); i++)
		if (mkdirat(t.fd, tree_dirs[i], 0700) < 0)
			return -1;
	t.x->procfd = dup(t.fd);
	t.x->rootfd = dup(t.fd);
	*state = &t;
	return 0;
}

static inline int tree_end(void **state)
{
	static const char *const files[] = {
		"sys/kernel/shmmax",
		"sys/kernel/sem",
		"sys/kernel/msgmni",
		"sys/vm/nr_hugepages",
		"sys/fs/mqueue/msg_max",
		"sys/kernel/shm_rmid_forced",
		"meminfo",
		"sys/fs/mqueue/msgsize_max",
		"sys/vm/nr_overcommit_hugepages",
		"sys/vm/overcommit_memory",
		"sys/vm/hugetlb_shm_group",
		"cmdline",
	};
	struct tree *t = *state;

	ipcx_free(t->x);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		(void)unlinkat(t->fd, files[i], 0);
	for (size_t i = ARRAY_SIZE(tree_dirs); i-- > 0;)
		(void)unlinkat(t->fd, tree_dirs[i], AT_REMOVEDIR);
	(void)close(t->fd);
	return rmdir(t->path);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_begin, tree_end)

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that have a table of descriptors of their own: unshare(2) with CLONE_FILES.
 * What such a thread has open is not in /proc/PID/fd. Memory is always shared by all
 * threads of a process. kcmp(2) tells which tables are the same; without it (it is left
 * out of some kernels, and filtered in some containers) such threads are not found.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/calls.h"
#include "base/file.h"
#include "proc/numbers.h"
#include "who/pass.h"

/* Whether two threads have the same descriptors, as far as it can be told. */
static bool threads_share(struct ix_uses_pass *p, int32_t a, int32_t b)
{
	long r = IX_CALL(SYS_kcmp, a, b, KCMP_FILES, 0, 0);

	if (r < 0 && errno != ESRCH && p->what->strict && !p->trouble)
		p->trouble = -errno;
	return r <= 0;
}

/* Whether a process has one thread only: its directory "task" has a link for each. */
static bool threads_are_one(int dir)
{
	struct stat st;

	return fstatat(dir, "task", &st, 0) < 0 || st.st_nlink <= 3;
}

int ix_uses_read_threads(struct ix_uses_pass *p, int dir, int32_t tid)
{
	DIR *tasks auto_dir = NULL;
	const struct dirent *d;
	int32_t last = tid;
	int fd, r;

	if (threads_are_one(dir) || ix_proc_is_ours(p->x) <= 0)
		return 0;
	fd = ix_open(dir, "task", O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd;
	tasks = fdopendir(fd);
	if (!tasks) {
		r = -errno;
		(void)close(fd);
		return r;
	}
	while ((r = ix_readdir(tasks, &d)) == 0 && d) {
		int32_t other = (int32_t)strtol(d->d_name, NULL, 10);
		auto_fd int task = -1;

		if (other <= 0 || threads_share(p, tid, other) ||
		    threads_share(p, last, other))
			continue;
		task = ix_open(dirfd(tasks), d->d_name, O_PATH | O_DIRECTORY);
		r = task < 0 ? task : ix_uses_read_fds(p, task);
		last = other;
		if (r < 0 && r != -ENOENT && r != -ESRCH)
			break;
	}
	return r < 0 && r != -ENOENT && r != -ESRCH ? r : 0;
}

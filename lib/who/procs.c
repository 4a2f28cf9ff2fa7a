/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file systems are found by making a file in each of them: a memfd, a memfd of huge
 * pages of every size that the machine has, a pipe. */
#include "who/procs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/calls.h"
#include "base/file.h"
#include "proc/space.h"

/* The encoding of huge page sizes in flags of memfd_create(2) (MFD_HUGE_SHIFT). */
#define PROCS_HUGE_SHIFT 26

int ix_procs_walk_open(struct ipcx *x, struct ix_procs_walk *ret_walk)
{
	int fd = ix_open(ix_procfd(x), ".", O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return fd;
	ret_walk->dir = fdopendir(fd);
	if (!ret_walk->dir) {
		int error = -errno;

		(void)close(fd);
		return error;
	}
	return 0;
}

void ix_procs_walk_close(struct ix_procs_walk *w)
{
	if (w->dir)
		(void)closedir(w->dir);
	w->dir = NULL;
}

/* Parse a directory name that is a number; returns 0 for any other name. */
static int32_t procs_pid(const char *name)
{
	int32_t pid = 0;

	for (; *name >= '0' && *name <= '9' && pid < 100000000; name++)
		pid = 10 * pid + (*name - '0');
	return *name ? 0 : pid;
}

int ix_procs_walk_next(struct ix_procs_walk *w, int32_t *ret_pid)
{
	const struct dirent *d;
	int r;

	while ((r = ix_readdir(w->dir, &d)) == 0 && d) {
		*ret_pid = procs_pid(d->d_name);
		if (*ret_pid)
			return 1;
	}
	return r;
}

int ix_procs_open(struct ipcx *x, int32_t pid)
{
	char path[16];

	(void)snprintf(path, sizeof(path), "%d", pid);
	return ix_open(ix_procfd(x), path, O_PATH | O_DIRECTORY);
}

int ix_procs_stat(int dir, struct ix_proc_stat *ret_st)
{
	char text[1024];
	int len = ix_read_file(dir, "stat", text, sizeof(text));

	return len < 0 ? len : ix_proc_stat_parse(text, (size_t)len, ret_st);
}

/* The directory of a process belongs to its effective user, even if the process may not
 * be dumped (task_dump_owner() in fs/proc/base.c), and is a tenth of the cost of
 * /proc/PID/status; once the process has ended, it belongs to root. */
static void procs_owner(int dir, struct ix_user *user)
{
	struct stat st;

	user->has_uid = fstat(dir, &st) == 0;
	if (user->has_uid)
		user->uid = st.st_uid;
	else if (errno != ENOENT && errno != ESRCH)
		user->uid_error = -errno;
}

/* A thread that is ending has given its memory back long before it is a zombie, if other
 * processes keep the CPUs busy. */
static bool procs_ended(const struct ix_proc_stat *st)
{
	return st->state == 'Z' || st->state == 'X' || st->state == 'x' ||
	       (st->flags & IX_PROC_EXITING);
}

bool ix_procs_is_empty(const struct ix_proc_stat *st)
{
	return (st->flags & IX_PROC_KTHREAD) || (procs_ended(st) && st->threads <= 1);
}

int ix_procs_thread(int dir, const struct ix_proc_stat *first, int32_t *ret_tid)
{
	DIR *tasks auto_dir = NULL;
	struct ix_proc_stat st;
	const struct dirent *d;
	int fd;

	if (!procs_ended(first) || first->threads <= 1)
		return -ENODATA;
	fd = ix_open(dir, "task", O_RDONLY | O_DIRECTORY);
	tasks = fd < 0 ? NULL : fdopendir(fd);
	if (!tasks) {
		if (fd >= 0)
			(void)close(fd);
		return fd < 0 ? fd : -ENOMEM;
	}
	while (ix_readdir(tasks, &d) == 0 && d) {
		auto_fd int task = -1;

		if (!procs_pid(d->d_name))
			continue;
		task = ix_open(dirfd(tasks), d->d_name, O_PATH | O_DIRECTORY);
		if (task < 0 || ix_procs_stat(task, &st) < 0 || procs_ended(&st))
			continue;
		*ret_tid = procs_pid(d->d_name);
		return take_fd(&task);
	}
	return -ESRCH;
}

/* The namespaces of a process whose first thread has ended are those of another one. */
static void procs_namespaces(int dir, const struct ix_proc_stat *st, struct ix_user *user)
{
	auto_fd int thread = -1;
	int32_t tid;

	if (!user->ipc)
		thread = ix_procs_thread(dir, st, &tid);
	if (thread < 0)
		return;
	user->ipc = ix_space_of(thread, "ipc").ino;
	user->mnt = ix_space_of(thread, "mnt").ino;
}

int ix_procs_describe(int dir, int32_t pid, struct ix_user *ret_user)
{
	struct ix_user user = { .pid = pid };
	struct ix_proc_stat st;
	int r;

	procs_owner(dir, &user);
	user.ipc = ix_space_of(dir, "ipc").ino;
	user.mnt = ix_space_of(dir, "mnt").ino;
	/* Read last: if the process is alive now, it was so before. */
	r = ix_procs_stat(dir, &st);
	if (r < 0)
		return r;
	if (ix_procs_is_empty(&st))
		return -ESRCH;
	procs_namespaces(dir, &st, &user);
	user.start = st.start;
	memcpy(user.comm, st.comm, sizeof(user.comm));
	*ret_user = user;
	return 0;
}

int ix_procs_user(struct ipcx *x, int32_t pid, struct ix_user *ret_user)
{
	auto_fd int dir = ix_procs_open(x, pid);

	return dir < 0 ? dir : ix_procs_describe(dir, pid, ret_user);
}

/* ---- file systems */

static size_t procs_add(struct ix_memory_dev *ret, size_t n, size_t max, unsigned flags,
			uint64_t page)
{
	auto_fd int fd = (int)IX_CALL(SYS_memfd_create, "ipcx", MFD_CLOEXEC | flags);
	struct stat st;

	if (n == max || fd < 0 || fstat(fd, &st) < 0)
		return n;
	for (size_t i = 0; i < n; i++)
		if (ret[i].dev == st.st_dev)
			return n;
	ret[n] = (struct ix_memory_dev){ .dev = st.st_dev, .page = page };
	return n + 1;
}

size_t ix_procs_memory(struct ix_memory_dev *ret, size_t max)
{
	size_t n = procs_add(ret, 0, max, 0, 0);

	if (!n)
		return 0;
	/* From 16 KiB to 16 GiB: memfd_create(2) refuses the sizes that this machine does
	 * not have. */
	for (unsigned bits = 14; bits <= 34; bits++)
		n = procs_add(ret, n, max, MFD_HUGETLB | bits << PROCS_HUGE_SHIFT,
			      UINT64_C(1) << bits);
	return n;
}

uint64_t ix_procs_pipes(void)
{
	struct stat st;
	int ends[2];
	uint64_t dev = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return 0;
	if (fstat(ends[0], &st) == 0)
		dev = st.st_dev;
	(void)close(ends[0]);
	(void)close(ends[1]);
	return dev;
}

uint64_t ix_uses_page(const struct ix_uses *u, uint64_t dev)
{
	for (size_t i = 0; i < u->ndevs; i++)
		if (u->devs[i].dev == dev)
			return u->devs[i].page;
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Creating, removing and changing POSIX message queues: what mq_open(3) leaves to its
 * caller (defaults, the umask, owners), and how a removal hits exactly the queue that was
 * read, with or without a directory of queues.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>

#include "base/file.h"
#include "base/num.h"
#include "mech/mqueue.h"

int ix_mq_open(const char *name, int flags)
{
	mqd_t q = mq_open(name, flags | O_NONBLOCK | O_CLOEXEC);

	return q == (mqd_t)-1 ? -errno : q;
}

/* Return a default of the namespace as the kernel applies it: never above the
 * corresponding maximum. */
static uint64_t default_of(struct ipcx *x, const char *which, uint64_t built_in)
{
	static const char *const suffixes[] = { "default", "max" };
	uint64_t best = built_in, n;
	int proc = ix_procfd(x);
	char path[48], text[IX_NUM_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes) && proc >= 0; i++) {
		int len;

		(void)snprintf(path, sizeof(path), "sys/fs/mqueue/%s_%s", which,
			       suffixes[i]);
		len = ix_read_file(proc, path, text, sizeof(text));
		if (len > 0 && text[len - 1] == '\n')
			text[len - 1] = '\0';
		if (len > 0 && ix_parse_u64(text, LONG_MAX, &n) == 0)
			best = i == 0 ? n : MIN(best, n);
	}
	return best;
}

/* mq_open(3) takes either both attributes (maxmsg and msgsize) or neither. The built-in
 * values are those of include/linux/ipc_namespace.h. */
static int wanted_attr(struct ipcx *x, const struct ipcx_attrs *a,
		       struct mq_attr *ret_attr)
{
	uint64_t maxmsg = a->maxmsg, msgsize = a->msgsize;

	if (!(a->set & IPCX_A_MAXMSG))
		maxmsg = default_of(x, "msg", 10);
	if (!(a->set & IPCX_A_MSGSIZE))
		msgsize = default_of(x, "msgsize", 8192);
	if (maxmsg > LONG_MAX || msgsize > LONG_MAX)
		return -EINVAL;
	*ret_attr = (struct mq_attr){ .mq_maxmsg = (long)maxmsg,
				      .mq_msgsize = (long)msgsize };
	return 0;
}

/* mq_open(3) fails with EMFILE if RLIMIT_MSGQUEUE is hit, but also if the process is out
 * of descriptors: check for the latter. */
static bool out_of_descriptors(void)
{
	auto_fd int fd = ix_open(AT_FDCWD, "/", O_PATH);

	return fd == -EMFILE;
}

int ix_mq_create(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_ref *ret_ref)
{
	struct mq_attr attr, *given = NULL;
	struct ipcx_ref ref;
	mqd_t q;
	int r = ix_posix_take_name(x, a, NAME_MAX, &ref);

	if (r < 0)
		return r;
	if (a->set & (IPCX_A_MAXMSG | IPCX_A_MSGSIZE)) {
		r = wanted_attr(x, a, &attr);
		if (r < 0)
			return r;
		given = &attr;
	}
	q = mq_open(ref.name, O_RDONLY | O_NONBLOCK | O_CREAT | O_EXCL | O_CLOEXEC, 0600,
		    given);
	if (q == (mqd_t)-1) {
		r = -errno;
		if (r == -EMFILE && out_of_descriptors())
			return ix_fail(x, r, "mq: cannot create (RLIMIT_NOFILE)");
		return r;
	}
	r = ix_posix_own(q, a);
	(void)mq_close(q);
	if (r < 0) {
		(void)mq_unlink(ref.name);
		return r;
	}
	*ret_ref = ref;
	return 0;
}

int ix_mq_may_use(struct ipcx *x, const struct ipcx_attrs *a, const struct ipcx_ref *ref)
{
	unsigned mode = a->set & IPCX_A_MODE ? a->mode : 0600;
	bool reads = mode & 0444, writes = mode & 0222;
	auto_fd int fd = -1;

	(void)x;
	if (!reads && !writes)
		return 0;
	fd = ix_mq_open(ref->name, reads && writes ? O_RDWR
				   : writes        ? O_WRONLY
						   : O_RDONLY);
	return fd == -ENOENT ? -EAGAIN : MIN(fd, 0);
}

/* ---- removing and changing */

/* Return the directory that was opened for this scan if the row's queue is in it, else
 * NULL. */
static const struct ix_posix_dir *dir_of(const struct ix_scan *s,
					 const struct ix_posix_row *row)
{
	const struct ix_posix_dir *dir = s->dir;

	return dir && dir->fd >= 0 && dir->dev == row->dev ? dir : NULL;
}

/* Open the row's queue by name, in a namespace whose mqueue directory is not
 * available. */
static int mqmake_open_again(const char *path, const struct ix_posix_row *row)
{
	auto_fd int fd = ix_mq_open(path, O_RDONLY);
	struct stat st;

	if (fd == -EACCES)
		fd = ix_mq_open(path, O_WRONLY);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return ix_posix_same(row, &st) ? take_fd(&fd) : -ENOENT;
}

/* The owner is unknown here, so the message does not mention owners. */
static int denied(struct ipcx *x, int error)
{
	return ix_fail_plain(
		x, error,
		"not permitted: it may not be opened, and no mqueue file system is mounted that would show its owner");
}

int ix_mq_remove(struct ix_scan *s, const void *data)
{
	const struct ix_posix_row *row = data;
	const struct ix_posix_dir *dir = dir_of(s, row);
	char path[1 + 256] = "/";
	const char *name = ix_posix_name(s, row, path + 1);
	struct stat st;
	int r;

	if (dir) {
		r = ix_posix_again(dir, name, row, &st);
		if (r < 0)
			return r;
		return unlinkat(dir->fd, name, 0) < 0 ? -errno : 0;
	}
	if (row->ino) {
		auto_fd int fd = mqmake_open_again(path, row);

		if (fd < 0)
			return fd;
	}
	if (mq_unlink(path) == 0)
		return 0;
	r = -errno;
	if (r != -EACCES && r != -EPERM)
		return r;
	/* The directory is sticky, for which the kernel returns EPERM, but glibc turns
	 * that into EACCES. */
	return row->ino ? -EPERM : denied(s->x, -EPERM);
}

int ix_mq_change(struct ix_scan *s, const void *data, const struct ipcx_attrs *a)
{
	const struct ix_posix_row *row = data;
	const struct ix_posix_dir *dir = dir_of(s, row);
	char path[1 + 256] = "/";
	const char *name = ix_posix_name(s, row, path + 1);
	auto_fd int fd = -1;
	int r;

	if (dir)
		return ix_posix_change(s->x, dir, name, row, a);
	fd = row->ino ? mqmake_open_again(path, row) : -EACCES;
	if (fd < 0)
		return fd == -EACCES ? denied(s->x, fd) : fd;
	r = ix_posix_give(fd, a);
	if (r == 0 && (a->set & IPCX_A_MODE) && fchmod(fd, a->mode) < 0)
		return -errno;
	return r;
}

/* Check whether a removal or change would be permitted, without doing it. The owner of a
 * queue is unknown if the queue is in no visible directory and may not be opened. */
int ix_mq_may(struct ix_scan *s, const void *data, const struct ipcx_attrs *a)
{
	const struct ix_posix_row *row = data;
	const struct ix_posix_dir *dir = dir_of(s, row);
	char path[1 + 256] = "/";
	const char *name = ix_posix_name(s, row, path + 1);
	auto_fd int fd = -1;

	if (dir)
		return a ? ix_posix_may_change(s, dir, name, row, a)
			 : ix_posix_may_unlink(s, dir, name, row);
	if (!row->ino)
		return denied(s->x, a ? -EACCES : -EPERM);
	fd = mqmake_open_again(path, row);
	if (fd < 0)
		return a && fd == -EACCES ? denied(s->x, fd) : fd;
	return a ? ix_posix_may_set(s, row, a) : ix_posix_may_leave(s, row);
}

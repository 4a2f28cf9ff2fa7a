/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* To detect planted files and links, only the last component of a path is checked; if
 * that is a link, it is followed by hand, starting from the directory that contains the
 * link. */
#include "base/named.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/file.h"
#include "base/util.h"

/* The number of links that path_resolution(7) allows; the same number limits the retries
 * after concurrent changes. */
#define STEPS_MAX 40

struct walk {
	int dir;             /* the directory that contains the last component */
	char path[PATH_MAX]; /* the last component */
	unsigned links;      /* followed so far */
	const char *why;
};

/* Open the directory of a path and keep its last component. Returns 0 or -errno. */
static int named_enter(struct walk *w, int from, const char *path)
{
	char parent[PATH_MAX] = ".";
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) + 1 : 0;
	const char *last = path[len] ? path + len : "."; /* "dir/" means the directory */
	int dir;

	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	if (!*path)
		return -ENOENT;
	if (len) {
		memcpy(parent, path, len);
		parent[len] = '\0';
	}
	dir = ix_open(from, parent, O_PATH | O_DIRECTORY);
	if (dir < 0)
		return dir;
	memcpy(w->path, last, strlen(last) + 1);
	if (w->dir >= 0)
		(void)close(w->dir);
	w->dir = dir;
	return 0;
}

/* Whether another user may have planted this file or link. */
static bool is_planted(const struct walk *w, const struct stat *st)
{
	const mode_t open_to_all = S_ISVTX | S_IWOTH;
	struct stat dir;

	if (st->st_uid == geteuid())
		return false;
	return fstat(w->dir, &dir) < 0 ||
	       ((dir.st_mode & open_to_all) == open_to_all && st->st_uid != dir.st_uid);
}

/* Links in /proc do not contain real paths: the kernel goes straight to the file that
 * they stand for. */
static bool is_proc(const struct walk *w)
{
	struct statfs fs;

	return fstatfs(w->dir, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

static int follow(struct walk *w, const struct stat *st)
{
	char target[PATH_MAX];
	int n;

	if (is_planted(w, st)) {
		w->why = "is another user's symbolic link in a world-writable directory";
		return -ELOOP;
	}
	n = ix_read_link(w->dir, w->path, target, sizeof(target));
	if (n < 0)
		return n;
	w->links++;
	return named_enter(w, w->dir, target);
}

static int open_last(const struct walk *w, int flags)
{
	int fd = ix_open(w->dir, w->path, flags);

	if (fd >= 0 && (flags & O_NONBLOCK) &&
	    fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) {
		(void)close(fd);
		return -EIO;
	}
	return fd;
}

/* Open the file that was checked. Returns -EAGAIN if another file has taken its name
 * since. */
static int open_same(struct walk *w, int flags, const struct stat *before)
{
	auto_fd int fd = open_last(w, flags | O_NOFOLLOW);
	struct stat st;

	if (fd == -ENXIO && S_ISFIFO(before->st_mode))
		w->why = "is a FIFO without a reader";
	if (fd == -ELOOP || fd == -ENOENT)
		return -EAGAIN;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_dev != before->st_dev || st.st_ino != before->st_ino)
		return -EAGAIN;
	return take_fd(&fd);
}

/* Returns -EAGAIN if the check must be repeated. */
static int named_step(struct walk *w, int flags, mode_t mode)
{
	bool write = (flags & O_ACCMODE) != O_RDONLY;
	struct stat st;
	int fd;

	if (fstatat(w->dir, w->path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT || !mode || w->links)
			return -errno;
		fd = openat(w->dir, w->path,
			    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		if (fd < 0)
			return errno == EEXIST ? -EAGAIN : -errno;
		return ix_fd_lift(fd);
	}
	if (S_ISLNK(st.st_mode) && is_proc(w))
		return open_last(w, flags);
	if (S_ISLNK(st.st_mode)) {
		int r = follow(w, &st);

		return r < 0 ? r : -EAGAIN;
	}
	if (write && (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode)) &&
	    is_planted(w, &st)) {
		w->why = "is another user's, in a world-writable directory";
		return -EPERM;
	}
	return open_same(w, flags, &st);
}

static int open_named(int dirfd, const char *path, int flags, mode_t mode,
		      const char **ret_why)
{
	struct walk w = { .dir = -1 };
	int r = named_enter(&w, dirfd, path);

	if (r == 0)
		r = -EAGAIN;
	for (unsigned i = 0; r == -EAGAIN && i < STEPS_MAX; i++)
		r = named_step(&w, flags, mode);
	if (r == -EAGAIN)
		r = -ELOOP;
	if (w.dir >= 0)
		(void)close(w.dir);
	if (r < 0)
		*ret_why = w.why ? w.why : strerror(-r);
	return r;
}

int ix_open_output(int dirfd, const char *path, mode_t mode, const char **ret_why)
{
	return open_named(dirfd, path, O_WRONLY | O_NONBLOCK, mode, ret_why);
}

int ix_open_input(int dirfd, const char *path, const char **ret_why)
{
	return open_named(dirfd, path, O_RDONLY, 0, ret_why);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write to an unnamed file (O_TMPFILE) until the file is complete, so that nothing is
 * left behind however the process ends. */
#include "ui/savebig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/named.h"
#include "base/util.h"
#include "ui/exit.h"
#include "ui/msg.h"

static int savebig_failed(const struct savebig *s, int error)
{
	msg_error("%s: cannot be written: %s%s", s->path, strerror(-error),
		  error == -EEXIST ? " (--force replaces a file)" : "");
	return EXIT_FAILED;
}

/* Open the directory now: the file gets its name relative to this directory later, even
 * if the path then leads to another directory. */
static int savebig_open_dir(struct savebig *s)
{
	const char *slash = strrchr(s->path, '/');
	auto_free char *dir = slash ? strndup(s->path, (size_t)(slash - s->path) + 1)
				    : strdup(".");

	s->name = slash ? slash + 1 : s->path;
	if (!dir)
		return -ENOMEM;
	return ix_open(AT_FDCWD, dir, O_PATH | O_DIRECTORY);
}

static int make_temp_name(struct savebig *s)
{
	if (asprintf(&s->temp, "%s.%ld", s->name, (long)getpid()) >= 0)
		return 0;
	s->temp = NULL;
	return -ENOMEM;
}

/* Open an unnamed file; /proc is needed to name it later. */
static int open_unnamed(const struct savebig *s)
{
	int fd;

	if (access("/proc/self/fd", F_OK) < 0)
		return -EOPNOTSUPP;
	fd = openat(s->dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : ix_fd_lift(fd);
}

/* Open an unnamed file, or a temporary one beside the target if the file system does not
 * support unnamed files. */
static int savebig_open_file(struct savebig *s)
{
	int fd = open_unnamed(s), r;

	if (fd != -EOPNOTSUPP && fd != -EISDIR && fd != -EINVAL)
		return fd;
	r = make_temp_name(s);
	if (r < 0)
		return r;
	fd = openat(s->dir, s->temp, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0) {
		fd = -errno;
		free(TAKE(s->temp)); /* somebody else's file */
	}
	return fd < 0 ? fd : ix_fd_lift(fd);
}

/* Open something that is not a regular file, to write to it directly. */
static int open_straight(struct savebig *s)
{
	const char *why = NULL;
	struct stat st;

	s->straight = true;
	s->fd = ix_open_output(AT_FDCWD, s->path, 0, &why);
	if (s->fd < 0) {
		msg_error("%s: cannot be written: %s", s->path, why);
		return EXIT_FAILED;
	}
	/* The path became a regular file meanwhile: do not overwrite it. */
	if (fstat(s->fd, &st) == 0 && S_ISREG(st.st_mode))
		return savebig_failed(s, -EEXIST);
	return EXIT_DONE;
}

int savebig_open(struct savebig *s, const char *path, bool force)
{
	bool there;
	struct stat st;

	*s = (struct savebig){ .path = path, .fd = -1, .dir = -1, .force = force };
	if (!*path)
		return savebig_failed(s, -ENOENT);
	there = stat(path, &st) == 0;
	if (there && S_ISDIR(st.st_mode))
		return savebig_failed(s, -EISDIR);
	if (there && S_ISREG(st.st_mode) && !force)
		return savebig_failed(s, -EEXIST);
	if (there && !S_ISREG(st.st_mode))
		return open_straight(s);
	s->dir = savebig_open_dir(s);
	s->fd = s->dir < 0 ? s->dir : savebig_open_file(s);
	return s->fd < 0 ? savebig_failed(s, s->fd) : EXIT_DONE;
}

static bool all_zero(const char *p, size_t n)
{
	return n == 0 || (*p == 0 && !memcmp(p, p + 1, n - 1));
}

static int write_out(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, p, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		p += put;
		n -= (size_t)put;
	}
	return 0;
}

/* Alignment of holes: the block size of most file systems. */
#define BLOCK 4096

int savebig_add(struct savebig *s, const char *data, size_t n)
{
	int r = 0;

	while (n > 0 && r == 0) {
		size_t part = s->straight ? n : MIN(n, (size_t)BLOCK);
		bool hole = !s->straight && all_zero(data, part);

		/* Extend the piece up to the next zero block, to write it with one call.
		 */
		while (!hole && part < n && !all_zero(data + part, MIN(n - part, BLOCK)))
			part += MIN(n - part, (size_t)BLOCK);
		if (!hole)
			r = write_out(s->fd, data, part);
		else if (lseek(s->fd, (off_t)part, SEEK_CUR) < 0)
			r = -errno;
		s->len += part;
		data += part;
		n -= part;
	}
	return r < 0 ? savebig_failed(s, r) : EXIT_DONE;
}

/* Name the unnamed file temporarily, beside the target. */
static int name_temp(struct savebig *s)
{
	char self[40];
	int r = make_temp_name(s);

	if (r < 0)
		return r;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", s->fd);
	if (linkat(AT_FDCWD, self, s->dir, s->temp, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	r = -errno;
	free(TAKE(s->temp)); /* somebody else's file */
	return r;
}

/* Replace an existing file only if force is set, and only if it is a regular file. */
static int savebig_put_in_place(const struct savebig *s)
{
	struct stat st;

	if (!s->force)
		/* name_temp() sets it, or fails with errno:
		 * NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
		return linkat(s->dir, s->temp, s->dir, s->name, 0) < 0 ? -errno : 0;
	if (fstatat(s->dir, s->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISREG(st.st_mode))
		return -EEXIST;
	return renameat(s->dir, s->temp, s->dir, s->name) < 0 ? -errno : 0;
}

int savebig_end(struct savebig *s)
{
	int r = 0;

	if (s->straight)
		return EXIT_DONE;
	if (ftruncate(s->fd, (off_t)s->len) < 0 || fsync(s->fd) < 0)
		r = -errno;
	if (r == 0 && !s->temp)
		r = name_temp(s);
	if (r == 0)
		r = savebig_put_in_place(s);
	return r < 0 ? savebig_failed(s, r) : EXIT_DONE;
}

void savebig_close(struct savebig *s)
{
	if (!s->path)
		return;
	if (s->temp)
		(void)unlinkat(s->dir, s->temp, 0);
	free(s->temp);
	if (s->fd >= 0)
		(void)close(s->fd);
	if (s->dir >= 0)
		(void)close(s->dir);
}

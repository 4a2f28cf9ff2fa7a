/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file without a name (O_TMPFILE) until it is whole: whatever ends us leaves nothing
 * behind. */
#include "ui/savebig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/util.h"
#include "ui/exit.h"
#include "ui/msg.h"
#include "ui/save.h"

static int failed(const struct savebig *s, int error)
{
	msg_error("%s: cannot be written: %s%s", s->path, strerror(-error),
		  error == -EEXIST ? " (--force replaces a file)" : "");
	return EXIT_FAILED;
}

static int open_unnamed(const char *path)
{
	const char *slash = strrchr(path, '/');
	auto_free char *dir = slash ? strndup(path, (size_t)(slash - path) + 1)
				    : strdup(".");
	int fd;

	if (!dir)
		return -ENOMEM;
	fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

/* Where the file system has no files without names: beside the one to be. */
static int open_temp(struct savebig *s)
{
	int fd;

	if (asprintf(&s->temp, "%s.XXXXXX", s->path) < 0) {
		s->temp = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(s->temp, O_CLOEXEC);
	if (fd < 0) {
		fd = -errno;
		free(TAKE(s->temp));
	}
	return fd;
}

int savebig_open(struct savebig *s, const char *path, bool force)
{
	bool there;
	struct stat st;
	int fd;

	*s = (struct savebig){ .path = path, .fd = -1, .force = force };
	there = stat(path, &st) == 0;
	if (there && S_ISREG(st.st_mode) && !force)
		return failed(s, -EEXIST);
	s->straight = there && !S_ISREG(st.st_mode);
	fd = s->straight ? ix_open(AT_FDCWD, path, O_WRONLY) : open_unnamed(path);
	if (!s->straight && (fd == -EOPNOTSUPP || fd == -EISDIR || fd == -EINVAL))
		fd = open_temp(s);
	if (fd >= 0)
		fd = ix_fd_lift(fd);
	if (fd < 0)
		return failed(s, fd);
	s->fd = fd;
	return EXIT_DONE;
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

/* A hole begins and ends with a block of most file systems. */
#define BLOCK 4096

int savebig_add(struct savebig *s, const char *data, size_t n)
{
	int r = 0;

	while (n > 0 && r == 0) {
		size_t part = s->straight ? n : MIN(n, (size_t)BLOCK);
		bool hole = !s->straight && all_zero(data, part);

		/* What is not zero is written at once, as far as it goes. */
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
	return r < 0 ? failed(s, r) : EXIT_DONE;
}

/* A name beside the one to be, for the file that has none. */
static int name_temp(struct savebig *s)
{
	char self[40];

	if (asprintf(&s->temp, "%s.%ld", s->path, (long)getpid()) < 0) {
		s->temp = NULL;
		return -ENOMEM;
	}
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", s->fd);
	if (linkat(AT_FDCWD, self, AT_FDCWD, s->temp, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	free(TAKE(s->temp)); /* not ours */
	return -errno;
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
		r = save_place(s->temp, s->path, s->force);
	return r < 0 ? failed(s, r) : EXIT_DONE;
}

void savebig_close(struct savebig *s)
{
	if (s->temp)
		(void)unlink(s->temp);
	free(s->temp);
	if (s->path && s->fd >= 0)
		(void)close(s->fd);
}

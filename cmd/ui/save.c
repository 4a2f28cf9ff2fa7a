/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write a file atomically; never overwrite anything without being asked to. */
#include "ui/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/older.h"
#include "base/util.h"
#include "ui/exit.h"
#include "ui/msg.h"
#include "ui/out.h"

static int write_whole(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* Give the finished file its name. Replace an existing file only if force is set, and
 * only if the existing file is a regular file. */
static int save_put_in_place(const char *temp, const char *path, bool force)
{
	struct stat st;

	if (!force)
		return link(temp, path) < 0
			       ? -errno
			       : 0; /* fails when path exists, whatever it is */
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return -EEXIST;
	return rename(temp, path) < 0 ? -errno : 0;
}

static int save_failed(const char *path, int error, bool force)
{
	if (error == -EEXIST && force)
		msg_error("%s: cannot be written: not a regular file", path);
	else
		msg_error("%s: cannot be written: %s%s", path, strerror(-error),
			  error == -EEXIST ? " (--force replaces a file)" : "");
	return EXIT_FAILED;
}

int save_file(const char *path, const char *data, size_t len, bool force)
{
	auto_free char *temp = NULL;
	auto_fd int fd = -1;
	int r;

	if (!strcmp(path, "-")) {
		out_bytes(data, len);
		return EXIT_DONE;
	}
	if (asprintf(&temp, "%s.XXXXXX", path) < 0) {
		temp = NULL;
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	fd = mkostemp(temp, O_CLOEXEC);
	r = fd < 0 ? -errno : fchmod(fd, 0644) < 0 ? -errno : write_whole(fd, data, len);
	if (r == 0)
		r = save_put_in_place(temp, path, force);
	if (fd >= 0)
		(void)unlink(temp);
	return r == 0 ? EXIT_DONE : save_failed(path, r, force);
}

int save_check(const char *path, bool force)
{
	auto_free char *dir = NULL;
	const char *slash = strrchr(path, '/');
	struct stat st;
	int r;

	if (!strcmp(path, "-"))
		return EXIT_DONE;
	dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup("./");
	if (!dir) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	r = ix_access(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS);
	if (r == 0 && lstat(path, &st) == 0)
		r = force && S_ISREG(st.st_mode) ? 0 : -EEXIST;
	else if (r == 0 && errno != ENOENT)
		r = -errno;
	return r == 0 ? EXIT_DONE : save_failed(path, r, force);
}

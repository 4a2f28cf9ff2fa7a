/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Read and write small files whole; handles EINTR and short reads in one place. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* If the process was started with a standard stream closed, no file that is opened later
 * may take its number. */
int ix_fd_lift(int fd)
{
	int high;

	if (fd > 2)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (high < 0)
		high = -errno;
	(void)close(fd);
	return high;
}

int ix_open(int dirfd, const char *path, int flags)
{
	int fd;

	/* dirfd may be the -errno of a failed attempt to open the directory. */
	if (dirfd < 0 && dirfd != AT_FDCWD)
		return dirfd;
	do
		fd = openat(dirfd, path, flags | O_CLOEXEC | O_NOCTTY);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : ix_fd_lift(fd);
}

int ix_read_link(int dirfd, const char *path, char *buf, size_t size)
{
	ssize_t len = readlinkat(dirfd, path, buf, size);

	if (len < 0 && errno == EACCES)
		len = readlinkat(dirfd, path, buf, size);
	if (len < 0)
		return -errno;
	if ((size_t)len >= size)
		return -ENAMETOOLONG;
	buf[len] = '\0';
	return (int)len;
}

int ix_open_link(int dirfd, const char *path, int flags)
{
	int fd = ix_open(dirfd, path, flags);

	return fd == -EACCES ? ix_open(dirfd, path, flags) : fd;
}

int ix_readdir(DIR *dir, const struct dirent **ret_entry)
{
	const struct dirent *d;

	errno = 0;
	d = readdir(dir);
	if (!d && errno)
		return -errno;
	*ret_entry = d;
	return 0;
}

static ssize_t file_read_some(int fd, char *buf, size_t n)
{
	ssize_t got;

	do
		got = read(fd, buf, n);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

int ix_read_file(int dirfd, const char *path, char *buf, size_t size)
{
	auto_fd int fd = ix_open(dirfd, path, O_RDONLY);
	size_t len = 0;

	if (fd < 0)
		return fd;
	for (;;) {
		ssize_t got = file_read_some(fd, buf + len, size - len);

		if (got < 0)
			return (int)got;
		if (got == 0)
			break;
		len += (size_t)got;
		if (len == size)
			return -EFBIG;
	}
	buf[len] = '\0';
	return (int)len;
}

int ix_write_file(int dirfd, const char *path, const char *text)
{
	auto_fd int fd = ix_open(dirfd, path, O_WRONLY);
	size_t len = strlen(text);
	ssize_t put;

	if (fd < 0)
		return fd;
	do
		put = write(fd, text, len);
	while (put < 0 && errno == EINTR);
	if (put < 0)
		return -errno;
	return (size_t)put == len ? 0 : -EIO;
}

/* Most files are small, and a listing reads thousands of them; musl maps and unmaps large
 * buffers each time. */
#define READ_FIRST 4096
#define READ_LEAST 1024
#define READ_MORE  65536

int ix_read_all(int fd, size_t max, struct ix_buf *ret_buf)
{
	auto_buf struct ix_buf b = { 0 };

	for (;;) {
		size_t want = !b.cap                        ? READ_FIRST
			      : b.cap - b.len >= READ_LEAST ? b.cap - b.len
							    : MAX(READ_MORE, b.len / 2);
		char *room = ix_buf_room(&b, want);
		ssize_t got;

		if (!room)
			return -ENOMEM;
		got = file_read_some(fd, room, want);
		if (got < 0)
			return (int)got;
		if (got == 0)
			break;
		b.len += (size_t)got;
		if (b.len > max)
			return -EFBIG;
	}
	*ret_buf = b;
	b.data = NULL;
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AT_STATX_DONT_SYNC: a file on a network or FUSE file system that does not answer must
 * not stop a look at all processes. Sizes on such file systems may be old; those of
 * memory file systems, which are all that matters here, never are.
 */
#include "proc/fds.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/file.h"
#include "base/statx.h"
#include "base/util.h"

int ix_fds_open(int dir, const char *path, struct ix_fds *ret_fds)
{
	int fd = ix_open(dir, path, O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return fd;
	ret_fds->dir = fd;
	ret_fds->at = ret_fds->len = 0;
	ret_fds->shut = 0;
	return 0;
}

void ix_fds_close(struct ix_fds *f)
{
	if (f->dir >= 0)
		(void)close(f->dir);
	f->dir = -1;
}

/* Return 1 and the next name, 0 at the end, or -errno. */
static int fds_name(struct ix_fds *f, const char **ret_name)
{
	const struct dirent64 *d;

	if (f->at == f->len) {
		ssize_t n;

		do
			n = getdents64(f->dir, (void *)f->buf, sizeof(f->buf));
		while (n < 0 && errno == EINTR);
		if (n <= 0)
			return n < 0 ? -errno : 0;
		f->at = 0;
		f->len = (size_t)n;
	}
	d = (const struct dirent64 *)(const void *)(f->buf + f->at);
	f->at += d->d_reclen;
	*ret_name = d->d_name;
	return 1;
}

/* Parse the name of a link in /proc/PID/fd; -1 for "." and "..". */
static int fds_number(const char *name)
{
	int n = 0;

	for (; *name >= '0' && *name <= '9' && n <= (INT_MAX - 9) / 10; name++)
		n = 10 * n + (*name - '0');
	return *name ? -1 : n;
}

/*
 * Return 0 if the file behind a descriptor is in no file system that could be asked for:
 * it was closed meanwhile, or the file system itself failed. A FUSE file system tells
 * nobody but its owner about its files, not even root, except for their device.
 * Otherwise return why the descriptor could not be looked at.
 */
static int fds_shut(int dir, const char *name, int error)
{
	struct statx st;
	char link[2];
	int r;

	switch (error) {
	case EACCES:
	case EPERM:
		r = ix_read_link(dir, name, link, sizeof(link));
		if (r < 0 && r != -ENAMETOOLONG)
			return r == -ENOENT ? 0 : -error;
		return ix_statx(dir, name, AT_STATX_DONT_SYNC, 0, &st) < 0 ? -error : 0;
	case ESRCH:
	case ENOMEM:
	case ENOSYS:
	case EINVAL:
		return -error;
	default:
		return 0;
	}
}

int ix_fds_next(struct ix_fds *f, struct ix_opened *ret_opened)
{
	const char *name = NULL;
	struct statx st;
	int r;

	while ((r = fds_name(f, &name)) > 0) {
		int number = fds_number(name);

		if (number < 0)
			continue;
		r = ix_statx(f->dir, name, AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st);
		if (r < 0) {
			r = fds_shut(f->dir, name, -r);
			f->shut = f->shut ? f->shut : r;
			continue;
		}
		*ret_opened = (struct ix_opened){
			.number = number,
			.dev = makedev(st.stx_dev_major, st.stx_dev_minor),
			.ino = st.stx_ino,
			.size = st.stx_size,
			.blocks = st.stx_blocks,
			.links = st.stx_nlink,
			.mode = st.stx_mode,
		};
		return 1;
	}
	return r;
}

int ix_fd_flags_parse(const char *text, size_t len, int *ret_flags)
{
	static const char word[] = "flags:";
	const char *end = text + len;

	for (const char *p = text; p < end; p++) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		unsigned flags = 0;

		if (!stop)
			break;
		if ((size_t)(stop - p) <= sizeof(word) ||
		    memcmp(p, word, sizeof(word) - 1) != 0) {
			p = stop;
			continue;
		}
		for (p += sizeof(word) - 1; *p == '\t' || *p == ' '; p++)
			;
		if (p == stop)
			return -EPROTO;
		for (; p < stop; p++) {
			if (*p < '0' || *p > '7' || flags > INT_MAX >> 3)
				return -EPROTO;
			flags = flags << 3 | (unsigned)(*p - '0');
		}
		*ret_flags = (int)flags;
		return 0;
	}
	return -EPROTO;
}

int ix_fd_flags(int dir, int number, int *ret_flags)
{
	char path[32], text[512];
	auto_fd int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "fdinfo/%d", number);
	fd = ix_open(dir, path, O_RDONLY);
	if (fd < 0)
		return fd;
	do
		n = read(fd, text, sizeof(text));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : ix_fd_flags_parse(text, (size_t)n, ret_flags);
}

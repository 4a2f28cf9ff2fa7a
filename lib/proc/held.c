/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A memfd is opened for reading by way of an O_PATH descriptor that was compared first:
 * what the process puts in its place meanwhile (a FIFO, a device) is never opened.
 */
#include "proc/held.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/calls.h"
#include "base/file.h"
#include "base/util.h"
#include "proc/maps.h"

/* The headers that this is built with may be older than Linux 5.6. */
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define HELD_PATH 64

static const char *held_path(const struct ix_held *h, char buf[HELD_PATH])
{
	if (h->fd >= 0)
		(void)snprintf(buf, HELD_PATH, "fd/%d", h->fd);
	else
		(void)snprintf(buf, HELD_PATH, "map_files/%" PRIx64 "-%" PRIx64, h->start,
			       h->end);
	return buf;
}

static int held_same(const struct ix_held *h, const struct stat *st)
{
	return st->st_dev == h->dev && st->st_ino == h->ino ? 0 : -ESTALE;
}

int ix_held_stat(int dir, const struct ix_held *h, struct stat *ret_st)
{
	char path[HELD_PATH];
	struct stat st;
	int r;

	if (fstatat(dir, held_path(h, path), &st, AT_NO_AUTOMOUNT) < 0)
		return -errno;
	r = held_same(h, &st);
	if (r == 0)
		*ret_st = st;
	return r;
}

/* Look for the mapping in the list of mappings, which needs fewer rights than its link.
 */
static int held_name_of_mapping(int dir, const struct ix_held *h, char *buf, size_t size)
{
	struct ix_maps maps auto_maps = { .fd = -1 };
	struct ix_mapping m;
	int r = ix_maps_open(dir, "maps", false, &maps);

	while (r >= 0 && (r = ix_maps_next(&maps, &m)) > 0)
		if (m.start == h->start && m.dev == h->dev && m.ino == h->ino)
			return ix_maps_name(&maps, &m, buf, size);
	return r < 0 ? r : -ESTALE;
}

int ix_held_name(int dir, const struct ix_held *h, char *buf, size_t size)
{
	char path[HELD_PATH];
	struct stat st;
	int len;

	if (h->fd < 0)
		return held_name_of_mapping(dir, h, buf, size);
	len = ix_read_link(dir, held_path(h, path), buf, size);
	if (len < 0)
		return len;
	/* If it is still the same file afterwards, the name is its name. */
	if (fstatat(dir, path, &st, AT_NO_AUTOMOUNT) < 0)
		return -errno;
	return held_same(h, &st) < 0 ? -ESTALE : len;
}

int ix_held_seals(int proc, int dir, const struct ix_held *h, unsigned *ret_seals)
{
	char path[HELD_PATH];
	auto_fd int at = ix_open_link(dir, held_path(h, path), O_PATH);
	auto_fd int fd = -1;
	struct stat st;
	int seals;

	if (at < 0)
		return at;
	if (fstat(at, &st) < 0)
		return -errno;
	if (held_same(h, &st) < 0 || !S_ISREG(st.st_mode))
		return -ESTALE;
	(void)snprintf(path, sizeof(path), "thread-self/fd/%d", at);
	fd = ix_open_link(proc, path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return fd;
	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0)
		return -errno;
	*ret_seals = (unsigned)seals;
	return 0;
}

int ix_held_pipe(int32_t pid, int dir, const struct ix_held *h, uint64_t *ret_capacity,
		 uint64_t *ret_buffered)
{
	auto_fd int process = (int)IX_CALL(SYS_pidfd_open, pid, 0);
	auto_fd int fd = -1;
	int capacity, buffered, r;
	struct stat st;

	if (process < 0)
		return -errno;
	/* The directory is that of a living process, hence of the one just opened. */
	r = ix_held_stat(dir, h, &st);
	if (r < 0)
		return r;
	fd = (int)IX_CALL(SYS_pidfd_getfd, process, h->fd, 0);
	if (fd < 0)
		return errno == EBADF ? -ESTALE : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	r = held_same(h, &st);
	if (r < 0)
		return r;
	capacity = fcntl(fd, F_GETPIPE_SZ);
	if (capacity < 0 || ioctl(fd, FIONREAD, &buffered) < 0)
		return -errno;
	*ret_capacity = (uint64_t)capacity;
	*ret_buffered = (uint64_t)buffered;
	return 0;
}

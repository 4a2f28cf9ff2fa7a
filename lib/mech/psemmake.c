/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What sem_open(3) does to create a named semaphore, in a directory that need not be the
 * caller's /dev/shm. */
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <string.h>

#include "base/file.h"
#include "base/older.h"
#include "mech/posix.h"
#include "mech/psemmake.h"

/* In any C library, sem_open(3) writes to its file what sem_init(3) produces for a
 * process-shared semaphore. */
int ix_psem_write(int fd, unsigned value)
{
	sem_t sem;
	ssize_t n;

	memset(&sem, 0, sizeof(sem));
	if (sem_init(&sem, 1, value) < 0)
		return -errno;
	do
		n = write(fd, &sem, sizeof(sem));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n == sizeof(sem) ? 0 : -EIO;
}

/* Create a file under a temporary name, which it keeps until it is complete: programs
 * must never open a partial semaphore. */
static int open_draft(const struct ix_posix_dir *dir, char name[32])
{
	for (unsigned tries = 0; tries < 100; tries++) {
		unsigned n = 0;
		int fd = ix_random_bytes(&n, sizeof(n));

		if (fd < 0)
			return fd;
		(void)snprintf(name, 32, ".ipcx-%08x", n);
		fd = openat(dir->fd, name,
			    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0)
			return ix_fd_lift(fd);
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

/* Write the value, and set mode and owner. */
static int psemmake_fill(int fd, const struct ipcx_attrs *a, unsigned value)
{
	int r = ix_psem_write(fd, value);

	return r == 0 ? ix_posix_own(fd, a) : r;
}

/* Create the semaphore from an unnamed file (O_TMPFILE), which vanishes with its
 * descriptor on any failure. Returns 1; 0 if O_TMPFILE is not supported; or -errno. */
static int make_unnamed(struct ipcx *x, const struct ix_posix_dir *dir, const char *file,
			const struct ipcx_attrs *a, unsigned value)
{
	int proc = ix_procfd(x), r;
	auto_fd int fd =
		proc < 0 ? -1
			 : openat(dir->fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char path[40];

	if (fd < 0)
		return 0; /* make_named() will fail with the reason */
	(void)snprintf(path, sizeof(path), "thread-self/fd/%d", fd);
	r = psemmake_fill(fd, a, value);
	if (r < 0)
		return r;
	if (linkat(proc, path, dir->fd, file, AT_SYMLINK_FOLLOW) == 0)
		return 1;
	return errno == ENOENT || errno == EXDEV ? 0 : -errno;
}

static int make_named(struct ipcx *x, const struct ix_posix_dir *dir, const char *file,
		      const struct ipcx_attrs *a, unsigned value)
{
	char draft[32];
	auto_fd int fd = open_draft(dir, draft);
	int r;

	if (fd < 0)
		return fd;
	r = psemmake_fill(fd, a, value);
	if (r == 0 && linkat(dir->fd, draft, dir->fd, file, 0) < 0)
		r = -errno;
	if (ix_posix_take_back(dir, draft, fd))
		return r;
	if (r == 0)
		(void)ix_posix_take_back(dir, file, fd);
	return ix_fail_plain(x, r < 0 ? r : -EIO,
			     "psem: the temporary file %s/%s could not be removed",
			     IX_SHM_DIR, draft);
}

/* Create a semaphore in the given directory, as sem_open(3) does with O_EXCL: the file
 * gets its name when it is complete. */
int ix_psem_make(struct ipcx *x, const struct ix_posix_dir *dir, const char *file,
		 const struct ipcx_attrs *a, unsigned value)
{
	int r = make_unnamed(x, dir, file, a, value);

	return r ? MIN(r, 0) : make_named(x, dir, file, a, value);
}

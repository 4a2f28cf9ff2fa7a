/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Creating POSIX shared memory: its size, its contents, and its memory, which the kernel
 * allocates only on write, unless asked to allocate it in advance.
 */
#include "mech/pshmmake.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/below.h"
#include "base/file.h"
#include "core/attr.h"
#include "core/limit.h"
#include "mech/posix.h"

#define COPY_SIZE 65536

static ssize_t pshmmake_read_some(int fd, char *buf, size_t n)
{
	ssize_t got;

	do
		got = read(fd, buf, n);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

static int pshmmake_write_all(int fd, const char *buf, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, buf, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put < 0 ? -errno : -EIO;
		buf += put;
		n -= (size_t)put;
	}
	return 0;
}

static int changed(struct ipcx *x)
{
	return ix_fail_plain(x, -EIO, "pshm: the contents changed while they were read");
}

static int pshmmake_too_long(struct ipcx *x, const struct ipcx_attrs *a)
{
	if (a->set & IX_A_EXACT)
		return changed(x);
	if (!(a->set & IPCX_A_SIZE))
		return -EFBIG;
	return ix_fail_plain(x, -EFBIG,
			     "pshm: the contents are longer than the size of %" PRIu64
			     " bytes",
			     a->bytes);
}

/* Copy from the caller's descriptor until end of file, or fail if the contents are longer
 * than the object. Does not use mmap(2), as the object may have any size. */
static int pshmmake_copy(struct ipcx *x, int fd, const struct ipcx_attrs *a)
{
	uint64_t room = a->set & IPCX_A_SIZE ? a->bytes : INT64_MAX, done = 0;
	auto_free char *buf = malloc(COPY_SIZE);

	if (!buf)
		return -ENOMEM;
	for (;;) {
		ssize_t got = pshmmake_read_some(a->from, buf, COPY_SIZE);
		int r;

		if (got < 0)
			return ix_fail(x, (int)got, "pshm: cannot read the contents");
		if (got == 0)
			return a->set & IX_A_EXACT && done < a->bytes ? changed(x) : 0;
		if ((uint64_t)got > room - done ||
		    ix_posix_may_grow(done + (uint64_t)got) < 0)
			return pshmmake_too_long(x, a);
		r = pshmmake_write_all(fd, buf, (size_t)got);
		if (r < 0)
			return r;
		done += (uint64_t)got;
	}
}

int ix_pshm_may_have(uint64_t bytes)
{
	return bytes > INT64_MAX ? -EFBIG : ix_posix_may_grow(bytes);
}

int ix_pshm_resize(int fd, uint64_t bytes)
{
	int r = ix_pshm_may_have(bytes);

	if (r < 0)
		return r;
	do
		r = ftruncate(fd, (off_t)bytes);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

/* Allocate in pieces, since a signal undoes the running fallocate(2) call: then only the
 * current piece is repeated. */
#define PIECE (UINT64_C(64) << 20)

static int allocate(int fd, uint64_t bytes, int how)
{
	for (uint64_t at = 0; at < bytes;) {
		uint64_t n = MIN(bytes - at, PIECE);

		if (fallocate(fd, how, (off_t)at, (off_t)n) == 0)
			at += n;
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int pshmmake_fill(struct ipcx *x, int fd, const struct ipcx_attrs *a)
{
	int r = 0;

	if (a->set & IPCX_A_SIZE)
		r = ix_pshm_resize(fd, a->bytes);
	/* Without a size there is nothing to allocate: writing the contents allocates
	 * their memory. */
	if (r == 0 && (a->set & IPCX_A_ALLOCATE) && (a->set & IPCX_A_SIZE))
		r = allocate(fd, a->bytes, 0);
	if (r == 0 && (a->set & IPCX_A_FROM))
		r = pshmmake_copy(x, fd, a);
	return r == 0 ? ix_posix_own(fd, a) : r;
}

bool ix_pshm_would_be_sem(const char *file, const struct ipcx_attrs *a)
{
	return ix_posix_sem_name(file) && (a->set & IPCX_A_SIZE) &&
	       (a->bytes == IX_SEM_SIZE_64 || a->bytes == IX_SEM_SIZE_32);
}

int ix_pshm_create(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_ref *ret_ref)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	auto_fd int fd = -1;
	struct ipcx_ref ref;
	int r = ix_posix_take_name(x, a, NAME_MAX, &ref);

	if (r < 0)
		return r;
	if (!(a->set & (IPCX_A_SIZE | IPCX_A_FROM)))
		return ix_fail_plain(x, -EINVAL,
				     "pshm: a size is needed, or contents to copy");
	/* A size taken from a file is not the caller's mistake. */
	if (ix_pshm_would_be_sem(ref.name + 1, a))
		return ix_fail_plain_as(x, -EINVAL, !(a->set & IX_A_EXACT), "pshm: %s",
					IX_LIKE_A_SEM);
	r = ix_posix_shm_dir(x, &dir);
	if (r < 0)
		return r;
	/* Do what shm_open(3) does, but in this directory. */
	fd = openat(dir.fd, ref.name + 1,
		    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = pshmmake_fill(x, fd, a);
	if (r < 0) {
		if (ix_posix_take_back(&dir, ref.name + 1, fd))
			return r;
		return ix_fail(x, r,
			       "pshm:%s: was made incompletely, and could not be removed",
			       ref.name);
	}
	*ret_ref = ref;
	return 0;
}

/* ---- cautions for the creator */

static bool has_less_than(int fd, uint64_t bytes, uint64_t *ret_free)
{
	struct statvfs fs;

	/* tmpfs(5), size=0: no limit */
	if (fstatvfs(fd, &fs) < 0 || fs.f_blocks == 0)
		return false;
	*ret_free = ix_mul_sat(fs.f_bfree, fs.f_frsize);
	return bytes > *ret_free;
}

bool ix_pshm_short_of(int fd, uint64_t bytes, char *buf, size_t size)
{
	uint64_t free;

	if (!has_less_than(fd, bytes, &free))
		return false;
	(void)snprintf(buf, size,
		       "%" PRIu64 " bytes are not allocated yet, and only %" PRIu64
		       " are free in " IX_SHM_DIR
		       ": using more of it than that raises SIGBUS",
		       bytes, free);
	return true;
}

/* Sum up the memory that was asked for and is not allocated yet. Of the mechanisms in
 * /dev/shm, only shared memory takes a size. */
bool ix_pshm_caution(struct ipcx *x, const struct ipcx_attrs *specs, size_t n, char *buf,
		     size_t size)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	uint64_t bytes = 0;
	auto_fd int fd = -1;

	for (size_t i = 0; i < n; i++) {
		const struct ipcx_attrs *a = &specs[i];

		if (!ix_mech(a->mech)->mounted || !(a->set & IPCX_A_SIZE) ||
		    (a->set & IPCX_A_ALLOCATE))
			continue;
		/* Contents of the full size have been written by now. */
		if ((a->set & IPCX_A_FROM) && (a->set & IX_A_EXACT))
			continue;
		if (__builtin_add_overflow(bytes, a->bytes, &bytes))
			bytes = UINT64_MAX;
	}
	if (bytes == 0 || ix_posix_shm_dir(x, &dir) < 0)
		return false;
	fd = ix_open(dir.fd, ".", O_PATH | O_DIRECTORY);
	return fd >= 0 && ix_pshm_short_of(fd, bytes, buf, size);
}

int ix_pshm_may_use(struct ipcx *x, const struct ipcx_attrs *a,
		    const struct ipcx_ref *ref)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	int r = ix_posix_shm_dir(x, &dir);

	return r < 0 ? r
		     : ix_posix_may_use(&dir, ref->name + 1,
					a->set & IPCX_A_MODE ? a->mode : 0600);
}

/* ---- an existing object */

/* Return how much of an object's size has no memory allocated yet. */
static uint64_t pshmmake_lacking(const struct stat *st)
{
	uint64_t size = (uint64_t)st->st_size, taken = (uint64_t)st->st_blocks * 512;

	return size > taken ? size - taken : 0;
}

static int take_memory(struct ipcx *x, const char *name, int fd, bool now, char *did,
		       size_t size)
{
	struct stat before, after = { 0 };
	uint64_t free;
	int r;

	if (fstat(fd, &before) < 0)
		return ix_fail(x, -errno, "%s", name);
	if (has_less_than(fd, pshmmake_lacking(&before), &free))
		return ix_fail_plain(
			x, -ENOSPC,
			"%s: exists, but %" PRIu64
			" bytes of its memory are not allocated yet, and only %" PRIu64
			" are free in " IX_SHM_DIR,
			name, pshmmake_lacking(&before), free);
	if (!now)
		return pshmmake_lacking(&before) > 0;
	r = allocate(fd, (uint64_t)before.st_size, FALLOC_FL_KEEP_SIZE);
	if (r == 0 && fstat(fd, &after) < 0)
		r = -errno;
	if (r < 0)
		return ix_fail(x, r, "%s: exists, and its memory cannot all be allocated",
			       name);
	if (after.st_blocks <= before.st_blocks)
		return 0;
	(void)snprintf(did, size, "%" PRIu64 " bytes of memory allocated to it",
		       (uint64_t)(after.st_blocks - before.st_blocks) * 512);
	return 1;
}

int ix_pshm_complete(struct ipcx *x, const struct ipcx_attrs *a,
		     const struct ipcx_ref *ref, bool now, char *did, size_t size)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	char name[IPCX_REF_MAX];
	auto_fd int fd = -1;
	int r;

	if (!(a->set & IPCX_A_ALLOCATE))
		return 0;
	r = ix_posix_shm_dir(x, &dir);
	if (r < 0)
		return r;
	(void)ipcx_ref_format(ref, name, sizeof(name));
	fd = ix_open_entry(dir.fd, ref->name + 1, O_WRONLY | O_NONBLOCK, dir.hostile);
	if (fd == -ENOENT)
		return -EAGAIN;
	if (fd == -EACCES)
		return ix_fail_plain(
			x, fd, "%s: exists, but its memory cannot be allocated: %s", name,
			ix_posix_denied(
				x, "not permitted: needs permission to write to it"));
	if (fd < 0)
		return ix_fail(x, fd, "%s: exists, but its memory cannot be allocated",
			       name);
	return take_memory(x, name, fd, now, did, size);
}

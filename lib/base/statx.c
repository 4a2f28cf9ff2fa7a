/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system call itself, not a wrapper: musl has one since 1.2.5 only, and that of glibc
 * hides whether the kernel answered.
 */
#include "base/statx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/calls.h"

static struct statx_timestamp stamp(const struct timespec *t)
{
	return (struct statx_timestamp){ .tv_sec = t->tv_sec,
					 .tv_nsec = (uint32_t)t->tv_nsec };
}

static int by_fstatat(int dirfd, const char *path, int flags, struct statx *ret_st)
{
	struct stat st;

	if (fstatat(dirfd, path, &st, flags & ~AT_STATX_DONT_SYNC) < 0)
		return -errno;
	*ret_st = (struct statx){
		.stx_mask = STATX_BASIC_STATS,
		.stx_blksize = (uint32_t)st.st_blksize,
		.stx_nlink = (uint32_t)st.st_nlink,
		.stx_uid = st.st_uid,
		.stx_gid = st.st_gid,
		.stx_mode = (uint16_t)st.st_mode,
		.stx_ino = st.st_ino,
		.stx_size = (uint64_t)st.st_size,
		.stx_blocks = (uint64_t)st.st_blocks,
		.stx_atime = stamp(&st.st_atim),
		.stx_mtime = stamp(&st.st_mtim),
		.stx_ctime = stamp(&st.st_ctim),
		.stx_dev_major = major(st.st_dev),
		.stx_dev_minor = minor(st.st_dev),
		.stx_rdev_major = major(st.st_rdev),
		.stx_rdev_minor = minor(st.st_rdev),
	};
	return 0;
}

int ix_statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *ret_st)
{
	if (!ix_call_possible(SYS_statx))
		return by_fstatat(dirfd, path, flags, ret_st);
	if (syscall(SYS_statx, dirfd, path, flags, mask, ret_st) == 0)
		return 0;
	/* Filters of old containers answer EPERM to a call that they do not know. */
	return errno == ENOSYS || (errno == EPERM && ix_call_filtered())
		       ? by_fstatat(dirfd, path, flags, ret_st)
		       : -errno;
}

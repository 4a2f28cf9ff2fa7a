/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Open untrusted paths below a directory without ever leaving it. */
#pragma once

#include <stdbool.h>

/*
 * Open a path below a directory as if that directory were the root: no link leads
 * outside, and /proc's magic links are not followed (openat2(2), Linux 5.6). Returns a
 * descriptor above 2 or -errno.
 *
 * @param hostile the path may be an attack: fail with -ENOSYS if the kernel cannot
 * confine the lookup (otherwise fall back to ix_open()), and with -ETIMEDOUT if a file
 * system on the way does not answer
 */
int ix_open_below(int dir, const char *path, int flags, bool hostile);

/* Like ix_open_below(), but ask no file system: fail with -EAGAIN if the kernel does not
 * know the whole path already, and with -EINVAL before Linux 5.12. A thread that waits
 * for the answer of a program to whom the request was delivered cannot even be killed. */
int ix_open_cached(int dir, const char *path, int flags);

/* Like ix_open_below(), but fail with -ELOOP if any component is a symbolic link. May
 * wait forever for a file system's answer, so use it only for paths that have been opened
 * before. */
int ix_open_straight(int dir, const char *path, int flags);

/* Open a path of the caller's own, absolute or below the current directory: fails with
 * -ELOOP if any component is a symbolic link, with -ENOSYS before Linux 5.6, and with
 * -ETIMEDOUT if a file system on the way does not answer. */
int ix_open_unlinked(const char *path, int flags);

/* Open an entry of a directory. Fails if the entry is a link, and with -EXDEV if
 * something is mounted on it. If hostile is false, the same as ix_open() with O_NOFOLLOW.
 */
int ix_open_entry(int dir, const char *name, int flags, bool hostile);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths that others have made: below a directory, and never out of it. */
#pragma once

#include <stdbool.h>

/*
 * Open a path below a directory as if that were the root: links lead nowhere outside of
 * it, and none of /proc's magic ones is followed (openat2(2), Linux 5.6). A descriptor
 * above 2, or -errno.
 *
 * @param hostile whoever made it means harm: -ENOSYS where the kernel cannot promise
 * that (otherwise it is opened as ix_open() does), and -ETIMEDOUT when a file system on
 * the way does not answer
 */
int ix_open_below(int dir, const char *path, int flags, bool hostile);

/* The same of a path on which nothing may be a symbolic link (-ELOOP). For one that was
 * opened before: file systems are asked, and waited for. */
int ix_open_straight(int dir, const char *path, int flags);

/* Open an entry of a directory, not following it, unless something is mounted there:
 * -EXDEV. For directories that are not hostile the same as ix_open() with O_NOFOLLOW. */
int ix_open_entry(int dir, const char *name, int flags, bool hostile);

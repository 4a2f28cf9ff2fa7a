/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Read whole small files and open directories safely, always relative to a directory
 * descriptor. */
#pragma once

#include <dirent.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * Read a small file below dirfd into buf, NUL-terminated. Returns its length, -EFBIG if
 * it is longer than size - 1 bytes, or -errno.
 */
int ix_read_file(int dirfd, const char *path, char *buf, size_t size);

/* Write text to an existing file below dirfd with one write(2). Returns 0 or -errno. */
int ix_write_file(int dirfd, const char *path, const char *text);

/* Open a file with O_CLOEXEC, retrying after EINTR. Returns a descriptor above 2 or
 * -errno. If dirfd is an -errno, returns that -errno. */
int ix_open(int dirfd, const char *path, int flags);

/*
 * Read or follow a link of a process in /proc (PID/root, PID/fd/N, PID/ns/ipc).
 * ix_read_link() stores the NUL-terminated target and returns its length (-ENAMETOOLONG
 * if longer than size - 1); ix_open_link() opens the target like ix_open(). Both
 * functions return -errno on failure. The kernel answers EACCES also if the process ends
 * after its link has been looked up and before the link is followed (proc_ns_readlink()
 * and proc_ns_get_link() in fs/proc/namespaces.c, proc_fd_access_allowed() in
 * fs/proc/base.c), so both functions retry once after EACCES: if the process has ended,
 * the second lookup fails with ENOENT or ESRCH.
 */
int ix_read_link(int dirfd, const char *path, char *buf, size_t size);
int ix_open_link(int dirfd, const char *path, int flags);

/* If fd is 0, 1 or 2, replace it by a descriptor above 2 and close fd. Returns the
 * descriptor to use, or -errno. */
int ix_fd_lift(int fd);

/* Read the next entry of a directory; at the end, *ret_entry is NULL. Returns 0 or -errno
 * (readdir(3) returns NULL both at the end and for an error). */
int ix_readdir(DIR *dir, const struct dirent **ret_entry);

/* Read everything from a descriptor until the end of the file. Returns 0, -EFBIG if there
 * are more than max bytes, or -errno. */
int ix_read_all(int fd, size_t max, struct ix_buf *ret_buf);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small files read whole, directories opened safely: everything relative to a directory
 * descriptor. */
#pragma once

#include <dirent.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * Read a small file below dirfd into buf, NUL-terminated, at most size - 1 bytes (longer:
 * -EFBIG). Answers its length or -errno.
 */
int ix_read_file(int dirfd, const char *path, char *buf, size_t size);

/* Write text to an existing file below dirfd with one write(2). 0 or -errno. */
int ix_write_file(int dirfd, const char *path, const char *text);

/* open(2) with O_CLOEXEC, again after EINTR. A descriptor above 2, or -errno; that of
 * dirfd, when it is one. */
int ix_open(int dirfd, const char *path, int flags);

/*
 * Links of a process in /proc (PID/root, PID/fd/N, PID/ns/ipc): what one reads,
 * NUL-terminated, and its length (longer than size - 1: -ENAMETOOLONG); what one leads
 * to, as ix_open(). -errno. The kernel answers EACCES, too, for a process that ended
 * between the look-up of its link and the following of it (proc_ns_readlink() and
 * proc_ns_get_link() in fs/proc/namespaces.c, proc_fd_access_allowed() in
 * fs/proc/base.c): it is asked again, and the next look-up finds none.
 */
int ix_read_link(int dirfd, const char *path, char *buf, size_t size);
int ix_open_link(int dirfd, const char *path, int flags);

/* A descriptor above 2 for one that need not be: takes it over. */
int ix_fd_lift(int fd);

/* The next entry of a directory, or NULL at its end: what readdir(3) alone does not tell
 * from a failure. 0 or -errno. */
int ix_readdir(DIR *dir, const struct dirent **ret_entry);

/* Read a descriptor to its end, at most max bytes (more: -EFBIG). 0 or -errno. */
int ix_read_all(int fd, size_t max, struct ix_buf *ret_buf);

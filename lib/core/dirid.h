/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory that another place has, such as its /dev/shm: which one it is, and whether
 * it can be looked into. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

/* Which directory it is, in which file system. */
struct ix_dirid {
	uint64_t dev, ino;
	int error; /* 0; -ENOENT: there is none; else why that is not known */
};

/* Room for what ix_dirid_text() writes. */
#define IX_DIRID_TEXT 64

/* Open a path below a root that others made, as ix_open_below() does for hostile ones.
 * Waits in vain for a few file systems at most, until the next discovery: -EBUSY. */
int ix_dirid_open(struct ipcx *x, int rootfd, const char *path, int flags);

/* The directory at a path ("dev/shm") below a root; rootfd may be an error. Asks no file
 * system. */
struct ix_dirid ix_dirid_below(struct ipcx *x, int rootfd, const char *path);

/* The same of a process. */
struct ix_dirid ix_dirid_of(struct ipcx *x, int32_t pid, const char *path);

/* Whether two are known, and the same. */
bool ix_dirid_same(const struct ix_dirid *a, const struct ix_dirid *b);

/* "MAJOR:MINOR/INODE", "none" or "unknown". */
const char *ix_dirid_text(const struct ix_dirid *s, char buf[IX_DIRID_TEXT]);

/* Whether a directory of a process (0: ours) is on a file system of that type, or that
 * cannot be told. */
bool ix_dirid_may_be(struct ipcx *x, int32_t pid, int rootfd, const char *path,
		     const char *type);

/*
 * Whether what a descriptor is on is kept in memory by the kernel: nobody else is asked
 * when it is looked into. By the mount table of a process that sees it: asking the file
 * system for its type would ask whoever runs it (FUSE). 0; -EMEDIUMTYPE or -errno, with
 * a text that begins with what.
 */
int ix_dirid_in_memory(struct ipcx *x, int32_t pid, int fd, const char *what);

/* Where the file system of a directory is mounted in our mount namespace, when that is
 * another directory than our own at path ("dev/shm"): 1 and the mount point; 0; -errno. */
int ix_dirid_elsewhere(struct ipcx *x, int fd, const char *path, char *buf, size_t size);

/* The refusal to act on whatever is in a directory of a process, which is mounted here on
 * target: -EPERM with a text that begins with what. */
int ix_dirid_refused(struct ipcx *x, int32_t pid, const char *what, const char *target);

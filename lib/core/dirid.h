/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory elsewhere, such as the /dev/shm of another process: its identity, and
 * whether it can be read safely. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

/* The identity of a directory. */
struct ix_dirid {
	uint64_t dev, ino;
	int error; /* 0: known; -ENOENT: there is no such directory; another -errno: why
		      it is unknown */
};

/* Buffer size for ix_dirid_text(). */
#define IX_DIRID_TEXT 64

/* Open a path below an untrusted root, as ix_open_below() does if hostile is true. After
 * a few file systems have timed out, returns -EBUSY until the next discovery. */
int ix_dirid_open(struct ipcx *x, int rootfd, const char *path, int flags);

/* Identify the directory at a path ("dev/shm") below a root; rootfd may be an -errno.
 * Sends no request to the directory's file system. */
struct ix_dirid ix_dirid_below(struct ipcx *x, int rootfd, const char *path);

/* Open the root directory of a process (O_PATH): "root" in its /proc directory, or
 * "PID/root" in /proc; dir may be an -errno. Returns a descriptor or -errno, -ESRCH if
 * the process has ended. */
int ix_dirid_root(int dir, const char *link);

/* The same as ix_dirid_below(), below the root of a process. */
struct ix_dirid ix_dirid_of(struct ipcx *x, int32_t pid, const char *path);

/* Whether both directories are known and are the same directory. */
bool ix_dirid_same(const struct ix_dirid *a, const struct ix_dirid *b);

/* Return "MAJOR:MINOR/INODE", "none" or "unknown". */
const char *ix_dirid_text(const struct ix_dirid *s, char buf[IX_DIRID_TEXT]);

/* Whether a directory of a process (pid 0: our own) is on a file system of this type.
 * Returns 1, 0 or, if the type cannot be found out, -errno. */
int ix_dirid_is(struct ipcx *x, int32_t pid, int rootfd, const char *path,
		const char *type);

/* Whether it may be: also true if the type cannot be found out. */
bool ix_dirid_may_be(struct ipcx *x, int32_t pid, int rootfd, const char *path,
		     const char *type);

/*
 * Check that a descriptor is on a file system that the kernel keeps in memory, so that
 * reading it does not depend on another process. Uses the mount table of a process that
 * sees this file system: statfs(2) would ask the program behind a FUSE file system.
 * Returns 0, or -EMEDIUMTYPE or another -errno, with an error text that begins with the
 * text in what.
 */
int ix_dirid_in_memory(struct ipcx *x, int32_t pid, int fd, const char *what);

/* Find where the file system of a directory is mounted in our mount namespace. Returns 1
 * with the mount point in buf; 0 if it is not mounted there, or if the directory is our
 * own directory at path ("dev/shm"); or -errno. */
int ix_dirid_elsewhere(struct ipcx *x, int fd, const char *path, char *buf, size_t size);

/* Refuse an action on all objects in the directory of a process, because that directory
 * is also mounted in our mount namespace, on target. Returns -EPERM with an error text
 * that begins with the text in what. */
int ix_dirid_refused(struct ipcx *x, int32_t pid, const char *what, const char *target);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where file systems are mounted in the caller's mount namespace. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Find a mount point of a file system of this type: that of the newest mount, ignoring
 * mounts that are covered by another mount on the same mount point. Returns 0, -ENOENT if
 * there is no such mount (or no /proc to read), -ENAMETOOLONG if buf is too small,
 * -ENOPKG if libmount cannot be loaded, -EPROTO or -ENOMEM.
 */
int ix_mnt_find(const char *fstype, char *buf, size_t size);

/* The same as ix_mnt_find(), but reads the text of a mountinfo, which may be changed. */
int ix_mnt_find_in(char *text, size_t len, const char *fstype, char *buf, size_t size);

/* Read the file system type (such as "tmpfs") of the mount with this id (STATX_MNT_ID of
 * statx(2)) in the mount namespace of a process; if pid is 0, this thread is meant and
 * proc is ignored. Returns 0, -ENOENT or -errno. */
int ix_mnt_type(int proc, int pid, uint64_t id, char *buf, size_t size);

/* The same as ix_mnt_type(), but reads the text of a mountinfo; returns -EPROTO if the
 * text is malformed. */
int ix_mnt_type_in(const char *text, size_t len, uint64_t id, char *buf, size_t size);

/* Find where the file system with this device number is mounted in this thread's mount
 * namespace. The mount point is spelled as in mountinfo, and truncated if buf is too
 * small. Returns 0, -ENOENT or -errno. */
int ix_mnt_of_device(uint64_t dev, char *buf, size_t size);
int ix_mnt_of_device_in(const char *text, size_t text_len, uint64_t dev, char *buf,
			size_t size);

/* Bind-mount a directory on itself as a private mount, so that later mounts below it do
 * not propagate. Returns 0, -ENOPKG or -errno. */
int ix_mnt_bind_private(const char *path);

/* Check whether the mount system calls may be tried: the caller needs CAP_SYS_ADMIN, and
 * there must be no seccomp(2) filter, as a filter may kill the process. Returns 0, -EPERM
 * without the capability, -EACCES if there may be such a filter, or -errno. */
int ix_mnt_may(void);

/*
 * Mount a file system of this type nowhere (fsopen(2), Linux 5.2): no other process sees
 * it, and it is unmounted when its descriptor is closed. Call ix_mnt_may() before.
 * Returns a descriptor of its root directory or -errno.
 */
int ix_mnt_detached(const char *fstype);

/*
 * Call a function in a new mount namespace, which ends when the function returns. This is
 * for callers that may create a mount namespace but have no rights over their own.
 * Descriptors that the function opens stay open. Returns the function's result, or
 * -errno.
 */
int ix_mnt_in_thread(int (*fn)(void *arg), void *arg);

/* A mount of an nsfs file. Such a mount keeps a namespace alive. */
struct ix_mnt {
	char *root;   /* "ipc:[4026532177]" */
	char *target; /* the mount point, below the root of the process that sees it */
};

struct ix_mnt_list {
	struct ix_mnt *all;
	size_t n;
};

/* List the nsfs mounts in the mount namespace of a process; proc is a descriptor of
 * /proc. Returns 0, -ENOPKG, -ENOMEM or -errno. */
int ix_mnt_nsfs(int proc, int pid, struct ix_mnt_list *ret_list);

/* The same as ix_mnt_nsfs(), but reads the text of a mountinfo. */
int ix_mnt_nsfs_in(char *text, size_t len, struct ix_mnt_list *ret_list);
void ix_mnt_list_free(struct ix_mnt_list *l);

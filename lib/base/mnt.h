/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where file systems are mounted, as the caller's mount namespace has them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The mount point of the file system of this type that was mounted last, of those that
 * are not covered by another mount on the same place. 0, -ENOENT when there is none (or
 * no /proc to read it from), -ENAMETOOLONG when buf is too small, -ENOPKG when libmount
 * is not installed, -ENOMEM.
 */
int ix_mnt_find(const char *fstype, char *buf, size_t size);

/* The type of the file system that a process has mounted as number id (statx(2),
 * STATX_MNT_ID), "tmpfs"; pid 0: this thread has, whatever proc says. 0, -ENOENT, -errno.
 */
int ix_mnt_type(int proc, int pid, uint64_t id, char *buf, size_t size);

/* The same in the text of a mountinfo; -EPROTO when that is none. */
int ix_mnt_type_in(const char *text, size_t len, uint64_t id, char *buf, size_t size);

/* Where this thread sees a file system mounted that has this device number: a mount point
 * of it as mountinfo writes it, cut where buf is too small. 0, -ENOENT, -errno. */
int ix_mnt_of_device(uint64_t dev, char *buf, size_t size);
int ix_mnt_of_device_in(const char *text, size_t text_len, uint64_t dev, char *buf,
			size_t size);

/* Mount a directory on itself, private: what is mounted below it stays here. 0, -ENOPKG,
 * -errno. */
int ix_mnt_bind_private(const char *path);

/* Whether calls may be tried that only those need who mount: CAP_SYS_ADMIN, and no filter
 * (seccomp(2)), which may kill for them. 0, -EPERM without the capability, -EACCES where
 * a filter may stand in the way, -errno. */
int ix_mnt_may(void);

/*
 * Call a function in a mount namespace of its own, which ends with the call: for whoever
 * may have one, but has no rights over the one that he is in. Descriptors that it opens
 * stay. What it answers, or -errno.
 */
int ix_mnt_aside(int (*fn)(void *arg), void *arg);

/* Mounts of files of nsfs: namespaces that are kept by them. */
struct ix_mnt {
	char *root;   /* "ipc:[4026532177]" */
	char *target; /* where, below the root of the process that sees it */
};

struct ix_mnt_list {
	struct ix_mnt *all;
	size_t n;
};

/* Those in the mount namespace of a process, by its directory below proc (a descriptor of
 * /proc). 0, -ENOPKG, -ENOMEM, -errno. */
int ix_mnt_nsfs(int proc, int pid, struct ix_mnt_list *ret_list);

/* The same in the text of a mountinfo. */
int ix_mnt_nsfs_in(char *text, size_t len, struct ix_mnt_list *ret_list);
void ix_mnt_list_free(struct ix_mnt_list *l);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A place where calls can act: an IPC namespace and, where a process stands for it, the
 * root directory whose /dev/shm goes with it. Held open by descriptors, so that it
 * cannot become another one while it is used.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/ctx.h"

struct ix_target {
	int nsfd;      /* the IPC namespace; -1: not open at the moment */
	int rootfd;    /* the root directory of the process (O_PATH), or -1: none known */
	int pidfd;     /* the process, or -1 */
	int dirfd;     /* its directory in /proc, which never becomes another's; or -1 */
	int userfd;    /* the user namespace that owns the IPC namespace, when that is not
			  ours; or -1 */
	int32_t pid;   /* the process, or 0 */
	int32_t spare; /* another that can stand for it, when that has ended; or 0 */
	uint64_t start; /* when it started, in ticks since boot; 0: not known */
	uint64_t ino;   /* of the IPC namespace: what it is called. Used again when it has
			   gone */
	uint64_t id;    /* never used again (NS_GET_ID); 0 where the kernel has none */
	bool self;      /* the caller's own: its root and its namespace */
	bool only_shm;  /* another /dev/shm of a namespace that has a place already */
	int32_t oldest; /* of many: the process that the namespace is known by; -1: ours */
	char *label;    /* of the containers in it, with a comma between, or NULL */
	uint32_t giver; /* user id of who gives the first of them its name */
	bool named;     /* found by a container's name */
	bool elsewhere; /* what programs there make is in a kernel of theirs (gVisor) */
	bool claimed;   /* a runtime of root's says that this is its container */
};

#define IX_NO_TARGET                                                             \
	{                                                                        \
		.nsfd = -1, .rootfd = -1, .pidfd = -1, .dirfd = -1, .userfd = -1 \
	}

/*
 * Open the place of a process: its IPC namespace and its root, through one descriptor of
 * it; it still lived when both were open. start is that of the process that is meant, or
 * 0 for whoever has the number. 0; -ESRCH when it is gone or another; -EACCES; with a
 * text.
 */
int ix_target_of_pid(struct ipcx *x, int32_t pid, uint64_t start,
		     struct ix_target *ret_place);

/* Open one of many again, by its process or the one that can stand for it. 0; -ESRCH when
 * the namespace has gone, as far as can be told; with a text. The label is not its own. */
int ix_target_again(struct ipcx *x, const struct ix_target *p,
		    struct ix_target *ret_place);

/* Open the place of a namespace file, which must be one of an IPC namespace. It has no
 * root. Takes over fd, also on failure. what is the file in the text of an error. */
int ix_target_of_fd(struct ipcx *x, int fd, const char *what,
		    struct ix_target *ret_place);

/* Close what is open and free the label. */
void ix_target_close(struct ix_target *p);

/* The text for what could not be done there, "enter it", with errno. Answers -errno, but
 * -EIO for EINVAL, which in our interface is the caller's fault and in the kernel's much
 * else. */
int ix_target_failed(struct ipcx *x, const struct ix_target *p, const char *what);

/* Whether the process of a place (.pidfd) has not ended: 1, 0, -errno. */
int ix_target_lives(const struct ix_target *p);

/* 0 when it has not; -ESRCH when it has, or why that cannot be told, with a text. */
int ix_target_check_lives(struct ipcx *x, const struct ix_target *p);

/* The inode number and, where the kernel has one, the id of the namespace behind a
 * descriptor. 0; -EINVAL when it is none of that type (CLONE_NEWIPC, …); -errno. */
int ix_ns_identity(int fd, int type, uint64_t *ret_ino, uint64_t *ret_id);

/* The inode number of the caller's own namespace ("ipc", "mnt", "pid", "user"): 0 when
 * /proc does not tell. */
uint64_t ix_ns_own(struct ipcx *x, const char *type);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A target of calls: an IPC namespace and, if a process represents the namespace, the
 * root directory of that process, whose /dev/shm belongs to the target. Descriptors keep
 * the namespace and the root open, so that neither can change while the target is used.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/ctx.h"

struct ix_target {
	int nsfd;   /* the IPC namespace; -1: currently not open */
	int rootfd; /* the root directory of the process (O_PATH); -1: unknown */
	int pidfd;  /* the process, or -1 */
	int dirfd; /* the /proc directory of the process, safe against pid reuse; or -1 */
	int userfd;     /* the user namespace that owns the IPC namespace; -1 if that is
			 * ours */
	int32_t pid;    /* the process, or 0 */
	int32_t spare;  /* another process, to be used if the first has ended; or 0 */
	uint64_t start; /* start time of the process in ticks since boot; 0: unknown */
	uint64_t ino;   /* inode number of the IPC namespace, which serves as the
			 * namespace's name; may be reused when the namespace has gone */
	uint64_t id; /* id of the IPC namespace, never reused (NS_GET_ID); 0 if the kernel
		      * has no such ids */
	bool self;   /* the target is the caller's own namespace and root */
	bool only_shm;  /* the target is a further /dev/shm of a namespace that has a
			 * target already */
	int32_t oldest; /* if there are many targets: the process that identifies the
			 * namespace; -1: it is ours */
	struct ix_boxes *boxes; /* its containers; or NULL */
	bool named;             /* the target was opened by a container's name */
	bool elsewhere; /* the container's objects are in a kernel of its own (gVisor) */
	bool claimed;   /* a runtime run by root claims that the process belongs to a
			 * container */

	char *directory; /* the target is this directory, the root of a tmpfs, and has no
			  * namespace (ns/remains.h); or NULL */
	int shmfd;       /* that directory (O_PATH); -1: currently not open */
	uint64_t dev;    /* its device number */
	bool doubt;      /* a process that cannot be seen may use it */
};

#define IX_NO_TARGET                                                              \
	{                                                                         \
		.nsfd = -1, .rootfd = -1, .pidfd = -1, .dirfd = -1, .userfd = -1, \
		.shmfd = -1                                                       \
	}

/*
 * Open the target of a process: its IPC namespace and its root, through one descriptor;
 * the process was alive after both were opened. "start" identifies the process; if it is
 * 0, any process with that pid is accepted. Returns 0; -ESRCH if the process is gone or
 * its pid was reused; -EACCES. All errors set a text.
 */
int ix_target_of_pid(struct ipcx *x, int32_t pid, uint64_t start,
		     struct ix_target *ret_place);

/* Open one of many targets again, through its process or the substitute. Returns 0;
 * -ESRCH, with a text, if the namespace seems to be gone. The result uses the containers
 * of p without owning it. */
int ix_target_again(struct ipcx *x, const struct ix_target *p,
		    struct ix_target *ret_place);

/* Open the target of a namespace file, which must be the file of an IPC namespace; this
 * target has no root. Takes over the descriptor "fd", even on failure. "what" names the
 * file in error texts. */
int ix_target_of_fd(struct ipcx *x, int fd, const char *what,
		    struct ix_target *ret_place);

/* Close all descriptors, and free the path and the list of containers. */
void ix_target_close(struct ix_target *p);

/* Set the error text for a failed operation ("enter it") from errno. Returns -errno,
 * except that EINVAL becomes -EIO: in our API, EINVAL means an invalid argument, but the
 * kernel uses it for many other errors. */
int ix_target_failed(struct ipcx *x, const struct ix_target *p, const char *what);

/* Whether the process of a target (.pidfd) is alive. Returns 1, 0 or -errno. */
int ix_target_lives(const struct ix_target *p);

/* Check that the process of a target is alive. Returns 0; -ESRCH if it has ended; another
 * -errno if this is unknown. All errors set a text. */
int ix_target_check_lives(struct ipcx *x, const struct ix_target *p);

#define IX_NO_IPCNS "this kernel has no IPC namespaces (CONFIG_IPC_NS)"

/* Whether processes have no IPC namespace here, by the /proc/PID "dir" of any process; or
 * by our own. */
bool ix_target_no_ipcns(int dir);
bool ix_target_lacks_ipcns(struct ipcx *x);

/* Get the inode number of the namespace that a descriptor refers to and, if the kernel
 * has namespace ids, the id. Returns 0; -EINVAL if the namespace is not of the given type
 * (CLONE_NEWIPC, …); another -errno. */
int ix_ns_identity(int fd, int type, uint64_t *ret_ino, uint64_t *ret_id);

/* Return the inode number of the caller's own namespace ("ipc", "mnt", "pid", "user"); 0
 * if /proc does not show it. */
uint64_t ix_ns_own(struct ipcx *x, const char *type);

/* The same for the process that stands for us if the caller supplied a root
 * (proc/home.h); otherwise ix_ns_own(). */
uint64_t ix_ns_home(struct ipcx *x, const char *type);

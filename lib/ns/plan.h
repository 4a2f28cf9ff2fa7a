/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan for entering a namespace: the descriptors kept open for it, the steps to take,
 * and the mounts needed when our own root is kept. */
#pragma once

#include <limits.h>

#include "ns/target.h"

#define SHM_DIR    "/dev/shm"
#define MQUEUE_DIR "/dev/mqueue"

/* Further namespaces to enter, so that a program of a container does not see our own. */
#define IX_PLAN_MORE 3

extern const struct ix_plan_more {
	const char *name, *path; /* for example "net", and "ns/net", its path in the /proc
				  * directory of a process */
	int type;                /* CLONE_NEW… */
} ix_plan_more[IX_PLAN_MORE];

/* Everything that is decided and opened before the first step. */
struct ix_plan {
	struct ipcx *x;
	const struct ix_target *p;
	unsigned flags;
	int shm, mnt, pid; /* the target's /dev/shm, mount and PID namespace; or -1 */
	int more[IX_PLAN_MORE]; /* the namespaces that are entered with the target's root;
				 * or -1 */
	int user;   /* user namespace of the target's process; -1 if that is ours */
	int rights; /* user namespace that gives the rights to enter the others; or -1 */
	bool same_pids;     /* the target's PID namespace is ours */
	bool same_shm;      /* the target's /dev/shm is ours, too */
	bool empty_shm;     /* the target has no known /dev/shm */
	bool moves;         /* the target's IPC namespace is not ours */
	bool old_queues;    /* keep what is mounted on /dev/mqueue */
	long keyring;       /* the session keyring that was joined; 0 if the kernel has no
			     * keyrings */
	char cwd[PATH_MAX]; /* our current directory */
};

/* Whether other users have rights over the process or the namespace that we do not
 * have. */
static inline bool ix_plan_is_foreign(const struct ix_plan *plan)
{
	return plan->user >= 0 || plan->p->userfd >= 0;
}

/* Open what is needed, and decide on the steps; the caller has set "x", "p" and "flags".
 * Call ix_plan_close() even on failure: it closes every descriptor except "user", which
 * the last step needs. Returns 0 or -errno with a text. */
int ix_plan_open(struct ix_plan *plan);
void ix_plan_close(struct ix_plan *plan);

/*
 * The steps in mounts.c, each with its check: make a mount namespace of our own; make its
 * mounts private; mount the target's /dev/shm, or an empty one, over ours; and, after the
 * target's IPC namespace was entered, mount its queues on /dev/mqueue. Return 0 or -errno
 * without a text.
 */
int ix_mounts_part(struct ix_plan *p);
int ix_mounts_keep(struct ix_plan *p);
int ix_mounts_shm(struct ix_plan *p);
int ix_mounts_shm_is(struct ix_plan *p);
int ix_mounts_queues(struct ix_plan *p);
int ix_mounts_queues_are(struct ix_plan *p);

/* The same for a new IPC namespace: stop the propagation of mounts; mount an empty
 * /dev/shm with the given options (tmpfs(5)); mount the queues: 1 if the kernel
 * was built without them (CONFIG_POSIX_MQUEUE). Return 0 or -errno. */
int ix_mounts_private(struct ipcx *x);
int ix_mounts_new_shm(const char *options);
int ix_mounts_new_queues(void);

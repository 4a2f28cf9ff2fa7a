/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan for entering a namespace: the descriptors kept open for it, the steps to take,
 * and the mounts needed when our own root is kept. */
#pragma once

#include <limits.h>

#include "ns/target.h"

#define SHM_DIR    "/dev/shm"
#define MQUEUE_DIR "/dev/mqueue"

/* Further namespaces to enter, so that a program of a container does not see ours. */
#define IX_PLAN_MORE 3

extern const struct ix_plan_more {
	const char *name, *path; /* "net", and its path in the /proc directory of a
				  * process, "ns/net" */
	int type;                /* CLONE_NEW… */
} ix_plan_more[IX_PLAN_MORE];

/* All that is decided and opened before the first step. */
struct ix_plan {
	struct ipcx *x;
	const struct ix_target *p;
	unsigned flags;
	int shm, mnt, pid;      /* the target's /dev/shm and namespaces; or -1 */
	int more[IX_PLAN_MORE]; /* … that are entered with its root */
	int user;               /* the process's user namespace; -1 if that is ours */
	int rights;             /* a user namespace that gives the rights for the rest; or
				 * -1 */
	bool same_pids;         /* its PID namespace is ours */
	bool same_shm;          /* its /dev/shm is ours, too */
	bool empty_shm;         /* it has no known /dev/shm */
	bool moves;             /* entering it leaves our IPC namespace */
	bool old_queues;        /* keep what is mounted on /dev/mqueue */
	long keyring;       /* the session keyring that was joined; 0 if the kernel has no
			     * keyrings */
	char cwd[PATH_MAX]; /* our current directory */
};

/* Whether others have rights over the process or the namespace that we do not have. */
static inline bool ix_plan_is_foreign(const struct ix_plan *plan)
{
	return plan->user >= 0 || plan->p->userfd >= 0;
}

/* Open what is needed, and decide; x, p and flags are given. Call ix_plan_close() even on
 * failure: it closes all but user, which the last step needs. Returns 0 or -errno with a
 * text. */
int ix_plan_open(struct ix_plan *plan);
void ix_plan_close(struct ix_plan *plan);

/*
 * The steps in mounts.c, each with its check: make our own mount namespace; make it
 * private; mount the target's /dev/shm, or an empty one, over ours; and, once in its IPC
 * namespace, mount its queues on /dev/mqueue. Return 0 or -errno without a text.
 */
int ix_mounts_part(struct ix_plan *p);
int ix_mounts_keep(struct ix_plan *p);
int ix_mounts_shm(struct ix_plan *p);
int ix_mounts_shm_is(struct ix_plan *p);
int ix_mounts_queues(struct ix_plan *p);
int ix_mounts_queues_are(struct ix_plan *p);

/* For a new namespace: stop propagation of mounts; mount an empty /dev/shm (options of
 * tmpfs(5)); mount the queues. Return 0 or -errno. */
int ix_mounts_private(struct ipcx *x);
int ix_mounts_new_shm(const char *options);
int ix_mounts_new_queues(void);

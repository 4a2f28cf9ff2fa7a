/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan of entering: what is held open for it, what is to be done, and the mounts that
 * go with our own root. */
#pragma once

#include <limits.h>

#include "ns/target.h"

#define SHM_DIR    "/dev/shm"
#define MQUEUE_DIR "/dev/mqueue"

/* Namespaces without which a program of a container would see what is ours. */
#define IX_PLAN_MORE 3

extern const struct ix_plan_more {
	const char *name, *path; /* "net", below the directory of a process: "ns/net" */
	int type;                /* CLONE_NEW… */
} ix_plan_more[IX_PLAN_MORE];

/* All that is decided and open before the first step. */
struct ix_plan {
	struct ipcx *x;
	const struct ix_target *p;
	unsigned flags;
	int shm, mnt, pid;      /* of the target: a directory, its namespaces; or -1 */
	int more[IX_PLAN_MORE]; /* … that come with its own root */
	int user;           /* the process's user namespace, unless that is ours; or -1 */
	int rights;         /* a user namespace that gives the right to go on; or -1 */
	bool same_pids;     /* its PID namespace is ours */
	bool same_shm;      /* its /dev/shm is ours, too */
	bool empty_shm;     /* it has none that is known */
	bool moves;         /* out of our IPC namespace */
	bool old_queues;    /* what is on /dev/mqueue has to do */
	long keyring;       /* the session keyring that was joined; 0: no keys here */
	char cwd[PATH_MAX]; /* ours */
};

/* Somebody there has rights that are not ours: by the process, or by the namespace. */
static inline bool ix_plan_is_foreign(const struct ix_plan *plan)
{
	return plan->user >= 0 || plan->p->userfd >= 0;
}

/* Open what is needed, and decide: x, p and flags are given. Whatever comes of it, close
 * it: all but user, which the last step needs. 0 or -errno with a text. */
int ix_plan_open(struct ix_plan *plan);
void ix_plan_close(struct ix_plan *plan);

/*
 * The steps of mounts.c, each with its check: a mount namespace of our own; that nothing
 * mounted in it is seen elsewhere, or the other way round; the target's /dev/shm in the
 * place of ours, or an empty one; and, once in its IPC namespace, its queues on
 * /dev/mqueue. 0 or -errno without a text.
 */
int ix_mounts_part(struct ix_plan *p);
int ix_mounts_keep(struct ix_plan *p);
int ix_mounts_shm(struct ix_plan *p);
int ix_mounts_shm_is(struct ix_plan *p);
int ix_mounts_queues(struct ix_plan *p);
int ix_mounts_queues_are(struct ix_plan *p);

/* For a namespace that is new: an empty /dev/shm (options of tmpfs(5)), and that it is
 * one; queues where there is a directory for them. 0 or -errno. */
int ix_mounts_private(struct ipcx *x);
int ix_mounts_new_shm(const char *options);
int ix_mounts_new_queues(void);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entering: what is held open for it, and the mounts that go with our own root. */
#pragma once

#include <limits.h>

#include "ns/place.h"

#define SHM_DIR    "/dev/shm"
#define MQUEUE_DIR "/dev/mqueue"

/* Namespaces without which a program of a container would see what is ours. */
#define IX_GEAR_MORE 3

/* What has to be open before the first step. */
struct ix_gear {
	struct ipcx *x;
	const struct ix_place *p;
	unsigned flags;
	int shm, mnt, pid;      /* of the target: a directory, its namespaces; or -1 */
	int more[IX_GEAR_MORE]; /* … that come with its own root */
	int user;       /* the process's user namespace, unless that is ours; or -1 */
	bool same_pids; /* its PID namespace is ours */
	bool moves;     /* out of our IPC namespace */
	char cwd[PATH_MAX];
};

/* The text of a step that failed, with errno. */
static inline int ix_gear_failed(const struct ix_gear *g, const char *what)
{
	return ix_place_failed(g->x, g->p, what);
}

/*
 * A mount namespace of our own with our root in it, before anything else is entered; the
 * target's /dev/shm in the place of ours; and, once in its IPC namespace, its queues on
 * /dev/mqueue. 0 or -errno with a text.
 */
int ix_mounts_own(const struct ix_gear *g);
int ix_mounts_shm(const struct ix_gear *g);
int ix_mounts_queues(const struct ix_gear *g);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which tmpfs in our mount namespace was made for the /dev/shm of a container, and who
 * uses it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ns/discover.h"

/* A tmpfs. */
struct ix_spot {
	uint64_t dev;
	const char *target;
	size_t order;      /* which line of the mount table */
	bool used;         /* a process may see it on another path */
	int32_t pid;       /* such a process, or 0 */
	const char *other; /* such a path in our own mount namespace */
};

struct ix_spots {
	struct ix_buf text;  /* our mount table, which the paths are parts of */
	struct ix_spot *all; /* sorted by device number */
	size_t n, unused;
	int error;    /* why it is unknown whether a process uses them; or 0 */
	bool outside; /* processes outside of our PID namespace may use them */
};

/* Whether a path is one on which a container runtime mounts such a directory. */
bool ix_spot_path(const char *path);

/* Find the file systems that are mounted on such paths. Returns 0 or -errno. */
int ix_spots_read(struct ipcx *x, struct ix_spots *s);

/* Find out which of them a process in a list uses. Returns 0 or -ENOMEM. */
int ix_spots_users(struct ipcx *x, const struct ix_nslist *l, struct ix_spots *s);

/* Return why it is unknown whether a process uses them; NULL if it is known. */
const char *ix_spots_doubt(const struct ix_spots *s);

/* Return the one with this device number, or NULL. */
struct ix_spot *ix_spots_find(const struct ix_spots *s, uint64_t dev);

void ix_spots_free(struct ix_spots *s);

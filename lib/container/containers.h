/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Internals of the list of containers and of look-ups in it. */
#pragma once

#include "container/container.h"
#include "container/state.h"
#include "proc/space.h"

struct ix_log_entry {
	struct ix_container c;
	size_t order; /* number of the container, in the order of the families' reports */
	struct ix_space pids, mnt; /* namespaces of the container's first process */
	int32_t giver;             /* pid of the watcher, or 0 */
	struct ix_space giver_pids, giver_mnt;
	bool placed;   /* its systemd unit was looked up */
	char *label;   /* the same as c.label */
	unsigned form; /* how its last part is written (named.c) */
};

/* Tables for finding the container that a process belongs to (cover.c). */
struct ix_cover {
	struct ix_key {
		char *text; /* "CONTROLLERS:/PATH" of a cgroup; to be freed */
		size_t i;   /* index of the container */
	} * cgroups;        /* sorted */
	size_t ncgroups;
	size_t *by_pid, *by_pids, *by_mnt; /* indices of containers, sorted */
	size_t n, npids, nmnt;
	struct ix_space own_pids;
};

struct ix_containers {
	struct ix_log_entry *all; /* containers named by root come first */
	size_t n, cap;
	struct ix_cover cover;
	struct ix_gaps gaps;
};

/* Returns 0 or -ENOMEM. */
int ix_cover_make(const struct ix_search *s, struct ix_containers *c);
void ix_cover_free(struct ix_cover *v);

/* Return the container whose first process started this PID namespace, or is in this
 * mount namespace; NULL if there is no such container. */
const struct ix_log_entry *ix_cover_pids(const struct ix_containers *c,
					 const struct ix_space *pids);
const struct ix_log_entry *ix_cover_mnt(const struct ix_containers *c,
					const struct ix_space *mnt);

/* Set "outer" of each name that was given inside a container (outer.c). Returns 0 or
 * -ENOMEM. */
int ix_outers_find(const struct ix_search *s, struct ix_containers *c);

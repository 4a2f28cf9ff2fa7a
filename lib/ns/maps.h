/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The maps of users and groups of a new user namespace (user_namespaces(7)). Maps of more
 * than the caller's own id can only be written from outside of the namespace, so two
 * processes are started before unshare(2), and write the maps of this one after it.
 */
#pragma once

#include <sys/types.h>

#include "core/ctx.h"
#include "core/idmap.h"

struct ix_maps_side {
	struct ix_idrange ranges[IX_IDMAP_MAX]; /* sorted by the ids inside */
	size_t n;
	uint32_t id;  /* the id to take on inside */
	bool may;     /* we have the capability to map any ids */
	bool by_file; /* written to uid_map or gid_map, not by a set-user-ID program */
	pid_t helper;
};

struct ix_maps {
	struct ix_maps_side sides[2]; /* users, groups */
	uid_t user;                   /* who we are outside */
	int go; /* closed without a byte: the helpers end; -1: there are none */
};

/* Read what the caller of the library wants mapped; check what can be checked before
 * anything is done. Returns 0 or -errno with a text. */
int ix_maps_read(struct ipcx *x, const struct ipcx_ns_map *map, struct ix_maps *ret_m);

/* Start the helpers. Call ix_maps_end() even on failure. Returns 0 or -errno with a
 * text. */
int ix_maps_begin(struct ipcx *x, struct ix_maps *m);

/* In the new user namespace: let the helpers write, read the maps back, drop the
 * supplementary groups, and take on the ids. Returns 0 or -errno with a text. */
int ix_maps_become(struct ipcx *x, struct ix_maps *m);

/* Wait for the helpers, which do nothing if they were not told to write. */
void ix_maps_end(struct ix_maps *m);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels that say which containers are in a namespace. */
#pragma once

#include <stdbool.h>

#include "container/container.h"
#include "ns/discover.h"
#include "ns/ns.h"

/* Find all containers (ix_containers_new()) among the processes of a list; the gaps of
 * the list become gaps of the result, too. Returns 0 or -ENOMEM. */
int ix_containers_among(struct ipcx *x, const struct ix_nslist *l,
			struct ix_containers **ret_c);

/* Find all containers on this system. Returns 0 or -errno with a text. */
int ix_containers_all(struct ipcx *x, struct ix_containers **ret_c);

/* Give each target the comma-separated labels of its containers; the gaps of the
 * containers and of the list become the gaps of ns. Sorts the targets by inode number.
 * Returns 0 or -ENOMEM. */
int ix_label_targets(struct ipcx *x, const struct ix_nslist *l, struct ipcx_ns *ns);

/*
 * Find the labels of a single namespace, unless the namespace was opened by a label or
 * its labels were found before; if ns is NULL, those of the caller's own namespace. What
 * could not be found out is added to the gaps of the namespace and to the notes of t.
 * Returns 0 or -errno with a text.
 */
int ix_label_target(struct ipcx *x, struct ipcx_ns *ns, struct ipcx_table *t);

/* For a target p given by pid: if its process belongs to a container whose IPC objects
 * are in a kernel of its own, mark p and add a gap. */
void ix_target_elsewhere(struct ipcx *x, struct ix_target *p, struct ix_gaps *g);

/* Whether a runtime run by root claims that the target's process belongs to a
 * container. */
bool ix_target_claimed(struct ipcx *x, const struct ix_target *p);

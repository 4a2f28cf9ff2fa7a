/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which containers are in which namespace, as labels. */
#pragma once

#include <stdbool.h>

#include "container/container.h"
#include "ns/discover.h"
#include "ns/ns.h"

/* Find all containers (ix_containers_new()) among the processes of a list; the result
 * inherits the gaps of the list. Returns 0 or -ENOMEM. */
int ix_containers_among(struct ipcx *x, const struct ix_nslist *l,
			struct ix_containers **ret_c);

/* Find all containers among all processes. Returns 0 or -errno with a text. */
int ix_containers_all(struct ipcx *x, struct ix_containers **ret_c);

/* Give each target the comma-separated labels of its containers; the gaps of the
 * containers and the list become those of ns. Sorts the targets by inode number. Returns
 * 0 or -ENOMEM. */
int ix_label_targets(struct ipcx *x, const struct ix_nslist *l, struct ipcx_ns *ns);

/* Find the labels of a single namespace, unless it was opened by a label or they were
 * found before; ns == NULL means the caller's own namespace. Gaps are added to the
 * namespace and noted in t. Returns 0 or -errno with a text. */
int ix_label_target(struct ipcx *x, struct ipcx_ns *ns, struct ipcx_table *t);

/* For a target given by pid: mark p and add a gap if it belongs to a container whose IPC
 * objects are in a kernel of its own. */
void ix_target_elsewhere(struct ipcx *x, struct ix_target *p, struct ix_gaps *g);

/* Whether a runtime of root claims the target's process for a container. */
bool ix_target_claimed(struct ipcx *x, const struct ix_target *p);

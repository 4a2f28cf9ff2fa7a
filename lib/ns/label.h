/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which containers live in which namespace, in words. */
#pragma once

#include <stdbool.h>

#include "container/container.h"
#include "ns/discover.h"
#include "ns/ns.h"

/* All containers (ix_containers_new()) among the processes of a list, whose gaps they
 * have. 0 or -ENOMEM. */
int ix_containers_among(struct ipcx *x, const struct ix_nslist *l,
			struct ix_containers **ret_c);

/* The same of all processes. 0 or -errno with a text. */
int ix_containers_all(struct ipcx *x, struct ix_containers **ret_c);

/* Give each place the labels of the containers in it, with a comma between; what they and
 * the list lack are its gaps. The places are sorted by their numbers then. 0 or -ENOMEM. */
int ix_label_targets(struct ipcx *x, const struct ix_nslist *l, struct ipcx_ns *ns);

/* The labels of one place that was not found by them, NULL for home: asked once. What is
 * lacking is a gap of the namespace, or noted in t. 0 or -errno with a text. */
int ix_label_target(struct ipcx *x, struct ipcx_ns *ns, struct ipcx_table *t);

/* A place that a number named: whether it is one of a container's whose objects are in a
 * kernel of its own. That is a gap, and p is marked. */
void ix_target_elsewhere(struct ipcx *x, struct ix_target *p, struct ix_gaps *g);

/* Whether a runtime of root's says that the process of a place is of its container. */
bool ix_target_claimed(struct ipcx *x, const struct ix_target *p);

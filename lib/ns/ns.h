/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces that were opened for use: one place, or many that are opened in turn. */
#pragma once

#include "core/gaps.h"
#include "ns/discover.h"
#include "ns/target.h"

struct ipcx_ns {
	struct ix_target *places;
	size_t n;
	size_t held; /* of many: opened on a trip and kept open (ns/there.c) */
	bool all;
	bool labelled;             /* one: its containers were looked for, */
	struct ix_gaps unlabelled; /* and this stood in the way */
	bool told;                 /* who else sees its /dev/shm was said already */
	bool told_elsewhere;       /* … where else it is mounted */
	struct ix_gaps gaps;       /* what the list of many, or their labels, lack */
};

/* All of a list, each labelled with its containers, the caller's own first. Takes the
 * descriptors of the list. 0 or -ENOMEM with a text. */
int ix_ns_all_of(struct ipcx *x, struct ix_nslist *l, struct ipcx_ns **ret_ns);

/* A namespace that is one place; takes over its descriptors, also on failure. 0 or
 * -ENOMEM. */
int ix_ns_take(struct ix_target *p, struct ipcx_ns **ret_ns);

/* Whether this process has one thread, as it must to be moved; waits a moment for one of
 * ours that is about to end. 0, or -EBUSY with a text. */
int ix_ns_alone(struct ipcx *x);

/* The only place of a namespace that is open for use. NULL for "all". */
static inline const struct ix_target *ix_ns_target(const struct ipcx_ns *ns)
{
	return ns->all ? NULL : &ns->places[0];
}

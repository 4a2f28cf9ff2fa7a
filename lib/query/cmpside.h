/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The objects of one side of a comparison that programs can find: those with a key or a
 * name. */
#pragma once

#include "ns/ns.h"

/* An object of one side, sorted by its public name. */
struct ix_cmp_object {
	char name[IPCX_REF_MAX];
	unsigned mech;
};

/* All objects of a side. */
struct ix_cmp_side {
	struct ix_cmp_object *all;
	size_t n;
	uint64_t uncounted; /* mechanisms of which the side may have more objects */
};

/* Take these objects from a table, sorted by their public names; the caller frees
 * .all. Returns 0 or -ENOMEM. */
int ix_cmp_sorted(const struct ipcx_ns *ns, const struct ipcx_table *t,
		  struct ix_cmp_side *ret_side);

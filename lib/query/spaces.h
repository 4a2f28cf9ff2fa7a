/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files about namespaces share. */
#pragma once

#include "core/table.h"
#include "ns/pin.h"

/* How to list namespaces. */
struct ix_spaces {
	bool thorough;
	bool unnamed;   /* there may be containers that are not known */
	bool no_mounts; /* mounts are unknown */
	bool no_pins;   /* pins are unknown */
	uint64_t only;  /* list only this namespace; 0: all */
	const struct ipcx_table *usage;
	const struct ix_pins *pins;
};

/* Add a row for each directory without a namespace that "usage" (ipcx_usage()) has.
 * Returns 0 or -ENOMEM. */
int ix_remains_rows(struct ipcx_table *t, const struct ipcx_table *usage);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files about namespaces share. */
#pragma once

#include "core/table.h"
#include "ns/pin.h"

/* How a list of namespaces is made. */
struct ix_spaces {
	bool thorough;
	bool unnamed;   /* containers that are not known may be there all the same */
	bool no_mounts; /* what is mounted is not known */
	bool no_pins;   /* nor what is pinned */
	uint64_t only;  /* this one, or 0: all */
	const struct ipcx_table *usage;
	const struct ix_pins *pins;
};

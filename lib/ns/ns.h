/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces that were opened for use: one place, or many that are opened in turn. */
#pragma once

#include "ns/place.h"

struct ipcx_ns {
	struct ix_place *places;
	size_t n;
	bool all;
};

/* The only place of a namespace that is open for use. NULL for "all". */
static inline const struct ix_place *ix_ns_place(const struct ipcx_ns *ns)
{
	return ns->all ? NULL : &ns->places[0];
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of users and groups: one NSS lookup for each different id, absence remembered
 * too. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* A map from ids to names; the names stand in a pool of bytes, addressed by offset. */
struct ix_names {
	struct ix_name *slots; /* open addressing, a power of two */
	size_t used, cap;
};

struct ix_name {
	uint32_t id;
	uint32_t off; /* where the name stands in the pool, plus 1; 0: free slot */
};

#define IX_NO_NAME UINT32_MAX /* as off: looked up, there is none */

/* The slot of an id, or NULL. */
const struct ix_name *ix_names_find(const struct ix_names *n, uint32_t id);

/* Remember where an id's name stands. 0 or -ENOMEM. */
int ix_names_add(struct ix_names *n, uint32_t id, uint32_t off);

/* Ask NSS and append the name to the pool: 1 found (offset in ret_off), 0 none, -ENOMEM. */
int ix_names_ask(bool group, uint32_t id, struct ix_buf *pool, uint32_t *ret_off);

void ix_names_free(struct ix_names *n);

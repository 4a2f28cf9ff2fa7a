/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of users and groups: one look-up for each different id, remembered also when
 * there is no name and when nobody could tell. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ipcx.h"

/* A map from ids to names; the names stand in a pool of bytes, addressed by offset. */
struct ix_names {
	struct ix_name *slots; /* open addressing, a power of two */
	size_t used, cap;
	int error; /* why nobody could tell a name, for the first of those ids; or 0 */
};

struct ix_name {
	uint32_t id;
	uint32_t off; /* where the name stands in the pool, plus 1; 0: free slot */
};

#define IX_NO_NAME      UINT32_MAX       /* as off: looked up, there is none */
#define IX_UNKNOWN_NAME (UINT32_MAX - 1) /* as off: nobody could tell */

/* Whether off is where a name stands. */
static inline bool ix_name_is_known(const struct ix_name *n)
{
	return n->off < IX_UNKNOWN_NAME;
}

/* The slot of an id, or NULL. */
const struct ix_name *ix_names_find(const struct ix_names *n, uint32_t id);

/* Remember where an id's name stands. 0 or -ENOMEM. */
int ix_names_add(struct ix_names *n, uint32_t id, uint32_t off);

/* Look an id up and remember what came of it, a name in the pool. That nobody could tell
 * is remembered, too, and no failure. 0 or -ENOMEM. */
int ix_names_ask(struct ix_names *n, bool group, uint32_t id, struct ix_buf *pool);

void ix_names_free(struct ix_names *n);

/* A field that is the name of an id, which stands in a field of its own. */
struct ix_name_field {
	enum ipcx_field name, id;
	bool group;
};

#define IX_NAMED 5
extern const struct ix_name_field ix_name_fields[IX_NAMED];

/* What is said of such a field, or NULL for any other. */
const struct ix_name_field *ix_find_name_field(enum ipcx_field name);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of users and groups. Each id is looked up only once: that it has no name, or that
 * its lookup failed, is cached, too. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ipcx.h"

/* A map from ids to names, which are stored in a pool and addressed by offset. */
struct ix_names {
	struct ix_name *slots; /* hash table of a size that is a power of two */
	size_t used, cap;
	int error; /* -errno of the first lookup that failed; or 0 */
};

struct ix_name {
	uint32_t id;
	uint32_t off; /* offset of the name in the pool plus 1; 0: free slot */
};

#define IX_NO_NAME      UINT32_MAX       /* a value of off: the id has no name */
#define IX_UNKNOWN_NAME (UINT32_MAX - 1) /* a value of off: the lookup failed */

/* Whether off is the offset of a name. */
static inline bool ix_name_is_known(const struct ix_name *n)
{
	return n->off < IX_UNKNOWN_NAME;
}

/* Return the slot of an id, or NULL. */
const struct ix_name *ix_names_find(const struct ix_names *n, uint32_t id);

/* Record the offset of an id's name. Returns 0 or -ENOMEM. */
int ix_names_add(struct ix_names *n, uint32_t id, uint32_t off);

/* Look up the name of an id and cache the result; the name is stored in the pool. A
 * failed lookup is cached, too; the function does not report it as an error. Returns 0 or
 * -ENOMEM. */
int ix_names_ask(struct ix_names *n, bool group, uint32_t id, struct ix_buf *pool);

void ix_names_free(struct ix_names *n);

/* A field that shows the name of an id, and the field that shows the id itself. */
struct ix_name_field {
	enum ipcx_field name, id;
	bool group;
};

#define IX_NAMED 5
extern const struct ix_name_field ix_name_fields[IX_NAMED];

/* Return the entry of a name field, or NULL for any other field. */
const struct ix_name_field *ix_find_name_field(enum ipcx_field name);

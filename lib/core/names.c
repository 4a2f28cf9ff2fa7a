/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which fields are names of users and groups, and the hash map that caches lookups. */
#include "core/names.h"

#include <errno.h>
#include <stdlib.h>

#include "base/nss.h"

/* clang-format off */
const struct ix_name_field ix_name_fields[IX_NAMED] = {
	{ IPCX_F_OWNER,         IPCX_F_UID,         false },
	{ IPCX_F_GROUP,         IPCX_F_GID,         true  },
	{ IPCX_F_CREATOR,       IPCX_F_CUID,        false },
	{ IPCX_F_CREATOR_GROUP, IPCX_F_CGID,        true  },
	{ IPCX_F_USER_NS_OWNER, IPCX_F_USER_NS_UID, false },
};
/* clang-format on */

const struct ix_name_field *ix_find_name_field(enum ipcx_field name)
{
	for (size_t i = 0; i < IX_NAMED; i++)
		if (ix_name_fields[i].name == name)
			return &ix_name_fields[i];
	return NULL;
}

/* Fibonacci hashing spreads the ids, many of which are consecutive numbers. */
static size_t names_slot_of(const struct ix_names *n, uint32_t id)
{
	return (size_t)(id * UINT32_C(0x9e3779b1)) & (n->cap - 1);
}

const struct ix_name *ix_names_find(const struct ix_names *n, uint32_t id)
{
	if (n->cap == 0)
		return NULL;
	for (size_t i = names_slot_of(n, id);; i = (i + 1) & (n->cap - 1)) {
		if (n->slots[i].off == 0)
			return NULL;
		if (n->slots[i].id == id)
			return &n->slots[i];
	}
}

static void names_put(struct ix_names *n, uint32_t id, uint32_t off)
{
	size_t i = names_slot_of(n, id);

	while (n->slots[i].off != 0)
		i = (i + 1) & (n->cap - 1);
	n->slots[i] = (struct ix_name){ .id = id, .off = off };
	n->used++;
}

static int names_grow(struct ix_names *n)
{
	struct ix_names big = { .cap = n->cap ? n->cap * 2 : 16, .error = n->error };

	big.slots = calloc(big.cap, sizeof(*big.slots));
	if (!big.slots)
		return -ENOMEM;
	for (size_t i = 0; i < n->cap; i++)
		if (n->slots[i].off)
			names_put(&big, n->slots[i].id, n->slots[i].off);
	free(n->slots);
	*n = big;
	return 0;
}

int ix_names_add(struct ix_names *n, uint32_t id, uint32_t off)
{
	/* Keep the map at most half full, so that every search is short and comes to an
	 * end. */
	if (n->used * 2 >= n->cap) {
		int r = names_grow(n);

		if (r < 0)
			return r;
	}
	names_put(n, id, off);
	return 0;
}

int ix_names_ask(struct ix_names *n, bool group, uint32_t id, struct ix_buf *pool)
{
	size_t off = pool->len;
	int r = ix_nss_name(group, id, pool);

	if (r > 0)
		return ix_names_add(n, id, (uint32_t)off + 1);
	if (r < 0 && !n->error)
		n->error = r;
	return ix_names_add(n, id, r < 0 ? IX_UNKNOWN_NAME : IX_NO_NAME);
}

void ix_names_free(struct ix_names *n)
{
	free(n->slots);
	*n = (struct ix_names){ 0 };
}

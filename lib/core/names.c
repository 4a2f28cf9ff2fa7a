/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The only file that asks NSS for the names of ids, and the small hash map that remembers
 * the answers. */
#include "core/names.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

/* Fibonacci hashing: ids come in runs, the multiplication spreads them. */
static size_t slot_of(const struct ix_names *n, uint32_t id)
{
	return (size_t)(id * UINT32_C(0x9e3779b1)) & (n->cap - 1);
}

const struct ix_name *ix_names_find(const struct ix_names *n, uint32_t id)
{
	if (n->cap == 0)
		return NULL;
	for (size_t i = slot_of(n, id);; i = (i + 1) & (n->cap - 1)) {
		if (n->slots[i].off == 0)
			return NULL;
		if (n->slots[i].id == id)
			return &n->slots[i];
	}
}

static void put(struct ix_names *n, uint32_t id, uint32_t off)
{
	size_t i = slot_of(n, id);

	while (n->slots[i].off != 0)
		i = (i + 1) & (n->cap - 1);
	n->slots[i] = (struct ix_name){ .id = id, .off = off };
	n->used++;
}

static int grow(struct ix_names *n)
{
	struct ix_names big = { .cap = n->cap ? n->cap * 2 : 16 };

	big.slots = calloc(big.cap, sizeof(*big.slots));
	if (!big.slots)
		return -ENOMEM;
	for (size_t i = 0; i < n->cap; i++)
		if (n->slots[i].off)
			put(&big, n->slots[i].id, n->slots[i].off);
	free(n->slots);
	*n = big;
	return 0;
}

int ix_names_add(struct ix_names *n, uint32_t id, uint32_t off)
{
	/* At most half full: probes stay short and always end. */
	if (n->used * 2 >= n->cap) {
		int r = grow(n);

		if (r < 0)
			return r;
	}
	put(n, id, off);
	return 0;
}

/* One call of getpwuid_r(3) or getgrgid_r(3): the name in buf, NULL without one; -ERANGE
 * wants more room. */
static int ask(bool group, uint32_t id, char *buf, size_t size, const char **ret_name)
{
	int r;

	if (group) {
		struct group g, *found = NULL;

		r = getgrgid_r(id, &g, buf, size, &found);
		*ret_name = found ? found->gr_name : NULL;
	} else {
		struct passwd p, *found = NULL;

		r = getpwuid_r(id, &p, buf, size, &found);
		*ret_name = found ? found->pw_name : NULL;
	}
	return r == ERANGE ? -ERANGE : 0; /* every other failure: there is no name */
}

int ix_names_ask(bool group, uint32_t id, struct ix_buf *pool, uint32_t *ret_off)
{
	auto_buf struct ix_buf room = { 0 };
	size_t size = 1024;
	const char *name = NULL;
	size_t off = pool->len;

	for (;; size *= 4) {
		if (!ix_buf_room(&room, size))
			return -ENOMEM;
		if (ask(group, id, room.data, size, &name) == 0)
			break;
		if (size >
		    16 * 1024 *
			    1024) /* a group of a million members, or a broken module */
			return 0;
	}
	if (!name || !*name)
		return 0;
	if (ix_buf_add(pool, name, strlen(name) + 1) < 0)
		return -ENOMEM;
	*ret_off = (uint32_t)off + 1;
	return 1;
}

void ix_names_free(struct ix_names *n)
{
	free(n->slots);
	*n = (struct ix_names){ 0 };
}

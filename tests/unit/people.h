/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fixed users and groups, the same on every machine: these functions stand for
 * base/nsscall.c, or base/nssfiles.c. bob is 1000, eve 1001, and the user named 42 has
 * uid 4242. Looking up the user "away" or the uid 666 fails.
 */
#pragma once

#include <errno.h>
#include <string.h>

#include "base/nsscall.h"

#define AWAY_ID 666

static unsigned people_asked; /* number of lookups */

/* clang-format off */
static const struct {
	const char *name;
	unsigned id;
} people[] = {
	{ "root", 0 }, { "bob", 1000 }, { "eve", 1001 }, { "42", 4242 }, { "away", AWAY_ID },
};
/* clang-format on */

/* Return the id of an entry, -1 if there is no entry, -2 if the lookup fails. */
static int people_find(const char *name, unsigned id)
{
	people_asked++;
	for (int i = 0; i < (int)(sizeof(people) / sizeof(people[0])); i++)
		if (name ? strcmp(people[i].name, name) == 0 : people[i].id == id)
			return people[i].id == AWAY_ID ? -2 : i;
	return -1;
}

int ix_nss_call(const struct ix_nss_question *q, char *room, size_t size,
		struct ix_nss_answer *ret_a)
{
	int i = people_find(q->name, q->id);

	*ret_a = (struct ix_nss_answer){ NULL, 0, 0 };
	if (i == -2)
		return EIO;
	if (i < 0)
		return 0;
	if (size < strlen(people[i].name) + 1)
		return ERANGE;
	memcpy(room, people[i].name, strlen(people[i].name) + 1);
	*ret_a = (struct ix_nss_answer){ room, people[i].id, 0 };
	return 0;
}

int ix_nss_grouplist(const char *name, gid_t gid, gid_t *groups, int *n)
{
	(void)name;
	*groups = gid;
	*n = 1;
	return 0;
}

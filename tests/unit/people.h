/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fixed users and groups, the same on every machine: these functions replace those of the
 * C library. bob is 1000, eve 1001, and the user named 42 has uid 4242. Looking up the
 * user "away" or the uid 666 fails.
 */
#pragma once

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>

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

static int people_say(int i, char *buf, size_t size)
{
	if (i == -2)
		return EIO;
	if (i < 0)
		return 0;
	if (size < strlen(people[i].name) + 1)
		return ERANGE;
	memcpy(buf, people[i].name, strlen(people[i].name) + 1);
	return 0;
}

static int people_user(int i, struct passwd *p, char *buf, size_t size,
		       struct passwd **ret_found)
{
	int r = people_say(i, buf, size);

	*ret_found = NULL;
	if (r || i < 0)
		return r;
	memset(p, 0, sizeof(*p));
	p->pw_name = buf;
	p->pw_uid = people[i].id;
	*ret_found = p;
	return 0;
}

static int people_group(int i, struct group *g, char *buf, size_t size,
			struct group **ret_found)
{
	int r = people_say(i, buf, size);

	*ret_found = NULL;
	if (r || i < 0)
		return r;
	memset(g, 0, sizeof(*g));
	g->gr_name = buf;
	g->gr_gid = people[i].id;
	*ret_found = g;
	return 0;
}

int getpwnam_r(const char *name, struct passwd *p, char *buf, size_t size,
	       struct passwd **ret_found)
{
	return people_user(people_find(name, 0), p, buf, size, ret_found);
}

int getpwuid_r(uid_t id, struct passwd *p, char *buf, size_t size,
	       struct passwd **ret_found)
{
	return people_user(people_find(NULL, id), p, buf, size, ret_found);
}

int getgrnam_r(const char *name, struct group *g, char *buf, size_t size,
	       struct group **ret_found)
{
	return people_group(people_find(name, 0), g, buf, size, ret_found);
}

int getgrgid_r(gid_t id, struct group *g, char *buf, size_t size,
	       struct group **ret_found)
{
	return people_group(people_find(NULL, id), g, buf, size, ret_found);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nested containers: finds the container in which a name was given. This is decided by
 * the giver's PID namespace or an ancestor of that namespace; if the giver shares our PID
 * namespace, by the giver's mount namespace.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/util.h"
#include "container/containers.h"
#include "container/named.h"

/* Maximum nesting of PID namespaces (pid_namespaces(7)). */
#define DEPTH_MAX 32

/* If the giver's PID namespace is not that of a container, try the ancestors of this PID
 * namespace. */
static const struct ix_log_entry *find_around(const struct ix_search *s,
					      const struct ix_containers *c,
					      const struct ix_log_entry *e)
{
	auto_fd int dir = ix_search_open(s, e->giver);
	const struct ix_log_entry *found = NULL;

	for (unsigned n = 0; dir >= 0 && !found && n < DEPTH_MAX; n++) {
		struct ix_space around = ix_space_around(dir, n);

		/* If the process is now in another PID namespace, its pid was reused. */
		if (!around.ino || (n == 0 && !ix_space_same(&around, &e->giver_pids)) ||
		    ix_space_same(&around, &s->pids))
			break;
		found = ix_cover_pids(c, &around);
	}
	return found;
}

static const struct ix_log_entry *find_outer(const struct ix_search *s,
					     const struct ix_containers *c,
					     const struct ix_log_entry *e)
{
	const struct ix_log_entry *found;

	if (ix_space_same(&e->giver_pids, &s->pids))
		found = ix_cover_mnt(c, &e->giver_mnt);
	else
		found = ix_cover_pids(c, &e->giver_pids);
	if (!found)
		found = find_around(s, c, e);
	return found == e ? NULL : found;
}

/* Return the prefix for names that were given inside this container; "?" if it is too
 * long to be part of a label. */
static char *prefix_of(const struct ix_log_entry *e)
{
	char label[IX_LABEL_MAX];
	char *text = NULL;

	ix_container_handle(&e->c, label, sizeof(label));
	if ((e->c.outer ? strlen(e->c.outer) : 0) + strlen(label) > IX_LABEL_MAX / 2)
		return strdup("?");
	return asprintf(&text, "%s%s%s", e->c.outer ? e->c.outer : "",
			e->c.outer ? "/" : "", label) < 0
		       ? NULL
		       : text;
}

/* Set the prefix of an outer container before those of the containers inside it. The
 * recursion ends because PID namespaces are nested. */
static int name_outer(const struct ix_search *s, struct ix_containers *c,
		      struct ix_log_entry *e, unsigned depth)
{
	const struct ix_log_entry *outer;

	if (e->c.rank != IX_RANK_INNER || e->c.outer)
		return 0;
	outer = depth < DEPTH_MAX ? find_outer(s, c, e) : NULL;
	if (outer) {
		struct ix_log_entry *one = &c->all[outer - c->all];
		int r = name_outer(s, c, one, depth + 1);

		if (r < 0)
			return r;
	}
	e->c.outer = outer ? prefix_of(outer) : strdup("?");
	return e->c.outer ? 0 : -ENOMEM;
}

int ix_outers_find(const struct ix_search *s, struct ix_containers *c)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->n; i++)
		r = name_outer(s, c, &c->all[i], 0);
	return r;
}

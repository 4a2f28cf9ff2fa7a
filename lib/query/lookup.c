/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lookups for rows beyond what the mechanism reads: names of users and groups, which
 * fields are read at all, and ids of another user namespace.
 */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "core/columns.h"
#include "core/expr.h"
#include "query/query.h"

/* Add the name of an id to the table, asking NSS at most once per context. */
int ix_name_id(struct ipcx *x, struct ipcx_table *t, bool group, uint32_t id)
{
	struct ix_names *known = group ? &x->groups : &x->users;
	struct ix_names *here = group ? &t->groups : &t->users;
	const struct ix_name *n;
	uint32_t off;

	if (ix_names_find(here, id))
		return 0;
	n = ix_names_find(known, id);
	if (!n && ix_names_ask(known, group, id, &x->names) < 0)
		return -ENOMEM;
	n = n ? n : ix_names_find(known, id);
	off = n->off;
	if (off == IX_UNKNOWN_NAME)
		here->error = known->error;
	if (ix_name_is_known(n)) {
		off = ix_table_text(t, x->names.data + off - 1);
		if (!off)
			return -ENOMEM;
	}
	return ix_names_add(here, id, off);
}

int ix_look_up_names(struct ix_scan *s, const void *row)
{
	for (size_t i = 0; i < IX_NAMED; i++) {
		uint32_t id;
		int r;

		if (!s->names[i].column)
			continue;
		id = (uint32_t)ix_column_raw(s->names[i].column, row);
		if (s->names[i].known && id == s->names[i].last)
			continue; /* most objects have the same owner as the previous one */
		r = ix_name_id(s->x, s->t, ix_name_fields[i].group, id);
		if (r < 0)
			return r;
		s->names[i].last = id;
		s->names[i].known = true;
	}
	return 0;
}

/* Decide which costly columns are read: those that were requested. */
static void plan_costly(struct ix_scan *s, const struct ix_kind *kind)
{
	struct ipcx_fieldset unread = { { 0 } }, vague = { { 0 } };

	s->costly = unread;
	for (unsigned i = 0; i < kind->ncolumns; i++) {
		enum ipcx_field f = (enum ipcx_field)kind->columns[i].field;

		if (!kind->columns[i].costly)
			continue;
		if (!ipcx_fieldset_has(&s->asked, f)) {
			ipcx_fieldset_add(&unread, f);
			continue;
		}
		ipcx_fieldset_add(&s->costly, f);
		if (!ipcx_fieldset_has(&s->exact, f))
			ipcx_fieldset_add(&vague, f);
		s->costly_first |= s->where && ipcx_fieldset_has(&s->where->fields, f);
	}
	s->unread = (struct ix_lacking){ unread, 0, 0 };
	s->vague = (struct ix_lacking){ vague, 0, 0 };
}

/* Decide once per mechanism, not per row, what is looked up. */
void ix_plan_lookups(struct ix_scan *s, const struct ix_kind *kind)
{
	for (size_t i = 0; i < IX_NAMED; i++) {
		bool wanted = !s->t->numeric &&
			      ipcx_fieldset_has(&s->want, ix_name_fields[i].name) &&
			      ix_column(kind, ix_name_fields[i].name)->derive;

		s->names[i].column = wanted ? ix_column(kind, ix_name_fields[i].id)
					    : NULL;
		if (s->where &&
		    ipcx_fieldset_has(&s->where->fields, ix_name_fields[i].name))
			s->names_first = true;
	}
	s->no_idle = (struct ix_lacking){ IPCX_FIELDSET(IPCX_F_IDLE), 0, 0 };
	s->costly_first = false;
	ix_plan_processes(s, kind);
	plan_costly(s, kind);
}

/* ---- users and groups of another user namespace */

static int lookup_number_there(struct ipcx *x, const char *what,
			       const struct ix_idrange *ranges, size_t n, uint32_t *id)
{
	uint32_t there;

	if (ix_id_there(ranges, n, *id, &there) < 0)
		return ix_fail_plain(
			x, -EOVERFLOW,
			"%s %u has no number in the user namespace of the IPC namespace",
			what, *id);
	*id = there;
	return 0;
}

int ix_attrs_there(struct ipcx *x, const struct ipcx_attrs *a,
		   struct ipcx_attrs *ret_there)
{
	const struct ix_idmap *map = x->view.ids;
	struct ipcx_attrs there = *a;
	int r = 0;

	if (map && (a->set & IPCX_A_UID))
		r = lookup_number_there(x, "user", map->users, map->nusers, &there.uid);
	if (r == 0 && map && (a->set & IPCX_A_GID))
		r = lookup_number_there(x, "group", map->groups, map->ngroups,
					&there.gid);
	if (r == 0)
		*ret_there = there;
	return r;
}

/* Whether all uids and gids are mapped in our user namespace, as in the initial one: only
 * then is 65534 a real user. If the maps cannot be read, assume that not all ids are
 * mapped. */
static bool all_ids_mapped(struct ipcx *x)
{
	static const char *const maps[] = { "thread-self/uid_map",
					    "thread-self/gid_map" };
	struct ix_idrange ranges[IX_IDMAP_MAX];
	char text[128]; /* room for one line is enough */
	int proc = ix_procfd(x);

	if (x->people != IX_PEOPLE_NOT_ASKED)
		return x->people == IX_PEOPLE_ALL;
	x->people = IX_PEOPLE_SOME;
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		if (proc < 0 || ix_read_file(proc, maps[i], text, sizeof(text)) < 0 ||
		    ix_idmap_parse(text, strlen(text), ranges) != 1 ||
		    ranges[0].inside != 0 || ranges[0].count != UINT32_MAX)
			return false;
	x->people = IX_PEOPLE_ALL;
	return true;
}

void ix_number_here(struct ipcx *x, const struct ix_section *at, void *row)
{
	const struct ix_idmap *map = x->view.ids;

	for (size_t i = 0; i < IX_NAMED; i++) {
		const struct ix_column *c = ix_section_column(at, ix_name_fields[i].id);
		uint32_t id;

		if (c->size != sizeof(id))
			continue;
		id = (uint32_t)ix_column_raw(c, row);
		if (map) {
			id = ix_name_fields[i].group
				     ? ix_id_here(map->groups, map->ngroups, id)
				     : ix_id_here(map->users, map->nusers, id);
			memcpy((char *)row + c->offset, &id, sizeof(id));
		}
		if (id == IX_UNMAPPED && (map || !all_ids_mapped(x)))
			((struct ix_row *)row)->unmapped |= 1U << i;
	}
}

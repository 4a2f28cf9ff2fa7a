/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a query of ipcx_users() asks for. The snapshot of objects may have more, and lacks
 * files without a name. */
#include <string.h>

#include "query/usersjoin.h"

bool ix_users_asks(const struct ipcx_query *q, unsigned mech)
{
	if (q->mechs & IPCX_MECH_BIT(mech))
		return true;
	for (size_t i = 0; i < q->nrefs; i++)
		if (q->refs[i].mech == mech)
			return true;
	return false;
}

bool ix_users_by_inode(const struct ipcx_ref *ref)
{
	const struct ix_mech *m = ix_mech(ref->mech);

	return ref->by == IPCX_BY_INODE && !m->info.unlisted && m->traces &&
	       m->traces->kind == IX_USE_FILE && !m->traces->by_id;
}

bool ix_users_unlinked(const struct ipcx_query *q, unsigned mech)
{
	const struct ix_traces *traces = ix_mech(mech)->traces;

	for (size_t i = 0; i < q->nrefs; i++)
		if (q->refs[i].mech == mech && ix_users_by_inode(&q->refs[i]))
			return true;
	return (q->mechs & IPCX_MECH_BIT(mech)) && traces &&
	       traces->kind == IX_USE_FILE && !traces->by_id &&
	       !ix_mech(mech)->info.unlisted;
}

static bool userask_names(const struct ipcx_ref *ref, const struct ipcx_ref *it,
			  uint64_t key, uint64_t dev, uint64_t ino)
{
	if (ref->mech != it->mech)
		return false;
	if (ix_users_by_inode(ref))
		return ref->device == dev && ref->inode == ino;
	if (ref->by == IPCX_BY_INODE)
		return it->by == IPCX_BY_INODE && ref->device == it->device &&
		       ref->inode == it->inode;
	if (ref->by == IPCX_BY_NAME)
		return it->by == IPCX_BY_NAME && !strcmp(ref->name, it->name);
	return ref->by == IPCX_BY_KEY ? key && ref->key == key
				      : it->by == IPCX_BY_ID && ref->id == it->id;
}

bool ix_users_asks_row(const struct ipcx_query *q, const struct ipcx_ref *it,
		       uint64_t key, uint64_t dev, uint64_t ino)
{
	if (q->mechs & IPCX_MECH_BIT(it->mech))
		return true;
	for (size_t i = 0; i < q->nrefs; i++)
		if (userask_names(&q->refs[i], it, key, dev, ino))
			return true;
	return false;
}

uint64_t ix_users_number(const struct ipcx_table *t, size_t row, enum ipcx_field f)
{
	struct ipcx_value v;

	if (ipcx_row_get(t, row, f, &v) < 0 || v.type == IPCX_TYPE_NONE)
		return 0;
	return v.as.u;
}

unsigned ix_users_lost_mech(const struct ipcx_table *objects, uint64_t dev,
			    const char *name, uint64_t *ret_ns)
{
	const char *slash = strrchr(name, '/');
	unsigned found = IPCX_NO_MECH;

	name = slash ? slash + 1 : name;
	for (size_t i = 0; i < objects->nsections; i++) {
		const struct ix_section *s = &objects->sections[i];
		const struct ix_traces *traces =
			s->mech == IPCX_NO_MECH ? NULL : ix_mech(s->mech)->traces;

		if (s->dev != dev || !traces || traces->kind != IX_USE_FILE)
			continue;
		if (traces->prefix &&
		    strncmp(name, traces->prefix, strlen(traces->prefix)) != 0)
			continue;
		if (found != IPCX_NO_MECH && !traces->prefix)
			continue;
		found = s->mech;
		*ret_ns = s->place ? objects->places[s->place - 1].ns : 0;
	}
	return found;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that no directory has any more, but processes still use. */
#include <errno.h>
#include <string.h>

#include "query/usersjoin.h"

static int lost_rows(struct users_join *j, const struct ix_use *use, size_t n)
{
	struct ix_user_entry e = { .ns = 0 };
	char ref[IPCX_REF_MAX];
	struct ipcx_ref it = { .by = IPCX_BY_INODE,
			       .device = use->dev,
			       .inode = use->ino };
	int r = 0;

	it.mech = e.mech = ix_users_lost_mech(j->objects, use->dev,
					      ix_uses_name(&j->uses, use), &e.ns);
	if (it.mech == IPCX_NO_MECH ||
	    !ix_users_asks_row(j->q, &it, 0, use->dev, use->ino) ||
	    ipcx_ref_format(&it, ref, sizeof(ref)) < 0)
		return 0;
	e.ref = ref;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = ix_users_add_use(j, &e, &use[i], false);
	return r;
}

static bool lost_listed(const struct ipcx_table *t, const struct ix_use *use)
{
	for (size_t row = 0; row < t->rows; row++)
		if (ix_users_number(t, row, IPCX_F_DEVICE) == use->dev &&
		    ix_users_number(t, row, IPCX_F_INODE) == use->ino)
			return true;
	return false;
}

/*
 * Whether a file, of which there are n uses, is unlinked. A descriptor tells; the name of
 * a mapping does not: a semaphore is made under another name than it has later. If its
 * directory has the file now, the file was created after the objects were listed.
 */
static int lost_is(const struct users_join *j, const struct ix_use *use, size_t n,
		   struct ipcx_table **again)
{
	bool opened = false;
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		if (use[i].links || j->matched[use + i - j->uses.all])
			return 0;
		opened |= use[i].fd >= 0;
	}
	if (!opened && !*again)
		r = ix_users_objects(j, again);
	if (r < 0)
		return r;
	return opened || !lost_listed(*again, use);
}

static int lost_files(struct users_join *j, struct ipcx_table **again)
{
	const struct ix_use *all = j->uses.all;
	size_t n;
	int r = 0;

	for (size_t i = 0; r == 0 && i < j->uses.n; i += n) {
		for (n = 1; i + n < j->uses.n; n++)
			if (all[i + n].kind != all[i].kind ||
			    all[i + n].ino != all[i].ino || all[i + n].dev != all[i].dev)
				break;
		if (all[i].kind != IX_USE_FILE)
			continue;
		r = lost_is(j, &all[i], n, again);
		if (r > 0)
			r = lost_rows(j, &all[i], n);
	}
	return r;
}

/* Report references by inode of files that nobody uses and that have no name. */
static void lost_missing(struct users_join *j)
{
	char subject[IPCX_REF_MAX];

	for (size_t i = 0; i < j->q->nrefs; i++) {
		const struct ipcx_ref *ref = &j->q->refs[i];
		bool found;
		size_t n;

		if (!ix_users_by_inode(ref))
			continue;
		(void)ix_uses_of(&j->uses, IX_USE_FILE, ref->device, ref->inode, &n);
		found = lost_listed(j->objects,
				    &(const struct ix_use){ .dev = ref->device,
							    .ino = ref->inode });
		if (n || found || ipcx_ref_format(ref, subject, sizeof(subject)) < 0)
			continue;
		ix_table_note(j->out.t, IPCX_NOTE_MISSING, ref->mech, -ENOENT, subject,
			      "no such %s", ix_mech(ref->mech)->info.object);
	}
}

int ix_users_lost(struct users_join *j)
{
	struct ipcx_table *again = NULL;
	int r = lost_files(j, &again);

	ipcx_table_free(again);
	if (r == 0)
		lost_missing(j);
	return r;
}

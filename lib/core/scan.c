/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by scans and mechanisms: the reference of a row, and which directories have been
 * listed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/columns.h"
#include "core/mech.h"

/* Whether a row's object is a file that has no name by which it could be opened: its
 * reference says so. The number of links does not: an unlinked file may be mounted on a
 * name. */
static bool scan_is_nameless(const struct ipcx_table *t, const struct ix_section *s,
			     const void *row)
{
	struct ipcx_value v;
	const char *which;

	if (ix_mech(s->mech)->info.unlisted)
		return true;
	if (ix_row_value(t, s, row, IPCX_F_REF, &v) < 0 || v.type != IPCX_TYPE_STRING)
		return false;
	which = strchr(ipcx_value_string(&v), ':');
	return which && which[1] != '/';
}

/* Whether the reference of such a file has a device: "MECH:INODE" has none. */
static bool scan_has_device(const struct ipcx_table *t, const struct ix_section *s,
			    const void *row)
{
	struct ipcx_value v;

	if (!ix_mech(s->mech)->one_device)
		return true;
	return ix_row_value(t, s, row, IPCX_F_REF, &v) == 0 &&
	       v.type == IPCX_TYPE_STRING &&
	       strchr(ipcx_value_string(&v), ':') != strrchr(ipcx_value_string(&v), ':');
}

void ix_row_ref(const struct ipcx_table *t, const struct ix_section *s, const void *row,
		struct ipcx_ref *ret_ref)
{
	struct ipcx_value v;

	*ret_ref = (struct ipcx_ref){ .mech = s->mech, .by = IPCX_BY_ID };
	if (!ix_mech(s->mech)->info.named) {
		ret_ref->id =
			(int32_t)ix_column_raw(ix_section_column(s, IPCX_F_ID), row);
		return;
	}
	if (scan_is_nameless(t, s, row)) {
		ret_ref->by = IPCX_BY_INODE;
		ret_ref->inode = ix_column_raw(ix_section_column(s, IPCX_F_INODE), row);
		if (scan_has_device(t, s, row))
			ret_ref->device =
				ix_column_raw(ix_section_column(s, IPCX_F_DEVICE), row);
		return;
	}
	ret_ref->by = IPCX_BY_NAME;
	if (ix_row_value(t, s, row, IPCX_F_NAME, &v) == 0 && v.type == IPCX_TYPE_STRING)
		(void)snprintf(ret_ref->name, sizeof(ret_ref->name), "%s",
			       ipcx_value_string(&v));
}

int ipcx_row_ref(const struct ipcx_table *t, size_t row, struct ipcx_ref *ret_ref)
{
	const struct ix_section *s;
	const void *data;

	if (!t || !ret_ref)
		return -EINVAL;
	data = ix_table_at(t, row, &s);
	if (!data)
		return -EINVAL;
	if (!ix_mech(s->mech) || !ipcx_fieldset_has(&s->has, IPCX_F_REF) ||
	    !ipcx_fieldset_has(&s->has,
			       ix_mech(s->mech)->info.named ? IPCX_F_NAME : IPCX_F_ID))
		return -ENODATA;
	ix_row_ref(t, s, data, ret_ref);
	return 0;
}

int ix_scan_once(struct ix_scan *s, uint64_t dev, uint64_t ino)
{
	struct ix_listed *more;

	if (!s->once || !s->many)
		return ix_table_dir(s->t, dev, ino);
	/* Check also the sections that another process or thread has read and that were
	 * merged into this table. */
	for (size_t i = 0; !s->ref && i + 1 < s->t->nsections; i++)
		if (s->t->sections[i].dev == dev && s->t->sections[i].ino == ino &&
		    s->t->sections[i].mech == s->mech)
			return 1;
	for (size_t i = 0; i < s->ndirs; i++)
		if (s->dirs[i].dev == dev && s->dirs[i].ino == ino &&
		    s->dirs[i].mech == s->mech && s->dirs[i].ref == s->ref)
			return 1;
	more = reallocarray(s->dirs, s->ndirs + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->dirs = more;
	s->dirs[s->ndirs++] = (struct ix_listed){
		.dev = dev, .ino = ino, .mech = s->mech, .ref = s->ref
	};
	return ix_table_dir(s->t, dev, ino);
}

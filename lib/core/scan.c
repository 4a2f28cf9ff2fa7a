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

/* Return the slot of a directory, which is unused if the directory is not in the table. */
static struct ix_listed *listed_slot(struct ix_listed *dirs, size_t slots,
				     const struct ix_listed *d)
{
	uint64_t h = (d->ino * UINT64_C(0x9e3779b97f4a7c15) + d->dev + d->ref) *
			     UINT64_C(0x9e3779b97f4a7c15) +
		     d->mech;
	size_t i = (size_t)(h >> 32) & (slots - 1);

	while (dirs[i].used && (dirs[i].dev != d->dev || dirs[i].ino != d->ino ||
				dirs[i].mech != d->mech || dirs[i].ref != d->ref))
		i = (i + 1) & (slots - 1);
	return &dirs[i];
}

static int listed_grow(struct ix_scan *s)
{
	size_t slots = s->dir_slots ? 2 * s->dir_slots : 64;
	struct ix_listed *dirs = calloc(slots, sizeof(*dirs));

	if (!dirs)
		return -ENOMEM;
	for (size_t i = 0; i < s->dir_slots; i++)
		if (s->dirs[i].used)
			*listed_slot(dirs, slots, &s->dirs[i]) = s->dirs[i];
	free(s->dirs);
	s->dirs = dirs;
	s->dir_slots = slots;
	return 0;
}

/* Add a directory. Returns 1 if it was added before, 0 if not, or -ENOMEM. */
static int listed_add(struct ix_scan *s, uint64_t dev, uint64_t ino, unsigned mech,
		      size_t ref)
{
	const struct ix_listed d = {
		.dev = dev, .ino = ino, .used = true, .mech = mech, .ref = ref
	};
	struct ix_listed *slot;

	if (2 * s->ndirs >= s->dir_slots && listed_grow(s) < 0)
		return -ENOMEM;
	slot = listed_slot(s->dirs, s->dir_slots, &d);
	if (slot->used)
		return 1;
	*slot = d;
	s->ndirs++;
	return 0;
}

int ix_scan_once(struct ix_scan *s, uint64_t dev, uint64_t ino)
{
	int r = 0;

	if (!s->once || !s->many)
		return ix_table_dir(s->t, dev, ino);
	/* Also the sections that another process or thread has read and that were merged
	 * into this table; the last section is the one to be filled. */
	for (; r >= 0 && s->indexed + 1 < s->t->nsections; s->indexed++) {
		const struct ix_section *done = &s->t->sections[s->indexed];

		r = listed_add(s, done->dev, done->ino, done->mech, 0);
	}
	if (r >= 0)
		r = listed_add(s, dev, ino, s->mech, s->ref);
	return r ? r : ix_table_dir(s->t, dev, ino);
}

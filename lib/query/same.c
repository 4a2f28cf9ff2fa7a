/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether an object is still the one that was listed. Names can be reused at once, and
 * ids after some millions of objects: so the marks of an object that a user agreed to
 * remove are compared before it is removed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/columns.h"
#include "ns/ns.h"
#include "query/query.h"

/* The marks: fields that do not change when the object is used. A POSIX object is
 * identified by its file. */
static const enum ipcx_field sysv_marks[] = { IPCX_F_KEY, IPCX_F_CUID, IPCX_F_CTIME };
static const enum ipcx_field posix_marks[] = { IPCX_F_DEVICE, IPCX_F_INODE };

/* Return the IPC namespace of a row's id; 0 for a name: that object is a file, identified
 * by its file system (and listed only in the first of several namespaces that see it). */
static uint64_t space_of(const struct ix_scan *s, const struct ipcx_table *t,
			 const struct ix_section *section)
{
	uint64_t ns = section->place ? t->places[section->place - 1].ns : 0;

	if (ix_mech(section->mech)->info.named)
		return 0;
	return ns ? ns : s->same_home;
}

/* FNV-1a over the namespace and the id or name of a reference. */
static uint64_t hash_ref(const struct ipcx_ref *ref, uint64_t ns)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^
		     ((uint64_t)ref->mech << 32 | (uint32_t)ref->id);

	for (; ns; ns >>= 8)
		h = (h ^ (ns & 0xff)) * UINT64_C(0x100000001b3);
	h = (h ^ ref->device) * UINT64_C(0x100000001b3);
	h = (h ^ ref->inode) * UINT64_C(0x100000001b3);

	for (const char *p = ref->name; *p; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	return h * UINT64_C(0x9e3779b97f4a7c15);
}

static int by_hash(const void *a, const void *b)
{
	uint64_t ha = ((const struct ix_same *)a)->hash,
		 hb = ((const struct ix_same *)b)->hash;

	return (ha > hb) - (ha < hb);
}

int ix_same_check(struct ipcx *x, const struct ipcx_table *same)
{
	struct ipcx_ref ref;

	for (size_t i = 0; i < same->nsections; i++)
		if (same->sections[i].count &&
		    ipcx_row_ref(same, same->sections[i].first, &ref) < 0)
			return ix_fail_plain(
				x, -EINVAL,
				"the query's earlier snapshot is not of objects, but of %s",
				same->sections[i].kind->name);
	return 0;
}

int ix_same_index(struct ix_scan *s)
{
	size_t n = s->same->rows;
	const struct ix_section *section;
	struct ipcx_ref ref;

	s->same_index = calloc(n + 1, sizeof(*s->same_index));
	if (!s->same_index)
		return -ENOMEM;
	s->same_home = ix_ns_own(s->x, "ipc");
	for (size_t i = 0; i < n; i++) {
		const void *row = ix_table_at(s->same, i, &section);

		/* ipcx_create() found this object, it did not create it. */
		if (ipcx_fieldset_has(&section->has, IPCX_F_EXISTED) &&
		    ix_column_raw(ix_section_column(section, IPCX_F_EXISTED), row))
			continue;
		ix_row_ref(s->same, section, row, &ref);
		s->same_index[s->nsame++] = (struct ix_same){
			.hash = hash_ref(&ref, space_of(s, s->same, section)), .row = i
		};
	}
	qsort(s->same_index, s->nsame, sizeof(*s->same_index), by_hash);
	return 0;
}

static bool same_equal(const struct ix_scan *s, const struct ix_section *here,
		       const void *row, const struct ix_section *there, const void *old,
		       enum ipcx_field f)
{
	struct ipcx_value a, b;

	if (ix_row_value(s->t, here, row, f, &a) < 0 ||
	    ix_row_value(s->same, there, old, f, &b) < 0)
		return false;
	/* Unknown marks count as different. */
	return a.type == b.type && a.type != IPCX_TYPE_NONE &&
	       ipcx_value_compare(&a, &b) == 0;
}

static bool marks_equal(const struct ix_scan *s, const void *row, size_t old_row)
{
	const struct ix_section *here = ix_last_section(s->t), *there;
	const void *old = ix_table_at(s->same, old_row, &there);
	bool named = ix_mech(s->mech)->info.named;
	const enum ipcx_field *marks = named ? posix_marks : sysv_marks;
	size_t n = named ? ARRAY_SIZE(posix_marks) : ARRAY_SIZE(sysv_marks);

	if (here->mech != there->mech ||
	    space_of(s, s->t, here) != space_of(s, s->same, there))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!same_equal(s, here, row, there, old, marks[i]))
			return false;
	return true;
}

bool ix_same_object(struct ix_scan *s, const void *row)
{
	struct ipcx_ref ref;
	struct ix_same want, *found;
	char subject[IPCX_REF_MAX];

	ix_row_ref(s->t, ix_last_section(s->t), row, &ref);
	want.hash = hash_ref(&ref, space_of(s, s->t, ix_last_section(s->t)));
	found = bsearch(&want, s->same_index, s->nsame, sizeof(*found), by_hash);
	if (!found)
		return false; /* created since then */
	if (marks_equal(s, row, found->row))
		return true;
	(void)ipcx_ref_format(&ref, subject, sizeof(subject));
	ix_table_note(s->t, IPCX_NOTE_FAILED, s->mech, 0, subject,
		      "left alone: it is no longer the object that was listed");
	return false;
}

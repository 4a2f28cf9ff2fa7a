/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removing and changing objects: scans with a verb. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "core/attr.h"
#include "core/columns.h"
#include "core/copyin.h"
#include "query/query.h"

/* Refuse objects that cannot be removed, before any object is touched. */
static int check_remove(struct ipcx *x, const struct ipcx_query *q)
{
	for (size_t i = 0; i < q->nrefs; i++)
		if (!ix_mech(q->refs[i].mech)->remove)
			return ix_cannot_be(x, ix_mech(q->refs[i].mech), "removed");
	for (unsigned m = 0; ix_mech(m); m++)
		if ((q->mechs & IPCX_MECH_BIT(m)) && !ix_mech(m)->remove)
			return ix_cannot_be(x, ix_mech(m), "removed");
	return 0;
}

int ipcx_remove(struct ipcx *x, const struct ipcx_query *q, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, q, ret_table);
	struct ix_scan s = { .verb = IX_REMOVE };
	struct ipcx_query own;
	int r = ix_query_in(x, q, true, &own);

	if (r == 0)
		r = check_remove(x, &own);
	return r < 0 ? r : ix_run(x, &own, &s, ret_table);
}

static int can_change(struct ipcx *x, const struct ix_mech *m, const char *subject,
		      const struct ipcx_attrs *attrs)
{
	uint64_t cannot = attrs->set & ~m->info.change;
	char names[200];

	if (!m->change)
		return ix_cannot_be(x, m, "changed");
	if (!cannot)
		return 0;
	ix_attr_names(cannot, names, sizeof(names));
	return ix_fail_plain(x, -EINVAL, "%s: a %s has no %s that could be changed",
			     subject, m->info.object, names);
}

/* Refuse attributes that a mechanism of the query cannot change, before any object is
 * touched. */
static int check_change(struct ipcx *x, const struct ipcx_query *q,
			const struct ipcx_attrs *attrs)
{
	int r = 0;

	if ((attrs->set & IPCX_A_UID && attrs->uid == (uid_t)-1) ||
	    (attrs->set & IPCX_A_GID && attrs->gid == (gid_t)-1))
		return ix_fail_plain(x, -EINVAL, "4294967295 is not a user or group id");
	if ((attrs->set & IPCX_A_MODE) && attrs->mode > 0777)
		return ix_fail_plain(x, -EINVAL,
				     "mode 0%o: only the bits of 0777 can be set",
				     attrs->mode);
	for (size_t i = 0; i < q->nrefs; i++) {
		char subject[IPCX_REF_MAX];

		(void)ipcx_ref_format(&q->refs[i], subject, sizeof(subject));
		r = can_change(x, ix_mech(q->refs[i].mech), subject, attrs);
		if (r < 0)
			return r;
	}
	for (unsigned m = 0; r == 0 && ix_mech(m); m++)
		if (q->mechs & IPCX_MECH_BIT(m))
			r = can_change(x, ix_mech(m), ix_mech(m)->info.name, attrs);
	return r;
}

static void copy_notes(const struct ipcx_table *from, struct ipcx_table *to)
{
	const struct ipcx_note *n;

	for (size_t i = 0; (n = ipcx_table_note(from, i)); i++)
		ix_table_add_note(to, n);
}

/* Scan the objects of a table again. */
static int remove_look_again(struct ipcx *x, const struct ipcx_query *q,
			     const struct ipcx_table *changed,
			     struct ipcx_table **ret_table)
{
	struct ix_scan s = { .verb = IX_LOOK };
	struct ipcx_query again = *q;
	auto_free struct ipcx_ref *refs = calloc(changed->rows + 1, sizeof(*refs));
	const struct ix_section *section;

	if (!refs)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	for (size_t i = 0; i < changed->rows; i++) {
		const void *row = ix_table_at(changed, i, &section);

		ix_row_ref(changed, section, row, &refs[i]);
	}
	again.refs = refs;
	again.nrefs = changed->rows;
	again.mechs = 0;
	again.where = NULL;
	again.same = NULL;
	again.max_rows = again.resume = 0;
	return ix_run(x, &again, &s, ret_table);
}

int ipcx_change(struct ipcx *x, const struct ipcx_query *q,
		const struct ipcx_attrs *attrs, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, q, attrs, ret_table);
	struct ipcx_attrs wanted;
	struct ix_scan s = { .verb = IX_CHANGE, .attrs = &wanted };
	struct ipcx_table *changed, *now = NULL;
	struct ipcx_query own;
	int r = ix_query_in(x, q, true, &own);

	if (r == 0)
		r = ix_attrs_in(x, attrs, &wanted);
	if (r == 0)
		r = check_change(x, &own, &wanted);
	if (r < 0)
		return r;
	r = ix_run(x, &own, &s, &changed);
	if (r < 0)
		return r;
	r = remove_look_again(x, &own, changed, &now);
	if (now) {
		copy_notes(changed, now);
		now->resume = changed->resume;
		r = ix_table_hand(x, now, 0, ret_table);
	}
	ipcx_table_free(changed);
	return r;
}

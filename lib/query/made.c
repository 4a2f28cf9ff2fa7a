/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows that ipcx_create() returns: each object's reference, and the marks that
 * distinguish it from a later object with the same id or name. */
#include "query/made.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "core/columns.h"
#include "query/query.h"

/* A created object: its reference, and its marks (query/same.c). Reading any other field
 * takes a scan. */
struct made_row {
	struct ix_row row;
	int64_t ctime;
	uint64_t device, inode;
	int32_t id;
	uint32_t key, cuid;
	ix_text name, ref;
	uint8_t existed;
};

static void derive_ref(const struct ipcx_table *t, const struct ix_section *s,
		       const void *row, struct ipcx_value *v)
{
	const struct made_row *made = row;

	v->type = IPCX_TYPE_STRING;
	v->as.private_s = ix_table_string(t, made->ref);
	if (!v->as.private_s)
		(void)snprintf(v->private_text, sizeof(v->private_text), "%s:%d",
			       ix_mech(s->mech)->info.name, made->id);
}

/* clang-format off */
static const struct ix_kind made_by_id = {
	.name = "objects",
	.row_size = sizeof(struct made_row),
	IX_COLUMNS(
		IX_CONSTANT(IPCX_F_MECH,    ix_derive_mech),
		IX_DERIVED(IPCX_F_REF,     derive_ref),
		IX_COL(IPCX_F_ID,      struct made_row, id),
		IX_COL(IPCX_F_KEY,     struct made_row, key),
		IX_COL(IPCX_F_CUID,    struct made_row, cuid),
		IX_COL(IPCX_F_CTIME,   struct made_row, ctime),
		IX_COL(IPCX_F_EXISTED, struct made_row, existed)
	),
};

static const struct ix_kind made_by_name = {
	.name = "objects",
	.row_size = sizeof(struct made_row),
	IX_COLUMNS(
		IX_CONSTANT(IPCX_F_MECH,    ix_derive_mech),
		IX_DERIVED(IPCX_F_REF,     derive_ref),
		IX_COL(IPCX_F_NAME,    struct made_row, name),
		IX_COL(IPCX_F_DEVICE,  struct made_row, device),
		IX_COL(IPCX_F_INODE,   struct made_row, inode),
		IX_COL(IPCX_F_EXISTED, struct made_row, existed)
	),
};
/* clang-format on */

/* Read the marks of an object that was just created or found. If reading fails, the marks
 * are unknown, and the object will not be recognised as the created one. */
static void made_mark(struct ipcx *x, struct ipcx_table *t, const struct ipcx_ref *ref,
		      struct made_row *row)
{
	static const struct {
		enum ipcx_field field;
		bool named;
	} marks[] = { { IPCX_F_CUID, false },
		      { IPCX_F_CTIME, false },
		      { IPCX_F_DEVICE, true },
		      { IPCX_F_INODE, true } };
	struct ipcx_query q = { .size = sizeof(q),
				.refs = ref,
				.nrefs = 1,
				.fields = IPCX_FIELDSET(IPCX_F_MECH),
				.flags = IPCX_NUMERIC };
	struct ix_scan s = { .verb = IX_LOOK };
	struct ipcx_table *now = NULL;
	struct ipcx_value v[ARRAY_SIZE(marks)];

	(void)ix_run(x, &q, &s, &now);
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (marks[i].named != ix_mech(ref->mech)->info.named)
			continue;
		v[i].type = IPCX_TYPE_NONE;
		if (now && now->rows == 1)
			(void)ipcx_row_get(now, 0, marks[i].field, &v[i]);
		if (v[i].type == IPCX_TYPE_NONE)
			ix_unknown(t, row, marks[i].field);
		else if (marks[i].field == IPCX_F_CUID)
			row->cuid = (uint32_t)v[i].as.u;
		else if (marks[i].field == IPCX_F_CTIME)
			row->ctime = v[i].as.i;
		else if (marks[i].field == IPCX_F_DEVICE)
			row->device = v[i].as.u;
		else
			row->inode = v[i].as.u;
	}
	ipcx_table_free(now);
}

int ix_made_ready(struct ipcx_table *t, const struct ipcx_attrs *a)
{
	const struct ix_kind *kind = ix_mech(a->mech)->info.named ? &made_by_name
								  : &made_by_id;

	if (ix_table_section(t, kind, a->mech) < 0 ||
	    !ix_buf_room(&t->shared, kind->row_size) ||
	    !ix_buf_room(&t->pool, 2 * IPCX_REF_MAX))
		return -ENOMEM;
	return 0;
}

int ix_made_keep(struct ipcx *x, struct ipcx_table *t, const struct ipcx_attrs *a,
		 const struct ipcx_ref *ref, bool existed)
{
	struct made_row *row;
	bool named = ix_mech(a->mech)->info.named;
	int r = ix_made_ready(t, a);

	if (r < 0)
		return r;
	row = ix_table_row(t);
	if (!row)
		return -ENOMEM;
	row->id = ref->id;
	row->key = a->set & IPCX_A_KEY ? a->key : 0;
	row->existed = existed;
	made_mark(x, t, ref, row);
	if (named) {
		char text[IPCX_REF_MAX];

		(void)ipcx_ref_format(ref, text, sizeof(text));
		row->ref = ix_table_text(t, text);
		row->name = ix_table_text(t, ref->name);
	}
	if (t->starved)
		return -ENOMEM;
	ix_table_keep(t);
	return 0;
}

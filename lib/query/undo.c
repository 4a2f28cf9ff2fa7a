/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removing the objects that a failed create has created, but no other object that has
 * meanwhile got the same name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/columns.h"
#include "core/mech.h"
#include "query/made.h"

/* Remove the objects that still match "same". If "same" is NULL, go by the id alone: the
 * kernel relies on an id not being reused that soon (ipc/util.c, seq). */
static void unmake(struct ipcx *x, const struct ipcx_ref *refs, size_t n,
		   const struct ipcx_table *same)
{
	struct ipcx_query q = { .size = sizeof(q),
				.refs = refs,
				.nrefs = n,
				.same = same,
				.flags = IPCX_NUMERIC };
	struct ipcx_table *gone;

	if (ipcx_remove(x, &q, &gone) == 0)
		ipcx_table_free(gone);
}

/* A name may refer to another object by now, so a named object stays. */
int ix_made_forget(struct ipcx *x, const struct ipcx_ref *ref)
{
	char text[IPCX_REF_MAX];

	if (!ix_mech(ref->mech)->info.named) {
		unmake(x, ref, 1, NULL);
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	}
	(void)ipcx_ref_format(ref, text, sizeof(text));
	return ix_fail_plain(x, -ENOMEM, "out of memory; %s was created and remains",
			     text);
}

/* Whether a row has the marks that identify its object. */
static bool is_marked(const struct ipcx_table *t, size_t i)
{
	struct ipcx_value v;

	return (ipcx_row_get(t, i, IPCX_F_CTIME, &v) == 0 ||
		ipcx_row_get(t, i, IPCX_F_INODE, &v) == 0) &&
	       v.type != IPCX_TYPE_NONE;
}

/* The objects to remove, and those that have to stay. */
struct undoing {
	struct ipcx_ref *refs;
	size_t n, room;
	size_t left;
	char first[IPCX_REF_MAX]; /* the first object that stays */
};

static void undo_row(struct ipcx *x, const struct ipcx_table *t, size_t i,
		     struct undoing *u)
{
	struct ipcx_value existed = { .as.u = 1 };
	struct ipcx_ref *ref = &u->refs[u->n];

	(void)ipcx_row_get(t, i, IPCX_F_EXISTED, &existed);
	if (existed.as.u || ipcx_row_ref(t, i, ref) < 0)
		return;
	if (is_marked(t, i)) {
		if (++u->n < u->room)
			return;
		unmake(x, u->refs, u->n, t);
		u->n = 0;
	} else if (!ix_mech(ref->mech)->info.named) {
		unmake(x, ref, 1, NULL);
	} else if (u->left++ == 0) {
		/* The object has no marks: its name may refer to another object by
		 * now. */
		(void)ipcx_ref_format(ref, u->first, sizeof(u->first));
	}
}

void ix_made_undo(struct ipcx *x, const struct ipcx_table *t)
{
	char error[sizeof(x->error)], subject[sizeof(x->hint_subject)];
	enum ipcx_failure failure = x->failure;
	int said = x->said;
	struct ipcx_hint hint = x->hint;
	struct ipcx_ref few[16], *many = calloc(t->rows + 1, sizeof(*many));
	struct undoing u = { .refs = many ? many : few,
			     .room = many ? t->rows + 1 : ARRAY_SIZE(few) };

	memcpy(error, x->error, sizeof(error));
	memcpy(subject, x->hint_subject, sizeof(subject));
	for (size_t i = t->rows; i-- > 0;)
		undo_row(x, t, i, &u);
	if (u.n)
		unmake(x, u.refs, u.n, t);
	free(many);
	memcpy(x->error, error, sizeof(error));
	if (u.left)
		(void)ix_fail_plain(x, 0, "%s; %s was created and remains%s", error,
				    u.first, u.left > 1 ? ", as do others" : "");
	memcpy(x->hint_subject, subject, sizeof(subject));
	x->failure = failure;
	x->said = said;
	x->hint = hint;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Notes on lookups and matches that failed while a table's rows were read: one note for
 * all rows. */
#include <string.h>

#include "base/nss.h"
#include "core/ctx.h"
#include "core/table.h"

/* Descriptions of failed lookups and matches. */
static const char *const failures[] = {
	[IX_FAILED_USERS] = "names of users could not be looked up",
	[IX_FAILED_GROUPS] = "names of groups could not be looked up",
	[IX_FAILED_MATCH] = "a pattern could not be matched",
};

void ix_table_unjudged(struct ipcx_table *t, const char *ref, const struct ix_verdict *v)
{
	if (t->unjudged < IX_UNJUDGED && t->acts)
		t->unjudged_refs[t->unjudged] = ix_table_text(t, ref);
	if (t->unjudged++ == 0)
		t->unjudged_why = *v;
}

/* For an action, the note names the objects. A listing may leave out many objects, in
 * several tables, so its note is always the same sentence. */
static int put_unjudged(const struct ipcx_table *t, struct ix_buf *b)
{
	size_t told = MIN(t->unjudged, (size_t)IX_UNJUDGED);
	int r;

	if (!t->acts)
		return ix_buf_str(
			b,
			"objects are left out because the condition could not be decided");
	r = ix_buf_printf(b, "objects left alone because the condition could not be "
			     "decided: ");
	for (size_t i = 0; r == 0 && i < told; i++)
		r = ix_buf_printf(b, "%s%s", i ? ", " : "",
				  ix_table_string(t, t->unjudged_refs[i]));
	if (r == 0 && t->unjudged > told)
		r = ix_buf_printf(b, " and %zu more", t->unjudged - told);
	return r;
}

static void note_unjudged(struct ipcx_table *t)
{
	const struct ix_verdict *v = &t->unjudged_why;
	auto_buf struct ix_buf b = { 0 };

	if (t->starved)
		return;
	if (put_unjudged(t, &b) < 0 ||
	    ix_buf_printf(&b, ": %s: %s", failures[v->failed], ix_nss_why(v->error)) < 0)
		t->starved = true;
	else
		ix_table_add_note(t, &(struct ipcx_note){ .kind = IPCX_NOTE_FAILED,
							  .mech = IPCX_NO_MECH,
							  .error = v->error,
							  .subject = "",
							  .text = b.data });
}

void ix_table_failures(struct ipcx_table *t)
{
	const struct {
		enum ix_failed failed;
		int error;
	} names[] = { { IX_FAILED_USERS, t->users.error },
		      { IX_FAILED_GROUPS, t->groups.error } };

	if (t->unjudged)
		note_unjudged(t);
	for (size_t i = 0; t->rows && i < ARRAY_SIZE(names); i++)
		if (names[i].error &&
		    (!t->unjudged || t->unjudged_why.failed != names[i].failed))
			ix_table_note(t, IPCX_NOTE_INCOMPLETE, IPCX_NO_MECH,
				      names[i].error, "",
				      "%s and are shown as numbers: %s",
				      failures[names[i].failed],
				      ix_nss_why(names[i].error));
}

static void once(struct ipcx_table *t, enum ipcx_note_kind kind, int error,
		 const char *what)
{
	const struct ipcx_note *n;
	size_t len = strlen(what);

	for (size_t i = 0; (n = ipcx_table_note(t, i)) != NULL; i++)
		if ((n->kind == kind || kind != IPCX_NOTE_INCOMPLETE) &&
		    n->error == error && !strncmp(n->text, what, len))
			return;
	ix_table_note(t, kind, IPCX_NO_MECH, error, "", "%s%s%s", what, error ? ": " : "",
		      error ? ix_errno_text(error) : "");
}

void ix_table_once(struct ipcx_table *t, int error, const char *what)
{
	once(t, IPCX_NOTE_INCOMPLETE, error, what);
}

void ix_table_tell(struct ipcx_table *t, const char *what)
{
	once(t, IPCX_NOTE_INFO, 0, what);
}

void ix_table_reason(struct ipcx_table *t, const char *what)
{
	once(t, IPCX_NOTE_REASON, 0, what);
}

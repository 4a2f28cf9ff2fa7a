/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Queries without a new table: whether any object matches, how many were removed, and
 * repeated scans that reuse their memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/copyin.h"
#include "query/query.h"

int ix_first_failure(struct ipcx *x, const struct ipcx_table *t, bool missing)
{
	const struct ipcx_note *n;

	for (size_t i = 0; (n = ipcx_table_note(t, i)); i++) {
		const struct ix_mech *m = ix_mech(n->mech);

		if (n->kind != IPCX_NOTE_FAILED && n->kind != IPCX_NOTE_UNAVAILABLE &&
		    (!missing || n->kind != IPCX_NOTE_MISSING))
			continue;
		/* A note without an errno: the object was replaced meanwhile (struct
		 * ipcx_query, same). */
		return ix_hint(x,
			       ix_fail_plain_as(x, n->error ? n->error : -ESTALE,
						n->kind == IPCX_NOTE_MISSING, "%s%s%s",
						n->subject[0] ? n->subject
						: m           ? m->info.name
							      : "",
						n->subject[0] || m ? ": " : "", n->text),
			       n->hint, n->subject, 0);
	}
	return 0;
}

int ipcx_any(struct ipcx *x, const struct ipcx_query *q)
{
	IX_REQUIRE(x, q);
	struct ix_scan s = { .verb = IX_LOOK, .once = true, .enough = true };
	struct ipcx_query own;
	struct ipcx_table *t;
	int r = ix_query_in(x, q, false, &own);

	if (r < 0)
		return r;
	/* Look up names only if a condition reads them. */
	if (ipcx_fieldset_empty(&own.fields))
		ipcx_fieldset_add(&own.fields, IPCX_F_MECH);
	r = ix_run(x, &own, &s, &t);
	if (r < 0)
		return r;
	if (t->rows > 0)
		r = 1;
	else if (ix_first_failure(x, t, false) < 0)
		r = -ENODATA;
	ipcx_table_free(t);
	return r;
}

/* ---- counting removals */

#define SLICE 512

int ipcx_remove_count(struct ipcx *x, const struct ipcx_query *q,
		      struct ipcx_outcome *ret_outcome)
{
	IX_REQUIRE(x, q, ret_outcome);
	struct ipcx_outcome sum = { .size = sizeof(sum) };
	struct ipcx_query own;
	char why[sizeof(x->error)] = "";
	enum ipcx_hint_kind hint = IPCX_HINT_NONE;
	bool gone = false; /* the first failure is a missing object */
	int r = ix_query_in(x, q, true, &own), first = 0;

	/* Before anything is removed, check that the result can be returned. */
	if (r == 0)
		r = IX_COPY_CHECK(x, ipcx_outcome, IPCX_OUTCOME_SIZE_0_1, ret_outcome);
	if (r < 0)
		return r;
	own.fields = IPCX_FIELDSET(IPCX_F_MECH);
	if (!own.max_rows)
		own.max_rows = SLICE;
	do {
		struct ix_scan s = { .verb = IX_REMOVE };
		struct ipcx_table *t;
		size_t missing;

		r = ix_run(x, &own, &s, &t);
		if (r < 0)
			break; /* still report the objects removed before the failure */
		sum.done += t->rows;
		sum.failed += ipcx_table_failures(t, &missing) - missing;
		sum.missing += missing;
		if (first == 0 && (first = ix_first_failure(x, t, true)) < 0) {
			(void)snprintf(why, sizeof(why), "%s", x->error);
			hint = ipcx_error_hint(x)->kind;
			gone = x->failure == IPCX_FAILURE_MISSING;
		}
		own.resume = t->resume;
		ipcx_table_free(t);
	} while (own.resume);
	(void)IX_COPY_OUT(x, ipcx_outcome, IPCX_OUTCOME_SIZE_0_1, &sum, ret_outcome);
	if (r < 0 || first == 0)
		return r;
	return ix_hint(x, ix_fail_plain_as(x, first, gone, "%s", why), hint, "", 0);
}

/* ---- repeated scans */

struct ipcx_scanner {
	struct ipcx *x;
	struct ipcx_query q;
	struct ipcx_ref *refs;
	struct ipcx_table *t;
};

int ipcx_scanner_new(struct ipcx *x, const struct ipcx_query *q,
		     struct ipcx_scanner **ret_scanner)
{
	IX_REQUIRE(x, q, ret_scanner);
	struct ipcx_scanner *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	s->x = x;
	r = ix_query_in(x, q, false, &s->q);
	if (r == 0 && s->q.resume)
		r = ix_fail_plain(
			x, -EINVAL,
			"a scanner always starts at the first object: resume must be 0");
	if (r == 0) {
		s->refs = calloc(s->q.nrefs ? s->q.nrefs : 1, sizeof(*s->refs));
		r = s->refs ? ix_table_new(&s->t) : -ENOMEM;
		if (r < 0)
			(void)ix_fail_plain(x, r, "out of memory");
	}
	if (r < 0) {
		ipcx_scanner_free(s);
		return r;
	}
	if (s->q.nrefs)
		memcpy(s->refs, s->q.refs, s->q.nrefs * sizeof(*s->refs));
	s->q.refs = s->refs;
	*ret_scanner = s;
	return 0;
}

int ipcx_scanner_next(struct ipcx_scanner *s, const struct ipcx_table **ret_table)
{
	IX_REQUIRE(s ? s->x : NULL, ret_table);
	struct ix_scan scan = { .verb = IX_LOOK, .once = true };
	int r;

	ix_table_reset(s->t);
	r = ix_run_into(s->x, &s->q, &scan, s->t);
	if (r == 0)
		r = ix_table_show(s->x, s->t, ret_table);
	s->q.resume = r < 0 ? 0 : s->t->resume;
	return r < 0 ? r : s->q.resume != 0;
}

void ipcx_scanner_free(struct ipcx_scanner *s)
{
	if (!s)
		return;
	ipcx_table_free(s->t);
	free(s->refs);
	free(s);
}

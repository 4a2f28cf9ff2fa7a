/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether objects are in use, which follows from the signs of their mechanism
 * (ix_mech.signs), and the sizes of segments' pages. What is read for these fields is
 * decided here; query/usercount.c counts the processes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/copyin.h"
#include "core/expr.h"
#include "ns/ns.h"
#include "query/inuse.h"

static const enum ipcx_field inuse_fields[] = { IPCX_F_USER_COUNT, IPCX_F_WAITERS,
						IPCX_F_IN_USE, IPCX_F_IN_USE_REASON,
						IPCX_F_HUGEPAGESIZE };

/* Whether a field is asked for and is not read by the mechanism itself. */
static bool asks(const struct ipcx_fieldset *asked, const struct ix_kind *kind,
		 enum ipcx_field f)
{
	return ipcx_fieldset_has(asked, f) && ix_column(kind, f)->costly;
}

static bool asks_verdict(const struct ipcx_fieldset *asked, const struct ix_kind *kind)
{
	return asks(asked, kind, IPCX_F_IN_USE) ||
	       asks(asked, kind, IPCX_F_IN_USE_REASON);
}

/* Whether a field is found by looking at processes: user_count, or waiters. Of some
 * mechanisms, the kernel counts them, or the mechanism finds its objects by them. */
static bool inuse_looks(const struct ix_mech *m, enum ipcx_field f)
{
	const struct ix_column *c = ix_column(m->kind, f);

	return c->costly && (f == IPCX_F_USER_COUNT || (f == IPCX_F_WAITERS && c->size));
}

/* Whether such a field is a sign of use. */
static bool is_by(const struct ix_mech *m, enum ipcx_field f)
{
	for (const struct ix_sign *sign = m->signs; sign->field != IPCX_NO_FIELD; sign++)
		if (sign->field == f)
			return inuse_looks(m, f);
	return false;
}

/* Add what must be looked for to tell the fields of a mechanism. */
static void inuse_add_mech(struct ix_judging *j, const struct ix_mech *m)
{
	const struct ix_traces *t = m->traces;

	if (t && inuse_looks(m, IPCX_F_WAITERS) &&
	    (asks(&j->asked, m->kind, IPCX_F_WAITERS) ||
	     (asks_verdict(&j->asked, m->kind) && is_by(m, IPCX_F_WAITERS)))) {
		j->waiting.kinds |= t->waits;
		j->waiting.segments |= t->by_id;
	}
	if (!t || t->none)
		return;
	if (!asks(&j->asked, m->kind, IPCX_F_USER_COUNT) &&
	    !asks(&j->asked, m->kind, IPCX_F_HUGEPAGESIZE) &&
	    !(asks_verdict(&j->asked, m->kind) && is_by(m, IPCX_F_USER_COUNT)))
		return;
	j->what.kinds |= 1U << t->kind;
	j->what.maps |= t->mapped;
	j->what.fds |= t->opened;
}

int ix_judging_begin(struct ix_scan *s, const struct ipcx_query *q)
{
	struct ipcx_fieldset exact = { { 0 } };
	struct ix_judging *j;
	bool any = false;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(inuse_fields); i++)
		any |= ipcx_fieldset_has(&s->asked, inuse_fields[i]);
	if (!any)
		return 0;
	j = s->judging = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	if (q->where)
		exact = ix_expr_exact(q->where);
	j->exact = ipcx_fieldset_has(&exact, IPCX_F_USER_COUNT);
	j->waiting.exact = ipcx_fieldset_has(&exact, IPCX_F_WAITERS);
	j->waiting.shown = ipcx_fieldset_has(&q->fields, IPCX_F_WAITERS);
	j->asked = s->asked;
	j->want = s->want;
	for (size_t i = 0; i < q->nrefs; i++)
		inuse_add_mech(j, ix_mech(q->refs[i].mech));
	for (unsigned m = 0; ix_mech(m); m++)
		if (q->mechs & IPCX_MECH_BIT(m))
			inuse_add_mech(j, ix_mech(m));
	j->home = ix_ns_own(s->x, "ipc");
	/* Later, /proc may be another one, and a mechanism may have its objects open. */
	if (s->x->ns && j->waiting.kinds)
		r = ix_waitcount_look(s);
	if (j->waiting.segments && (!s->x->ns || ix_waitcount_segments(&j->waiting))) {
		j->what.kinds |= 1U << IX_USE_SYSV;
		j->what.maps = true;
	}
	if (r == 0 && (j->what.fds || (s->x->ns && j->what.kinds)))
		r = ix_judging_look(s);
	return r;
}

void ix_judging_end(struct ix_scan *s)
{
	struct ix_judging *j = s->judging;

	if (!j)
		return;
	ix_uses_free(&j->uses);
	ix_waitcount_free(&j->waiting);
	free(j->found);
	free(j->inferred);
	free(j);
	s->judging = NULL;
}

void ix_plan_verdict(struct ix_scan *s, const struct ix_mech *m)
{
	struct ix_judging *j = s->judging;

	if (!j)
		return;
	s->asked = j->asked;
	s->want = j->want;
	s->blurred = false;
	j->count = asks(&j->asked, m->kind, IPCX_F_USER_COUNT);
	j->waiting.count = asks(&j->asked, m->kind, IPCX_F_WAITERS) &&
			   inuse_looks(m, IPCX_F_WAITERS);
	j->verdict = asks_verdict(&j->asked, m->kind);
	j->huge = asks(&j->asked, m->kind, IPCX_F_HUGEPAGESIZE);
	for (size_t i = 0; i < ARRAY_SIZE(inuse_fields); i++)
		if (inuse_fields[i] != IPCX_F_USER_COUNT &&
		    inuse_fields[i] != IPCX_F_WAITERS)
			ipcx_fieldset_add(&s->exact, inuse_fields[i]);
	if (j->huge) {
		ipcx_fieldset_add(&s->want, IPCX_F_RSS);
		ipcx_fieldset_add(&s->want, IPCX_F_SWAP);
	}
	if (!j->verdict)
		return;
	for (const struct ix_sign *sign = m->signs; sign->field != IPCX_NO_FIELD;
	     sign++) {
		enum ipcx_field f = ix_process_field(m->kind, sign->field);

		/* Counting and looking up processes waits until another sign is
		 * missing. */
		if (f == IPCX_F_USER_COUNT || inuse_looks(m, f) ||
		    (f != sign->field && !ix_column(m->kind, f)->costly))
			continue;
		ipcx_fieldset_add(&s->asked, f);
		ipcx_fieldset_add(&s->want, f);
	}
}

/* ---- in_use */

/* Whether the sign is there: 1, 0, or -1 if that is unknown, with a note if "tell"; or
 * -ENOMEM. */
static int has_sign(struct ix_scan *s, const struct ix_section *at, void *row,
		    enum ipcx_field f, bool tell)
{
	struct ix_judging *j = s->judging;
	struct ipcx_value v;
	int r;

	if (f == IPCX_F_USER_COUNT && ix_section_column(at, f)->costly) {
		r = ix_judging_count(s, at, row);
		if (r < 0 || j->users || j->certain)
			return r < 0 ? r : j->users > 0;
		if (tell)
			ix_judging_note(s);
		return -1;
	}
	if (f == IPCX_F_WAITERS && inuse_looks(ix_mech(s->mech), f)) {
		r = ix_waitcount_count(s, at, row);
		if (r < 0 || j->waiting.n || j->waiting.certain)
			return r < 0 ? r : j->waiting.n > 0;
		if (tell)
			ix_waitcount_note(s);
		return -1;
	}
	if (ix_process_field(at->kind, f) != f)
		return ix_still_runs(s, at, f, row, tell);
	if (f == IPCX_F_USER_COUNT && ix_judging_raw(at, row, f) > 0)
		return 1; /* perhaps not all of them are known */
	if (ix_is_unknown(s->t, row, f) || ix_row_value(s->t, at, row, f, &v) < 0) {
		if (tell)
			ix_table_once(
				s->t, 0,
				"whether some objects are in use is unknown: not all signs of it could be read");
		return -1;
	}
	return v.type != IPCX_TYPE_NONE && v.as.u > 0;
}

/* Return the first sign that the object has, else the last entry of the list; and how
 * many signs before that are unknown. Returns NULL if out of memory. */
static const struct ix_sign *find_sign(struct ix_scan *s, const struct ix_section *at,
				       void *row, bool tell, unsigned *ret_unclear)
{
	const struct ix_sign *sign = ix_mech(s->mech)->signs;

	*ret_unclear = 0;
	for (; sign->field != IPCX_NO_FIELD; sign++) {
		int r = has_sign(s, at, row, sign->field, tell);

		if (r == -ENOMEM)
			return NULL;
		if (r > 0)
			break;
		*ret_unclear += r < 0;
	}
	return sign;
}

static int tell_verdict(struct ix_scan *s, const struct ix_section *at, void *row)
{
	const struct ix_mech *m = ix_mech(s->mech);
	unsigned unclear;
	const struct ix_sign *sign = find_sign(s, at, row, false, &unclear);

	/* Only if no other sign decides, what is unknown is worth a note. */
	if (sign && sign->field == IPCX_NO_FIELD && unclear)
		sign = find_sign(s, at, row, true, &unclear);
	if (!sign)
		return -ENOMEM;
	if (sign->field == IPCX_NO_FIELD && unclear) {
		ix_judging_store(at, row, IPCX_F_IN_USE, IX_USE_UNCLEAR);
		ix_unknown(s->t, row, IPCX_F_IN_USE);
		return 0;
	}
	ix_judging_store(at, row, IPCX_F_IN_USE, (uint32_t)(sign - m->signs) + 1);
	if (sign->verdict != IPCX_USE_UNKNOWN)
		return 0;
	ix_unknown(s->t, row, IPCX_F_IN_USE);
	ix_table_once(s->t, 0, m->unrecorded);
	return 0;
}

/* ---- hugepagesize */

/* Whether a segment that nobody seems to map has ordinary pages: huge pages are not
 * swapped out, and their memory is a multiple of their size. */
static bool is_ordinary(const struct ix_scan *s, const struct ix_section *at,
			const void *row)
{
	struct ix_judging *j = s->judging;
	uint64_t least = 0;

	if (!j->sized)
		j->ndevs = ix_procs_memory(j->devs, ARRAY_SIZE(j->devs));
	j->sized = true;
	for (size_t i = 0; i < j->ndevs; i++)
		if (j->devs[i].page && (!least || j->devs[i].page < least))
			least = j->devs[i].page;
	if (!least)
		return j->ndevs > 0;
	return (!ix_is_unknown(s->t, row, IPCX_F_SWAP) &&
		ix_judging_raw(at, row, IPCX_F_SWAP) > 0) ||
	       (!ix_is_unknown(s->t, row, IPCX_F_RSS) &&
		ix_judging_raw(at, row, IPCX_F_RSS) % least != 0);
}

static int tell_huge(struct ix_scan *s, const struct ix_section *at, void *row)
{
	struct ix_judging *j = s->judging;
	int r = ix_judging_count(s, at, row);

	if (r < 0)
		return r;
	if (j->paged && j->page)
		ix_judging_store(at, row, IPCX_F_HUGEPAGESIZE,
				 63 - (uint32_t)__builtin_clzll(j->page));
	if (j->paged || is_ordinary(s, at, row))
		return 0;
	ix_unknown(s->t, row, IPCX_F_HUGEPAGESIZE);
	ix_table_once(
		s->t, 0,
		"the page sizes of some segments are unknown: no process was found that maps them");
	return 0;
}

int ix_judge_row(struct ix_scan *s, const struct ix_section *at, void *row)
{
	struct ix_judging *j = s->judging;
	int r = 0;

	j->counted = j->certain = j->forget = j->paged = false;
	j->users = j->page = 0;
	j->nfound = 0;
	j->waiting.counted = j->waiting.certain = j->waiting.forget = false;
	j->waiting.n = 0;
	if (j->count)
		r = ix_tell_count(s, at, row);
	if (r == 0 && j->verdict)
		r = tell_verdict(s, at, row);
	if (r == 0 && j->huge)
		r = tell_huge(s, at, row);
	if (r == 0 && j->waiting.count)
		r = ix_tell_waiters(s, at, row);
	return r;
}

void ix_judge_after(struct ix_scan *s, void *row)
{
	if (s->judging->forget) {
		ix_unknown(s->t, row, IPCX_F_USER_COUNT);
		if (ipcx_fieldset_has(&s->exact, IPCX_F_USER_COUNT))
			ix_judging_note(s);
	}
	if (s->judging->waiting.forget) {
		ix_unknown(s->t, row, IPCX_F_WAITERS);
		if (ipcx_fieldset_has(&s->exact, IPCX_F_WAITERS))
			ix_waitcount_note(s);
	}
}

/* ---- ipcx_in_use(3) */

/* Return the verdict that a row's byte stands for. */
static enum ipcx_verdict inuse_verdict(const struct ipcx_table *t, size_t i)
{
	const struct ix_section *at;
	const void *row = ix_table_at(t, i, &at);
	const struct ix_sign *signs = ix_mech(at->mech)->signs;
	uint64_t use = ix_judging_raw(at, row, IPCX_F_IN_USE);

	return !signs || !use || use == IX_USE_UNCLEAR ? IPCX_USE_UNKNOWN
						       : signs[use - 1].verdict;
}

int ipcx_in_use(struct ipcx *x, const struct ipcx_ref *ref, enum ipcx_verdict *ret_use)
{
	IX_REQUIRE(x, ref, ret_use);
	const struct ipcx_query q = {
		.size = sizeof(q),
		.refs = ref,
		.nrefs = 1,
		.fields = IPCX_FIELDSET(IPCX_F_IN_USE),
		.flags = IPCX_NUMERIC,
	};
	struct ipcx_table *t;
	int r = ipcx_scan(x, &q, &t);

	if (r < 0)
		return r;
	if (t->rows == 0)
		r = ix_first_failure(x, t, false);
	if (r == 0)
		*ret_use = t->rows ? inuse_verdict(t, 0) : IPCX_USE_GONE;
	ipcx_table_free(t);
	return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots of objects: which mechanisms are scanned, in which namespaces, which rows are
 * kept, and what is done to them. Removing and changing are scans that act on each row as
 * soon as it was read.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/file.h"
#include "core/columns.h"
#include "core/copyin.h"
#include "core/expr.h"
#include "ns/ns.h"
#include "ns/run.h"
#include "query/query.h"
#include "who/found.h"

/* IPC_SET always sets the owner too. An unmapped owner cannot be set again: the object
 * would get the overflow uid as its owner. */
static int keeps_owner(struct ix_scan *s, const struct ix_mech *m, const void *row)
{
	static const struct {
		enum ipcx_field field;
		uint64_t set;
	} owners[] = { { IPCX_F_UID, IPCX_A_UID }, { IPCX_F_GID, IPCX_A_GID } };

	if (!s->x->view.ids || m->info.named)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(owners); i++)
		if (!(s->attrs->set & owners[i].set) &&
		    ix_column_raw(ix_column(m->kind, owners[i].field), row) ==
			    IX_UNMAPPED)
			return ix_hint(
				s->x,
				ix_fail_plain(
					s->x, -EOVERFLOW,
					"its owner or group does not exist in that user namespace: set it as well"),
				IPCX_HINT_SET_OWNER, "", 0);
	return 0;
}

/* row is as read from the kernel, with the ids of the user namespace in which the scan
 * runs. */
static int scan_act(struct ix_scan *s, const struct ix_mech *m, const void *row)
{
	struct ipcx_attrs there;
	int r;

	if (s->verb == IX_LOOK)
		return 0;
	s->x->error[0] = '\0';
	if (s->verb == IX_REMOVE)
		return !s->dry ? m->remove(s, row) : m->may ? m->may(s, row, NULL) : 0;
	r = ix_attrs_there(s->x, s->attrs, &there);
	if (r == 0)
		r = keeps_owner(s, m, row);
	if (r < 0)
		return r;
	return !s->dry ? m->change(s, row, &there) : m->may ? m->may(s, row, &there) : 0;
}

/* Note why an action failed: the mechanism's own error text, its table of errnos, or the
 * errno. */
static void note_failure(struct ix_scan *s, const struct ix_mech *m, const void *row,
			 int r)
{
	char subject[IPCX_REF_MAX], who[160];
	struct ipcx_note note = { .kind = IPCX_NOTE_FAILED,
				  .mech = s->mech,
				  .error = r,
				  .subject = subject,
				  .hint = ipcx_error_hint(s->x)->kind };
	const char *text = s->x->error;
	char line[sizeof(s->x->error) + 32];
	struct ipcx_ref ref;

	ix_row_ref(s->t, ix_last_section(s->t), row, &ref);
	(void)ipcx_ref_format(&ref, subject, sizeof(subject));
	if (!text[0]) {
		note.hint = IPCX_HINT_NONE;
		text = ix_cause_text(m->causes,
				     s->verb == IX_REMOVE ? IX_FOR_REMOVE : IX_FOR_CHANGE,
				     r, s->attrs ? s->attrs->set : 0);
		if (!text && r == -EPERM)
			text = ix_denied(s->x, m->kind, row, who, sizeof(who));
		if (!text)
			text = ix_errno_text(r);
	}
	(void)snprintf(line, sizeof(line), "cannot %s: %s",
		       s->verb == IX_REMOVE ? "remove" : "change", text);
	note.text = line;
	ix_table_add_note(s->t, &note);
}

/* Whether the condition holds. If that is unknown because a lookup failed, the object is
 * not selected, but a note is added. */
static bool matches(struct ix_scan *s, const struct ix_section *section, const void *row)
{
	struct ix_verdict v = ix_expr_row(s->where, s->t, section, row);
	char text[IPCX_REF_MAX];
	struct ipcx_ref ref;

	if (v.says < 0 && v.error) {
		ix_row_ref(s->t, section, row, &ref);
		(void)ipcx_ref_format(&ref, text, sizeof(text));
		ix_table_unjudged(s->t, text, &v);
	}
	return v.says == 1;
}

/* Look up names, costly columns and processes: before the condition is tested if the
 * condition reads them, otherwise afterwards. */
static int scan_look_up(struct ix_scan *s, const struct ix_mech *m, void *row,
			bool before)
{
	int r = s->names_first == before ? ix_look_up_names(s, row) : 0;

	if (r < 0 || s->costly_first != before)
		return r;
	ix_lacks(s->t, row, &s->unread);
	if (m->costly && !ipcx_fieldset_empty(&s->costly))
		r = m->costly(s, row);
	if (r == 0)
		ix_look_up_processes(s, ix_last_section(s->t), row);
	if (r == 0 && s->judging)
		r = ix_judge_row(s, ix_last_section(s->t), row);
	return r;
}

/* Mark the idle time as unknown; note the reason only if the field was requested. */
static void lacks_idle(struct ix_scan *s, const struct ix_mech *m, void *row)
{
	ix_lacks(s->t, row, &s->no_idle);
	if (ipcx_fieldset_has(&s->asked, IPCX_F_IDLE))
		ix_table_once(s->t, 0, m->no_idle);
}

static int scan_keep(struct ix_scan *s)
{
	const struct ix_mech *m = ix_mech(s->mech);
	const struct ix_section *section = ix_last_section(s->t);
	char *row = s->t->shared.data + s->t->shared.len;
	const void *given = row;
	uint64_t raw[IX_WORDS];
	int r;

	if (s->x->view.ids)
		given = memcpy(raw, row, section->kind->row_size);
	ix_number_here(s->x, section, row);
	if (m->no_idle)
		lacks_idle(s, m, row);
	ix_check_times(s, section, row);
	r = scan_look_up(s, m, row, true);
	if (r < 0)
		return r == -EIDRM ? 0 : r;
	if (s->same && !ix_same_object(s, row))
		return 0;
	if (s->where && !matches(s, section, row))
		return 0;
	r = scan_look_up(s, m, row, false);
	if (r < 0)
		return r == -EIDRM ? 0 : r;
	ix_lacks(s->t, row, &s->vague);
	if (s->judging)
		ix_judge_after(s, row);
	r = scan_act(s, m, given);
	/* The object is gone meanwhile: that is fine for a removal, but not for a change
	 * of an object that the query names. */
	if (r == -ENOENT || r == -EIDRM ||
	    (r == -EINVAL && s->verb == IX_REMOVE && !m->info.named)) {
		s->x->error[0] = '\0';
		return s->named && s->verb == IX_CHANGE ? -ENOENT : 0;
	}
	if (r < 0) {
		note_failure(s, m, row, r);
		return 0;
	}
	ix_table_keep(s->t);
	return s->enough ? -ECANCELED : 1;
}

/* Scan one mechanism. If the mechanism cannot be read, add a note; fail only when out of
 * memory. */
static int scan_mech(struct ix_scan *s)
{
	const struct ix_mech *m = ix_mech(s->mech);
	int r = ix_table_section(s->t, m->kind, s->mech);

	if (r < 0)
		return r;
	ix_plan_verdict(s, m);
	ix_plan_lookups(s, m->kind);
	ix_plan_times(s, m->kind);
	s->x->error[0] = '\0';
	r = m->scan(s);
	if (r == -ECANCELED)
		return 0;
	if (r == -ENOMEM)
		return ix_fail_plain(s->x, r, "out of memory");
	/* Among many namespaces, some have no known process, hence no /dev/shm; others
	 * end meanwhile. */
	if (r < 0 && !(s->many && (r == -ENXIO || r == -ESRCH)))
		ix_unread_mech(s, r);
	return 0;
}

/* An unlinked file of a mechanism that cannot look into it: it may well exist. */
static int unnamed(struct ipcx *x)
{
	return ix_fail_plain(
		x, -EOPNOTSUPP,
		"a file without a name cannot be looked up: only the processes that use it can be listed");
}

static void note_missing(struct ix_scan *s, const struct ix_mech *m, int error,
			 const char *subject)
{
	struct ipcx_note note = { .kind = IPCX_NOTE_MISSING,
				  .mech = s->mech,
				  .error = error,
				  .subject = subject,
				  .hint = ipcx_error_hint(s->x)->kind };
	char text[sizeof(s->x->error)];

	(void)snprintf(text, sizeof(text), "%s%s",
		       s->x->error[0] ? s->x->error : "no such ",
		       s->x->error[0] ? "" : m->info.object);
	note.text = text;
	ix_table_add_note(s->t, &note);
}

static int scan_ref(struct ix_scan *s, const struct ipcx_ref *ref)
{
	const struct ix_mech *m = ix_mech(ref->mech);
	char subject[IPCX_REF_MAX];
	bool missing;
	int r;

	s->mech = ref->mech;
	s->named = true;
	r = ix_table_section(s->t, m->kind, ref->mech);
	if (r < 0)
		return r;
	ix_plan_verdict(s, m);
	ix_plan_lookups(s, m->kind);
	ix_plan_times(s, m->kind);
	s->x->error[0] = '\0';
	r = ref->by == IPCX_BY_INODE && !m->by_inode ? unnamed(s->x) : m->find(s, ref);
	if (r == -ECANCELED)
		return 0;
	if (r == -ENOMEM)
		return ix_fail_plain(s->x, r, "out of memory");
	if (r >= 0)
		return 0;
	(void)ipcx_ref_format(ref, subject, sizeof(subject));
	/* With another error text, ENOENT is about something else (such as /proc): the
	 * object may exist. */
	missing = r == -ENOENT &&
		  (!s->x->error[0] || s->x->failure == IPCX_FAILURE_MISSING);
	if (s->many && (missing || r == -ENXIO || r == -ESRCH))
		return 0; /* it may be in another namespace */
	if (missing)
		note_missing(s, m, r, subject);
	else
		ix_unread_object(s, r, subject);
	return 0;
}

/* Set the fields to be read: those that the caller or the condition names, and those of
 * every plain listing. */
static void wanted(struct ix_scan *s, const struct ipcx_query *q)
{
	bool usual = ipcx_fieldset_empty(&q->fields) || (q->flags & IPCX_USUAL);

	s->usual = q->flags & IPCX_USUAL;
	s->asked = s->exact = q->fields;
	if (q->where) {
		struct ipcx_fieldset read = ipcx_expr_fields(q->where),
				     exact = ix_expr_exact(q->where);

		ipcx_fieldset_merge(&s->asked, &read);
		ipcx_fieldset_merge(&s->exact, &exact);
	}
	s->want = s->asked;
	for (unsigned n = 0; usual && n < ipcx_field_count(); n++) {
		const struct ipcx_field_info *f = ipcx_field_info((enum ipcx_field)n);

		if (f && f->cost != IPCX_COST_COSTLY)
			ipcx_fieldset_add(&s->want, (enum ipcx_field)n);
	}
}

int ix_scan_here(struct ix_scan *s, const struct ipcx_query *q)
{
	unsigned first = (unsigned)(q->resume >> IX_RESUME_SHIFT);
	int r = 0;

	ix_may_end(&s->may); /* known rights are those of another namespace */
	for (size_t i = 0; r == 0 && !ix_satisfied(s) && i < q->nrefs; i++) {
		s->ref = i + 1;
		if (ix_scan_wanted(s, q->refs[i].mech, &q->refs[i]))
			r = scan_ref(s, &q->refs[i]);
	}
	s->ref = 0;
	for (unsigned m = first; r == 0 && !ix_satisfied(s) && ix_mech(m); m++) {
		if (!(q->mechs & IPCX_MECH_BIT(m)) || !ix_scan_wanted(s, m, NULL))
			continue;
		s->mech = m;
		s->named = false;
		s->resume = m == first
				    ? q->resume & ((UINT64_C(1) << IX_RESUME_SHIFT) - 1)
				    : 0;
		r = scan_mech(s);
		if (s->t->resume) {
			s->t->resume |= m * (UINT64_C(1) << IX_RESUME_SHIFT);
			break;
		}
	}
	return r;
}

static int check_query(struct ipcx *x, const struct ipcx_query *q, bool acts)
{
	uint64_t known = 0;
	int r = 0;

	for (unsigned m = 0; ix_mech(m); m++)
		known |= IPCX_MECH_BIT(m);
	if (q->mechs & ~known)
		return ix_fail_plain(x, -EINVAL,
				     "the query asks for an unknown mechanism");
	if (q->flags &
	    ~(IPCX_NUMERIC | IPCX_DRY_RUN | IPCX_ALL | IPCX_USUAL | IPCX_DELETED))
		return ix_fail_plain(x, -EINVAL, "the query has an unknown flag");
	if (q->nrefs && !q->refs)
		return ix_fail_plain(x, -EINVAL, "the query has no references");
	if (q->same && !q->nrefs && !q->mechs)
		return ix_fail_plain(
			x, -EINVAL,
			"the query has an earlier snapshot, but neither mechanisms nor references");
	if (q->nrefs && q->mechs)
		return ix_fail_plain(
			x, -EINVAL,
			"the query names mechanisms and references: these are two queries");
	if (acts && q->mechs && !q->where && !q->same && !(q->flags & IPCX_ALL))
		return ix_fail_plain(
			x, -EINVAL,
			"the query has no condition: all objects of a mechanism are meant with IPCX_ALL only");
	if (q->same)
		r = ix_same_check(x, q->same);
	for (size_t i = 0; r == 0 && i < q->nrefs; i++)
		r = ix_ref_check(x, &q->refs[i]);
	for (unsigned f = 0; r == 0 && f <= IPCX_NO_FIELD; f++)
		if ((q->fields.bits[f / 64] >> (f % 64) & 1) &&
		    !ipcx_field_info((enum ipcx_field)f))
			r = ix_fail_plain(
				x, -EINVAL,
				"the query asks for an unknown field, number %u", f);
	return r;
}

int ix_query_in(struct ipcx *x, const struct ipcx_query *q, bool acts,
		struct ipcx_query *ret_q)
{
	int r = IX_COPY_IN(x, ipcx_query, IPCX_QUERY_SIZE_0_1, q, ret_q);

	return r < 0 ? r : check_query(x, ret_q, acts);
}

/* The mechanisms of a query whose objects are in no directory. */
static uint64_t unlisted(const struct ipcx_query *q)
{
	uint64_t mechs = q->mechs;

	for (size_t i = 0; i < q->nrefs; i++)
		mechs |= IPCX_MECH_BIT(q->refs[i].mech);
	for (unsigned m = 0; ix_mech(m); m++)
		if (!ix_mech(m)->info.unlisted)
			mechs &= ~IPCX_MECH_BIT(m);
	return mechs;
}

int ix_run_into(struct ipcx *x, const struct ipcx_query *q, struct ix_scan *s,
		struct ipcx_table *t)
{
	int r;

	s->x = x;
	s->t = t;
	s->keep = scan_keep;
	s->unlisted = unlisted(q);
	s->where = q->where;
	s->many = x->ns && x->ns->all;
	s->max_rows = s->many ? 0 : q->max_rows;
	s->dry = q->flags & IPCX_DRY_RUN;
	s->deleted = q->flags & IPCX_DELETED;
	s->same = q->same;
	s->t->numeric = q->flags & IPCX_NUMERIC;
	s->t->acts = s->verb != IX_LOOK;
	if (x->now)
		s->t->now = x->now;
	wanted(s, q);
	if (ipcx_fieldset_has(&s->want, IPCX_F_ID_INDEX) ||
	    ipcx_fieldset_has(&s->want, IPCX_F_ID_SEQ))
		s->t->id_bits = ix_id_bits(x);
	r = s->same ? ix_same_index(s) : 0;
	if (r == 0)
		r = ix_judging_begin(s, q);
	if (r == 0)
		r = ix_scan_places(s, q);
	ix_judging_end(s);
	free(s->same_index);
	free(s->dirs);
	if (s->finding)
		ix_found_end(s);
	ix_may_end(&s->may);
	return ix_said(x, r);
}

int ix_run(struct ipcx *x, const struct ipcx_query *q, struct ix_scan *s,
	   struct ipcx_table **ret_table)
{
	struct ipcx_table *t;
	int r = ix_table_new(&t);

	if (r < 0)
		return ix_fail_plain(x, r, "out of memory");
	r = ix_run_into(x, q, s, t);
	return ix_table_hand(x, t, r, ret_table);
}

int ipcx_scan(struct ipcx *x, const struct ipcx_query *q, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, q, ret_table);
	struct ix_scan s = { .verb = IX_LOOK, .once = true };
	struct ipcx_query own;
	int r = ix_query_in(x, q, false, &own);

	return r < 0 ? r : ix_run(x, &own, &s, ret_table);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The processes that objects record: which time each pid belongs to, and whether the
 * process that had the pid at that time still runs.
 */
#include <string.h>

#include "core/columns.h"
#include "core/expr.h"
#include "core/numbered.h"
#include "proc/creator.h"
#include "query/query.h"

#define TIMES_MAX 7

/*
 * A field with a pid, and the fields that follow from it. The process acted at the latest
 * of the times in at[] (one of which is set when it acts), or between that time and the
 * times in upto[]. With .made, the process created the object: then no time of the object
 * is earlier than that act, though even the earliest may be later. Applies to rows that
 * have at[0].
 */
struct watched {
	enum ipcx_field pid, alive;
	enum ipcx_field at[TIMES_MAX + 1], upto[2]; /* ended by IPCX_NO_FIELD */
	bool made;
};

/* clang-format off */
static const struct watched watched[] = {
	/* IPC_SET updates the ctime. */
	{ IPCX_F_CPID, IPCX_F_CPID_ALIVE,
	  { IPCX_F_CTIME, IPCX_F_ATIME, IPCX_F_DTIME, IPCX_F_MTIME, IPCX_F_STIME, IPCX_F_RTIME, IPCX_F_OTIME, IPCX_NO_FIELD },
	  { IPCX_NO_FIELD }, true },
	{ IPCX_F_LPID,  IPCX_F_LPID_ALIVE,  { IPCX_F_ATIME, IPCX_F_DTIME, IPCX_NO_FIELD }, { IPCX_NO_FIELD }, false },
	/* SETVAL and SETALL also set the pid, but of the times they set only the
	 * ctime. */
	{ IPCX_F_LPID,  IPCX_F_LPID_ALIVE,  { IPCX_F_OTIME, IPCX_NO_FIELD }, { IPCX_F_CTIME, IPCX_NO_FIELD }, false },
	{ IPCX_F_LSPID, IPCX_F_LSPID_ALIVE, { IPCX_F_STIME, IPCX_NO_FIELD }, { IPCX_NO_FIELD }, false },
	{ IPCX_F_LRPID, IPCX_F_LRPID_ALIVE, { IPCX_F_RTIME, IPCX_NO_FIELD }, { IPCX_NO_FIELD }, false },
};
/* clang-format on */

_Static_assert(ARRAY_SIZE(watched) <= 8 * sizeof(unsigned), "a bit for each");

/* The fields that follow from a pid. */
static struct ipcx_fieldset fields_of(const struct watched *w)
{
	return w->made ? IPCX_FIELDSET(w->alive, IPCX_F_CREATOR_ALIVE, IPCX_F_COMMAND)
		       : IPCX_FIELDSET(w->alive);
}

/* Prepare the quick check of each row in pids_are_known(). */
static void plan_trace(struct ix_scan *s, const struct ix_kind *kind,
		       const struct watched *w)
{
	struct ix_trace *t = &s->traces[s->ntraces++];

	*t = (struct ix_trace){ .pid = ix_column(kind, w->pid)->offset, .must = w->made };
	for (const enum ipcx_field *f = w->at; *f != IPCX_NO_FIELD; f++) {
		const struct ix_column *c = ix_column(kind, *f);

		if (c->size == sizeof(int64_t) && !c->derive)
			t->times[t->ntimes++] = c->offset;
	}
}

static bool processes_share(const struct ipcx_fieldset *a, const struct ipcx_fieldset *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(a->bits); i++)
		if (a->bits[i] & b->bits[i])
			return true;
	return false;
}

void ix_plan_processes(struct ix_scan *s, const struct ix_kind *kind)
{
	struct ipcx_fieldset unread = { { 0 } };

	s->processes = s->asked_processes = s->ntraces = 0;
	s->tell_pids = s->untraced = false;
	for (unsigned i = 0; i < ARRAY_SIZE(watched); i++) {
		const struct watched *w = &watched[i];
		struct ipcx_fieldset fields = fields_of(w), judged = fields;

		ipcx_fieldset_add(&judged, w->pid);
		if (!ix_kind_has(kind, w->pid) || !ix_kind_has(kind, w->alive) ||
		    !ix_kind_has(kind, w->at[0]))
			continue;
		s->processes |= 1U << i;
		s->tell_pids |= ipcx_fieldset_has(&s->asked, w->pid);
		s->costly_first |= s->where &&
				   processes_share(&s->where->fields, &judged);
		if (processes_share(&s->asked, &fields)) {
			s->asked_processes |= 1U << i;
			ipcx_fieldset_add(&s->asked, w->pid);
		} else {
			ipcx_fieldset_merge(&unread, &fields);
			if (!ix_column(kind, w->pid)->costly)
				plan_trace(s, kind, w);
			else
				s->untraced |= ipcx_fieldset_has(&s->asked, w->pid);
		}
	}
	s->no_processes = (struct ix_lacking){ unread, 0, 0 };
}

/* ---- times */

/* Return a time of a row; 0 if there is none, or it is unknown. */
static int64_t processes_time_of(const struct ix_scan *s, const struct ix_section *at,
				 const void *row, enum ipcx_field f)
{
	const struct ix_column *c = ix_section_column(at, f);

	if (c->size != sizeof(int64_t) || c->derive || ix_is_unknown(s->t, row, f))
		return 0;
	return (int64_t)ix_column_raw(c, row);
}

/* Return when the process acted, according to the times in at[]. */
static int64_t known_since(const struct ix_scan *s, const struct ix_section *at,
			   const struct watched *w, const void *row)
{
	int64_t since = 0;

	for (const enum ipcx_field *f = w->at; *f != IPCX_NO_FIELD; f++) {
		int64_t t = processes_time_of(s, at, row, *f);

		if (t && (!since || (w->made ? t < since : t > since)))
			since = t;
	}
	return since;
}

static struct ix_moment moment_of(const struct ix_scan *s, const struct ix_section *at,
				  const struct watched *w, const void *row)
{
	int64_t since = known_since(s, at, w, row);
	struct ix_moment m = { since, since };

	for (const enum ipcx_field *f = w->upto; *f != IPCX_NO_FIELD; f++)
		m.to = MAX(m.to, processes_time_of(s, at, row, *f));
	if (!m.from)
		m.from = m.to;
	return m;
}

/* ---- filling the fields */

static void processes_store(const struct ix_column *c, void *row, uint32_t value)
{
	char *p = (char *)row + c->offset;

	if (c->size == 1)
		*p = (char)value;
	else if (c->size)
		memcpy(p, &value, sizeof(value));
}

/* Note why it is unknown whether some processes still run. */
static void note_reason(struct ix_scan *s, const struct ix_process *p)
{
	static const char *const why[] = {
		[IX_WHY_ERROR] =
			"whether some processes still run could not be determined",
		[IX_WHY_NO_NUMBER] = IX_NO_NUMBER,
		[IX_WHY_NUMBERS] =
			"whether processes still run is unknown: /proc shows another PID namespace",
		[IX_WHY_MOMENT] =
			"whether some processes still run is unknown: their PIDs may have been reused",
	};

	ix_table_once(s->t, p->why == IX_WHY_ERROR ? p->error : 0, why[p->why]);
}

static void processes_unknown(struct ix_scan *s, const struct watched *w, void *row)
{
	struct ipcx_fieldset fields = fields_of(w);

	ix_unknown_all(s->t, row, &fields);
}

static void processes_look_up(struct ix_scan *s, const struct ix_section *at,
			      const struct watched *w, void *row)
{
	struct ix_moment when = moment_of(s, at, w, row);
	struct ix_process p;

	ix_proc_then(s->x, (int32_t)ix_column_raw(ix_section_column(at, w->pid), row),
		     &when, &p);
	if (p.alive == IX_UNKNOWN) {
		processes_unknown(s, w, row);
		note_reason(s, &p);
		return;
	}
	processes_store(ix_section_column(at, w->alive), row,
			p.alive == IX_ALIVE ? IX_STILL_RUNS : IX_RUNS_NO_MORE);
	if (w->made)
		processes_store(ix_section_column(at, IPCX_F_COMMAND), row,
				p.comm[0] ? ix_table_text(s->t, p.comm) : 0);
}

/* The pid is 0 although a process acted: that process is in another PID namespace. */
static void note_no_pid(struct ix_scan *s, const struct ix_section *at,
			const struct watched *w, void *row, bool asked)
{
	if (!w->made && !known_since(s, at, w, row))
		return;
	ix_unknown(s->t, row, w->pid);
	if (asked)
		processes_unknown(s, w, row);
	/* The missing pid is a gap only for requested fields and for a condition on the
	 * pid. */
	if (asked || (s->where && ipcx_fieldset_has(&s->where->fields, w->pid)))
		ix_table_once(s->t, 0, IX_NO_NUMBER);
	else if (s->tell_pids)
		ix_table_tell(s->t, IX_NO_NUMBER);
	else if (s->usual)
		ix_table_reason(s->t, IX_NO_NUMBER);
}

static void processes_watch(struct ix_scan *s, const struct ix_section *at,
			    const struct watched *w, void *row, bool asked)
{
	const struct ix_column *pid = ix_section_column(at, w->pid);
	bool none = ix_column_raw(pid, row) == 0;

	if (!asked && !none)
		return;
	if (pid->costly && !ipcx_fieldset_has(&s->costly, w->pid))
		return;
	if (!ix_is_unknown(s->t, row, w->pid) && none)
		note_no_pid(s, at, w, row, asked);
	else if (asked && none)
		processes_unknown(s, w, row);
	else if (asked)
		processes_look_up(s, at, w, row);
}

enum ipcx_field ix_process_field(const struct ix_kind *kind, enum ipcx_field f)
{
	for (unsigned i = 0; i < ARRAY_SIZE(watched); i++)
		if (watched[i].alive == f && ix_kind_has(kind, watched[i].at[0]))
			return watched[i].pid;
	return f;
}

int ix_still_runs(struct ix_scan *s, const struct ix_section *at, enum ipcx_field alive,
		  void *row, bool tell)
{
	const struct watched *w = watched;
	struct ix_moment when;
	struct ix_process p;
	int32_t pid;

	while (w->alive != alive || !(s->processes >> (w - watched) & 1))
		w++;
	pid = (int32_t)ix_column_raw(ix_section_column(at, w->pid), row);
	if (ix_is_unknown(s->t, row, w->pid)) {
		if (tell && !ix_section_column(at, w->pid)->costly)
			ix_table_once(s->t, 0, IX_NO_NUMBER);
		return -1;
	}
	if (!pid && !w->made && !known_since(s, at, w, row))
		return 0;
	when = moment_of(s, at, w, row);
	ix_proc_then(s->x, pid, &when, &p);
	if (p.alive == IX_UNKNOWN && tell)
		note_reason(s, &p);
	return p.alive == IX_UNKNOWN ? -1 : p.alive == IX_ALIVE;
}

/* Whether each process has a pid or has not acted yet, as in almost all rows. */
static bool pids_are_known(const struct ix_scan *s, const char *row)
{
	for (const struct ix_trace *t = s->traces; t < s->traces + s->ntraces; t++) {
		bool left = t->must;

		if (*(const uint32_t *)(const void *)(row + t->pid))
			continue;
		for (unsigned i = 0; !left && i < t->ntimes; i++)
			left = *(const uint64_t *)(const void *)(row + t->times[i]);
		if (left)
			return false;
	}
	return true;
}

void ix_look_up_processes(struct ix_scan *s, const struct ix_section *at, void *row)
{
	if (!s->processes)
		return;
	ix_lacks(s->t, row, &s->no_processes);
	if (!s->asked_processes && !s->untraced && pids_are_known(s, row))
		return;
	for (unsigned i = 0; s->processes >> i; i++)
		if (s->processes >> i & 1)
			processes_watch(s, at, &watched[i], row,
					s->asked_processes >> i & 1);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics that are not of listed objects: limits, waiting threads, findings. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "monitor/metrics.h"

/* ---- limits */

static bool more_number(const struct ipcx_table *t, size_t row, enum ipcx_field f,
			uint64_t *ret_n)
{
	struct ipcx_value v;

	if (ipcx_row_get(t, row, f, &v) < 0 || v.type == IPCX_TYPE_NONE)
		return false;
	*ret_n = v.as.u;
	return true;
}

static bool more_says(const struct ipcx_table *t, size_t row, enum ipcx_field f,
		      const char *text)
{
	struct ipcx_value v;

	return ipcx_row_get(t, row, f, &v) == 0 && v.type == IPCX_TYPE_STRING &&
	       !strcmp(ipcx_value_string(&v), text);
}

static bool more_scope(const struct ipcx_table *t, size_t row, const char *scope)
{
	return more_says(t, row, IPCX_F_SCOPE, scope);
}

/* An empty /dev/shm has one inode, its own. */
static bool more_used(const struct ipcx_table *t, size_t row)
{
	uint64_t used;

	return more_number(t, row, IPCX_F_USED, &used) &&
	       used > more_says(t, row, IPCX_F_NAME, "dev_shm_inodes");
}

/* The limits of a process are those of this one, which nobody asks for. Of many
 * namespaces, only limits matter of which something is used. */
static bool more_counts(const struct metrics *m, const struct ipcx_table *t, size_t row)
{
	if (more_scope(t, row, "process"))
		return false;
	return !ns_all(m->app) || more_scope(t, row, "machine") || more_used(t, row);
}

static void more_limit(struct metrics *m, const struct ipcx_table *t, size_t row)
{
	struct metric_labels l = { .starved = false };
	struct ipcx_fieldset unknown = ipcx_row_unknown(t, row);
	struct metric_sample *s;
	uint64_t n;

	metric_label_of(&l, "limit", t, row, IPCX_F_NAME);
	metric_label_of(&l, "unit", t, row, IPCX_F_UNIT);
	/* Whatever objects are grouped by: limits of several namespaces have no sum. */
	if (!more_scope(t, row, "machine") && (ns_all(m->app) || m->by & BY_NS))
		metric_label_of(&l, "ns", t, row, IPCX_F_NS);
	if (!more_scope(t, row, "machine") && (ns_all(m->app) || m->by & BY_CONTAINER))
		metric_label_of(&l, "container", t, row, IPCX_F_CONTAINER);
	if (!more_scope(t, row, "machine") && ns_all(m->app)) {
		metric_label_of(&l, "device", t, row, IPCX_F_SHM_DEVICE);
		metric_label_of(&l, "directory", t, row, IPCX_F_DIRECTORY);
	}
	s = metric_add(m, METRIC_LIMITS, &l);
	if (!s)
		return;
	metric_values(METRIC_LIMITS, t, row, s);
	if (!more_number(t, row, IPCX_F_LIMIT, &n) &&
	    !ipcx_fieldset_has(&unknown, IPCX_F_LIMIT)) {
		/* There is none. The limit is the last family of its set. */
		s->values[2].kind = REAL_VALUE;
		s->values[2].d = INFINITY;
	}
}

/* Count the namespaces of a table whose rows are ordered by them. */
static uint64_t more_namespaces(const struct ipcx_table *t)
{
	uint64_t count = 0, last = 0, ns;

	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		if (!more_number(t, i, IPCX_F_NS, &ns) || ns == last)
			continue;
		count++;
		last = ns;
	}
	return count;
}

/* Whether the kernel lacks what the limit is about: then nothing is missing. */
static bool more_lacks(const struct ipcx_table *t, size_t row)
{
	const struct ipcx_note *n;
	struct ipcx_value name;

	if (ipcx_row_get(t, row, IPCX_F_NAME, &name) < 0 || name.type != IPCX_TYPE_STRING)
		return false;
	for (size_t i = 0; (n = ipcx_table_note(t, i)); i++)
		if (n->kind == IPCX_NOTE_UNAVAILABLE && n->error == -ENOSYS &&
		    strstr(n->subject, ipcx_value_string(&name)))
			return true;
	return false;
}

/* Count what could not be read: limits of which something is unknown, or what notes say
 * of limits that are not in the table. */
static uint64_t more_missing(const struct ipcx_table *t)
{
	const struct ipcx_note *n;
	uint64_t rows = 0, notes = 0;

	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct ipcx_fieldset unknown = ipcx_row_unknown(t, i);

		rows += (ipcx_fieldset_has(&unknown, IPCX_F_LIMIT) ||
			 ipcx_fieldset_has(&unknown, IPCX_F_USED)) &&
			!more_lacks(t, i);
	}
	for (size_t i = 0; (n = ipcx_table_note(t, i)); i++)
		notes += n->kind == IPCX_NOTE_FAILED || n->kind == IPCX_NOTE_INCOMPLETE ||
			 (n->kind == IPCX_NOTE_UNAVAILABLE && n->error != -ENOSYS);
	return MAX(rows, notes);
}

int metric_limits(struct metrics *m, const struct ipcx_table *groups)
{
	struct tally unused = { 0 };
	struct ipcx_table *t;
	int r = ipcx_limits_given(m->app->x, NULL, groups, &t);

	if (r < 0)
		return app_failed(m->app, r);
	for (size_t i = 0; i < ipcx_table_rows(t); i++)
		if (more_counts(m, t, i))
			more_limit(m, t, i);
	metric_number(m, METRIC_UNREADABLE, "what", "limits", more_missing(t));
	if (ns_all(m->app))
		metric_number(m, METRIC_NAMESPACES, NULL, NULL, more_namespaces(t));
	if (m->app->verbose)
		msg_table(t, true, &unused);
	ipcx_table_free(t);
	metric_merge(m, METRIC_LIMITS);
	return 0;
}

/* ---- waiting threads, findings */

static void more_unseen(struct metrics *m, const struct ipcx_unseen *u)
{
	metric_number(m, METRIC_UNREADABLE, "what", "processes",
		      u->processes + u->others);
	metric_number(m, METRIC_UNREADABLE, "what", "attaches", u->attaches);
	metric_number(m, METRIC_UNREADABLE, "what", "waiters", u->waiters);
}

/* Count the rows of a table, each under labels of its fields. */
static void more_counted(struct metrics *m, enum metric_set set,
			 const struct ipcx_table *t, enum ipcx_field first, bool graded)
{
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct metric_labels l = { .starved = false };
		struct metric_sample *s;
		uint64_t grade;

		if (graded && !more_number(t, i, IPCX_F_GRADE, &grade))
			continue;
		metric_label_of(&l, ipcx_field_info(first)->name, t, i, first);
		if (graded)
			metric_label_of(&l, "grade", t, i, IPCX_F_GRADE);
		metric_place(m, &l, t, i, BY_NS | BY_CONTAINER);
		s = metric_add(m, set, &l);
		if (s)
			s->values[0] =
				(struct metric_value){ .kind = WHOLE_VALUE, .n = 1 };
	}
	metric_merge(m, set);
}

int metric_waits(struct metrics *m)
{
	enum ipcx_field fields[4];
	size_t n = metric_by(m, fields, BY_NS | BY_CONTAINER);
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = m->mechs,
				.fields = ipcx_fieldset_of(fields, n) };
	struct ipcx_unseen unseen = { .size = sizeof(unseen) };
	struct ipcx_table *t;
	int r;

	ipcx_fieldset_add(&q.fields, IPCX_F_GRADE);
	r = ipcx_waits(m->app->x, &q, NULL, &unseen, &t);
	if (r < 0)
		return app_failed(m->app, r);
	metric_notes(m, t, false);
	more_counted(m, METRIC_WAITS, t, IPCX_F_MECH, false);
	more_counted(m, METRIC_STUCK, t, IPCX_F_MECH, true);
	more_unseen(m, &unseen);
	ipcx_table_free(t);
	return 0;
}

int metric_doctor(struct metrics *m)
{
	struct ipcx_unseen unseen = { .size = sizeof(unseen) };
	struct ipcx_table *t;
	int r = ipcx_doctor(m->app->x, NULL, &unseen, &t);

	if (r < 0)
		return app_failed(m->app, r);
	metric_notes(m, t, false);
	more_counted(m, METRIC_FINDINGS, t, IPCX_F_FINDING, true);
	more_unseen(m, &unseen);
	ipcx_table_free(t);
	return 0;
}

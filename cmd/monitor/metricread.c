/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where metrics come from: one listing of all objects, and what metricmore.c reads. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "monitor/metrics.h"

/* Rows per scan: memory use does not depend on the number of objects. */
#define SLICE 512

/* ---- what could not be read */

/* What the kernel certainly lacks has no objects. */
static bool gather_is_gap(const struct ipcx_note *n)
{
	return n->kind == IPCX_NOTE_INCOMPLETE ||
	       (n->kind == IPCX_NOTE_UNAVAILABLE && n->error != -ENOSYS);
}

void metric_notes(struct metrics *m, const struct ipcx_table *t, bool listing)
{
	struct tally unused = { 0 };
	const struct ipcx_note *n;
	uint64_t other = 0;

	for (size_t i = 0; (n = ipcx_table_note(t, i)); i++) {
		uint64_t *one = ipcx_mech_info(n->mech) ? &m->failed[n->mech] : NULL;

		if (n->kind == IPCX_NOTE_FAILED && one && listing)
			++*one;
		else if (n->kind == IPCX_NOTE_FAILED && one)
			m->gaps[n->mech] = 1;
		else if (gather_is_gap(n) && one)
			m->gaps[n->mech] = 1;
		else if (gather_is_gap(n) || n->kind == IPCX_NOTE_FAILED)
			other++;
	}
	m->other_gaps = MAX(m->other_gaps, other);
	if (m->app->verbose)
		msg_table(t, true, &unused);
}

void metric_number(struct metrics *m, enum metric_set set, const char *label,
		   const char *value, uint64_t n)
{
	struct metric_labels l = { .starved = false };
	struct metric_sample *s;

	if (label)
		metric_label(&l, label, value);
	s = metric_add(m, set, &l);
	if (s)
		s->values[0] = (struct metric_value){ .kind = WHOLE_VALUE, .n = n };
}

/* ---- objects */

void metric_place(const struct metrics *m, struct metric_labels *l,
		  const struct ipcx_table *t, size_t row, unsigned by)
{
	if (m->by & by & BY_OWNER)
		metric_label_of(l, "owner", t, row, IPCX_F_OWNER);
	if (m->by & by & BY_NS)
		metric_label_of(l, "ns", t, row, IPCX_F_NS);
	if (m->by & by & BY_CONTAINER)
		metric_label_of(l, "container", t, row, IPCX_F_CONTAINER);
}

size_t metric_by(const struct metrics *m, enum ipcx_field *fields, unsigned by)
{
	size_t n = 0;

	fields[n++] = IPCX_F_MECH;
	if (m->by & by & BY_OWNER)
		fields[n++] = IPCX_F_OWNER;
	/* The use of limits is summed up for each namespace. */
	if (m->by & by & BY_NS || ns_all(m->app))
		fields[n++] = IPCX_F_NS;
	if (m->by & by & BY_CONTAINER)
		fields[n++] = IPCX_F_CONTAINER;
	return n;
}

static int gather_groups_new(const struct metrics *m, struct ipcx_groups **ret_g)
{
	static const enum ipcx_field rss[] = { IPCX_F_RESIDENT, IPCX_F_SWAP };
	static const enum ipcx_field who[] = { IPCX_F_USER_COUNT, IPCX_F_UNUSED_COUNT,
					       IPCX_F_UNUSED_BYTES };
	enum ipcx_field by[4];
	enum ipcx_field sums[16] = { IPCX_F_OBJECTS,          IPCX_F_BYTES,
				     IPCX_F_ALLOCATED,        IPCX_F_MESSAGE_COUNT,
				     IPCX_F_SEMAPHORE_COUNT,  IPCX_F_ATTACHES,
				     IPCX_F_UNATTACHED_COUNT, IPCX_F_UNATTACHED_BYTES,
				     IPCX_F_FULLEST,          IPCX_F_OLDEST };
	size_t n = 10;
	int r = ipcx_groups_new(m->app->x, by,
				metric_by(m, by, BY_OWNER | BY_NS | BY_CONTAINER), ret_g);

	if (m->with & WITH_RSS)
		n = (size_t)((enum ipcx_field *)mempcpy(sums + n, rss, sizeof(rss)) -
			     sums);
	if (m->with & WITH_WHO)
		n = (size_t)((enum ipcx_field *)mempcpy(sums + n, who, sizeof(who)) -
			     sums);
	return r < 0 ? r : ipcx_groups_sum(*ret_g, sums, n);
}

/* A series for an object: mechanism, reference, and what makes these unique. */
static void gather_object(struct metrics *m, const struct ipcx_table *t, size_t row)
{
	struct metric_labels l = { .starved = false };
	struct metric_sample *s;

	metric_label_of(&l, "mech", t, row, IPCX_F_MECH);
	metric_label_of(&l, "ref", t, row, IPCX_F_REF);
	metric_label_of(&l, "name", t, row, IPCX_F_NAME);
	metric_label_of(&l, "owner", t, row, IPCX_F_OWNER);
	if (ns_all(m->app)) {
		metric_label_of(&l, "ns", t, row, IPCX_F_NS);
		metric_label_of(&l, "container", t, row, IPCX_F_CONTAINER);
		metric_label_of(&l, "device", t, row, IPCX_F_SHM_DEVICE);
		metric_label_of(&l, "directory", t, row, IPCX_F_DIRECTORY);
	}
	s = metric_add(m, METRIC_OBJECTS, &l);
	if (s)
		metric_values(METRIC_OBJECTS, t, row, s);
}

/* An object for which the condition is unknown has no series: what could not be read is
 * counted. */
static void gather_matching(struct metrics *m, const struct ipcx_table *t)
{
	for (size_t i = 0; m->where && i < ipcx_table_rows(t); i++)
		if (ipcx_expr_match(m->where, t, i) > 0)
			gather_object(m, t, i);
}

/* Which fields the objects are read with. */
static struct ipcx_fieldset gather_fields(const struct metrics *m,
					  const struct ipcx_groups *g)
{
	struct ipcx_fieldset fields = ipcx_groups_fields(g), of;
	const struct metric_family *f;

	if (!m->where)
		return fields;
	of = ipcx_expr_fields(m->where);
	ipcx_fieldset_merge(&fields, &of);
	ipcx_fieldset_add(&fields, IPCX_F_OWNER);
	for (size_t i = 0; (f = metric_family(i)); i++) {
		const struct ipcx_field_info *info =
			ipcx_field_info((enum ipcx_field)f->field);

		if (f->set == METRIC_OBJECTS && info->cost != IPCX_COST_COSTLY) {
			ipcx_fieldset_add(&fields, (enum ipcx_field)f->field);
			ipcx_fieldset_add(&fields, (enum ipcx_field)f->other);
		}
	}
	if (ns_all(m->app)) {
		ipcx_fieldset_add(&fields, IPCX_F_NS);
		ipcx_fieldset_add(&fields, IPCX_F_CONTAINER);
		ipcx_fieldset_add(&fields, IPCX_F_SHM_DEVICE);
	}
	return fields;
}

static int gather_objects(struct metrics *m, struct ipcx_groups *g)
{
	/* What takes a look at all processes, or reads a whole file, is done once. */
	struct ipcx_query q = {
		.size = sizeof(q),
		.mechs = m->mechs,
		.fields = gather_fields(m, g),
		.max_rows = m->with & (WITH_RSS | WITH_WHO) || m->where ? 0 : SLICE,
	};
	int r;

	do {
		struct ipcx_table *t;

		r = ipcx_scan(m->app->x, &q, &t);
		if (r == 0)
			r = ipcx_groups_add_all(g, t);
		if (r < 0)
			return app_failed(m->app, r);
		metric_notes(m, t, true);
		gather_matching(m, t);
		q.resume = ipcx_table_resume(t);
		ipcx_table_free(t);
	} while (q.resume);
	return 0;
}

/* Whether all objects of a mechanism were read. */
static bool gather_whole(const struct metrics *m, unsigned mech)
{
	return !m->gaps[mech] && !m->failed[mech];
}

static void gather_groups(struct metrics *m, const struct ipcx_table *t)
{
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct metric_labels l = { .starved = false };
		struct metric_sample *s;

		metric_label_of(&l, "mech", t, i, IPCX_F_MECH);
		metric_place(m, &l, t, i, BY_OWNER | BY_NS | BY_CONTAINER);
		s = metric_add(m, METRIC_GROUPS, &l);
		if (s)
			metric_values(METRIC_GROUPS, t, i, s);
	}
}

void metric_zeros(struct metrics *m, enum metric_set set)
{
	for (unsigned k = 0; ipcx_mech_info(k); k++) {
		const char *name = ipcx_mech_info(k)->name;
		char label[40];
		bool found = !(m->mechs & IPCX_MECH_BIT(k)) || !gather_whole(m, k);
		int len = snprintf(label, sizeof(label), "mech=\"%s\"", name);

		for (size_t i = 0; !found && i < m->sets[set].n; i++)
			found = !strncmp(m->sets[set].all[i].labels, label, (size_t)len);
		if (!found)
			metric_number(m, set, "mech", name, 0);
	}
}

/* ---- everything */

static void gather_completeness(struct metrics *m)
{
	for (unsigned k = 0; ipcx_mech_info(k); k++)
		if (m->mechs & IPCX_MECH_BIT(k))
			metric_number(m, METRIC_UNREADABLE, "what",
				      ipcx_mech_info(k)->name, m->failed[k] + m->gaps[k]);
	metric_number(m, METRIC_UNREADABLE, "what",
		      ns_all(m->app) ? "namespaces" : "objects", m->other_gaps);
}

/* Sum up or leave out what exceeds --max-series, and say so. */
static void gather_bound(struct metrics *m)
{
	static const struct {
		enum metric_set set;
		char what[IX_TEXT(12)];
		bool rest;
	} sets[] = {
		{ METRIC_GROUPS, "groups", true },
		{ METRIC_WAITS, "waits", false },
		{ METRIC_STUCK, "stuck", false },
		{ METRIC_FINDINGS, "findings", false },
		{ METRIC_LIMITS, "limits", false },
		{ METRIC_OBJECTS, "objects", false },
	};
	char rest[80];

	(void)snprintf(rest, sizeof(rest), "%s%s%s%s%s",
		       m->by & BY_OWNER ? "owner=\"(other)\"" : "",
		       m->by & BY_OWNER && m->by & (BY_NS | BY_CONTAINER) ? "," : "",
		       m->by & BY_NS ? "ns=\"(other)\"" : "",
		       m->by & BY_NS && m->by & BY_CONTAINER ? "," : "",
		       m->by & BY_CONTAINER ? "container=\"(other)\"" : "");
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		size_t left =
			metric_bound(m, sets[i].set, m->max, sets[i].rest ? rest : NULL);

		if (left || sets[i].set == METRIC_GROUPS || sets[i].set == METRIC_LIMITS)
			metric_number(m, METRIC_DROPPED, "what", sets[i].what, left);
	}
	metric_zeros(m, METRIC_GROUPS);
	if (m->with & WITH_WAITS)
		metric_zeros(m, METRIC_WAITS);
}

static void gather_self(struct metrics *m, const struct timespec *begin)
{
	struct metric_labels l = { .starved = false };
	struct metric_sample *s;
	struct timespec now;

	s = metric_add(m, METRIC_SELF, &l);
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (s) {
		s->values[0].kind = REAL_VALUE;
		s->values[0].d = (double)(now.tv_sec - begin->tv_sec) +
				 (double)(now.tv_nsec - begin->tv_nsec) / 1e9;
	}
	metric_label(&l, "version", ipcx_version());
	s = metric_add(m, METRIC_SELF, &l);
	if (s)
		s->values[1] = (struct metric_value){ .kind = WHOLE_VALUE, .n = 1 };
}

static int gather_all(struct metrics *m, struct ipcx_groups *g)
{
	struct ipcx_table *t;
	int r = gather_objects(m, g);

	if (r)
		return r;
	r = ipcx_groups_table(g, &t);
	if (r < 0)
		return app_failed(m->app, r);
	gather_groups(m, t);
	metric_merge(m, METRIC_GROUPS);
	metric_merge(m, METRIC_OBJECTS);
	r = metric_limits(m, t);
	ipcx_table_free(t);
	if (!r && m->with & WITH_WAITS)
		r = metric_waits(m);
	if (!r && m->with & WITH_DOCTOR)
		r = metric_doctor(m);
	return r;
}

int metric_read(struct metrics *m)
{
	struct ipcx_groups *g;
	struct timespec begin;
	size_t n = 0;
	int r;

	while (ipcx_mech_info((unsigned)n))
		n++;
	m->other_gaps = 0;
	m->failed = calloc(n, sizeof(*m->failed));
	m->gaps = calloc(n, sizeof(*m->gaps));
	m->starved = !m->failed || !m->gaps;
	if (m->starved) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	r = gather_groups_new(m, &g);
	if (r < 0)
		return app_failed(m->app, r);
	r = gather_all(m, g);
	ipcx_groups_free(g);
	if (r)
		return r;
	gather_completeness(m);
	metric_merge(m, METRIC_UNREADABLE);
	gather_bound(m);
	gather_self(m, &begin);
	if (!m->starved)
		return 0;
	msg_error("out of memory");
	return EXIT_FAILED;
}

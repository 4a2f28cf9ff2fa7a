/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The facts on which findings rest. Each is read once: one listing of the objects, one
 * pass over all processes, one over all threads. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mech.h"
#include "doctor/doctor.h"
#include "ns/ns.h"
#include "query/users.h"
#include "space/space.h"

/* The rows of one object in the table of users. */
struct ix_doctor_use {
	size_t first, n;
};

/* ---- values */

uint64_t ix_doctor_number(const struct ipcx_table *t, size_t row, enum ipcx_field f,
			  uint64_t absent)
{
	struct ipcx_value v;

	if (ipcx_row_get(t, row, f, &v) < 0 || v.type == IPCX_TYPE_NONE)
		return absent;
	return v.as.u;
}

const char *ix_doctor_word(const struct ipcx_table *t, size_t row, enum ipcx_field f,
			   struct ipcx_value *v)
{
	if (ipcx_row_get(t, row, f, v) < 0 || v->type != IPCX_TYPE_STRING)
		return "";
	return ipcx_value_string(v);
}

int ix_doctor_truth(const struct ipcx_table *t, size_t row, enum ipcx_field f)
{
	struct ipcx_value v;

	if (ipcx_row_get(t, row, f, &v) < 0 || v.type == IPCX_TYPE_NONE)
		return -1;
	return v.as.u != 0;
}

unsigned ix_doctor_mech(const char *name)
{
	for (unsigned m = 0; ix_mech(m); m++)
		if (!strcmp(ix_mech(m)->info.name, name))
			return m;
	return IPCX_NO_MECH;
}

const char *ix_doctor_bytes(uint64_t n, char *buf, size_t size)
{
	static const char units[][4] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)n / 1024;
	size_t u = 0;

	if (n < 1024) {
		(void)snprintf(buf, size, "%" PRIu64 " bytes", n);
		return buf;
	}
	for (; value >= 1024 && u + 1 < ARRAY_SIZE(units); u++)
		value /= 1024;
	(void)snprintf(buf, size, "%.1f %s", value, units[u]);
	return buf;
}

const char *ix_doctor_span(uint64_t seconds, char *buf, size_t size)
{
	static const struct {
		uint32_t seconds;
		char name[8];
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" } };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (seconds >= 2 * (uint64_t)units[i].seconds) {
			(void)snprintf(buf, size, "%" PRIu64 " %ss",
				       seconds / units[i].seconds, units[i].name);
			return buf;
		}
	(void)snprintf(buf, size, "%" PRIu64 " second%s", seconds,
		       seconds == 1 ? "" : "s");
	return buf;
}

/* ---- reading */

/* Pass on what could not be read, but not what explains listings. */
static void facts_notes(struct ix_doctor *d, const struct ipcx_table *t)
{
	const struct ipcx_note *n;

	for (size_t i = 0; (n = ipcx_table_note(t, i)); i++)
		if (n->kind != IPCX_NOTE_INFO && n->kind != IPCX_NOTE_REASON &&
		    n->kind != IPCX_NOTE_SKIPPED)
			ix_table_hand_on(d->t, n);
}

static void facts_unseen(struct ix_doctor *d, const struct ipcx_unseen *u)
{
	/* Those that may not be looked at are the same each time. */
	d->unseen.processes = MAX(d->unseen.processes, u->processes);
	d->unseen.attaches = MAX(d->unseen.attaches, u->attaches);
	d->unseen.waiters = MAX(d->unseen.waiters, u->waiters);
	d->unseen.others |= u->others;
}

static uint64_t facts_mechs(void)
{
	uint64_t mechs = 0;

	for (unsigned m = 0; ix_mech(m); m++)
		if (!ix_mech(m)->info.unlisted)
			mechs |= IPCX_MECH_BIT(m);
	return mechs;
}

int ix_doctor_scan(struct ix_doctor *d, struct ipcx_table **ret_t)
{
	struct ipcx_query q = {
		.size = sizeof(q),
		.mechs = facts_mechs(),
		.fields = IPCX_FIELDSET(IPCX_F_NS, IPCX_F_COMMAND, IPCX_F_CREATOR_ALIVE,
					IPCX_F_LPID_ALIVE, IPCX_F_LSPID_ALIVE,
					IPCX_F_LRPID_ALIVE, IPCX_F_LPID, IPCX_F_WAITERS),
		.flags = IPCX_USUAL,
	};

	/* In our own namespace, containers are searched for only if there is a finding
	 * (doctor.c). */
	if (d->x->ns)
		ipcx_fieldset_add(&q.fields, IPCX_F_CONTAINER);
	return ipcx_scan(d->x, &q, ret_t);
}

int ix_doctor_objects(struct ix_doctor *d, const struct ipcx_table **ret_t)
{
	int r = d->objects ? 0 : ix_doctor_scan(d, &d->objects);

	if (r < 0)
		return r;
	facts_notes(d, d->objects);
	*ret_t = d->objects;
	return 0;
}

/* Whether nobody can have attached it, so that it needs no search. */
static bool facts_unattached(const struct ipcx_table *t, size_t row)
{
	struct ipcx_value v;

	return ipcx_row_get(t, row, IPCX_F_NATTCH, &v) == 0 && v.type != IPCX_TYPE_NONE &&
	       v.as.u == 0;
}

/* Only for objects that exist can a thread wait, and in a segment only if it is attached.
 * Without any, no thread has to be looked at. */
static uint64_t facts_waited(const struct ix_doctor *d)
{
	const struct ipcx_table *t = d->objects;
	uint64_t mechs = 0;

	/* Files without a name hold locks, too. */
	for (unsigned m = 0; ix_mech(m); m++) {
		const struct ix_traces *traces = ix_mech(m)->traces;

		for (size_t i = 0; traces && traces->waits && i < d->files.n; i++)
			if (d->files.all[i].kind == traces->kind &&
			    d->files.all[i].kind != IX_USE_SYSV &&
			    d->files.all[i].mappings) {
				mechs |= IPCX_MECH_BIT(m);
				break;
			}
	}

	for (size_t i = 0; i < t->nsections; i++) {
		const struct ix_section *s = &t->sections[i];
		bool any = s->count > 0;

		for (size_t row = s->first; any && row < s->first + s->count; row++) {
			any = !facts_unattached(t, row);
			if (any)
				break;
			any = row + 1 < s->first + s->count;
		}
		if (any)
			mechs |= IPCX_MECH_BIT(s->mech);
	}
	return mechs;
}

int ix_doctor_waits(struct ix_doctor *d, const struct ipcx_table **ret_t)
{
	const struct ipcx_table *users;
	struct ipcx_query q = {
		.size = sizeof(q),
		.fields = IPCX_FIELDSET(IPCX_F_REF, IPCX_F_NS, IPCX_F_PID, IPCX_F_COMMAND,
					IPCX_F_CALL, IPCX_F_WANTS, IPCX_F_SEMNUM,
					IPCX_F_HELD_BY, IPCX_F_VERDICT, IPCX_F_GRADE,
					IPCX_F_CYCLE),
	};
	struct ipcx_unseen unseen = { .size = sizeof(unseen) };
	int r = 0;

	if (!d->waits) {
		r = ix_doctor_users(d, &users);
		if (r < 0)
			return r;
		q.mechs = facts_waited(d);
		r = q.mechs ? ipcx_waits(d->x, &q, NULL, &unseen, &d->waits)
			    : ix_table_new(&d->waits);
		if (r < 0)
			return r;
		facts_unseen(d, &unseen);
		facts_notes(d, d->waits);
	}
	*ret_t = d->waits;
	return 0;
}

int ix_doctor_limits(struct ix_doctor *d, const struct ipcx_table **ret_t)
{
	int r = 0;

	if (!d->limits) {
		r = ipcx_limits(d->x, NULL, &d->limits);
		if (r < 0)
			return r;
		facts_notes(d, d->limits);
	}
	*ret_t = d->limits;
	return 0;
}

int ix_doctor_spaces(struct ix_doctor *d, const struct ipcx_table **ret_t)
{
	int r = 0;

	if (!d->spaces) {
		r = ix_table_new(&d->spaces);
		if (r == 0)
			r = ix_space_all(d->x, IX_SPACE_CONTENTS, d->spaces);
		if (r < 0)
			return r;
		facts_notes(d, d->spaces);
	}
	*ret_t = d->spaces;
	return 0;
}

/* ---- users */

/* The users of one object: rows of the table of users that follow each other. */
struct facts_run {
	unsigned mech;
	uint64_t ns;
	char *ref;
	struct ix_doctor_use use;
};

static int facts_run_order(const void *a, const void *b)
{
	const struct facts_run *l = a, *r = b;

	if (l->mech != r->mech)
		return l->mech < r->mech ? -1 : 1;
	if (l->ns != r->ns)
		return l->ns < r->ns ? -1 : 1;
	return strcmp(l->ref, r->ref);
}

static bool facts_run_of(const struct ipcx_table *t, size_t row, struct facts_run *run)
{
	struct ipcx_value v;

	run->mech = ipcx_row_mech(t, row);
	run->ns = ix_doctor_number(t, row, IPCX_F_NS, 0);
	run->ref = strdup(ix_doctor_word(t, row, IPCX_F_REF, &v));
	return run->ref;
}

static int facts_runs(const struct ipcx_table *users, struct facts_run *runs,
		      size_t *ret_n)
{
	size_t n = 0;

	for (size_t i = 0; i < users->rows; i++) {
		struct facts_run *run = &runs[n];

		if (!facts_run_of(users, i, run)) {
			*ret_n = n;
			return -ENOMEM;
		}
		if (n && facts_run_order(run, run - 1) == 0) {
			runs[n - 1].use.n++;
			free(run->ref);
			continue;
		}
		run->use = (struct ix_doctor_use){ .first = i, .n = 1 };
		n++;
	}
	*ret_n = n;
	return 0;
}

/* Objects that vanished or appeared between the two listings are passed over. Objects of
 * one name in two directories of a namespace share their users: then both are used. */
static int facts_join(struct ix_doctor *d)
{
	auto_free struct facts_run *runs = calloc(d->users->rows + 1, sizeof(*runs));
	const struct facts_run *found;
	struct facts_run key;
	size_t n = 0;
	int r;

	d->nuses = d->objects->rows;
	d->uses = calloc(d->nuses + 1, sizeof(*d->uses));
	if (!runs || !d->uses)
		return -ENOMEM;
	r = facts_runs(d->users, runs, &n);
	if (n)
		qsort(runs, n, sizeof(*runs), facts_run_order);
	for (size_t i = 0; r == 0 && n && i < d->nuses; i++) {
		if (facts_unattached(d->objects, i))
			continue;
		if (!facts_run_of(d->objects, i, &key)) {
			r = -ENOMEM;
			break;
		}
		found = bsearch(&key, runs, n, sizeof(*runs), facts_run_order);
		if (found)
			d->uses[i] = found->use;
		free(key.ref);
	}
	for (size_t i = 0; i < n; i++)
		free(runs[i].ref);
	return r;
}

int ix_doctor_users(struct ix_doctor *d, const struct ipcx_table **ret_t)
{
	struct ipcx_query q = {
		.size = sizeof(q),
		.mechs = facts_mechs(),
		.fields = IPCX_FIELDSET(IPCX_F_REF, IPCX_F_NS, IPCX_F_PID, IPCX_F_COMMAND,
					IPCX_F_OWNER, IPCX_F_UID, IPCX_F_MAPPED,
					IPCX_F_ADDRESS, IPCX_F_ACCESS),
	};
	struct ipcx_unseen unseen = { .size = sizeof(unseen) };
	/* Memory files are in no listing: only their users are found. */
	struct ix_users_more more = { .kinds = 1U << IX_USE_MEMFD };
	const struct ipcx_table *objects;
	int r = 0;

	if (!d->users) {
		r = ix_doctor_objects(d, &objects);
		if (r == 0)
			r = ix_users_and(d->x, &q, 0, 0, &more, &unseen, &d->users);
		if (r < 0)
			return r;
		d->files = more.uses;
		facts_unseen(d, &unseen);
		facts_notes(d, d->users);
		r = facts_join(d);
	}
	if (r == 0)
		*ret_t = d->users;
	return r;
}

size_t ix_doctor_users_of(const struct ix_doctor *d, size_t object, size_t *ret_first)
{
	*ret_first = 0;
	if (object >= d->nuses)
		return 0;
	*ret_first = d->uses[object].first;
	return d->uses[object].n;
}

bool ix_doctor_saw_all(const struct ix_doctor *d)
{
	return d->users && !d->unseen.processes && !d->unseen.others;
}

const char *ix_doctor_where(const struct ix_doctor *d, const struct ipcx_table *t,
			    size_t row, char *buf, size_t size)
{
	struct ipcx_value v;
	uint64_t ns;
	const char *dir;

	if (!d->all)
		return d->x->ns ? d->x->ns->where : NULL;
	dir = ix_doctor_word(t, row, IPCX_F_DIRECTORY, &v);
	if (*dir) {
		(void)snprintf(buf, size, "%s", dir);
		return buf;
	}
	ns = ix_doctor_number(t, row, IPCX_F_NS, 0);
	if (!ns || ns == d->home)
		return NULL;
	(void)snprintf(buf, size, "ipc:[%" PRIu64 "]", ns);
	return buf;
}

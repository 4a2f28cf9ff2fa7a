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

/* Processes keep these objects; pipes are no memory worth a finding. */
static uint64_t facts_mechs(bool unlisted)
{
	uint64_t mechs = 0;

	for (unsigned m = 0; ix_mech(m); m++)
		if (!ix_mech(m)->info.unlisted ||
		    (unlisted && ipcx_mech_has(m, IPCX_F_ALLOCATED)))
			mechs |= IPCX_MECH_BIT(m);
	return mechs;
}

int ix_doctor_objects(struct ix_doctor *d, const struct ipcx_table **ret_t)
{
	struct ipcx_query q = {
		.size = sizeof(q),
		.mechs = facts_mechs(true),
		.fields = IPCX_FIELDSET(IPCX_F_NS, IPCX_F_CONTAINER, IPCX_F_COMMAND,
					IPCX_F_CREATOR_ALIVE, IPCX_F_LPID_ALIVE,
					IPCX_F_LSPID_ALIVE, IPCX_F_LRPID_ALIVE),
		.flags = IPCX_USUAL | IPCX_DELETED,
	};
	int r = d->objects ? 0 : ipcx_scan(d->x, &q, &d->objects);

	if (r < 0)
		return r;
	facts_notes(d, d->objects);
	*ret_t = d->objects;
	return 0;
}

int ix_doctor_waits(struct ix_doctor *d, const struct ipcx_table **ret_t)
{
	struct ipcx_query q = { .size = sizeof(q), .mechs = facts_mechs(false) };
	struct ipcx_unseen unseen = { .size = sizeof(unseen) };
	int r = 0;

	if (!d->waits) {
		r = ipcx_waits(d->x, &q, NULL, &unseen, &d->waits);
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

/* The rows of users are in the order of the objects, and so is each object's reference
 * among those of its mechanism and namespace. Objects that vanished or appeared between
 * the two listings are passed over. */
static int facts_join(struct ix_doctor *d)
{
	(void)d;
	return 0;
}

int ix_doctor_users(struct ix_doctor *d, const struct ipcx_table **ret_t)
{
	struct ipcx_query q = { .size = sizeof(q), .mechs = facts_mechs(false) };
	struct ipcx_unseen unseen = { .size = sizeof(unseen) };
	const struct ipcx_table *objects;
	int r = 0;

	if (!d->users) {
		r = ix_doctor_objects(d, &objects);
		if (r == 0)
			r = ipcx_users(d->x, &q, 0, 0, &unseen, &d->users);
		if (r < 0)
			return r;
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

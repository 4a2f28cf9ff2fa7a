/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Segments and semaphore arrays that were forgotten. A segment is only that if nobody has
 * attached it and its creator and last user have ended: who lives may attach it again. Of
 * an array, the kernel records neither the creator nor the users, but only who operated
 * on it last, so that nothing more than a suspicion is possible. Many of one user are one
 * finding with one command.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mech.h"
#include "doctor/doctor.h"

/* Objects of one user that one condition selects. */
struct leaked {
	size_t place, first; /* of the table; the first row */
	uint64_t uid, n, bytes, least_idle;
	bool sem, keyed;
};

/* What selects them, and nothing else. */
static const char leaked_segments[] = "nattch == 0 && !creator_alive && "
				      "(lpid == null || !lpid_alive)";
static const char leaked_arrays[] = "waiters == 0 && !lpid_alive";

static bool leaked_unknown(const struct ipcx_table *t, size_t row, enum ipcx_field f)
{
	struct ipcx_fieldset unknown = ipcx_row_unknown(t, row);

	return ipcx_fieldset_has(&unknown, f);
}

/* Whether the process that an object records as its last user has ended. */
static bool leaked_ended(const struct ipcx_table *t, size_t row)
{
	return !leaked_unknown(t, row, IPCX_F_LPID) &&
	       !leaked_unknown(t, row, IPCX_F_LPID_ALIVE) &&
	       ix_doctor_number(t, row, IPCX_F_LPID, 0) &&
	       ix_doctor_truth(t, row, IPCX_F_LPID_ALIVE) == 0;
}

static bool leaked_segment(const struct ipcx_table *t, size_t row)
{
	return ix_doctor_number(t, row, IPCX_F_NATTCH, 1) == 0 &&
	       ix_doctor_truth(t, row, IPCX_F_CREATOR_ALIVE) == 0 &&
	       (leaked_ended(t, row) || (!leaked_unknown(t, row, IPCX_F_LPID) &&
					 !ix_doctor_number(t, row, IPCX_F_LPID, 0)));
}

/* If nobody has operated on an array, it may be of a process that lives. */
static bool leaked_array(const struct ipcx_table *t, size_t row)
{
	return leaked_ended(t, row) && !leaked_unknown(t, row, IPCX_F_WAITERS) &&
	       ix_doctor_number(t, row, IPCX_F_WAITERS, 1) == 0;
}

static int leaked_look(struct ix_doctor *d, const struct ipcx_table *t, size_t row,
		       bool sem, struct ix_buf *all)
{
	const struct ix_section *s;
	struct leaked one = { .first = row,
			      .n = 1,
			      .sem = sem,
			      .uid = ix_doctor_number(t, row, IPCX_F_UID, UINT64_MAX),
			      .keyed = ix_doctor_number(t, row, IPCX_F_KEY, 1) != 0,
			      .bytes = ix_doctor_number(t, row, IPCX_F_SIZE, 0),
			      .least_idle = ix_doctor_number(t, row, IPCX_F_IDLE, 0) };
	bool still;
	int r;

	if (one.least_idle < d->idle_s || !ix_table_at(t, row, &s) ||
	    !(sem ? leaked_array(t, row) : leaked_segment(t, row)))
		return 0;
	r = ix_doctor_still(d, row, &still);
	if (r < 0 || !still)
		return r;
	one.place = s->place;
	return ix_buf_add(all, &one, sizeof(one));
}

/* ---- groups: sorting makes them, so that no number of users costs more */

static int leaked_same(const struct leaked *l, const struct leaked *r)
{
	if (l->sem != r->sem)
		return l->sem ? 1 : -1;
	if (l->place != r->place)
		return l->place < r->place ? -1 : 1;
	if (l->uid != r->uid)
		return l->uid < r->uid ? -1 : 1;
	return (int)l->keyed - (int)r->keyed;
}

static int leaked_order(const void *a, const void *b)
{
	const struct leaked *l = a, *r = b;
	int order = leaked_same(l, r);

	return order ? order : l->first < r->first ? -1 : l->first > r->first;
}

static size_t leaked_group(struct ix_buf *buf)
{
	struct leaked *all = (void *)buf->data;
	size_t n = buf->len / sizeof(*all), to = 0;

	if (!n)
		return 0;
	qsort(all, n, sizeof(*all), leaked_order);
	for (size_t i = 1; i < n; i++) {
		if (leaked_same(&all[i], &all[to]) != 0) {
			all[++to] = all[i];
			continue;
		}
		all[to].n++;
		all[to].bytes += all[i].bytes;
		all[to].least_idle = MIN(all[to].least_idle, all[i].least_idle);
	}
	return to + 1;
}

/* ---- findings */

/* What is known of programs that run as a user of this name. */
static const char *leaked_program(const char *owner)
{
	static const struct {
		char owner[IX_TEXT(12)], what[IX_TEXT(100)];
		bool ends; /* the name only ends so */
	} known[] = {
		{ "postgres", "; PostgreSQL makes a new one when it is started", false },
		{ "oracle", "; Oracle may still want it: see sysresv", false },
		{ "adm", "; SAP may still want it: see cleanipc", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		size_t len = strlen(owner), n = strlen(known[i].owner);

		if (len >= n && !strcmp(owner + len - n, known[i].owner) &&
		    (len == n || (known[i].ends && len == n + 3)))
			return known[i].what;
	}
	return "";
}

static void leaked_fix(const struct ix_doctor *d, const struct ipcx_table *t,
		       const struct leaked *l, char *buf, size_t size)
{
	char where[IX_DOCTOR_TEXT];
	const char *ns = ix_doctor_where(d, t, l->first, where, sizeof(where));
	const char *is = l->sem ? leaked_arrays : leaked_segments;
	struct ipcx_value ref;

	if (l->n > 1)
		ix_fix_command(buf, size, ns,
			       "rm %s -w '%s && uid == %" PRIu64
			       " && key %s 0 && idle >= %" PRIu64 "'",
			       l->sem ? "sem" : "shm", is, l->uid,
			       l->keyed ? "!=" : "==", d->idle_s);
	else
		ix_fix_command(buf, size, ns, "rm %s -w '%s && idle >= %" PRIu64 "'",
			       ix_doctor_word(t, l->first, IPCX_F_REF, &ref),
			       l->sem ? is : "nattch == 0", d->idle_s);
}

static void leaked_evidence(const struct leaked *l, const char *owner, char *buf,
			    size_t size)
{
	bool many = l->n > 1;
	char bytes[32], span[32];

	(void)ix_doctor_span(l->least_idle, span, sizeof(span));
	if (l->sem)
		(void)snprintf(buf, size,
			       "no thread waits for %s, and the last process to operate "
			       "on %s has ended; not used for %s%s; which processes use "
			       "an array is not recorded: one that lives may still want "
			       "it",
			       many ? "them" : "it", many ? "each" : "it", span,
			       many ? " or longer" : "");
	else
		(void)snprintf(buf, size,
			       "nobody has attached %s, the creator%s and the last user "
			       "have ended; %s%s, not used for %s%s%s",
			       many ? "them" : "it", many ? "s" : "",
			       ix_doctor_bytes(l->bytes, bytes, sizeof(bytes)),
			       many ? " together" : "", span, many ? " or longer" : "",
			       leaked_program(owner));
}

static int leaked_tell(struct ix_doctor *d, const struct ipcx_table *t,
		       const struct leaked *l)
{
	char what[200], evidence[400], fix[IX_DOCTOR_TEXT];
	const char *object = l->sem ? "semaphore array" : "segment";
	struct ipcx_value owner;
	const char *name = ix_doctor_word(t, l->first, IPCX_F_OWNER, &owner);
	const char *lost = l->keyed ? "" : " that nobody can find by a key";

	if (l->n > 1)
		(void)snprintf(what, sizeof(what),
			       "%" PRIu64 " %ss of %s%s have been forgotten", l->n,
			       object, name, lost);
	else
		(void)snprintf(what, sizeof(what), "a %s of %s%s has been forgotten",
			       object, name, lost);
	leaked_evidence(l, name, evidence, sizeof(evidence));
	leaked_fix(d, t, l, fix, sizeof(fix));
	return ix_doctor_add(d, &(struct ix_found){ .finding = "leaked",
						    .grade = l->keyed || l->sem
								     ? IPCX_POSSIBLE
								     : IPCX_LIKELY,
						    .about = t,
						    .row = l->first,
						    .what = what,
						    .evidence = evidence,
						    .fix = fix,
						    .count = l->n,
						    .bytes = l->bytes });
}

int ix_doctor_leaked(struct ix_doctor *d)
{
	const unsigned shm = ix_doctor_mech("shm"), sem = ix_doctor_mech("sem");
	auto_buf struct ix_buf all = { 0 };
	const struct ipcx_table *t;
	size_t n;
	int r = ix_doctor_objects(d, &t);

	for (size_t i = 0; r == 0 && i < t->nsections; i++) {
		const struct ix_section *s = &t->sections[i];

		if (s->mech != shm && s->mech != sem)
			continue;
		for (size_t row = s->first; r == 0 && row < s->first + s->count; row++)
			r = leaked_look(d, t, row, s->mech == sem, &all);
	}
	n = r == 0 ? leaked_group(&all) : 0;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = leaked_tell(d, t, (const struct leaked *)(const void *)all.data + i);
	return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Segments that were forgotten, or are removed but not gone. Forgotten is only what
 * nobody has attached and whose creator and last user have ended: who lives may attach it
 * again. Many such segments of one user are one finding with one command.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/mech.h"
#include "doctor/doctor.h"

/* Segments of one user that one condition selects. */
struct leak {
	size_t place, first; /* of the table; the first row */
	uint64_t uid, n, bytes, least_idle;
	bool keyed;
};

/* From this much on, memory that a process keeps is worth a word. */
#define SEGMENTS_BYTES (UINT64_C(64) << 20)

/* ---- leaked */

/* Whether a process that the segment records has ended, or there was none. */
static bool leak_ended(const struct ipcx_table *t, size_t row, enum ipcx_field pid,
		       enum ipcx_field alive)
{
	struct ipcx_fieldset unknown = ipcx_row_unknown(t, row);

	if (ipcx_fieldset_has(&unknown, pid) || ipcx_fieldset_has(&unknown, alive))
		return false;
	return ix_doctor_number(t, row, pid, 0) == 0 ||
	       ix_doctor_truth(t, row, alive) == 0;
}

static bool leak_is(const struct ix_doctor *d, const struct ipcx_table *t, size_t row)
{
	return ix_doctor_number(t, row, IPCX_F_NATTCH, 1) == 0 &&
	       ix_doctor_truth(t, row, IPCX_F_CREATOR_ALIVE) == 0 &&
	       ix_doctor_number(t, row, IPCX_F_IDLE, 0) >= d->idle_s &&
	       leak_ended(t, row, IPCX_F_LPID, IPCX_F_LPID_ALIVE);
}

static struct leak *leak_of(struct ix_buf *leaks, const struct leak *one)
{
	struct leak *all = (void *)leaks->data;

	for (size_t i = 0; i < leaks->len / sizeof(*all); i++)
		if (all[i].place == one->place && all[i].uid == one->uid &&
		    all[i].keyed == one->keyed)
			return &all[i];
	if (ix_buf_add(leaks, one, sizeof(*one)) < 0)
		return NULL;
	return (struct leak *)(void *)(leaks->data + leaks->len) - 1;
}

static int leak_count(const struct ix_doctor *d, const struct ipcx_table *t, size_t row,
		      struct ix_buf *leaks)
{
	const struct ix_section *s;
	struct leak one = { .first = row,
			    .uid = ix_doctor_number(t, row, IPCX_F_UID, UINT64_MAX),
			    .keyed = ix_doctor_number(t, row, IPCX_F_KEY, 1) != 0,
			    .least_idle = UINT64_MAX };
	struct leak *l;

	if (!leak_is(d, t, row) || !ix_table_at(t, row, &s))
		return 0;
	one.place = s->place;
	l = leak_of(leaks, &one);
	if (!l)
		return -ENOMEM;
	l->n++;
	l->bytes += ix_doctor_number(t, row, IPCX_F_SIZE, 0);
	l->least_idle = MIN(l->least_idle, ix_doctor_number(t, row, IPCX_F_IDLE, 0));
	return 0;
}

/* What is known of programs that run as a user of this name. */
static const char *leak_program(const char *owner)
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

static int leak_tell(struct ix_doctor *d, const struct ipcx_table *t,
		     const struct leak *l)
{
	char what[200], evidence[400], fix[IX_DOCTOR_TEXT], where[64], bytes[32],
		span[32];
	struct ipcx_value owner, ref;
	const char *name = ix_doctor_word(t, l->first, IPCX_F_OWNER, &owner);
	const char *ns = ix_doctor_where(d, t, l->first, where, sizeof(where));
	bool many = l->n > 1;

	(void)snprintf(what, sizeof(what),
		       many ? "%" PRIu64 " segments of %s%s have been forgotten"
			    : "%.0" PRIu64 "a segment of %s%s has been forgotten",
		       many ? l->n : 0, name,
		       l->keyed ? "" : " that nobody can find by a key");
	(void)snprintf(
		evidence, sizeof(evidence),
		"nobody has attached %s, the creator%s and the last user have ended; "
		"%s%s, not used for %s%s%s",
		many ? "them" : "it", many ? "s" : "",
		ix_doctor_bytes(l->bytes, bytes, sizeof(bytes)), many ? " together" : "",
		ix_doctor_span(l->least_idle, span, sizeof(span)),
		many ? " or longer" : "", leak_program(name));
	if (many)
		ix_fix_command(fix, sizeof(fix), ns,
			       "rm shm -w 'nattch == 0 && !creator_alive && "
			       "(lpid == null || !lpid_alive) && uid == %" PRIu64
			       " && key %s 0 && idle >= %" PRIu64 "'",
			       l->uid, l->keyed ? "!=" : "==", d->idle_s);
	else
		ix_fix_command(fix, sizeof(fix), ns,
			       "rm %s -w 'nattch == 0 && idle >= %" PRIu64 "'",
			       ix_doctor_word(t, l->first, IPCX_F_REF, &ref), d->idle_s);
	return ix_doctor_add(d, &(struct ix_found){ .finding = "leaked",
						    .grade = l->keyed ? IPCX_POSSIBLE
								      : IPCX_LIKELY,
						    .about = t,
						    .row = l->first,
						    .what = what,
						    .evidence = evidence,
						    .fix = fix,
						    .count = l->n,
						    .bytes = l->bytes });
}

/* ---- removed, but attached */

/* What one process keeps of removed segments. */
struct removed {
	uint64_t pid, n, bytes, orphans;
	size_t first, user; /* a row of the objects, and of the users */
};

/* Segments without a user that was seen are not told: who keeps them is what matters. */
static int removed_count(const struct ix_doctor *d, size_t row, struct ix_buf *all)
{
	const struct ipcx_table *t = d->objects;
	struct removed one = { .first = row }, *r = (void *)all->data;
	size_t n = all->len / sizeof(*r), i;

	if (ix_doctor_truth(t, row, IPCX_F_DEST) != 1 ||
	    !ix_doctor_users_of(d, row, &one.user))
		return 0;
	one.pid = ix_doctor_number(d->users, one.user, IPCX_F_PID, 0);
	/* Usually it is the process of the segment before. */
	for (i = n; i > 0 && r[i - 1].pid != one.pid; i--)
		;
	if (!i) {
		if (ix_buf_add(all, &one, sizeof(one)) < 0)
			return -ENOMEM;
		r = (void *)all->data;
		i = n + 1;
	}
	r[i - 1].n++;
	r[i - 1].bytes += ix_doctor_number(t, row, IPCX_F_SIZE, 0);
	r[i - 1].orphans += ix_doctor_truth(t, row, IPCX_F_CREATOR_ALIVE) == 0;
	return 0;
}

static int removed_tell(struct ix_doctor *d, const struct removed *r)
{
	char what[200], evidence[320], fix[IX_DOCTOR_TEXT], where[64], bytes[32];
	struct ipcx_value command;
	bool big = r->bytes >= SEGMENTS_BYTES;

	/* Programs remove a segment as soon as all have attached it, so that it cannot be
	 * forgotten: that alone is no finding. */
	if (!big && !r->orphans)
		return 0;
	(void)snprintf(what, sizeof(what),
		       "%" PRIu64
		       " removed segment%s take%s memory until process %" PRIu64
		       " (%s) detaches %s",
		       r->n, r->n == 1 ? "" : "s", r->n == 1 ? "s" : "", r->pid,
		       ix_doctor_word(d->users, r->user, IPCX_F_COMMAND, &command),
		       r->n == 1 ? "it" : "them");
	(void)snprintf(evidence, sizeof(evidence),
		       "%s; of %" PRIu64
		       " the creator has ended; they count for shmmni and "
		       "shmall, and cannot be removed again",
		       ix_doctor_bytes(r->bytes, bytes, sizeof(bytes)), r->orphans);
	ix_fix_command(fix, sizeof(fix),
		       ix_doctor_where(d, d->objects, r->first, where, sizeof(where)),
		       "who --pid %" PRIu64 " shm", r->pid);
	return ix_doctor_add(d, &(struct ix_found){ .finding = "removed",
						    .grade = big ? IPCX_CERTAIN
								 : IPCX_POSSIBLE,
						    .about = d->objects,
						    .row = r->first,
						    .what = what,
						    .evidence = evidence,
						    .fix = fix,
						    .count = r->n,
						    .bytes = r->bytes });
}

int ix_doctor_segments(struct ix_doctor *d)
{
	auto_buf struct ix_buf leaks = { 0 }, removed = { 0 };
	const struct ipcx_table *t, *users;
	unsigned shm = ix_doctor_mech("shm");
	int r = ix_doctor_objects(d, &t);

	if (r == 0)
		r = ix_doctor_users(d, &users);
	for (size_t i = 0; r == 0 && i < t->nsections; i++) {
		const struct ix_section *s = &t->sections[i];

		for (size_t row = s->first;
		     r == 0 && s->mech == shm && row < s->first + s->count; row++) {
			r = leak_count(d, t, row, &leaks);
			if (r == 0)
				r = removed_count(d, row, &removed);
		}
	}
	for (size_t i = 0; r == 0 && i < leaks.len / sizeof(struct leak); i++)
		r = leak_tell(d, t, (const struct leak *)(const void *)leaks.data + i);
	for (size_t i = 0; r == 0 && i < removed.len / sizeof(struct removed); i++)
		r = removed_tell(d,
				 (const struct removed *)(const void *)removed.data + i);
	return r;
}

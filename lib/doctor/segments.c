/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Segments that are removed, but not gone, because a process has them attached. What one
 * process keeps is one finding.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mech.h"
#include "doctor/doctor.h"

/* From this much on, memory that a process keeps is worth a word. */
#define SEGMENTS_BYTES (UINT64_C(64) << 20)

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
	struct removed one = { .first = row, .n = 1 };

	if (ix_doctor_truth(t, row, IPCX_F_DEST) != 1 ||
	    !ix_doctor_users_of(d, row, &one.user))
		return 0;
	one.pid = ix_doctor_number(d->users, one.user, IPCX_F_PID, 0);
	one.bytes = ix_doctor_number(t, row, IPCX_F_SIZE, 0);
	one.orphans = ix_doctor_truth(t, row, IPCX_F_CREATOR_ALIVE) == 0;
	return ix_buf_add(all, &one, sizeof(one));
}

static int removed_order(const void *a, const void *b)
{
	const struct removed *l = a, *r = b;

	if (l->pid != r->pid)
		return l->pid < r->pid ? -1 : 1;
	return l->first < r->first ? -1 : l->first > r->first;
}

/* Sorting makes the groups. Join what one process keeps; returns how many there are. */
static size_t removed_group(struct ix_buf *buf)
{
	struct removed *all = (void *)buf->data;
	size_t n = buf->len / sizeof(*all), to = 0;

	if (!n)
		return 0;
	qsort(all, n, sizeof(*all), removed_order);
	for (size_t i = 1; i < n; i++) {
		if (all[i].pid != all[to].pid) {
			all[++to] = all[i];
			continue;
		}
		all[to].n++;
		all[to].bytes += all[i].bytes;
		all[to].orphans += all[i].orphans;
	}
	return to + 1;
}

static int removed_tell(struct ix_doctor *d, const struct removed *r)
{
	char what[200], evidence[320], fix[IX_DOCTOR_TEXT], where[IX_DOCTOR_TEXT],
		bytes[32];
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
	auto_buf struct ix_buf removed = { 0 };
	const struct ipcx_table *t, *users;
	unsigned shm = ix_doctor_mech("shm");
	size_t n;
	int r = ix_doctor_objects(d, &t);

	if (r == 0)
		r = ix_doctor_users(d, &users);
	for (size_t i = 0; r == 0 && i < t->nsections; i++) {
		const struct ix_section *s = &t->sections[i];

		for (size_t row = s->first;
		     r == 0 && s->mech == shm && row < s->first + s->count; row++)
			r = removed_count(d, row, &removed);
	}
	n = r == 0 ? removed_group(&removed) : 0;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = removed_tell(d,
				 (const struct removed *)(const void *)removed.data + i);
	return r;
}

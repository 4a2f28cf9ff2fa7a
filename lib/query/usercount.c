/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The field user_count: how many processes use an object. The processes are looked
 * through at most once in a call, if only mappings matter not before the first row that
 * needs it. Objects are then found by binary search.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "query/inuse.h"

int ix_judging_look(struct ix_scan *s)
{
	struct ix_judging *j = s->judging;
	int r;

	if (j->pass != IX_PASS_TO_DO)
		return 0;
	r = ix_uses_collect(s->x, &j->what, &j->uses);
	if (r == -ENOMEM)
		return r;
	j->pass = r < 0 ? IX_PASS_FAILED : IX_PASS_DONE;
	if (r < 0)
		(void)snprintf(j->why, sizeof(j->why),
			       "which processes use the objects is unknown: %s",
			       s->x->error);
	s->x->error[0] = '\0';
	return 0;
}

/* ---- user_count */

static bool usercount_room(struct ix_judging *j, size_t n)
{
	const struct ix_use **found;
	bool *inferred;

	if (n <= j->room)
		return true;
	found = reallocarray(j->found, n, sizeof(*found));
	if (found)
		j->found = found;
	inferred = found ? reallocarray(j->inferred, n, sizeof(*inferred)) : NULL;
	if (!inferred)
		return false;
	j->inferred = inferred;
	j->room = n;
	return true;
}

/* The kernel counts the attaches: if none is missing, no process is. */
static int segment_users(struct ix_scan *s, const struct ix_section *at, const void *row)
{
	struct ix_judging *j = s->judging;
	uint64_t nattch = ix_judging_raw(at, row, IPCX_F_NATTCH), found, ns = j->home;
	int32_t id = (int32_t)ix_judging_raw(at, row, IPCX_F_ID);
	bool known = !ix_is_unknown(s->t, row, IPCX_F_NATTCH);
	struct ix_segment seg;
	size_t n;
	int r;

	j->certain = known && nattch == 0;
	if (j->certain)
		return 0;
	r = ix_judging_look(s);
	if (r < 0)
		return r;
	if (at->place && s->t->places[at->place - 1].ns)
		ns = s->t->places[at->place - 1].ns;
	n = ix_uses_segment_most(&j->uses, id);
	if (!usercount_room(j, n))
		return -ENOMEM;
	seg = (struct ix_segment){
		.ns = ns,
		.id = id,
		.key = (uint32_t)ix_judging_raw(at, row, IPCX_F_KEY),
		.nattch = nattch,
		.creator = ns == j->home ? (int64_t)ix_judging_raw(at, row, IPCX_F_CUID)
					 : -1,
	};
	n = ix_uses_of_segment(s->x, &j->uses, &seg, j->found, j->inferred, &found);
	j->nfound = n;
	j->paged = n > 0;
	if (n)
		j->page = ix_uses_page(&j->uses, j->found[0]->dev);
	j->certain = known && found >= nattch;
	j->users = MAX(n, nattch > 0);
	return 0;
}

static int file_users(struct ix_scan *s, const struct ix_section *at, const void *row)
{
	struct ix_judging *j = s->judging;
	uint64_t ino = ix_judging_raw(at, row, IPCX_F_INODE);
	size_t n = 0;
	int r = ix_judging_look(s);

	if (r < 0)
		return r;
	if (ino)
		(void)ix_uses_of(&j->uses, ix_mech(s->mech)->traces->kind,
				 ix_judging_raw(at, row, IPCX_F_DEVICE), ino, &n);
	j->users = n;
	j->certain = ino && j->pass == IX_PASS_DONE && ix_uses_complete(&j->uses) &&
		     !s->blurred;
	return 0;
}

int ix_judging_count(struct ix_scan *s, const struct ix_section *at, const void *row)
{
	struct ix_judging *j = s->judging;

	if (j->counted)
		return 0;
	j->counted = true;
	return ix_mech(s->mech)->traces->by_id ? segment_users(s, at, row)
					       : file_users(s, at, row);
}

/* Why the processes of an object are unknown although all processes were seen. */
static const char *usercount_unseen(const struct ix_scan *s)
{
	if (ix_mech(s->mech)->traces->by_id)
		return "which processes have attached some segments is unknown: they came and went meanwhile";
	return s->blurred
		       ? IX_BLURRED
		       : "which processes use some objects is unknown: their files could not be identified";
}

void ix_judging_note(struct ix_scan *s)
{
	const struct ix_judging *j = s->judging;

	if (j->pass == IX_PASS_FAILED)
		ix_table_once(s->t, 0, j->why);
	else if (j->pass == IX_PASS_DONE && !ix_uses_complete(&j->uses))
		ix_uses_note(&j->uses, s->t);
	else
		ix_table_once(s->t, 0, usercount_unseen(s));
}

void ix_judging_store(const struct ix_section *at, void *row, enum ipcx_field f,
		      uint32_t value)
{
	const struct ix_column *c = ix_section_column(at, f);
	char *p = (char *)row + c->offset;

	if (c->size == 1)
		*p = (char)value;
	else if (c->size == sizeof(value))
		memcpy(p, &value, sizeof(value));
}

int ix_tell_count(struct ix_scan *s, const struct ix_section *at, void *row)
{
	const struct ix_traces *traces = ix_mech(s->mech)->traces;
	struct ix_judging *j = s->judging;
	char why[160];
	int r;

	if (traces->none) {
		(void)snprintf(why, sizeof(why), "user_count is unknown: %s",
			       traces->none);
		ix_unknown(s->t, row, IPCX_F_USER_COUNT);
		ix_table_once(s->t, 0, why);
		return 0;
	}
	r = ix_judging_count(s, at, row);
	if (r < 0)
		return r;
	ix_judging_store(at, row, IPCX_F_USER_COUNT, (uint32_t)j->users);
	if (j->certain)
		return 0;
	/* That there are users is certain, which is all that some conditions ask for. */
	j->forget = j->users && s->where && !j->exact;
	if (j->forget)
		return 0;
	ix_unknown(s->t, row, IPCX_F_USER_COUNT);
	ix_judging_note(s);
	return 0;
}

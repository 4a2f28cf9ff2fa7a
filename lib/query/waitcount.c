/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The field waiters where the kernel does not count them: how many threads wait for an
 * object. The threads are looked through at most once in a call, and not before the first
 * row for which the rest of the condition does not decide. Objects are then found by
 * binary search.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/expr.h"
#include "query/inuse.h"

/* One thread that waits for one object. */
struct ix_waiting {
	unsigned kind;   /* enum ix_use_kind, or IX_USE_KINDS plus enum ix_wait_kind */
	uint64_t number; /* the id (of segments also the key); or the inode */
	uint64_t place;  /* the IPC namespace, 0: unknown; or the device */
	int32_t tid, pid;
};

/* The number of a segment: id and key. */
static uint64_t waitcount_segment(uint64_t id, uint64_t key)
{
	return (uint32_t)id | key << 32;
}

static struct ix_waiting waitcount_of(const struct ix_waits *w,
				      const struct ix_wait *wait)
{
	struct ix_waiting one = { .kind = wait->file,
				  .number = wait->ino,
				  .place = wait->dev,
				  .tid = wait->tid,
				  .pid = w->users[wait->user].user.pid };

	if (wait->b.kind == IX_WAIT_SEM || wait->b.kind == IX_WAIT_MSG) {
		one.kind = IX_USE_KINDS + wait->b.kind;
		one.number = (uint32_t)wait->b.object;
		one.place = wait->ipc;
	} else if (wait->file == IX_USE_SYSV) {
		one.number = waitcount_segment(wait->ino, wait->key);
		one.place = w->users[wait->user].user.ipc;
	}
	return one;
}

static int waitcount_order(const void *a, const void *b)
{
	const struct ix_waiting *l = a, *r = b;

	if (l->kind != r->kind)
		return l->kind < r->kind ? -1 : 1;
	if (l->number != r->number)
		return l->number < r->number ? -1 : 1;
	if (l->place != r->place)
		return l->place < r->place ? -1 : 1;
	return l->tid < r->tid ? -1 : l->tid > r->tid;
}

/* Sort the waits by object. A thread may wait for an object in several ways. */
static int waitcount_sort(struct ix_waitcount *c)
{
	const struct ix_waits *w = &c->waits;
	size_t n = 0;

	if (!w->n)
		return 0;
	c->sorted = calloc(w->n, sizeof(*c->sorted));
	if (!c->sorted)
		return -ENOMEM;
	for (size_t i = 0; i < w->n; i++)
		c->sorted[i] = waitcount_of(w, &w->all[i]);
	qsort(c->sorted, w->n, sizeof(*c->sorted), waitcount_order);
	for (size_t i = 1; i < w->n; i++)
		if (waitcount_order(&c->sorted[n], &c->sorted[i]))
			c->sorted[++n] = c->sorted[i];
	c->nsorted = n + 1;
	return 0;
}

/* Return the first wait for the object with this number. */
static const struct ix_waiting *waitcount_first(const struct ix_waitcount *c,
						unsigned kind, uint64_t number)
{
	size_t low = 0, high = c->nsorted;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct ix_waiting *one = &c->sorted[middle];

		if (one->kind < kind || (one->kind == kind && one->number < number))
			low = middle + 1;
		else
			high = middle;
	}
	return c->sorted + low;
}

int ix_waitcount_look(struct ix_scan *s)
{
	struct ix_judging *j = s->judging;
	struct ix_waitcount *c = &j->waiting;
	struct ix_waits_what what = { .kinds = c->kinds };
	int r;

	if (c->pass != IX_PASS_TO_DO)
		return 0;
	if (!s->x->ns && j->home) {
		what.spaces = &j->home;
		what.nspaces = 1;
	}
	r = ix_waits_collect(s->x, &what, &c->waits);
	if (r == -ENOMEM)
		return r;
	c->pass = r < 0 ? IX_PASS_FAILED : IX_PASS_DONE;
	if (r < 0)
		(void)snprintf(c->why, sizeof(c->why),
			       "which threads wait for the objects is unknown: %s",
			       s->x->error);
	s->x->error[0] = '\0';
	return r < 0 ? 0 : waitcount_sort(c);
}

bool ix_waitcount_segments(const struct ix_waitcount *c)
{
	return c->nsorted && waitcount_first(c, IX_USE_SYSV, 0) <
				     waitcount_first(c, IX_USE_SYSV + 1, 0);
}

void ix_waitcount_free(struct ix_waitcount *c)
{
	ix_waits_free(&c->waits);
	free(c->sorted);
	c->sorted = NULL;
}

/* ---- one object */

/* Whether a process is one of those that have attached the current segment. */
static bool waitcount_attached(const struct ix_judging *j, int32_t pid)
{
	for (size_t i = 0; i < j->nfound; i++)
		if (j->uses.users[j->found[i]->user].pid == pid)
			return true;
	return false;
}

/* Count the waits for an object; return how many there are for objects of another place
 * that have the same number. */
static size_t waitcount_range(struct ix_judging *j, unsigned kind, uint64_t number,
			      uint64_t place)
{
	struct ix_waitcount *c = &j->waiting;
	const struct ix_waiting *one, *end;
	size_t strays = 0;

	c->n = 0;
	if (!c->nsorted)
		return 0;
	end = c->sorted + c->nsorted;
	one = waitcount_first(c, kind, number);
	for (; one < end && one->kind == kind && one->number == number; one++) {
		bool ours = one->place == place || waitcount_attached(j, one->pid);

		c->n += ours;
		strays += !ours;
		/* A thread of System V whose namespace is unknown may be anywhere. */
		c->certain &= one->place || kind == IX_USE_SYSV;
	}
	return strays;
}

/* The IPC namespace in which a section's objects are. */
static uint64_t waitcount_ns(const struct ix_scan *s, const struct ix_section *at)
{
	uint64_t ns = at->place ? s->t->places[at->place - 1].ns : 0;

	return ns ? ns : s->judging->home;
}

/*
 * A process may have attached a segment before it changed to another namespace, where a
 * segment may have the same id and key: only then it has to be found out who has attached
 * this one.
 */
static int waitcount_of_segment(struct ix_scan *s, const struct ix_section *at,
				const void *row)
{
	struct ix_judging *j = s->judging;
	uint64_t number = waitcount_segment(ix_judging_raw(at, row, IPCX_F_ID),
					    ix_judging_raw(at, row, IPCX_F_KEY));
	int r;

	if (!waitcount_range(j, IX_USE_SYSV, number, waitcount_ns(s, at)))
		return 0;
	r = ix_judging_count(s, at, row);
	if (r < 0)
		return r;
	(void)waitcount_range(j, IX_USE_SYSV, number, waitcount_ns(s, at));
	j->waiting.certain &= j->certain;
	return 0;
}

static int waitcount_find(struct ix_scan *s, const struct ix_section *at, const void *row)
{
	const struct ix_mech *m = ix_mech(s->mech);
	struct ix_judging *j = s->judging;
	uint64_t ino;

	j->waiting.certain = j->waiting.pass == IX_PASS_DONE &&
			     ix_waits_complete(&j->waiting.waits);
	if (m->traces->by_id)
		return waitcount_of_segment(s, at, row);
	if (!m->info.named) {
		(void)waitcount_range(j, IX_USE_KINDS + IX_WAIT_MSG,
				      (uint32_t)ix_judging_raw(at, row, IPCX_F_ID),
				      waitcount_ns(s, at));
		return 0;
	}
	ino = ix_judging_raw(at, row, IPCX_F_INODE);
	j->waiting.certain &= ino && !s->blurred;
	if (ino)
		(void)waitcount_range(j, m->traces->kind, ino,
				      ix_judging_raw(at, row, IPCX_F_DEVICE));
	return 0;
}

/* Nobody waits in a segment that nobody has attached. */
static bool waitcount_alone(const struct ix_scan *s, const struct ix_section *at,
			    const void *row)
{
	return ix_mech(s->mech)->traces->by_id &&
	       !ix_is_unknown(s->t, row, IPCX_F_NATTCH) &&
	       !ix_judging_raw(at, row, IPCX_F_NATTCH);
}

int ix_waitcount_count(struct ix_scan *s, const struct ix_section *at, const void *row)
{
	struct ix_waitcount *c = &s->judging->waiting;
	int r;

	if (c->counted)
		return 0;
	c->counted = true;
	c->certain = waitcount_alone(s, at, row);
	if (c->certain)
		return 0;
	r = ix_waitcount_look(s);
	return r < 0 ? r : waitcount_find(s, at, row);
}

void ix_waitcount_note(struct ix_scan *s)
{
	const struct ix_waitcount *c = &s->judging->waiting;
	const struct ix_uses unseen = { .denied = c->waits.denied,
					.missed = c->waits.missed,
					.missed_error = c->waits.missed_error,
					.others = c->waits.others };

	if (c->pass == IX_PASS_FAILED)
		ix_table_once(s->t, 0, c->why);
	else if (!ix_waits_complete(&c->waits))
		ix_uses_note(&unseen, s->t);
	else if (s->blurred)
		ix_table_once(s->t, 0, IX_BLURRED);
	else if (ix_mech(s->mech)->traces->by_id)
		ix_judging_note(s);
	else
		ix_table_once(
			s->t, 0,
			"which threads wait for some objects is unknown: the objects could not be identified");
}

/*
 * Whether the number matters: not if the rest of the condition decides that the row is
 * left out, or decides that it is kept and the number is not shown. Asked only as long as
 * the threads have not been looked through.
 */
static bool waitcount_matters(struct ix_scan *s, const struct ix_section *at, void *row)
{
	const struct ix_waitcount *c = &s->judging->waiting;
	struct ix_row *head = row;
	uint32_t unknown = head->unknown;
	int says;

	if (c->pass != IX_PASS_TO_DO || !s->where ||
	    !ipcx_fieldset_has(&s->where->fields, IPCX_F_WAITERS))
		return true;
	ix_unknown(s->t, row, IPCX_F_WAITERS);
	says = ix_expr_row(s->where, s->t, at, row).says;
	head->unknown = unknown;
	return says < 0 || (says && c->shown);
}

int ix_tell_waiters(struct ix_scan *s, const struct ix_section *at, void *row)
{
	struct ix_waitcount *c = &s->judging->waiting;
	int r;

	if (!c->counted && !waitcount_matters(s, at, row)) {
		ix_unknown(s->t, row, IPCX_F_WAITERS);
		return 0;
	}
	r = ix_waitcount_count(s, at, row);
	if (r < 0)
		return r;
	ix_judging_store(at, row, IPCX_F_WAITERS,
			 (uint32_t)MIN(c->n, (uint64_t)UINT32_MAX));
	if (c->certain)
		return 0;
	/* That there are waiters is certain, which is all that some conditions ask. */
	c->forget = c->n && s->where && !c->exact;
	if (c->forget)
		return 0;
	ix_unknown(s->t, row, IPCX_F_WAITERS);
	ix_waitcount_note(s);
	return 0;
}

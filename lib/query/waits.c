/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ipcx_waits(): one pass over all threads; then the objects for which they wait; then,
 * for these only, who could end it; and then the threads once more. A verdict stands only
 * on threads that slept from the first look to the last, so that what was read between
 * them is true of one moment.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <time.h>

#include "base/cap.h"
#include "core/copyin.h"
#include "ns/ns.h"
#include "query/users.h"
#include "query/usersjoin.h"
#include "query/waitsjoin.h"

static void waits_sleep(uint64_t ns)
{
	struct timespec left = { .tv_sec = (time_t)(ns / 1000000000),
				 .tv_nsec = (long)(ns % 1000000000) };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
		;
}

/* ---- what was not seen */

struct waits_count {
	uint64_t ns, id;
	int64_t waiters; /* -1: unknown */
};

static int waits_count_order(const void *a, const void *b)
{
	const struct waits_count *l = a, *r = b;

	if (l->ns != r->ns)
		return l->ns < r->ns ? -1 : 1;
	return l->id < r->id ? -1 : l->id > r->id;
}

/* Read the counts of a row. Returns whether the object has some, and is asked for. */
static bool waits_count_of(const struct waits_join *j, size_t row,
			   struct waits_count *ret_count)
{
	static const enum ipcx_field counts[] = { IPCX_F_SEMNCNT, IPCX_F_SEMZCNT };
	struct waits_count c = {
		.ns = ix_users_number(j->objects, row, IPCX_F_NS),
		.id = ix_users_number(j->objects, row, IPCX_F_ID),
	};
	struct ipcx_value v;
	struct ipcx_ref it;
	bool any = false;

	if (ipcx_row_ref(j->objects, row, &it) < 0 ||
	    !ix_users_asks_row(j->q, &it, ix_users_number(j->objects, row, IPCX_F_KEY), 0,
			       0))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		if (ipcx_row_get(j->objects, row, counts[i], &v) < 0)
			continue;
		any = true;
		c.waiters = v.type != IPCX_TYPE_UINT || c.waiters < 0
				    ? -1
				    : c.waiters + (int64_t)v.as.u;
	}
	*ret_count = c;
	return any;
}

/* Return how many threads wait for the objects according to the kernel; -ENODATA if some
 * of these counts are unknown; -ENOMEM. An object that is named may be listed twice. */
static int64_t waits_counted(const struct waits_join *j)
{
	size_t rows = j->objects ? j->objects->rows : 0, n = 0;
	auto_free struct waits_count *all = calloc(rows + 1, sizeof(*all));
	int64_t sum = 0;
	bool whole = true;

	if (!all)
		return -ENOMEM;
	for (size_t row = 0; row < rows; row++)
		n += waits_count_of(j, row, &all[n]);
	qsort(all, n, sizeof(*all), waits_count_order);
	for (size_t i = 0; i < n; i++) {
		if (i && waits_count_order(&all[i - 1], &all[i]) == 0)
			continue;
		whole &= all[i].waiters >= 0;
		sum += MAX(all[i].waiters, 0);
	}
	return whole || sum ? sum : -ENODATA;
}

/* If every thread was seen, a difference between what the kernel counted and what was
 * found means that threads came or went meanwhile. */
static int waits_tell_unseen(struct waits_join *j)
{
	int64_t counted = ix_waits_complete(&j->waits) ? 0 : waits_counted(j);
	int64_t found = 0;

	for (size_t i = 0; i < j->n; i++)
		found += j->all[i].asked && j->all[i].wait->b.kind == IX_WAIT_SEM;
	j->unseen.waiters = counted > found ? (uint64_t)(counted - found) : 0;
	/* Those that may not be looked at are the same both times. */
	j->unseen.processes = MAX(j->waits.denied, j->uses.denied) + j->waits.missed +
			      j->uses.missed;
	j->unseen.others = j->waits.others;
	return counted == -ENOMEM ? -ENOMEM : 0;
}

static void waits_note(struct waits_join *j)
{
	const struct ix_waits *w = &j->waits;

	if (w->missed)
		ix_table_once(j->out.t, w->missed_error,
			      "some threads could not be looked at");
	if (j->uses.missed)
		ix_table_once(j->out.t, j->uses.missed_error,
			      "some processes could not be looked at");
	if (w->denied)
		ix_table_once(
			j->out.t, -EACCES,
			ix_cap_has(CAP_SYS_PTRACE) > 0
				? "a security module hides some threads"
				: "the threads of some processes may not be looked at (needs CAP_SYS_PTRACE)");
	if (w->others)
		ix_table_once(
			j->out.t, 0,
			"processes outside this /proc cannot be seen (PID namespace or hidepid)");
}

/* ---- the call */

static struct ix_waits_what waits_what(struct waits_join *j)
{
	struct ix_waits_what what = { .kinds = 0 };

	for (unsigned m = 0; ix_mech(m); m++) {
		const struct ix_traces *traces = ix_mech(m)->traces;

		if (traces)
			what.kinds |= traces->waits;
		if (!ix_users_asks(j->q, m))
			continue;
		j->mechs |= IPCX_MECH_BIT(m);
		if (traces)
			j->kinds |= traces->waits;
	}
	if (!j->judges)
		what.kinds = j->kinds;
	if (!j->everywhere && j->home) {
		what.spaces = &j->home;
		what.nspaces = 1;
	}
	return what;
}

/* Whether the objects of a mechanism tell themselves that nobody waits: the kernel counts
 * who waits, or who has attached them. */
static bool waits_tells(const struct ix_mech *m)
{
	return ix_kind_has(m->kind, IPCX_F_SEMNCNT) || (m->traces && m->traces->by_id);
}

/* Whether all objects that are asked for tell themselves that nobody waits, so that the
 * threads need no look: 1, 0 or -errno. */
static int waits_nobody(struct waits_join *j)
{
	int r;

	for (unsigned m = 0; ix_mech(m); m++)
		if ((j->mechs & IPCX_MECH_BIT(m)) && !waits_tells(ix_mech(m)))
			return 0;
	j->counts = j->early = true;
	r = ix_waits_list(j);
	j->early = false;
	if (r < 0 || waits_counted(j) != 0)
		return MIN(r, 0);
	for (size_t row = 0; j->objects && row < j->objects->rows; row++) {
		struct ipcx_value v;

		if (ipcx_row_get(j->objects, row, IPCX_F_NATTCH, &v) == 0 &&
		    (v.type != IPCX_TYPE_UINT || v.as.u))
			return 0;
	}
	return 1;
}

/* Look once more at the waits that are said to have lasted, or that have a verdict: it
 * stands only if all threads on which it is built have slept until now, and these have a
 * verdict, too. Returns whether there are any. */
static bool waits_again(struct waits_join *j)
{
	bool any = false;

	for (size_t i = 0; i < j->n; i++) {
		const struct wait_found *f = &j->all[i];
		bool again = f->judged.why != IX_WHY_NONE || f->last_is == LAST_GONE ||
			     f->not_found || (j->for_ns && f->asked);

		j->waits.all[f->wait - j->waits.all].again = again;
		any |= again;
	}
	if (any)
		ix_waits_again(j->out.x, &j->waits);
	return any;
}

/* Look for what is asked for. If threads wait for that and are to be judged, look again,
 * for everything: those who could end these waits may wait for something else. For a wait
 * for a System V queue, nothing of this is known. */
static int waits_collect(struct waits_join *j, const struct ix_waits_what *all)
{
	struct ix_waits_what asked = *all;
	int r;

	asked.kinds = j->kinds;
	r = ix_waits_collect(j->out.x, &asked, &j->waits);
	if (r < 0 || !j->waits.n || asked.kinds == all->kinds ||
	    asked.kinds == 1U << IX_WAIT_MSG)
		return r;
	ix_waits_free(&j->waits);
	return ix_waits_collect(j->out.x, all, &j->waits);
}

static int waits_run(struct waits_join *j)
{
	const struct ix_waits_what what = waits_what(j);
	int r = waits_nobody(j);

	if (r > 0)
		return ix_waits_match(j); /* what is to be said of the objects */
	if (r < 0)
		return r;
	ipcx_table_free(j->objects);
	j->objects = NULL;
	j->listed = false;
	r = waits_collect(j, &what);
	if (r < 0)
		return r;
	j->counts = !ix_waits_complete(&j->waits);
	if (j->for_ns) {
		j->since = time(NULL);
		waits_sleep(j->for_ns);
	}
	r = ix_waits_match(j);
	if (r == 0)
		r = ix_waits_know(j);
	if (r < 0)
		return r;
	if (j->judges)
		r = ix_waits_judge(j);
	if (r == 0 && waits_again(j) && j->judges)
		r = ix_waits_judge(j);
	if (r == 0)
		r = ix_waits_say(j);
	if (j->trouble)
		ix_table_once(j->out.t, j->trouble,
			      "who holds some locks could not be found out");
	return r < 0 ? r : waits_tell_unseen(j);
}

static void waits_end(struct waits_join *j)
{
	for (size_t i = 0; i < j->n; i++)
		free(j->all[i].ref);
	for (size_t i = 0; i < j->nsets; i++)
		free(j->sets[i].pids);
	free(j->all);
	free(j->sets);
	free(j->places);
	ix_boxed_end(&j->out.boxed);
	ix_owners_free(&j->owners);
	ix_uses_free(&j->uses);
	ix_waits_free(&j->waits);
	ipcx_table_free(j->objects);
}

static int waits_check(struct ipcx *x, const struct ipcx_query *q,
		       const struct ipcx_unseen *unseen)
{
	if (q->same || q->max_rows || q->resume || (q->flags & ~IPCX_NUMERIC))
		return ix_fail_plain(
			x, -EINVAL,
			"the query has members that do not apply to threads that wait");
	return unseen ? IX_COPY_CHECK(x, ipcx_unseen, IPCX_UNSEEN_SIZE_0_1, unseen) : 0;
}

static bool waits_field(const struct ipcx_query *q, enum ipcx_field f)
{
	struct ipcx_fieldset read = ipcx_expr_fields(q->where);

	return ipcx_fieldset_empty(&q->fields) || ipcx_fieldset_has(&q->fields, f) ||
	       ipcx_fieldset_has(&read, f);
}

/* Finding who could end a wait costs more than finding the wait. */
static bool waits_judges(const struct ipcx_query *q)
{
	static const enum ipcx_field fields[] = {
		IPCX_F_HELD_BY, IPCX_F_HELD_GRADE, IPCX_F_WAKER,
		IPCX_F_VERDICT, IPCX_F_GRADE,      IPCX_F_CYCLE,
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (waits_field(q, fields[i]))
			return true;
	return false;
}

/* The namespaces that are asked for. */
static void waits_home(struct ipcx *x, struct waits_join *j)
{
	const struct ix_target *p = x->ns ? ix_ns_target(x->ns) : NULL;

	/* A directory may be in use by processes of any namespace. */
	j->everywhere = x->ns && (!p || p->directory);
	j->home = p ? p->ino : ix_ns_own(x, "ipc");
}

int ipcx_waits(struct ipcx *x, const struct ipcx_query *q,
	       const struct ipcx_wait_opts *opts, struct ipcx_unseen *ret_unseen,
	       struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, q, ret_table);
	struct ipcx_query own;
	struct ipcx_wait_opts how = { .size = sizeof(how) };
	struct waits_join j = { .q = &own, .unseen = { .size = sizeof(j.unseen) } };
	int r = ix_query_in(x, q, false, &own);

	if (r == 0 && opts)
		r = IX_COPY_IN(x, ipcx_wait_opts, IPCX_WAIT_OPTS_SIZE_0_1, opts, &how);
	if (r == 0)
		r = waits_check(x, &own, ret_unseen);
	if (r < 0)
		return r;
	j.for_ns = how.for_ns;
	j.judges = waits_judges(&own);
	j.out = (struct ix_waitrows){ .x = x, .where = own.where };
	r = ix_table_new(&j.out.t);
	if (r < 0)
		return ix_fail_plain(x, r, "out of memory");
	j.out.t->numeric = own.flags & IPCX_NUMERIC;
	j.out.names = !j.out.t->numeric && waits_field(&own, IPCX_F_OWNER);
	j.out.containers = ix_boxed_wanted(&own);
	j.out.boxed.own_mnt = ix_ns_home(x, "mnt");
	waits_home(x, &j);
	r = waits_run(&j);
	if (r == -ENOMEM)
		r = ix_fail_plain(x, r, "out of memory");
	if (r == 0 && ret_unseen)
		(void)IX_COPY_OUT(x, ipcx_unseen, IPCX_UNSEEN_SIZE_0_1, &j.unseen,
				  ret_unseen);
	else if (r == 0)
		waits_note(&j);
	waits_end(&j);
	return ix_table_hand(x, j.out.t, r, ret_table);
}

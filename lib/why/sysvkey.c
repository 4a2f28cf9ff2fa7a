/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why semget(2), msgget(2) and shmget(2) fail: the key, and limits on all objects. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <unistd.h>

#include "base/esc.h"
#include "core/mech.h"
#include "why/fix.h"
#include "why/sysv.h"

/* IPC_PRIVATE is not a key: it always creates. */
static bool key_private(const struct ix_why *w, struct ix_reason *r)
{
	if (!ix_args_has(&w->a, IX_ARG_KEY) || w->a.key || ix_args_has(&w->a, IX_ARG_ID))
		return false;
	ix_reason_set(r, IX_SO_NOT, "the key is IPC_PRIVATE, which no object has");
	return true;
}

/* The object that has the key; NULL: none (true), or unknown, with the reason set. */
static const struct ipcx_table *key_object(struct ix_why *w, struct ix_reason *r,
					   bool *ret_none)
{
	const struct ipcx_table *t = ix_sysv_object(w, IX_SO_NOT, r);

	*ret_none = !t && r->applies == IX_SO_NOT;
	return t;
}

void ix_sysv_why_elsewhere(struct ix_why *w, struct ix_reason *r)
{
	const char *kind = ix_mech(ix_why_mech(w))->info.object;
	const struct ipcx_table *t;
	char where[64], name[80];
	bool none, whole;
	int n;

	if (key_private(w, r))
		return;
	t = key_object(w, r, &none);
	if (t)
		ix_reason_set(r, IX_SO_NOT, "%s is in this namespace",
			      ix_sysv_named(t, name, sizeof(name)));
	if (!none)
		return;
	n = ix_why_elsewhere(w, where, sizeof(where), &whole);
	if (n > 0) {
		ix_reason_set(r, IX_SO,
			      "no %s of this namespace has the key %#" PRIx32
			      ", but one in %s has",
			      kind, w->a.key, *where ? where : "another namespace");
		(void)snprintf(
			r->fix, sizeof(r->fix),
			"run both programs in one IPC namespace: containers in one pod, "
			"or with the same IPC mode");
	} else if (n == 0 && whole) {
		ix_reason_set(r, IX_SO_NOT,
			      "no namespace has a %s with the key %#" PRIx32, kind,
			      w->a.key);
	} else {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: not every namespace could be looked into");
	}
}

void ix_sysv_why_absent(struct ix_why *w, struct ix_reason *r)
{
	const char *kind = ix_mech(ix_why_mech(w))->info.object;
	const struct ipcx_table *t;
	char name[80];
	bool none;

	if (key_private(w, r))
		return;
	t = key_object(w, r, &none);
	if (t)
		ix_reason_set(r, IX_SO_NOT, "%s exists",
			      ix_sysv_named(t, name, sizeof(name)));
	if (!none)
		return;
	if (ix_why_flag(w, IPC_CREAT) == IX_SO) {
		ix_reason_set(r, IX_SO_NOT, "the flags have IPC_CREAT: it would be made");
		return;
	}
	ix_reason_set(r, IX_SO, "no %s has the key %#" PRIx32, kind, w->a.key);
	(void)snprintf(r->fix, sizeof(r->fix),
		       "start the program that makes it first, or pass IPC_CREAT");
}

void ix_sysv_why_exists(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	char name[80];
	bool none;

	if (key_private(w, r))
		return;
	t = key_object(w, r, &none);
	if (!t)
		return;
	(void)ix_sysv_named(t, name, sizeof(name));
	if (ix_why_flag(w, IPC_EXCL) == IX_SO_NOT) {
		ix_reason_set(r, IX_SO_NOT, "%s exists, but the flags lack IPC_EXCL",
			      name);
		return;
	}
	ix_reason_set(r, IX_SO, "%s exists", name);
	ix_fix_command(r->fix, sizeof(r->fix), w->where, "show %s",
		       ix_sysv_ref(t, name, sizeof(name)));
	(void)snprintf(r->fix + strlen(r->fix), sizeof(r->fix) - strlen(r->fix),
		       " # then leave IPC_EXCL out, or remove what a run before left");
}

/* ---- who has most */

struct key_one {
	uint64_t uid;
	bool ended; /* the last ones to operate on it */
};

static int key_compare(const void *a, const void *b)
{
	const struct key_one *one = a, *two = b;

	return one->uid < two->uid ? -1 : one->uid > two->uid;
}

static bool key_ended(const struct ipcx_table *t, size_t row,
		      const enum ipcx_field ended[2])
{
	bool all = false;

	for (size_t i = 0; i < 2 && ended[i] != IPCX_NO_FIELD; i++) {
		uint64_t alive;

		if (!ix_why_number(t, row, ended[i], &alive) || alive)
			return false;
		all = true;
	}
	return all;
}

struct key_crowd {
	uint64_t uid;       /* of the user with most objects */
	size_t most, ended; /* its objects, and those that may be left over */
	size_t own;         /* the same of the caller */
};

/* Find the user with most objects. */
static void key_most(const struct ipcx_table *t, const enum ipcx_field ended[2],
		     struct key_crowd *c)
{
	size_t rows = ipcx_table_rows(t), n = 0;
	auto_free struct key_one *all = calloc(rows + 1, sizeof(*all));

	if (!all)
		return;
	for (size_t i = 0; i < rows; i++)
		if (ix_why_number(t, i, IPCX_F_UID, &all[n].uid))
			all[n++].ended = key_ended(t, i, ended);
	qsort(all, n, sizeof(*all), key_compare);
	for (size_t i = 0, next; i < n; i = next) {
		size_t gone = 0;

		for (next = i; next < n && all[next].uid == all[i].uid; next++)
			gone += all[next].ended;
		if (all[i].uid == geteuid())
			c->own = gone;
		if (next - i <= c->most)
			continue;
		c->most = next - i;
		c->uid = all[i].uid;
		c->ended = gone;
	}
}

/* Beside a higher limit, removing what is left over makes room: everything for root, else
 * the caller's own. */
static void key_fix(struct ix_why *w, const struct key_crowd *c, const char *where,
		    struct ix_reason *r)
{
	bool root = geteuid() == 0;
	char raise[280], remove[300];

	ix_sysv_fix_as_root(r);
	if (!(root ? c->ended : c->own))
		return;
	(void)snprintf(raise, sizeof(raise), "%.*s", (int)sizeof(raise) - 1, r->fix);
	ix_fix_command(remove, sizeof(remove), w->where,
		       "rm %s --where 'uid == %" PRIu64 " && %s' --dry-run",
		       ix_mech(ix_why_mech(w))->info.name,
		       root ? c->uid : (uint64_t)geteuid(), where);
	(void)snprintf(r->fix, sizeof(r->fix), "%s%s%s", root && *raise ? raise : remove,
		       *raise ? "  # or: " : "", root && *raise ? remove : raise);
}

void ix_sysv_why_full(struct ix_why *w, const char *limit, const enum ipcx_field ended[2],
		      const char *where, struct ix_reason *r)
{
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_NUMERIC };
	struct ipcx_table *t = NULL;
	struct key_crowd c = { .most = 0 };
	char name[80];
	int error;

	if (ix_args_has(&w->a, IX_ARG_KEY) && ix_why_object(w, false, &error)) {
		ix_reason_set(r, IX_SO_NOT, "%s exists, so that none is made",
			      ix_sysv_named(ix_why_object(w, false, &error), name,
					    sizeof(name)));
		return;
	}
	ix_why_limit(w, limit, r);
	if (r->applies == IX_SO_NOT)
		return;
	q.mechs = IPCX_MECH_BIT(ix_why_mech(w));
	for (size_t i = 0; i < 2 && ended[i] != IPCX_NO_FIELD; i++)
		ipcx_fieldset_add(&q.fields, ended[i]);
	if (ipcx_scan(w->x, &q, &t) < 0)
		return;
	key_most(t, ended, &c);
	if (c.most)
		(void)snprintf(r->evidence + strlen(r->evidence),
			       sizeof(r->evidence) - strlen(r->evidence),
			       "; uid %" PRIu64 " has most, %zu of %zu; of %zu of them "
			       "the last process to use them has ended",
			       c.uid, c.most, ipcx_table_rows(t), c.ended);
	ipcx_table_free(t);
	if (r->applies == IX_SO)
		key_fix(w, &c, where, r);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which waits matter: those that are asked for and, because who could end them may wait,
 * too, the waits of these processes, and so on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "query/waitsjoin.h"

/* The waits of a process. */
struct search_own {
	int32_t pid;
	size_t found;
};

/* The state of the search: waits that matter and were not looked at yet. */
struct search {
	struct waits_join *j;
	struct search_own *own; /* of all waits, sorted */
	size_t *todo, n;
	uint8_t *followed; /* for each of j->sets[]: whether its processes were added */
	size_t nfollowed;
};

static int search_own_order(const void *a, const void *b)
{
	const struct search_own *l = a, *r = b;

	if (l->pid != r->pid)
		return l->pid < r->pid ? -1 : 1;
	return l->found < r->found ? -1 : l->found > r->found;
}

static void search_matters(struct search *k, size_t i)
{
	if (k->j->all[i].relevant)
		return;
	k->j->all[i].relevant = true;
	k->todo[k->n++] = i;
}

/* What a process that could end a wait waits for itself matters, too. */
static void search_follow(struct search *k, int32_t pid)
{
	size_t low = 0, high = k->j->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (k->own[mid].pid < pid)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < k->j->n && k->own[low].pid == pid; low++)
		search_matters(k, k->own[low].found);
}

static int search_follow_set(struct search *k, size_t set)
{
	const struct wait_set *s = &k->j->sets[set];

	if (k->nfollowed < k->j->nsets) {
		uint8_t *more = realloc(k->followed, k->j->nsets);

		if (!more)
			return -ENOMEM;
		memset(more + k->nfollowed, 0, k->j->nsets - k->nfollowed);
		k->followed = more;
		k->nfollowed = k->j->nsets;
	}
	if (k->followed[set])
		return 0;
	k->followed[set] = 1;
	for (size_t i = 0; i < s->n; i++)
		search_follow(k, s->pids[i]);
	return 0;
}

static int search_next(struct search *k)
{
	size_t i = k->todo[--k->n];
	struct wait_found *f = &k->j->all[i];
	int r = 0;

	if (ix_waits_has_users(f->wait) && !k->j->looked)
		r = ix_waits_users(k->j);
	ix_waits_actor(k->j, f);
	if (r == 0)
		r = ix_waits_those(k->j, i);
	/* The other threads of a process matter where it has several. */
	search_follow(k, k->j->waits.users[f->wait->user].user.pid);
	if (f->last > 0)
		search_follow(k, f->last);
	return r == 0 && f->users ? search_follow_set(k, f->users - 1) : r;
}

static int search_run(struct search *k)
{
	struct waits_join *j = k->j;
	int r = 0;

	for (size_t i = 0; i < j->n; i++)
		k->own[i] = (struct search_own){
			j->waits.users[j->all[i].wait->user].user.pid, i
		};
	qsort(k->own, j->n, sizeof(*k->own), search_own_order);
	for (size_t i = j->n; i-- > 0;)
		if (j->all[i].asked)
			search_matters(k, i);
	while (r == 0 && k->n)
		r = search_next(k);
	return r;
}

int ix_waits_know(struct waits_join *j)
{
	struct search k = { .j = j };
	int r = 0;

	for (unsigned m = 0; r == 0 && ix_mech(m); m++)
		if (ix_mech(m)->parts)
			r = ix_waits_parts(j, m);
	if (r < 0 || !j->n || !j->judges)
		return r;
	k.own = calloc(j->n, sizeof(*k.own));
	k.todo = calloc(j->n, sizeof(*k.todo));
	r = k.own && k.todo ? search_run(&k) : -ENOMEM;
	free(k.own);
	free(k.todo);
	free(k.followed);
	return r;
}

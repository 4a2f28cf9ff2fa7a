/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who could end a wait by having the object: not those who wait for the same thing with
 * all their threads. All waits for one thing have the same answer.
 */
#include <errno.h>
#include <stdlib.h>

#include "query/waitsjoin.h"

static int others_order(const void *a, const void *b)
{
	const struct wait_place *l = a, *r = b;

	if (l->object != r->object)
		return l->object < r->object ? -1 : 1;
	return l->pid < r->pid ? -1 : l->pid > r->pid;
}

static int others_sort(struct waits_join *j)
{
	j->places = calloc(j->n, sizeof(*j->places));
	if (!j->places)
		return -ENOMEM;
	for (size_t i = 0; i < j->n; i++)
		j->places[i] = (struct wait_place){
			j->all[i].object,
			j->waits.users[j->all[i].wait->user].user.pid,
			j->waits.users[j->all[i].wait->user].threads,
		};
	qsort(j->places, j->n, sizeof(*j->places), others_order);
	return 0;
}

/* Whether all threads of a process wait for the same thing. */
static bool others_is_fellow(const struct waits_join *j, uint32_t object, int32_t pid)
{
	const struct wait_place key = { .object = object, .pid = pid };
	size_t low = 0, high = j->n;
	uint32_t n = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (others_order(&j->places[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	while (low + n < j->n && others_order(&j->places[low + n], &key) == 0)
		n++;
	return n && n == j->places[low].threads;
}

int ix_waits_others(struct waits_join *j, const struct wait_found *f,
		    struct wait_others *ret_others)
{
	const struct wait_set *set = &j->sets[f->users - 1];
	struct wait_others *o = &j->others;
	int r = j->places ? 0 : others_sort(j);

	if (r < 0)
		return r;
	if (o->users != f->users || o->object != f->object) {
		*o = (struct wait_others){ .users = f->users, .object = f->object };
		for (size_t i = 0; i < set->n; i++) {
			if ((i && set->pids[i] == set->pids[i - 1]) ||
			    others_is_fellow(j, f->object, set->pids[i]))
				continue;
			if (o->n++ == 0)
				o->first = set->pids[i];
		}
	}
	*ret_others = *o;
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The waits as nodes of the graph that is judged. */
#include <errno.h>
#include <stdlib.h>

#include "query/waitsjoin.h"

static void judge_lock(const struct wait_found *f, struct ix_node *node)
{
	node->by = IX_WAKERS_OWNER;
	node->owner = f->last;
	node->owner_tid = f->last_tid;
	node->owner_dead = f->last_is == LAST_GONE;
	node->held = f->held;
}

/* A semaphore may be a lock if it is 0; the process that operated on it last may hold it.
 * No process waits for its own act; and who only set the value has not taken it. */
static void judge_semaphore(const struct wait_found *f, struct ix_node *node)
{
	if (!f->op || f->op->op >= 0 || f->value != 0 || f->last_is != LAST_LIVES ||
	    f->untouched || f->last == node->pid)
		return;
	node->by = IX_WAKERS_LAST;
	node->owner = f->last;
	node->held = f->held;
}

static void judge_node(const struct waits_join *j, const struct wait_found *f,
		       struct ix_node *node)
{
	const struct ix_wait *w = f->wait;
	const struct wait_set *set = f->users ? &j->sets[f->users - 1] : NULL;

	*node = (struct ix_node){
		.pid = j->waits.users[w->user].user.pid,
		.tid = w->tid,
		.timed = w->has_timeout || w->timeout_unknown,
		.moved = w->moved,
	};
	if (f->not_found)
		return; /* its owner is who could end it, whatever else is known */
	if (w->lock.kind != IX_LOCK_NONE && w->lock.owner && f->held) {
		judge_lock(f, node);
	} else if (set) {
		node->by = IX_WAKERS_ALL;
		node->complete = set->complete && !f->doubtful;
		node->wakers = set->pids;
		node->nwakers = set->n;
	} else if (w->b.kind == IX_WAIT_SEM) {
		judge_semaphore(f, node);
	}
}

static int judge_proc_order(const void *a, const void *b)
{
	const struct ix_graph_proc *l = a, *r = b;

	return l->pid < r->pid ? -1 : l->pid > r->pid;
}

/* Judge once more as if nobody were unseen: what follows is possible. Verdicts that stand
 * already are not touched. */
static int judge_seen(struct ix_node *nodes, const uint32_t *objects, size_t n,
		      const struct ix_graph_proc *procs, size_t nprocs,
		      struct wait_found *all)
{
	auto_free struct ix_judgement *judged = calloc(n + 1, sizeof(*judged));
	uint32_t cycles = 0;
	bool any = false;
	int r;

	if (!judged)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		any |= nodes[i].by == IX_WAKERS_ALL && !nodes[i].complete;
		cycles = MAX(cycles, all[i].judged.cycle);
		nodes[i].complete = true;
	}
	if (!any)
		return 0;
	r = ix_graph_judge(nodes, objects, n, procs, nprocs, judged);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (all[i].judged.why != IX_WHY_NONE || judged[i].why == IX_WHY_NONE)
			continue;
		all[i].judged = judged[i];
		all[i].judged.grade = IPCX_POSSIBLE;
		all[i].judged.cycle += judged[i].cycle ? cycles : 0;
		all[i].if_seen = true;
	}
	return r;
}

int ix_waits_judge(struct waits_join *j)
{
	auto_free struct ix_node *nodes = calloc(j->n + 1, sizeof(*nodes));
	auto_free uint32_t *objects = calloc(j->n + 1, sizeof(*objects));
	auto_free struct ix_judgement *judged = calloc(j->n + 1, sizeof(*judged));
	auto_free struct ix_graph_proc *procs =
		calloc(j->waits.nusers + 1, sizeof(*procs));
	int r;

	if (!nodes || !objects || !judged || !procs)
		return -ENOMEM;
	for (size_t i = 0; i < j->n; i++) {
		judge_node(j, &j->all[i], &nodes[i]);
		objects[i] = j->all[i].object;
	}
	for (size_t i = 0; i < j->waits.nusers; i++)
		procs[i] = (struct ix_graph_proc){ j->waits.users[i].user.pid,
						   j->waits.users[i].threads };
	qsort(procs, j->waits.nusers, sizeof(*procs), judge_proc_order);
	r = ix_graph_judge(nodes, objects, j->n, procs, j->waits.nusers, judged);
	for (size_t i = 0; r == 0 && i < j->n; i++)
		j->all[i].judged = judged[i];
	return r < 0 ? r
		     : judge_seen(nodes, objects, j->n, procs, j->waits.nusers, j->all);
}

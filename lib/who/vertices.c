/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vertices are numbered by sorting: threads by pid and tid, sets of wakers by their
 * address. */
#include <errno.h>
#include <stdlib.h>

#include "who/vertices.h"

void ix_vertices_free(struct ix_graph *g)
{
	free(g->threads);
	free(g->procs);
	free(g->sets);
	free(g->thread);
	free(g->waker);
	free(g->loose);
	free(g->component);
}

static int thread_cmp(const void *a, const void *b)
{
	const struct ix_graph_thread *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->tid > y->tid) - (x->tid < y->tid);
}

static int set_cmp(const void *a, const void *b)
{
	const struct ix_graph_set *x = a, *y = b;
	uintptr_t p = (uintptr_t)x->wakers, q = (uintptr_t)y->wakers;

	if (p != q)
		return p < q ? -1 : 1;
	return (x->n > y->n) - (x->n < y->n);
}

static int proc_cmp(const void *a, const void *b)
{
	const int32_t *pid = a;
	const struct ix_graph_process *p = b;

	return (*pid > p->pid) - (*pid < p->pid);
}

static int counted_cmp(const void *a, const void *b)
{
	const int32_t *pid = a;
	const struct ix_graph_proc *p = b;

	return (*pid > p->pid) - (*pid < p->pid);
}

/* Threads and processes that have nodes. */
static int vertices_threads(struct ix_graph *g, const struct ix_graph_proc *counted,
			    size_t n)
{
	g->threads = calloc(g->n, sizeof(*g->threads));
	g->procs = calloc(g->n, sizeof(*g->procs));
	g->thread = calloc(g->n, sizeof(*g->thread));
	if (!g->threads || !g->procs || !g->thread)
		return -ENOMEM;
	for (uint32_t i = 0; i < g->n; i++)
		g->threads[i] = (struct ix_graph_thread){
			.pid = g->nodes[i].pid,
			.tid = g->nodes[i].tid,
			.node = i,
		};
	qsort(g->threads, g->n, sizeof(*g->threads), thread_cmp);
	for (uint32_t i = 0; i < g->n; i++) {
		struct ix_graph_thread t = g->threads[i];

		if (!g->nprocs || g->procs[g->nprocs - 1].pid != t.pid)
			g->procs[g->nprocs++] = (struct ix_graph_process){
				.pid = t.pid,
				.component = IX_NO_VERTEX,
			};
		if (!g->nthreads || thread_cmp(&g->threads[g->nthreads - 1], &t) != 0) {
			t.proc = g->nprocs - 1;
			g->procs[t.proc].threads++;
			g->threads[g->nthreads++] = t;
		}
		g->thread[t.node] = g->nthreads - 1;
	}
	for (uint32_t i = 0; n && i < g->nprocs; i++) {
		struct ix_graph_process *p = &g->procs[i];
		const struct ix_graph_proc *c =
			bsearch(&p->pid, counted, n, sizeof(*c), counted_cmp);

		p->whole = c && c->threads == p->threads;
	}
	return 0;
}

/* The different sets of wakers; waker[] becomes an index in sets[]. */
static int vertices_sets(struct ix_graph *g)
{
	uint32_t n = 0;

	g->sets = calloc(g->n, sizeof(*g->sets));
	g->waker = calloc(g->n, sizeof(*g->waker));
	if (!g->sets || !g->waker)
		return -ENOMEM;
	for (uint32_t i = 0; i < g->n; i++) {
		const struct ix_node *node = &g->nodes[i];

		g->waker[i] = IX_NO_VERTEX;
		if (node->by == IX_WAKERS_ALL && node->complete)
			g->sets[n++] = (struct ix_graph_set){
				.wakers = node->wakers,
				.n = node->nwakers,
				.node = i,
			};
	}
	qsort(g->sets, n, sizeof(*g->sets), set_cmp);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t node = g->sets[i].node;

		if (!g->nsets || set_cmp(&g->sets[g->nsets - 1], &g->sets[i]) != 0)
			g->sets[g->nsets++] = g->sets[i];
		g->waker[node] = g->nsets - 1;
	}
	return 0;
}

uint32_t ix_vertices_proc(const struct ix_graph *g, int32_t pid)
{
	const struct ix_graph_process *p =
		bsearch(&pid, g->procs, g->nprocs, sizeof(*p), proc_cmp);

	return p ? (uint32_t)(p - g->procs) : IX_NO_VERTEX;
}

/* The vertex of an owner, or IX_NO_VERTEX if it does not wait. */
static uint32_t node_owner(const struct ix_graph *g, const struct ix_node *node)
{
	const struct ix_graph_thread key = { .pid = node->owner, .tid = node->owner_tid };
	const struct ix_graph_thread *t;
	uint32_t proc;

	if (node->by == IX_WAKERS_OWNER && node->owner_tid) {
		t = bsearch(&key, g->threads, g->nthreads, sizeof(*t), thread_cmp);
		return t ? ix_thread_vertex(g, (uint32_t)(t - g->threads)) : IX_NO_VERTEX;
	}
	if (node->by == IX_WAKERS_LAST && node->owner == node->pid)
		return IX_NO_VERTEX;
	proc = ix_vertices_proc(g, node->owner);
	return proc == IX_NO_VERTEX ? IX_NO_VERTEX : ix_proc_vertex(g, proc);
}

/* Find out who could end the node, and whether that is certainly possible. */
static void node_waker(struct ix_graph *g, uint32_t i)
{
	const struct ix_node *node = &g->nodes[i];

	g->loose[i] = node->timed || node->moved;
	switch (node->by) {
	case IX_WAKERS_ALL:
		if (node->complete)
			g->waker[i] = ix_set_vertex(g, g->waker[i]);
		else
			g->loose[i] = 1;
		break;
	case IX_WAKERS_OWNER:
		if (node->owner_dead)
			break;
		g->waker[i] = node_owner(g, node);
		if (g->waker[i] == IX_NO_VERTEX)
			g->loose[i] = 1;
		break;
	case IX_WAKERS_LAST:
		g->waker[i] = node_owner(g, node);
		g->loose[i] = 1;
		break;
	case IX_WAKERS_UNKNOWN:
		g->loose[i] = 1;
	}
}

/* Whether all wakers wait for something. */
static bool set_waits(const struct ix_graph *g, const struct ix_graph_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (ix_vertices_proc(g, set->wakers[i]) == IX_NO_VERTEX)
			return false;
	return true;
}

static int vertices_loose(struct ix_graph *g)
{
	g->loose = calloc(ix_vertices(g), sizeof(*g->loose));
	g->component = calloc(ix_vertices(g), sizeof(*g->component));
	if (!g->loose || !g->component)
		return -ENOMEM;
	for (uint32_t i = 0; i < g->n; i++)
		node_waker(g, i);
	for (uint32_t i = 0; i < g->nprocs; i++)
		g->loose[ix_proc_vertex(g, i)] = !g->procs[i].whole;
	for (uint32_t i = 0; i < g->nsets; i++)
		g->loose[ix_set_vertex(g, i)] = !set_waits(g, &g->sets[i]);
	return 0;
}

int ix_vertices_make(struct ix_graph *g, const struct ix_graph_proc *counted,
		     size_t ncounted)
{
	int r = vertices_threads(g, counted, ncounted);

	if (r == 0)
		r = vertices_sets(g);
	if (r == 0)
		r = vertices_loose(g);
	return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waits, threads, processes and sets of wakers are the vertices of one graph. A wait can
 * end if any of those who could end it can act, a process can act if any of its threads
 * can, and so on: what can still end is what can be reached from those that certainly can
 * act. The rest can never end. The same arcs, reversed, tell who waits for whom, where
 * strongly connected components are the deadlocks.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/util.h"
#include "who/graph.h"
#include "who/net.h"
#include "who/vertices.h"

/* Between a set and its members. Nothing depends on them if somebody in the set can act:
 * then such a set needs no arcs, and later leads nowhere. */
static void set_arcs(struct ix_arcs *a, const struct ix_graph *g, uint32_t i,
		     bool from_members)
{
	const struct ix_graph_set *s = &g->sets[i];
	uint32_t set = ix_set_vertex(g, i);

	for (size_t k = 0; !g->loose[set] && k < s->n; k++) {
		uint32_t p = ix_proc_vertex(g, ix_vertices_proc(g, s->wakers[k]));

		if (from_members)
			ix_arc(a, p, set);
		else
			ix_arc(a, set, p);
	}
}

/* Arcs lead from what can act to what it may end or set free. One wait that ends frees
 * the thread from its other waits as well. */
static void graph_frees(struct ix_arcs *a, const void *data)
{
	const struct ix_graph *g = data;

	for (uint32_t i = 0; i < g->n; i++) {
		if (g->waker[i] != IX_NO_VERTEX)
			ix_arc(a, g->waker[i], i);
		ix_arc(a, i, ix_thread_vertex(g, g->thread[i]));
		ix_arc(a, ix_thread_vertex(g, g->thread[i]), i);
	}
	for (uint32_t i = 0; i < g->nthreads; i++)
		ix_arc(a, ix_thread_vertex(g, i), ix_proc_vertex(g, g->threads[i].proc));
	for (uint32_t i = 0; i < g->nsets; i++)
		set_arcs(a, g, i, true);
}

/* Whether the node's wait takes part in cycles. */
static bool node_lasts(const struct ix_node *node)
{
	return !node->timed && !node->moved;
}

/* Arcs lead from waits to those who could end them and, in turn, to what these wait for.
 * Waits that can end lead only to the owners of locks, certain or guessed. */
static void graph_waits(struct ix_arcs *a, const void *data)
{
	const struct ix_graph *g = data;

	for (uint32_t i = 0; i < g->n; i++) {
		if (!node_lasts(&g->nodes[i]))
			continue;
		ix_arc(a, ix_thread_vertex(g, g->thread[i]), i);
		if (g->waker[i] != IX_NO_VERTEX)
			ix_arc(a, i, g->waker[i]);
	}
	for (uint32_t i = 0; i < g->nthreads; i++)
		ix_arc(a, ix_proc_vertex(g, g->threads[i].proc), ix_thread_vertex(g, i));
	for (uint32_t i = 0; i < g->nsets; i++)
		set_arcs(a, g, i, false);
}

/* The nodes of a component. */
struct graph_part {
	uint32_t nodes, object;
	bool objects; /* more than one */
	bool guessed; /* contains an arc that is a guess */
	bool guess_sem, guess_lock;
	bool leak; /* a process in it has a thread that is not */
	enum ipcx_grade grade;
	uint32_t cycle;
};

static enum ipcx_grade node_held(const struct ix_node *node)
{
	return MAX(node->held, IPCX_POSSIBLE);
}

/* On a cycle: the thread is waited for, too. */
static bool node_cyclic(const struct ix_graph *g, uint32_t i)
{
	return g->component[i] == g->component[ix_thread_vertex(g, g->thread[i])];
}

static void part_add(struct graph_part *part, const struct ix_node *node, uint32_t object)
{
	bool owner = node->by == IX_WAKERS_OWNER, last = node->by == IX_WAKERS_LAST;
	enum ipcx_grade held = node_held(node);

	if (!part->nodes++) {
		part->object = object;
		part->grade = IPCX_CERTAIN;
	}
	part->objects |= part->object != object;
	part->guess_sem |= last;
	part->guess_lock |= owner && (held < IPCX_CERTAIN || !node->owner_tid);
	part->guessed |= last || (owner && !node->owner_tid);
	if (owner || last)
		part->grade = MIN(part->grade, held);
}

/* Mark the components that a process is in, but not with all of its threads and all that
 * they wait for. */
static void graph_leaks(struct ix_graph *g, struct graph_part *parts)
{
	for (uint32_t i = 0; i < g->n; i++) {
		struct ix_graph_process *p = &g->procs[g->threads[g->thread[i]].proc];

		if (p->component == IX_NO_VERTEX)
			p->component = g->component[i];
		else if (p->component != g->component[i])
			p->whole = false;
	}
	for (uint32_t i = 0; i < g->n; i++)
		if (!g->procs[g->threads[g->thread[i]].proc].whole)
			parts[g->component[i]].leak = true;
}

/* Find out how sure it is that a node can never end: not more than any lock on the way to
 * those who could end it. net has the arcs of graph_frees(). */
static int graph_grades(const struct ix_graph *g, const struct ix_net *net,
			enum ipcx_grade below, uint8_t *ret_marks)
{
	for (uint32_t i = 0; i < g->n; i++)
		ret_marks[i] = !g->loose[i] && g->nodes[i].by == IX_WAKERS_OWNER &&
			       node_held(&g->nodes[i]) < below;
	return ix_net_reach(net, ret_marks);
}

/* A node that can never end. */
static void judge_stuck(const struct ix_graph *g, uint32_t i,
			const struct graph_part *part, enum ipcx_grade grade,
			struct ix_judgement *ret)
{
	const struct ix_node *node = &g->nodes[i];
	bool own = part->nodes == 1 && node->by == IX_WAKERS_OWNER;

	ret->why = IX_WHY_NOBODY;
	ret->grade = grade;
	ret->guess_lock = grade < IPCX_CERTAIN;
	if (node->owner_dead && node->by == IX_WAKERS_OWNER)
		ret->why = IX_WHY_OWNER_DEAD;
	else if (node_cyclic(g, i) && (part->objects || own))
		ret->why = ret->guess_lock ? IX_WHY_CYCLE : IX_WHY_DEADLOCK;
}

/* A node that is on a cycle, if the guesses are right. */
static void judge_guess(const struct graph_part *part, struct ix_judgement *ret)
{
	ret->why = IX_WHY_CYCLE;
	ret->grade = part->leak ? IPCX_POSSIBLE : MIN(part->grade, IPCX_LIKELY);
	ret->guess_sem = part->guess_sem;
	ret->guess_lock = part->guess_lock;
}

struct graph_marks {
	uint8_t *certain, *likely; /* of each vertex: a lock on the way is known less */
};

static void graph_judge(const struct ix_graph *g, const struct graph_marks *marks,
			struct graph_part *parts, struct ix_judgement *ret)
{
	uint32_t cycles = 0;

	for (uint32_t i = 0; i < g->n; i++) {
		struct graph_part *part = &parts[g->component[i]];

		ret[i] = (struct ix_judgement){ .why = IX_WHY_NONE };
		if (!g->loose[i])
			judge_stuck(g, i, part,
				    marks->likely[i]    ? IPCX_POSSIBLE
				    : marks->certain[i] ? IPCX_LIKELY
							: IPCX_CERTAIN,
				    &ret[i]);
		else if (node_cyclic(g, i) && part->guessed)
			judge_guess(part, &ret[i]);
		if (ret[i].why != IX_WHY_DEADLOCK && ret[i].why != IX_WHY_CYCLE)
			continue;
		if (!part->cycle)
			part->cycle = ++cycles;
		ret[i].cycle = part->cycle;
	}
}

/* Find out which vertices are stuck, and how sure that is. */
static int graph_loosen(struct ix_graph *g, struct graph_marks *marks)
{
	struct ix_net net;
	int r = ix_net_make(ix_vertices(g), graph_frees, g, &net);

	if (r < 0)
		return r;
	r = ix_net_reach(&net, g->loose);
	if (r == 0)
		r = graph_grades(g, &net, IPCX_CERTAIN, marks->certain);
	if (r == 0)
		r = graph_grades(g, &net, IPCX_LIKELY, marks->likely);
	ix_net_free(&net);
	return r;
}

static int graph_parts(struct ix_graph *g, const uint32_t *object,
		       struct graph_part *parts)
{
	struct ix_net net;
	int r = ix_net_make(ix_vertices(g), graph_waits, g, &net);

	if (r < 0)
		return r;
	r = ix_net_components(&net, g->component);
	ix_net_free(&net);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < g->n; i++)
		part_add(&parts[g->component[i]], &g->nodes[i], object[i]);
	graph_leaks(g, parts);
	return 0;
}

static int graph_run(struct ix_graph *g, const uint32_t *object, struct ix_judgement *ret)
{
	size_t size = ix_vertices(g);
	auto_free uint8_t *certain = calloc(size, sizeof(*certain));
	auto_free uint8_t *likely = calloc(size, sizeof(*likely));
	auto_free struct graph_part *parts = calloc(size, sizeof(*parts));
	struct graph_marks marks = { certain, likely };
	int r;

	if (!certain || !likely || !parts)
		return -ENOMEM;
	r = graph_loosen(g, &marks);
	if (r == 0)
		r = graph_parts(g, object, parts);
	if (r == 0)
		graph_judge(g, &marks, parts, ret);
	return r;
}

int ix_graph_judge(const struct ix_node *nodes, const uint32_t *object, size_t n,
		   const struct ix_graph_proc *procs, size_t nprocs,
		   struct ix_judgement *ret)
{
	struct ix_graph g = { .nodes = nodes, .n = (uint32_t)n };
	int r;

	if (n == 0)
		return 0;
	if (n > UINT32_MAX / 8) /* four vertices a node */
		return -ENOMEM;
	r = ix_vertices_make(&g, procs, nprocs);
	if (r == 0)
		r = graph_run(&g, object, ret);
	ix_vertices_free(&g);
	return r;
}

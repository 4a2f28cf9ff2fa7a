/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arcs are kept in one array, sorted by the vertex that they leave. The components are
 * found by Tarjan's algorithm with a stack of its own: a chain of waits may be as long as
 * there are threads.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/util.h"
#include "who/net.h"

#define NET_NONE UINT32_MAX

struct ix_arcs {
	size_t *start; /* n + 2 elements, used one or two places after the vertex */
	uint32_t *to;  /* NULL while arcs are counted */
};

void ix_arc(struct ix_arcs *a, uint32_t from, uint32_t to)
{
	if (a->to)
		a->to[a->start[from + 1]++] = to;
	else
		a->start[from + 2]++;
}

/*
 * The first call counts the arcs of v in start[v + 2]. After summing up, start[v + 1] is
 * where they begin; the second call moves that to where they end, which is where those of
 * v + 1 begin.
 */
int ix_net_make(uint32_t n, void (*arcs)(struct ix_arcs *a, const void *data),
		const void *data, struct ix_net *ret_net)
{
	auto_free size_t *start = calloc((size_t)n + 2, sizeof(*start));
	struct ix_arcs a = { .start = start };

	if (!start)
		return -ENOMEM;
	arcs(&a, data);
	for (size_t v = 2; v < (size_t)n + 2; v++)
		start[v] += start[v - 1];
	a.to = calloc(start[(size_t)n + 1] + 1, sizeof(*a.to));
	if (!a.to)
		return -ENOMEM;
	arcs(&a, data);
	*ret_net = (struct ix_net){ .n = n, .start = TAKE(start), .to = a.to };
	return 0;
}

void ix_net_free(struct ix_net *g)
{
	free(g->start);
	free(g->to);
	*g = (struct ix_net){ 0 };
}

int ix_net_reach(const struct ix_net *g, uint8_t *marks)
{
	auto_free uint32_t *todo = calloc((size_t)g->n + 1, sizeof(*todo));
	size_t n = 0;

	if (!todo)
		return -ENOMEM;
	for (uint32_t v = 0; v < g->n; v++)
		if (marks[v])
			todo[n++] = v;
	while (n) {
		uint32_t v = todo[--n];

		for (size_t i = g->start[v]; i < g->start[v + 1]; i++) {
			uint32_t w = g->to[i];

			if (marks[w])
				continue;
			marks[w] = 1;
			todo[n++] = w;
		}
	}
	return 0;
}

struct search {
	const struct ix_net *g;
	uint32_t *order; /* when a vertex was visited, from 1; 0: not yet */
	uint32_t *low;   /* the earliest vertex that is known to be in its component */
	uint32_t *open;  /* visited vertices whose component is not complete */
	uint32_t *path;  /* from the root to the current vertex */
	size_t *next;    /* the first arc of a vertex that was not followed */
	uint32_t *component;
	uint32_t visited, components, nopen, depth;
};

static void search_enter(struct search *s, uint32_t v)
{
	s->order[v] = s->low[v] = ++s->visited;
	s->next[v] = s->g->start[v];
	s->open[s->nopen++] = v;
	s->path[s->depth++] = v;
}

/* All arcs of the vertex at the end of the path were followed. */
static void search_leave(struct search *s)
{
	uint32_t v = s->path[--s->depth], w;

	if (s->depth) {
		uint32_t parent = s->path[s->depth - 1];

		s->low[parent] = MIN(s->low[parent], s->low[v]);
	}
	if (s->low[v] != s->order[v])
		return;
	do {
		w = s->open[--s->nopen];
		s->component[w] = s->components;
	} while (w != v);
	s->components++;
}

static void search_from(struct search *s, uint32_t root)
{
	search_enter(s, root);
	while (s->depth) {
		uint32_t v = s->path[s->depth - 1], w;

		if (s->next[v] == s->g->start[v + 1]) {
			search_leave(s);
			continue;
		}
		w = s->g->to[s->next[v]++];
		if (!s->order[w])
			search_enter(s, w);
		else if (s->component[w] == NET_NONE)
			s->low[v] = MIN(s->low[v], s->order[w]);
	}
}

int ix_net_components(const struct ix_net *g, uint32_t *ret_component)
{
	size_t room = (size_t)g->n + 1;
	auto_free uint32_t *order = calloc(room, sizeof(*order));
	auto_free uint32_t *low = calloc(room, sizeof(*low));
	auto_free uint32_t *open = calloc(room, sizeof(*open));
	auto_free uint32_t *path = calloc(room, sizeof(*path));
	auto_free size_t *next = calloc(room, sizeof(*next));
	struct search s = {
		.g = g,
		.order = order,
		.low = low,
		.open = open,
		.path = path,
		.next = next,
		.component = ret_component,
	};

	if (!order || !low || !open || !path || !next)
		return -ENOMEM;
	for (uint32_t v = 0; v < g->n; v++)
		ret_component[v] = NET_NONE;
	for (uint32_t v = 0; v < g->n; v++)
		if (!order[v])
			search_from(&s, v);
	return 0;
}

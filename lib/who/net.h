/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A directed graph, whose vertices are the numbers from 0: what can be reached, and what
 * is strongly connected. Linear in vertices and arcs, without recursion.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct ix_net {
	uint32_t n;
	size_t *start; /* n + 1: the arcs of v lead to to[start[v]] … to[start[v + 1] - 1]
			*/
	uint32_t *to;
};

struct ix_arcs;

/* Add an arc. */
void ix_arc(struct ix_arcs *a, uint32_t from, uint32_t to);

/* Make a graph of n vertices. arcs() calls ix_arc() for each arc; it is called twice and
 * must add the same arcs both times. Returns 0 or -ENOMEM. */
int ix_net_make(uint32_t n, void (*arcs)(struct ix_arcs *a, const void *data),
		const void *data, struct ix_net *ret_net);
void ix_net_free(struct ix_net *g);

/* Mark all vertices that can be reached from those that are marked (not 0). Returns 0 or
 * -ENOMEM. */
int ix_net_reach(const struct ix_net *g, uint8_t *marks);

/* Number the strongly connected components: vertices have the same number if each can be
 * reached from the other. The numbers are below g->n. Returns 0 or -ENOMEM. */
int ix_net_components(const struct ix_net *g, uint32_t *ret_component);

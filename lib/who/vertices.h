/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The graph of those who wait and those who could end it: nodes, the threads and
 * processes that have them, and sets of wakers are its vertices. A set is a vertex, so
 * that thousands of waits for one object cost one list.
 */
#pragma once

#include "who/graph.h"

#define IX_NO_VERTEX UINT32_MAX

struct ix_graph_thread {
	int32_t pid, tid;
	uint32_t node; /* while they are collected */
	uint32_t proc;
};

struct ix_graph_process {
	int32_t pid;
	uint32_t threads;   /* that have nodes */
	bool whole;         /* it has no others */
	uint32_t component; /* of its nodes, if it is the same */
};

struct ix_graph_set {
	const int32_t *wakers;
	size_t n;
	uint32_t node; /* while they are collected */
};

/* The vertices are n nodes, then threads, processes and sets. */
struct ix_graph {
	const struct ix_node *nodes;
	uint32_t n, nthreads, nprocs, nsets;
	struct ix_graph_thread *threads; /* by pid and tid */
	struct ix_graph_process *procs;  /* by pid */
	struct ix_graph_set *sets;
	uint32_t *thread; /* of each node: an index in threads[] */
	uint32_t *waker; /* of each node: the vertex that could end it, or IX_NO_VERTEX */
	uint8_t *loose;  /* of each vertex: it can end, or act */
	uint32_t *component; /* of each vertex */
};

static inline uint32_t ix_vertices(const struct ix_graph *g)
{
	return g->n + g->nthreads + g->nprocs + g->nsets;
}

static inline uint32_t ix_thread_vertex(const struct ix_graph *g, uint32_t thread)
{
	return g->n + thread;
}

static inline uint32_t ix_proc_vertex(const struct ix_graph *g, uint32_t proc)
{
	return g->n + g->nthreads + proc;
}

static inline uint32_t ix_set_vertex(const struct ix_graph *g, uint32_t set)
{
	return g->n + g->nthreads + g->nprocs + set;
}

/* Returns the index in procs[]; IX_NO_VERTEX if the process has no node. */
uint32_t ix_vertices_proc(const struct ix_graph *g, int32_t pid);

/* Make the vertices of g->nodes[0 … n - 1], at least one. loose[] tells what can end or
 * act without looking at other vertices; component[] is not filled. Returns 0 or -ENOMEM.
 * ix_vertices_free() is needed in both cases. */
int ix_vertices_make(struct ix_graph *g, const struct ix_graph_proc *counted,
		     size_t ncounted);
void ix_vertices_free(struct ix_graph *g);

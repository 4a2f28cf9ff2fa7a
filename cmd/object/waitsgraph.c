/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who waits for whom, as a tree. A wait leads to the waits of the process that could end
 * it. Each wait is printed once; where the tree comes back to a process, it only refers
 * to it. Such references, and a bound on the depth, keep the output as long as the list.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "object/waiting.h"
#include "ui/cell.h"
#include "ui/locale.h"

/* How deep a tree gets: that lines fit on a terminal. A longer chain goes on in a tree of
 * its own. */
#define DEPTH 10

struct graph_node {
	int32_t pid;
	uint32_t row;
	bool shown;  /* printed, or about to be */
	bool behind; /* a wait of another process leads to it */
	bool later;  /* put off */
};

struct graph {
	const struct ipcx_table *t;
	struct graph_node *nodes; /* by process; then by row */
	uint32_t *at;             /* where the node of a row is */
	uint32_t *later;          /* nodes at which a tree was cut, to be continued */
	bool *told;               /* cycles whose verdict has been printed, by number */
	size_t n, nlater, ndone, ncycles;
	bool utf8, spaces;
	bool more[DEPTH + 1]; /* for each level: further lines follow */
};

/* The waits of one process. */
struct graph_range {
	struct graph_node *first;
	size_t n, shown;
};

static int graph_compare(const void *a, const void *b)
{
	const struct graph_node *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

static struct graph_range graph_find(const struct graph *g, int32_t pid)
{
	struct graph_range found = { .first = g->nodes };
	size_t low = 0, high = g->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (g->nodes[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	found.first += low;
	for (; low + found.n < g->n && found.first[found.n].pid == pid; found.n++)
		found.shown += found.first[found.n].shown;
	return found;
}

/* ---- text */

static bool graph_has(const struct graph *g, size_t row, enum ipcx_field f)
{
	struct ipcx_value v;

	return ipcx_row_get(g->t, row, f, &v) == 0 && v.type != IPCX_TYPE_NONE;
}

/* Print a value as in a table. */
static void graph_put(const struct graph *g, size_t row, enum ipcx_field f)
{
	static const struct cell_style style;
	struct ipcx_value v;

	(void)output_get(&(struct output_rows){ .t = g->t }, row, f, &v);
	out_done(cell_text(out_room(), ipcx_field_info(f), &v, &style));
}

/* Begin a line at this depth, with a branch or only with what goes on beside it. */
static void graph_begin(const struct graph *g, size_t depth, bool branch)
{
	for (size_t i = 1; i <= depth; i++) {
		bool last = i == depth && branch, more = g->more[i];

		if (last && g->utf8)
			out_text(more ? "├─ " : "└─ ");
		else if (last)
			out_text(more ? "|- " : "`- ");
		else
			out_text(!more ? "   " : g->utf8 ? "│  " : "|  ");
	}
}

/* Print "812 (reader)", or "812 (reader)?". */
static void graph_put_process(const struct graph *g, const struct graph_node *node,
			      bool guess)
{
	out_format("%" PRId32 " (", node->pid);
	graph_put(g, node->row, IPCX_F_COMMAND);
	out_text(guess ? ")?" : ")");
}

static void graph_put_wait(const struct graph *g, const struct graph_node *node,
			   bool guess)
{
	int32_t tid = (int32_t)waits_number(g->t, node->row, IPCX_F_TID);

	graph_put_process(g, node, guess);
	if (tid != node->pid)
		out_format(", thread %" PRId32 ",", tid);
	out_text(" waits in ");
	graph_put(g, node->row, IPCX_F_CALL);
	out_text(" for ");
	graph_put(g, node->row, IPCX_F_REF);
	if (g->spaces) {
		out_text(" in ipc:[");
		graph_put(g, node->row, IPCX_F_NS);
		out_text("]");
	}
	if (graph_has(g, node->row, IPCX_F_WANTS)) {
		out_text(": ");
		graph_put(g, node->row, IPCX_F_WANTS);
	}
	if (graph_has(g, node->row, IPCX_F_TIMEOUT)) {
		out_text("; timeout ");
		graph_put(g, node->row, IPCX_F_TIMEOUT);
	}
	out_text("\n");
}

/* Print the verdict below the wait; that of a cycle only once. */
static void graph_put_verdict(struct graph *g, const struct graph_node *node,
			      size_t depth, bool leads)
{
	uint64_t cycle = waits_number(g->t, node->row, IPCX_F_CYCLE);

	if (!graph_has(g, node->row, IPCX_F_VERDICT) ||
	    (cycle < g->ncycles && cycle && g->told[cycle]))
		return;
	if (cycle < g->ncycles)
		g->told[cycle] = true;
	g->more[depth + 1] = leads;
	graph_begin(g, depth + 1, false);
	graph_put(g, node->row, IPCX_F_VERDICT);
	out_text("\n");
}

/* ---- trees */

/* Whether it is a guess who could end the wait: the text says so. */
static bool graph_guessed(const struct graph *g, size_t row)
{
	struct ipcx_value v;
	const char *text = NULL;

	if (ipcx_row_get(g->t, row, IPCX_F_WAKER, &v) == 0 && v.type == IPCX_TYPE_STRING)
		text = ipcx_value_string(&v);
	return text && *text && text[strlen(text) - 1] == '?';
}

/* Print who could end a wait if no wait of that process is known. */
static void graph_leaf(struct graph *g, const struct graph_node *node, size_t depth,
		       const char *what)
{
	struct ipcx_value v;

	g->more[depth] = false;
	graph_begin(g, depth, true);
	if (ipcx_row_get(g->t, node->row, IPCX_F_WAKER, &v) == 0 &&
	    v.type == IPCX_TYPE_STRING) {
		graph_put(g, node->row, IPCX_F_WAKER);
		if (strstr(ipcx_value_string(&v), " (gone)"))
			what = "";
	} else {
		graph_put(g, node->row, IPCX_F_HELD_BY);
	}
	out_format("%s\n", what);
}

/* Refer to a process whose waits are printed elsewhere. */
static void graph_refer(struct graph *g, const struct graph_node *to, size_t depth,
			bool guess)
{
	g->more[depth] = false;
	graph_begin(g, depth, true);
	graph_put_process(g, to, guess);
	out_text(to->later ? ", continued below\n" : ", see above\n");
}

/* Put off the waits of a process that have not been printed. */
static void graph_put_off(struct graph *g, const struct graph_range *waits)
{
	for (size_t i = 0; i < waits->n; i++) {
		struct graph_node *node = &waits->first[i];

		if (node->shown)
			continue;
		node->shown = node->later = true;
		g->later[g->nlater++] = (uint32_t)(node - g->nodes);
	}
}

static void graph_tree(struct graph *g, struct graph_node *node, size_t depth,
		       bool guess);

/* Print the waits of a process below a wait that leads to it: those not printed so far,
 * and a reference for the others. */
static void graph_follow(struct graph *g, const struct graph_range *to, size_t depth,
			 bool guess)
{
	auto_free struct graph_node **now = calloc(to->n, sizeof(struct graph_node *));
	size_t n = 0;

	if (!now || depth >= DEPTH)
		graph_put_off(g, to);
	for (size_t i = 0; now && i < to->n; i++) {
		if (to->first[i].shown)
			continue;
		now[n++] = &to->first[i];
		to->first[i].shown = true;
	}
	for (size_t i = 0; i < n; i++) {
		g->more[depth] = i + 1 < n || to->shown;
		graph_tree(g, now[i], depth, guess);
	}
	if (n < to->n)
		graph_refer(g, to->first, depth, guess);
}

/* Print a wait, and below it what it leads to. */
static void graph_tree(struct graph *g, struct graph_node *node, size_t depth, bool guess)
{
	int32_t pid = (int32_t)waits_number(g->t, node->row, IPCX_F_HELD_BY);
	struct graph_range to = graph_find(g, pid);

	node->shown = true;
	node->later = false;
	graph_begin(g, depth, true);
	graph_put_wait(g, node, guess);
	graph_put_verdict(g, node, depth, pid || graph_has(g, node->row, IPCX_F_WAKER));
	if (pid && pid == node->pid)
		graph_leaf(g, node, depth + 1, ", the same process");
	else if (pid && to.n)
		graph_follow(g, &to, depth + 1, graph_guessed(g, node->row));
	else if (pid || graph_has(g, node->row, IPCX_F_WAKER))
		graph_leaf(g, node, depth + 1, pid ? ", not found waiting" : "");
}

/* ---- roots */

static int graph_prepare(struct graph *g, const uint32_t *rows, size_t n)
{
	g->n = ipcx_table_rows(g->t);
	g->ncycles = g->n + 1; /* each has a row at least */
	g->nodes = calloc(g->n + 1, sizeof(*g->nodes));
	g->at = calloc(g->n + 1, sizeof(*g->at));
	g->later = calloc(g->n + 1, sizeof(*g->later));
	g->told = calloc(g->ncycles, sizeof(*g->told));
	if (!g->nodes || !g->at || !g->later || !g->told) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < g->n; i++) {
		g->nodes[i].row = (uint32_t)i;
		g->nodes[i].pid = (int32_t)waits_number(g->t, i, IPCX_F_PID);
	}
	qsort(g->nodes, g->n, sizeof(*g->nodes), graph_compare);
	for (size_t i = 0; i < g->n; i++)
		g->at[g->nodes[i].row] = (uint32_t)i;
	for (size_t i = 0; i < n; i++) {
		struct graph_node *from = &g->nodes[g->at[rows ? rows[i] : i]];
		int32_t pid = (int32_t)waits_number(g->t, from->row, IPCX_F_HELD_BY);
		struct graph_range to = graph_find(g, pid);

		/* If the first is behind another wait, so are all. */
		for (size_t k = 0; k < to.n && pid != from->pid; k++) {
			if (to.first[k].behind)
				break;
			to.first[k].behind = true;
		}
	}
	return 0;
}

static void graph_trees(struct graph *g, const uint32_t *rows, size_t n, bool behind)
{
	for (size_t i = 0; i < n; i++) {
		struct graph_node *node = &g->nodes[g->at[rows ? rows[i] : i]];

		if (node->shown || (node->behind && !behind))
			continue;
		graph_tree(g, node, 0, false);
		for (; g->ndone < g->nlater; g->ndone++)
			graph_tree(g, &g->nodes[g->later[g->ndone]], 0, false);
	}
}

int waits_graph(const struct ipcx_table *t, const uint32_t *rows, size_t n, bool spaces)
{
	struct graph g = { .t = t, .spaces = spaces, .utf8 = locale_utf8() };
	int r = graph_prepare(&g, rows, n);

	if (!r) {
		graph_trees(&g, rows, n, false);
		/* What is left is in cycles. */
		graph_trees(&g, rows, n, true);
	}
	free(g.nodes);
	free(g.at);
	free(g.later);
	free(g.told);
	return r;
}

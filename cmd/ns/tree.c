/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipcx ns ls --tree: namespaces below the user namespaces that own them. User namespaces
 * that own no IPC namespace are shown if one that does is below them. The depth is
 * bounded by the kernel: user namespaces nest at most 32 deep (user_namespaces(7)).
 */
#include "ns/tree.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/util.h"
#include "ui/cell.h"
#include "ui/locale.h"

#define TREE_DEPTH 40
#define TREE_NONE  UINT32_MAX

/* A user namespace. Its children and its IPC namespaces are linked lists, in the order in
 * which they are printed. */
struct tree_node {
	uint64_t ino;
	uint32_t row;                  /* in the table of user namespaces; TREE_NONE */
	uint32_t child, last, sibling; /* user namespaces, as indices of nodes */
	uint32_t space, last_space;    /* IPC namespaces, as indices of leaves */
	bool below;                    /* it has a parent that is a node */
	bool shown;                    /* it or one below it owns an IPC namespace */
};

struct tree_leaf {
	uint32_t row, next;
};

struct tree {
	const struct ipcx_table *t, *users;
	struct tree_node *nodes; /* by inode number */
	struct tree_leaf *leaves;
	size_t n, nleaves;
	bool utf8;
	bool more[TREE_DEPTH]; /* for each level: further lines follow */
};

static int tree_compare(const void *a, const void *b)
{
	const struct tree_node *x = a, *y = b;

	return (x->ino > y->ino) - (x->ino < y->ino);
}

static struct tree_node *tree_find(const struct tree *tree, uint64_t ino)
{
	struct tree_node key = { .ino = ino };

	return bsearch(&key, tree->nodes, tree->n, sizeof(key), tree_compare);
}

/* Return a number of a row; 0 if the row has none, or it is unknown. */
static uint64_t tree_number(const struct ipcx_table *t, size_t row, enum ipcx_field f)
{
	struct ipcx_value v;

	return ipcx_row_get(t, row, f, &v) == 0 && v.type != IPCX_TYPE_NONE ? v.as.u : 0;
}

static void tree_put(const struct ipcx_table *t, size_t row, enum ipcx_field f)
{
	static const struct cell_style style;
	struct ipcx_value v;

	(void)output_get(&(struct output_rows){ .t = t }, row, f, &v);
	out_done(cell_text(out_room(), ipcx_field_info(f), &v, &style));
}

static void tree_begin(const struct tree *tree, size_t depth)
{
	for (size_t i = 1; i <= depth; i++) {
		bool more = tree->more[i];

		if (i == depth && tree->utf8)
			out_text(more ? "├─ " : "└─ ");
		else if (i == depth)
			out_text(more ? "|- " : "`- ");
		else
			out_text(!more ? "   " : tree->utf8 ? "│  " : "|  ");
	}
}

/* ---- making the tree */

static bool tree_has(const struct ipcx_table *t, size_t row, enum ipcx_field f)
{
	struct ipcx_value v;

	return ipcx_row_get(t, row, f, &v) == 0 && v.type != IPCX_TYPE_NONE;
}

/* Append an IPC namespace to those of its user namespace. */
static void tree_add_leaf(struct tree *tree, struct tree_node *node, uint32_t row)
{
	uint32_t leaf = (uint32_t)tree->nleaves++;

	tree->leaves[leaf] = (struct tree_leaf){ .row = row, .next = TREE_NONE };
	if (node->space == TREE_NONE)
		node->space = leaf;
	else
		tree->leaves[node->last_space].next = leaf;
	node->last_space = leaf;
}

static void tree_add_child(struct tree *tree, struct tree_node *parent, uint32_t child)
{
	if (parent->child == TREE_NONE)
		parent->child = child;
	else
		tree->nodes[parent->last].sibling = child;
	parent->last = child;
	tree->nodes[child].below = true;
}

/* Make a node for each user namespace of both tables. Those of IPC namespaces that are
 * unknown get the number 0. */
static void tree_make_nodes(struct tree *tree, const uint32_t *rows, size_t n)
{
	size_t all = ipcx_table_rows(tree->users), kept = 0;

	for (size_t i = 0; i < all + n; i++)
		tree->nodes[i] = (struct tree_node){
			.ino = i < all ? tree_number(tree->users, i, IPCX_F_USER_NS)
				       : tree_number(tree->t,
						     rows ? rows[i - all] : i - all,
						     IPCX_F_USER_NS),
			.row = i < all ? (uint32_t)i : TREE_NONE,
			.child = TREE_NONE,
			.last = TREE_NONE,
			.sibling = TREE_NONE,
			.space = TREE_NONE,
		};
	qsort(tree->nodes, all + n, sizeof(*tree->nodes), tree_compare);
	for (size_t i = 0; i < all + n; i++) {
		struct tree_node *now = &tree->nodes[i];

		if (kept && tree->nodes[kept - 1].ino == now->ino)
			tree->nodes[kept - 1].row =
				MIN(tree->nodes[kept - 1].row, now->row);
		else
			tree->nodes[kept++] = *now;
	}
	tree->n = kept;
}

/* Mark a user namespace and those above it. */
static void tree_mark(struct tree *tree, struct tree_node *node)
{
	for (int i = 0; node && !node->shown && i < TREE_DEPTH; i++) {
		node->shown = true;
		node = node->row == TREE_NONE
			       ? NULL
			       : tree_find(tree, tree_number(tree->users, node->row,
							     IPCX_F_USER_NS_PARENT));
	}
}

static int tree_make(struct tree *tree, const uint32_t *rows, size_t n)
{
	size_t most = ipcx_table_rows(tree->users) + n + 1;

	tree->nodes = calloc(most, sizeof(*tree->nodes));
	tree->leaves = calloc(n + 1, sizeof(*tree->leaves));
	if (!tree->nodes || !tree->leaves) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	tree_make_nodes(tree, rows, n);
	for (size_t i = 0; i < n; i++) {
		uint32_t row = rows ? rows[i] : (uint32_t)i;
		struct tree_node *node =
			tree_find(tree, tree_number(tree->t, row, IPCX_F_USER_NS));

		if (!node || tree_has(tree->t, row, IPCX_F_DIRECTORY))
			continue;
		tree_add_leaf(tree, node, row);
		tree_mark(tree, node);
	}
	for (size_t i = 0; i < tree->n; i++) {
		uint64_t up = tree->nodes[i].row == TREE_NONE
				      ? 0
				      : tree_number(tree->users, tree->nodes[i].row,
						    IPCX_F_USER_NS_PARENT);
		struct tree_node *parent =
			up && tree->nodes[i].shown ? tree_find(tree, up) : NULL;

		if (parent && parent != &tree->nodes[i])
			tree_add_child(tree, parent, (uint32_t)i);
	}
	return 0;
}

/* ---- printing it */

static void tree_put_leaf(const struct tree *tree, uint32_t row, size_t depth)
{
	const struct ipcx_table *t = tree->t;
	uint64_t processes = tree_number(t, row, IPCX_F_PROCESSES);

	tree_begin(tree, depth);
	out_text("ipc:[");
	tree_put(t, row, IPCX_F_NS);
	out_text("]");
	if (tree_has(t, row, IPCX_F_CONTAINER)) {
		out_text("  ");
		tree_put(t, row, IPCX_F_CONTAINER);
	}
	if (tree_has(t, row, IPCX_F_PID)) {
		out_format("  %" PRIu64 " process%s, the oldest ", processes,
			   processes == 1 ? "" : "es");
		tree_put(t, row, IPCX_F_PID);
		out_text(" (");
		tree_put(t, row, IPCX_F_COMMAND);
		out_text(") of ");
		tree_put(t, row, IPCX_F_OWNER);
	} else {
		out_text("  no process");
	}
	if (tree_has(t, row, IPCX_F_PIN)) {
		out_text("  pin:");
		tree_put(t, row, IPCX_F_PIN);
	}
	out_text("  objects: ");
	tree_put(t, row, IPCX_F_OBJECTS);
	out_text(", ");
	tree_put(t, row, IPCX_F_BYTES);
	out_text("\n");
}

/* What containers left: a directory that is in no namespace. */
static void tree_put_remains(const struct tree *tree, const uint32_t *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t row = rows ? rows[i] : (uint32_t)i;

		if (!tree_has(tree->t, row, IPCX_F_DIRECTORY))
			continue;
		tree_put(tree->t, row, IPCX_F_DIRECTORY);
		out_text("  objects: ");
		tree_put(tree->t, row, IPCX_F_OBJECTS);
		out_text(", ");
		tree_put(tree->t, row, IPCX_F_BYTES);
		out_text("\n");
	}
}

static void tree_put_node(struct tree *tree, const struct tree_node *node, size_t depth)
{
	uint32_t child = node->child;

	tree_begin(tree, depth);
	if (!node->ino)
		out_text("user:[?]");
	else
		out_format("user:[%" PRIu64 "]", node->ino);
	if (node->row != TREE_NONE) {
		out_text("  of ");
		tree_put(tree->users, node->row, IPCX_F_USER_NS_OWNER);
	}
	out_text("\n");
	if (depth + 1 >= TREE_DEPTH)
		return;
	for (uint32_t i = node->space; i != TREE_NONE; i = tree->leaves[i].next) {
		tree->more[depth + 1] = tree->leaves[i].next != TREE_NONE ||
					child != TREE_NONE;
		tree_put_leaf(tree, tree->leaves[i].row, depth + 1);
	}
	for (; child != TREE_NONE; child = tree->nodes[child].sibling) {
		tree->more[depth + 1] = tree->nodes[child].sibling != TREE_NONE;
		tree_put_node(tree, &tree->nodes[child], depth + 1);
	}
}

int ns_tree(const struct ipcx_table *t, const struct ipcx_table *users,
	    const uint32_t *rows, size_t n)
{
	struct tree tree = { .t = t, .users = users, .utf8 = locale_utf8() };
	int r = tree_make(&tree, rows, n);

	for (size_t i = 0; !r && i < tree.n; i++)
		if (tree.nodes[i].shown && !tree.nodes[i].below)
			tree_put_node(&tree, &tree.nodes[i], 0);
	if (!r)
		tree_put_remains(&tree, rows, n);
	free(tree.nodes);
	free(tree.leaves);
	return r;
}

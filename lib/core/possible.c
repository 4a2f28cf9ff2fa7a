/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a condition can be true for any row of a mechanism, judged only by which fields
 * such rows have, not by the values.
 */
#include <string.h>

#include "core/columns.h"
#include "core/expr.h"
#include "core/mech.h"

/* Which results a subexpression can have in any row. If neither member is true, the
 * result is always unknown. */
struct may {
	bool yes, no;
};

struct asked {
	unsigned mech;
	bool all; /* assume that rows have every field */
};

static bool possible_has(const struct asked *a, enum ipcx_field f,
			 const struct ix_name_field *n)
{
	if (a->all || f == IPCX_NO_FIELD)
		return true;
	return ipcx_mech_has(a->mech, f) && (!n || ipcx_mech_has(a->mech, n->id));
}

/* Whether a comparison is like "mech == shm", which can be decided here, without rows. */
static bool names_mech(const struct ix_node *n)
{
	return n->left == IPCX_F_MECH && n->right == IPCX_NO_FIELD &&
	       (n->op == IX_TOK_EQ || n->op == IX_TOK_NE);
}

static struct may possible_compared(const struct asked *a, const struct ix_node *n)
{
	bool same;

	if (names_mech(n)) {
		same = !strcmp(ipcx_value_string(&n->literal),
			       ipcx_mech_info(a->mech)->name);
		same = same == (n->op == IX_TOK_EQ);
		return (struct may){ .yes = same, .no = !same };
	}
	same = possible_has(a, n->left, n->left_name) &&
	       possible_has(a, n->right, n->right_name);
	return (struct may){ .yes = same, .no = same };
}

static struct may possible_may(const struct asked *a, const struct ix_node *n)
{
	struct may all = { .yes = n->kind == IX_NODE_AND, .no = n->kind == IX_NODE_OR };
	bool there;

	switch (n->kind) {
	case IX_NODE_COMPARE:
		return possible_compared(a, n);
	case IX_NODE_LIKE:
	case IX_NODE_NULL:
		there = possible_has(a, n->left, NULL);
		return (struct may){ .yes = there, .no = there };
	case IX_NODE_UNKNOWN:
		return (struct may){ .yes = possible_has(a, n->left, NULL), .no = true };
	case IX_NODE_NOT:
		all = possible_may(a, n->first);
		return (struct may){ .yes = all.no, .no = all.yes };
	case IX_NODE_AND:
	case IX_NODE_OR:
		break;
	}
	for (const struct ix_node *child = n->first; child; child = child->next) {
		struct may one = possible_may(a, child);

		all.yes = n->kind == IX_NODE_AND ? all.yes && one.yes
						 : all.yes || one.yes;
		all.no = n->kind == IX_NODE_AND ? all.no || one.no : all.no && one.no;
	}
	return all;
}

int ipcx_expr_possible(const struct ipcx_expr *e, unsigned mech,
		       struct ipcx_fieldset *ret_lacking)
{
	struct asked a = { .mech = mech };
	struct ipcx_fieldset lacking = { { 0 } };
	bool yes = e && ipcx_mech_info(mech) && possible_may(&a, e->root).yes;

	a.all = true;
	if (e && ipcx_mech_info(mech) && !yes && possible_may(&a, e->root).yes) {
		lacking = e->fields;
		for (unsigned f = 0; f < ipcx_field_count(); f++)
			if (ipcx_mech_has(mech, (enum ipcx_field)f))
				ipcx_fieldset_remove(&lacking, (enum ipcx_field)f);
	}
	if (ret_lacking)
		*ret_lacking = lacking;
	return yes;
}

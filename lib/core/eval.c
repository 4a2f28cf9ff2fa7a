/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an expression says of a row, in Kleene's logic of three values: what depends on
 * something unknown is unknown, and stays so when it is negated.
 */
#include "core/expr.h"
#include "core/type.h"

#define UNKNOWN (-1)

struct row {
	const struct ipcx_table *t;
	const struct ix_section *s;
	const void *data;
};

/*
 * The value of a field; a field that such rows do not have is as unknown here as one
 * that could not be read.
 */
static bool value_of(const struct row *row, enum ipcx_field f, struct ipcx_value *v)
{
	return ix_row_value(row->t, row->s, row->data, f, v) == 0 &&
	       v->type != IPCX_TYPE_NONE;
}

static int compare(const struct ix_node *n, const struct row *row)
{
	struct ipcx_value left, right;
	const struct ipcx_value *other = &n->literal;
	int order;

	if (!value_of(row, n->left, &left))
		return UNKNOWN;
	if (n->right != IPCX_NO_FIELD) {
		if (!value_of(row, n->right, &right))
			return UNKNOWN;
		other = &right;
	}
	order = ipcx_value_compare(&left, other);
	/* Only comparisons are left here; the parser made no other. */
	if (n->op == IX_TOK_EQ)
		return order == 0;
	if (n->op == IX_TOK_NE)
		return order != 0;
	if (n->op == IX_TOK_LT)
		return order < 0;
	if (n->op == IX_TOK_LE)
		return order <= 0;
	return n->op == IX_TOK_GT ? order > 0 : order >= 0;
}

static int like(const struct ix_node *n, const struct row *row)
{
	struct ipcx_value left;
	char buf[IPCX_VALUE_MAX];

	if (!value_of(row, n->left, &left))
		return UNKNOWN;
	return regexec(&n->pattern, ix_value_raw(&left, buf), 0, NULL, 0) == 0;
}

/*
 * Whether nothing is known of a field that such rows have. One that they do not have is
 * nothing to say anything of, or "x == null" would take all the objects of every
 * mechanism without an x.
 */
static int null(const struct ix_node *n, const struct row *row)
{
	struct ipcx_value left;

	if (ix_row_value(row->t, row->s, row->data, n->left, &left) < 0)
		return UNKNOWN;
	return (left.type == IPCX_TYPE_NONE) == (n->op == IX_TOK_EQ);
}

static int eval(const struct ix_node *n, const struct row *row);

/*
 * All children (one says no: no) or any (one says yes: yes); otherwise unknown if one
 * was.
 */
static int chain(const struct ix_node *n, const struct row *row, int decides)
{
	int result = !decides;

	for (const struct ix_node *child = n->first; child; child = child->next) {
		int r = eval(child, row);

		if (r == decides)
			return r;
		if (r == UNKNOWN)
			result = UNKNOWN;
	}
	return result;
}

static int eval(const struct ix_node *n, const struct row *row)
{
	int r;

	switch (n->kind) {
	case IX_NODE_AND:
		return chain(n, row, 0);
	case IX_NODE_OR:
		return chain(n, row, 1);
	case IX_NODE_NOT:
		r = eval(n->first, row);
		return r == UNKNOWN ? UNKNOWN : !r;
	case IX_NODE_COMPARE:
		return compare(n, row);
	case IX_NODE_LIKE:
		return like(n, row);
	case IX_NODE_NULL:
		return null(n, row);
	}
	return UNKNOWN;
}

int ix_expr_row(const struct ipcx_expr *e, const struct ipcx_table *t,
		const struct ix_section *s, const void *row)
{
	return eval(e->root, &(const struct row){ .t = t, .s = s, .data = row });
}

int ipcx_expr_match(const struct ipcx_expr *e, const struct ipcx_table *t, size_t row)
{
	const struct ix_section *s;
	const void *data = ix_table_at(t, row, &s);

	return e && data ? ix_expr_row(e, t, s, data) : UNKNOWN;
}

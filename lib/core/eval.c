/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Evaluate an expression for a row in Kleene's three-valued logic: what depends on an
 * unknown value is unknown, and so is its negation.
 */
#include "core/expr.h"

#include <errno.h>

#include "core/columns.h"
#include "core/pattern.h"
#include "core/type.h"

#define UNKNOWN (-1)

struct row {
	const struct ipcx_table *t;
	const struct ix_section *s;
	const void *data;
	struct ix_verdict *verdict; /* records what failed */
};

/* Record a failure; the result is neither true nor false. */
static int eval_failed(const struct row *row, enum ix_failed what, int error)
{
	if (!row->verdict->error) {
		row->verdict->failed = what;
		row->verdict->error = error;
	}
	return UNKNOWN;
}

/* Whether an id is unmapped here; all unmapped ids are shown as the same number. */
static bool is_unmapped(const struct row *row, const struct ix_name_field *named)
{
	const struct ix_row *head = row->data;

	return head->unmapped >> (named - ix_name_fields) & 1;
}

/*
 * Whether a name field has no name that could be compared as text. If a user's name could
 * not be looked up, the field shows a number, but that number is not the name.
 */
static bool is_no_name(const struct row *row, const struct ix_name_field *named)
{
	const struct ix_names *names = named->group ? &row->t->groups : &row->t->users;
	const struct ix_column *id = ix_section_column(row->s, named->id);
	const struct ix_name *n;

	if (is_unmapped(row, named))
		return true;
	if (id->size != sizeof(uint32_t) ||
	    !ix_section_column(row->s, named->name)->derive)
		return false;
	n = ix_names_find(names, (uint32_t)ix_column_raw(id, row->data));
	if (!n || n->off != IX_UNKNOWN_NAME)
		return false;
	(void)eval_failed(row, named->group ? IX_FAILED_GROUPS : IX_FAILED_USERS,
			  names->error);
	return true;
}

/*
 * Read the value of a field. A field that this kind of row lacks is unknown here, like a
 * field that could not be read.
 */
static bool value_of(const struct row *row, enum ipcx_field f, struct ipcx_value *v)
{
	const struct ix_name_field *named = ix_find_name_field(f);

	if (ix_row_value(row->t, row->s, row->data, f, v) < 0 ||
	    v->type == IPCX_TYPE_NONE)
		return false;
	return !named || !is_no_name(row, named);
}

/* Read the id instead of the name; the result is unknown if the name is unknown. */
static bool id_of(const struct row *row, const struct ix_name_field *named,
		  struct ipcx_value *v)
{
	return !is_unmapped(row, named) && ipcx_fieldset_has(&row->s->has, named->name) &&
	       !ix_is_unknown(row->t, row->data, named->name) &&
	       value_of(row, named->id, v);
}

static bool side_of(const struct row *row, enum ipcx_field f,
		    const struct ix_name_field *named, struct ipcx_value *v)
{
	return named ? id_of(row, named, v) : value_of(row, f, v);
}

static int eval_compare(const struct ix_node *n, const struct row *row)
{
	struct ipcx_value left, right;
	const struct ipcx_value *other = &n->literal;
	int order;

	if (!side_of(row, n->left, n->left_name, &left))
		return UNKNOWN;
	if (n->right != IPCX_NO_FIELD) {
		if (!side_of(row, n->right, n->right_name, &right))
			return UNKNOWN;
		other = &right;
	}
	order = ipcx_value_compare(&left, other);
	/* The parser puts only comparison operators here. */
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
	int r;

	if (!value_of(row, n->left, &left))
		return UNKNOWN;
	r = ix_pattern_match(&n->pattern, ix_value_raw(&left, buf));
	return r < 0 ? eval_failed(row, IX_FAILED_MATCH, r) : r;
}

/*
 * Whether the field has a value. The result is unknown if the value is unknown, or if
 * this kind of row lacks the field; otherwise "x == null" would match all objects of
 * every mechanism without an x.
 */
static int null(const struct ix_node *n, const struct row *row)
{
	struct ipcx_value left;

	if (ix_row_value(row->t, row->s, row->data, n->left, &left) < 0 ||
	    ix_is_unknown(row->t, row->data, n->left))
		return UNKNOWN;
	return (left.type == IPCX_TYPE_NONE) == (n->op == IX_TOK_EQ);
}

/*
 * Whether the value is unknown, including a name that could not be looked up or belongs
 * to an unmapped id. The result is always true or false: a field that this kind of row
 * lacks does not count as unknown.
 */
static int eval_unknown(const struct ix_node *n, const struct row *row)
{
	const struct ix_name_field *named = ix_find_name_field(n->left);

	if (!ipcx_fieldset_has(&row->s->has, n->left))
		return 0;
	return ix_is_unknown(row->t, row->data, n->left) ||
	       (named && is_no_name(row, named));
}

static int eval(const struct ix_node *n, const struct row *row);

/*
 * Combine all children with "and" (decides is 0) or with "or" (decides is 1). If any
 * child has the value of decides, that is the result; otherwise the result is unknown if
 * any child is unknown.
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
		return eval_compare(n, row);
	case IX_NODE_LIKE:
		return like(n, row);
	case IX_NODE_NULL:
		return null(n, row);
	case IX_NODE_UNKNOWN:
		return eval_unknown(n, row);
	}
	return UNKNOWN;
}

struct ix_verdict ix_expr_row(const struct ipcx_expr *e, const struct ipcx_table *t,
			      const struct ix_section *s, const void *row)
{
	struct ix_verdict v = { .says = UNKNOWN };

	v.says = eval(e->root,
		      &(const struct row){ .t = t, .s = s, .data = row, .verdict = &v });
	/* A failure does not matter if the other conditions decide. */
	if (v.says != UNKNOWN)
		v.error = 0;
	return v;
}

int ipcx_expr_match(const struct ipcx_expr *e, const struct ipcx_table *t, size_t row)
{
	struct ix_verdict v = { .says = UNKNOWN };
	const struct ix_section *s;
	const void *data = ix_table_at(t, row, &s);

	if (e && data)
		v = ix_expr_row(e, t, s, data);
	errno = -v.error;
	return v.says;
}

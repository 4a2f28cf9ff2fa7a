/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The grammar of expressions: precedence, limits of depth and length, and ownership of
 * the tree.
 */
#include "core/expr.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/esc.h"
#include "core/copyin.h"

/* Return the column of the byte at this index, counted in characters from 1. An invalid
 * byte counts as one character. */
static size_t column_of(const char *text, size_t at)
{
	size_t column = 1;
	uint32_t c;

	for (size_t i = 0; i < at; column++)
		i += MAX(ix_utf8((const unsigned char *)text + i, at - i, &c), 1U);
	return column;
}

int ix_expr_bad(struct ix_parser *p, size_t at, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	p->column = column_of(p->text, at);
	if (p->of > 1)
		return ix_fail_plain(p->x, -EINVAL, "column %zu of expression %zu: %s",
				     p->column, p->which + 1, text);
	return ix_fail_plain(p->x, -EINVAL, "column %zu of the expression: %s", p->column,
			     text);
}

struct ix_node *ix_expr_node(struct ix_parser *p, enum ix_node_kind kind)
{
	struct ix_node *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->kind = kind;
	n->made = p->e->made;
	p->e->made = n;
	return n;
}

/* Advance to the next token. */
static int advance(struct ix_parser *p)
{
	p->tok = ix_lex(p->text, p->tok.at + p->tok.len);
	return p->tok.kind == IX_TOK_BAD ? ix_expr_bad(p, p->tok.at, "%s", p->tok.why)
					 : 0;
}

static bool is_operand(const struct ix_token *tok)
{
	return tok->kind == IX_TOK_WORD || tok->kind == IX_TOK_STRING;
}

static bool is_comparison(const struct ix_token *tok)
{
	return tok->kind >= IX_TOK_EQ && tok->kind <= IX_TOK_LIKE;
}

/* Report that something else was expected before the current token. */
static int expected(struct ix_parser *p, const char *what)
{
	char part[41] = "", shown[200];

	if (p->tok.kind == IX_TOK_END)
		return ix_expr_bad(p, p->tok.at, "%s is missing at the end", what);
	memcpy(part, p->text + p->tok.at, MIN(p->tok.len, sizeof(part) - 1));
	(void)ix_escape(shown, sizeof(shown), part, IX_ESC_TEXT);
	return ix_expr_bad(p, p->tok.at, "expected %s before \"%s\"", what, shown);
}

typedef int parse_fn(struct ix_parser *p, struct ix_node **ret_node);

static parse_fn parse_or, parse_unary;

/* Parse the rest of unknown(FIELD), from "(". */
static int parse_unknown(struct ix_parser *p, struct ix_node **ret_node)
{
	struct ix_token open = p->tok;
	int r = advance(p);

	if (r < 0)
		return r;
	if (!is_operand(&p->tok))
		return expected(p, "a field");
	r = ix_check_unknown(p, &p->tok, ret_node);
	if (r == 0)
		r = advance(p);
	if (r < 0)
		return r;
	if (p->tok.kind == IX_TOK_END)
		return ix_expr_bad(p, open.at, "the ( has no )");
	if (p->tok.kind != IX_TOK_CLOSE)
		return expected(p, "a )");
	r = advance(p);
	if (r == 0 && is_comparison(&p->tok))
		return ix_expr_bad(p, p->tok.at,
				   "unknown() is a condition and cannot be compared");
	return r;
}

static int parse_comparison(struct ix_parser *p, struct ix_node **ret_node)
{
	struct ix_token left = p->tok, op;
	int r;

	if (!is_operand(&left))
		return expected(p, "a condition");
	r = advance(p);
	if (r < 0)
		return r;
	op = p->tok;
	if (op.kind == IX_TOK_OPEN && left.kind == IX_TOK_WORD &&
	    ix_token_is(p->text, &left, "unknown"))
		return parse_unknown(p, ret_node);
	if (!is_comparison(&op))
		return ix_check_flag(p, &left, ret_node);
	r = advance(p);
	if (r < 0)
		return r;
	if (!is_operand(&p->tok))
		return expected(p,
				"a field or a value (in quotes if it is not one word)");
	r = ix_check_compare(p, left, op, p->tok, ret_node);
	if (r < 0)
		return r;
	r = advance(p);
	if (r == 0 && is_comparison(&p->tok))
		return ix_expr_bad(p, p->tok.at,
				   "comparisons do not chain: join two with &&");
	return r;
}

/* Parse a group; the current token is "(". */
static int parse_group(struct ix_parser *p, struct ix_node **ret_node)
{
	struct ix_token open = p->tok;
	int r = advance(p);

	if (r == 0)
		r = parse_or(p, ret_node);
	if (r < 0)
		return r;
	if (p->tok.kind == IX_TOK_END)
		return ix_expr_bad(p, open.at, "the ( has no )");
	if (p->tok.kind != IX_TOK_CLOSE)
		return expected(p, "&&, || or )");
	return advance(p);
}

/* Parse a negation; the current token is "!". */
static int parse_not(struct ix_parser *p, struct ix_node **ret_node)
{
	struct ix_node *n = ix_expr_node(p, IX_NODE_NOT);
	int r = n ? advance(p) : -ENOMEM;

	if (r == 0)
		r = parse_unary(p, &n->first);
	if (r < 0)
		return r;
	*ret_node = n;
	return 0;
}

static int parse_unary(struct ix_parser *p, struct ix_node **ret_node)
{
	bool negated = p->tok.kind == IX_TOK_NOT;
	int r;

	if (!negated && p->tok.kind != IX_TOK_OPEN)
		return parse_comparison(p, ret_node);
	if (p->depth >= IX_EXPR_DEPTH)
		return ix_expr_bad(p, p->tok.at, "nested more than %d deep",
				   IX_EXPR_DEPTH);
	p->depth++;
	r = negated ? parse_not(p, ret_node) : parse_group(p, ret_node);
	p->depth--;
	return r;
}

/*
 * Parse one or more parts with an operator between them. The parts become siblings below
 * one node. So the depth of the tree is limited by the nesting of the parentheses,
 * however long the text is.
 */
static int parse_chain(struct ix_parser *p, enum ix_tok op, enum ix_node_kind kind,
		       parse_fn *part, struct ix_node **ret_node)
{
	struct ix_node *chain, **tail;
	int r = part(p, ret_node);

	if (r < 0 || p->tok.kind != op)
		return r;
	chain = ix_expr_node(p, kind);
	if (!chain)
		return -ENOMEM;
	chain->first = *ret_node;
	*ret_node = chain;
	for (tail = &chain->first; p->tok.kind == op;) {
		tail = &(*tail)->next;
		r = advance(p);
		if (r == 0)
			r = part(p, tail);
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_and(struct ix_parser *p, struct ix_node **ret_node)
{
	return parse_chain(p, IX_TOK_AND, IX_NODE_AND, parse_unary, ret_node);
}

static int parse_or(struct ix_parser *p, struct ix_node **ret_node)
{
	return parse_chain(p, IX_TOK_OR, IX_NODE_OR, parse_and, ret_node);
}

static int parse_text(struct ix_parser *p, struct ix_node **ret_root)
{
	int r;

	if (strlen(p->text) > IX_EXPR_MAX)
		return ix_expr_bad(p, IX_EXPR_MAX, "it is longer than %d bytes",
				   IX_EXPR_MAX);
	r = advance(p);
	if (r < 0)
		return r;
	if (p->tok.kind == IX_TOK_END)
		return ix_expr_bad(p, p->tok.at,
				   "a condition is missing, such as size > 1M");
	r = parse_or(p, ret_root);
	if (r < 0)
		return r;
	if (p->tok.kind == IX_TOK_CLOSE)
		return ix_expr_bad(p, p->tok.at, "the ) has no (");
	return p->tok.kind == IX_TOK_END ? 0 : expected(p, "an operator");
}

/* Parse each text separately and join all of them below one node. */
static int parse_all(struct ix_parser *p, const char *const *texts)
{
	struct ix_node **tail = &p->e->root;

	if (p->of > 1) {
		p->e->root = ix_expr_node(p, IX_NODE_AND);
		if (!p->e->root)
			return -ENOMEM;
		tail = &p->e->root->first;
	}
	for (; p->which < p->of; p->which++, tail = &(*tail)->next) {
		int r;

		p->text = texts[p->which];
		p->tok = (struct ix_token){ .at = 0 };
		r = parse_text(p, tail);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Allocate the pool for the literals: each literal is a part of one of the texts, plus a
 * NUL. Returns -EINVAL if there is no text. */
static int make_room(struct ix_parser *p, const char *const *texts)
{
	size_t room = 1;

	for (size_t i = 0; i < p->of; i++) {
		if (!texts[i])
			return -EINVAL;
		room += 2 * strlen(texts[i]);
	}
	p->e->pool = malloc(room);
	return !p->e->pool ? -ENOMEM : p->of ? 0 : -EINVAL;
}

int ipcx_expr_parse_all(struct ipcx *x, const char *const *texts, size_t n,
			struct ipcx_expr **ret_expr, size_t *ret_which,
			size_t *ret_column)
{
	IX_REQUIRE(x, texts, ret_expr);
	struct ix_parser p = { .x = x, .of = n, .e = calloc(1, sizeof(*p.e)) };
	int r = p.e ? make_room(&p, texts) : -ENOMEM;

	if (r == 0)
		r = parse_all(&p, texts);
	if (r < 0) {
		ipcx_expr_free(p.e);
		if (p.column && ret_which)
			*ret_which = p.which;
		if (p.column && ret_column)
			*ret_column = p.column;
		return p.column ? r : ix_fail(x, r, "the expression");
	}
	p.e->fields = p.used;
	*ret_expr = p.e;
	return 0;
}

int ipcx_expr_parse(struct ipcx *x, const char *text, struct ipcx_expr **ret_expr,
		    size_t *ret_column)
{
	IX_REQUIRE(x, text, ret_expr);
	return ipcx_expr_parse_all(x, &text, 1, ret_expr, NULL, ret_column);
}

void ipcx_expr_free(struct ipcx_expr *e)
{
	if (!e)
		return;
	for (struct ix_node *n = e->made, *before; n; n = before) {
		before = n->made;
		if (n->compiled)
			regfree(&n->pattern);
		free(n);
	}
	free(e->pool);
	free(e);
}

struct ipcx_fieldset ipcx_expr_fields(const struct ipcx_expr *e)
{
	return e ? e->fields : (struct ipcx_fieldset){ { 0 } };
}

/* Whether this is a comparison with 0, such as "semncnt > 0", which gives the same result
 * for all values other than 0. */
static bool is_with_zero(const struct ix_node *n)
{
	return n->kind == IX_NODE_COMPARE && n->right == IPCX_NO_FIELD && !n->left_name &&
	       n->literal.type == IPCX_TYPE_UINT && n->literal.as.u == 0;
}

struct ipcx_fieldset ix_expr_exact(const struct ipcx_expr *e)
{
	struct ipcx_fieldset exact = { { 0 } };

	for (const struct ix_node *n = e->made; n; n = n->made) {
		if (n->kind == IX_NODE_AND || n->kind == IX_NODE_OR ||
		    n->kind == IX_NODE_NOT || is_with_zero(n))
			continue;
		ipcx_fieldset_add(&exact, n->left);
		if (n->right != IPCX_NO_FIELD)
			ipcx_fieldset_add(&exact, n->right);
	}
	return exact;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tree of an expression: the parser (expr.c) builds it, the type check (check.c)
 * fills it with literals (literal.c), the evaluation (eval.c) walks it. Immutable once
 * built.
 */
#pragma once

#include <regex.h>
#include <stdbool.h>

#include "core/ctx.h"
#include "core/lex.h"
#include "core/table.h"
#include "ipcx.h"

#define IX_EXPR_MAX   65536 /* bytes of text */
#define IX_EXPR_DEPTH 64    /* nesting of parentheses and negations */

enum ix_node_kind {
	IX_NODE_AND, /* combines its children, two or more */
	IX_NODE_OR,
	IX_NODE_NOT,     /* negates its only child */
	IX_NODE_COMPARE, /* compares left with right by op */
	IX_NODE_LIKE,    /* matches left against the pattern */
	IX_NODE_NULL,    /* tests whether left has no value (op is ==) or any (!=) */
	IX_NODE_UNKNOWN, /* tests whether the value of left is unknown */
};

struct ix_node {
	enum ix_node_kind kind;
	enum ix_tok op;
	enum ipcx_field left, right; /* right: IPCX_NO_FIELD for a literal */
	/* If names are compared by their ids: the name fields on both sides; else NULL.
	 */
	const struct ix_name_field *left_name, *right_name;
	struct ipcx_value literal; /* a string literal is in the expression's pool */
	regex_t pattern;
	bool compiled;                /* pattern must be freed */
	struct ix_node *first, *next; /* children */
	struct ix_node *made; /* the node that was created before this one: the list of
				 all nodes, which owns them */
};

struct ipcx_expr {
	struct ix_node *root, *made;
	char *pool; /* strings of literals */
	size_t pooled;
	struct ipcx_fieldset fields; /* the fields that the expression reads */
};

/* The state of the parser. */
struct ix_parser {
	struct ipcx *x;
	struct ipcx_expr *e;
	const char *text;
	size_t which, of;    /* index of text, and the number of texts */
	bool zoned;          /* the time zone has been read */
	struct ix_token tok; /* the current token */
	int depth;
	struct ipcx_fieldset used;
	size_t column; /* column of the error, counted in characters from 1 */
};

/* Keep the text of an error that was found at this byte of the expression. Returns
 * -EINVAL. */
int ix_expr_bad(struct ix_parser *p, size_t at, const char *fmt, ...) PRINTF(3, 4);

/* Create a node owned by the expression; NULL if out of memory. */
struct ix_node *ix_expr_node(struct ix_parser *p, enum ix_node_kind kind);

/*
 * Check a condition and create its node: a lone field, unknown(FIELD), or a comparison of
 * two operands. Return 0, or -errno with a text.
 */
int ix_check_flag(struct ix_parser *p, const struct ix_token *operand,
		  struct ix_node **ret_node);
int ix_check_unknown(struct ix_parser *p, const struct ix_token *operand,
		     struct ix_node **ret_node);
int ix_check_compare(struct ix_parser *p, struct ix_token left, struct ix_token op,
		     struct ix_token right, struct ix_node **ret_node);

/* Return the fields whose value matters to the expression; of its other fields, it only
 * tests whether they are 0. */
struct ipcx_fieldset ix_expr_exact(const struct ipcx_expr *e);

/* Like ipcx_expr_match(), but for a row in any memory, and also returns the reason if the
 * result is unknown. */
struct ix_verdict ix_expr_row(const struct ipcx_expr *e, const struct ipcx_table *t,
			      const struct ix_section *s, const void *row);

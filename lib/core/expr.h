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
	IX_NODE_AND, /* of its children, two or more */
	IX_NODE_OR,
	IX_NODE_NOT,     /* of its only child */
	IX_NODE_COMPARE, /* left with right by op */
	IX_NODE_LIKE,    /* left with the pattern */
	IX_NODE_NULL,    /* whether left has no value; op says == or != */
	IX_NODE_UNKNOWN, /* whether the value of left is unknown */
};

struct ix_node {
	enum ix_node_kind kind;
	enum ix_tok op;
	enum ipcx_field left, right; /* right is IPCX_NO_FIELD for a literal */
	/* For names that are compared by id: their name fields, else NULL. */
	const struct ix_name_field *left_name, *right_name;
	struct ipcx_value literal; /* a string is in the expression's pool */
	regex_t pattern;
	bool compiled;                /* pattern must be freed */
	struct ix_node *first, *next; /* children */
	struct ix_node *made; /* previously created node: a list that owns all nodes */
};

struct ipcx_expr {
	struct ix_node *root, *made;
	char *pool; /* strings of literals */
	size_t pooled;
	struct ipcx_fieldset fields; /* the fields that it reads */
};

/* The parser at work. */
struct ix_parser {
	struct ipcx *x;
	struct ipcx_expr *e;
	const char *text;
	size_t which, of;    /* index of text, and the number of texts */
	bool zoned;          /* the time zone has been read */
	struct ix_token tok; /* the current token */
	int depth;
	struct ipcx_fieldset used;
	size_t column; /* of the error, in characters from 1 */
};

/* Keep the text of an error at this byte. Returns -EINVAL. */
int ix_expr_bad(struct ix_parser *p, size_t at, const char *fmt, ...) PRINTF(3, 4);

/* Create a node owned by the expression; NULL if out of memory. */
struct ix_node *ix_expr_node(struct ix_parser *p, enum ix_node_kind kind);

/*
 * Check a lone field as a condition; the field in unknown(FIELD); a comparison of two
 * operands. Return 0, or -errno with a text.
 */
int ix_check_flag(struct ix_parser *p, const struct ix_token *operand,
		  struct ix_node **ret_node);
int ix_check_unknown(struct ix_parser *p, const struct ix_token *operand,
		     struct ix_node **ret_node);
int ix_check_compare(struct ix_parser *p, struct ix_token left, struct ix_token op,
		     struct ix_token right, struct ix_node **ret_node);

/* The fields whose value matters; of the others it only tests whether they are 0. */
struct ipcx_fieldset ix_expr_exact(const struct ipcx_expr *e);

/* Like ipcx_expr_match(), for a row in any memory, and with the reason. */
struct ix_verdict ix_expr_row(const struct ipcx_expr *e, const struct ipcx_table *t,
			      const struct ix_section *s, const void *row);

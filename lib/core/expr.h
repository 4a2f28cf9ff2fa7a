/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An expression inside: the tree that the parser (expr.c) builds, the type check
 * (check.c) fills, the literals (literal.c) stand in, and the evaluation (eval.c) walks.
 * Once built it is never changed.
 */
#pragma once

#include <regex.h>
#include <stdbool.h>

#include "core/ctx.h"
#include "core/lex.h"
#include "core/table.h"
#include "ipcx.h"

#define IX_EXPR_MAX   65536 /* bytes of text */
#define IX_EXPR_DEPTH 64    /* parentheses and negations inside each other */

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
	enum ipcx_field left, right; /* right: IPCX_NO_FIELD for the literal */
	/* Where names of users are compared by their ids: the fields of the names. */
	const struct ix_name_field *left_name, *right_name;
	struct ipcx_value literal; /* a string stands in the expression's pool */
	regex_t pattern;
	bool compiled;                /* pattern is to be freed */
	struct ix_node *first, *next; /* children */
	struct ix_node *made;         /* the one before: the list that owns them all */
};

struct ipcx_expr {
	struct ix_node *root, *made;
	char *pool; /* strings of literals */
	size_t pooled;
	struct ipcx_fieldset fields; /* that it reads */
};

/* The parser at work. */
struct ix_parser {
	struct ipcx *x;
	struct ipcx_expr *e;
	const char *text;
	size_t which, of;    /* that text among how many */
	bool zoned;          /* the time zone has been looked at */
	struct ix_token tok; /* the one to look at */
	int depth;
	struct ipcx_fieldset used;
	size_t column; /* of the error, in characters from 1 */
};

/* Keep the text of an error that stands at this byte; answers -EINVAL. */
int ix_expr_bad(struct ix_parser *p, size_t at, const char *fmt, ...) PRINTF(3, 4);

/* A new node that the expression owns; NULL when memory is out. */
struct ix_node *ix_expr_node(struct ix_parser *p, enum ix_node_kind kind);

/*
 * A field alone as a condition; the field in unknown(FIELD); a comparison of two
 * operands. 0 or -errno, the text kept.
 */
int ix_check_flag(struct ix_parser *p, const struct ix_token *operand,
		  struct ix_node **ret_node);
int ix_check_unknown(struct ix_parser *p, const struct ix_token *operand,
		     struct ix_node **ret_node);
int ix_check_compare(struct ix_parser *p, struct ix_token left, struct ix_token op,
		     struct ix_token right, struct ix_node **ret_node);

/* The fields whose value it reads; of the others it asks only whether they are 0. */
struct ipcx_fieldset ix_expr_exact(const struct ipcx_expr *e);

/* ipcx_expr_match() for a row that stands anywhere, with the reason. */
struct ix_verdict ix_expr_row(const struct ipcx_expr *e, const struct ipcx_table *t,
			      const struct ix_section *s, const void *row);

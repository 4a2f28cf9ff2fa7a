/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The type check of expressions: turns operands into a checked comparison, or into an
 * error that says what to write instead.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/distance.h"
#include "base/esc.h"
#include "base/nss.h"
#include "base/zone.h"
#include "core/expr.h"
#include "core/pattern.h"
#include "core/type.h"
#include "core/words.h"

/* An operand as messages show it. */
struct shown {
	char text[64];
};

static const char *show_text(struct shown *s, const char *text)
{
	if (ix_escape(s->text, sizeof(s->text) - 3, text, IX_ESC_TEXT) >=
	    sizeof(s->text) - 3)
		memcpy(s->text + strlen(s->text), "…", sizeof("…"));
	return s->text;
}

static const char *check_show(struct shown *s, const struct ix_parser *p,
			      const struct ix_token *tok)
{
	char part[80] = "";

	memcpy(part, p->text + tok->at, MIN(tok->len, sizeof(part) - 1));
	return show_text(s, part);
}

/* Describe what a field holds, for messages. */
static const char *describe(enum ipcx_field f)
{
	return ix_type_noun(ipcx_field_info(f));
}

static bool check_is_number(const struct ipcx_field_info *info)
{
	return ix_type(info->type)->info.number;
}

/*
 * Whether two fields can be compared: they need the same type and, for numbers, the same
 * unit. A plain count can be compared with a number of any unit, because the fields of
 * limits are plain counts, whatever they limit.
 */
static bool comparable(enum ipcx_field a, enum ipcx_field b)
{
	const struct ipcx_field_info *l = ipcx_field_info(a), *r = ipcx_field_info(b);

	if (!check_is_number(l) || !check_is_number(r))
		return l->type == r->type;
	return l->unit == r->unit || l->unit == IPCX_UNIT_PLAIN ||
	       r->unit == IPCX_UNIT_PLAIN || l->unit == IPCX_UNIT_VARIES ||
	       r->unit == IPCX_UNIT_VARIES;
}

/* Write ": did you mean size or rss?" to buf; nothing if no field has a similar name. */
static const char *suggest(const char *word, size_t len, char *buf, size_t size)
{
	size_t best = ix_nearest(len), at = 0;
	const struct ipcx_field_info *info;

	buf[0] = '\0';
	for (unsigned f = 0; f < ipcx_field_count(); f++)
		if ((info = ipcx_field_info((enum ipcx_field)f)))
			best = MIN(best, ix_distance(word, len, info->name,
						     strlen(info->name)));
	for (unsigned f = 0, found = 0; f < ipcx_field_count() && found < 3; f++) {
		info = ipcx_field_info((enum ipcx_field)f);
		if (!info ||
		    ix_distance(word, len, info->name, strlen(info->name)) != best)
			continue;
		at += (size_t)snprintf(buf + at, size - at, "%s%s",
				       found ? " or " : ": did you mean ", info->name);
		found++;
	}
	if (at)
		(void)snprintf(buf + at, size - at, "?");
	return buf;
}

/* Return the field that a token names, or IPCX_NO_FIELD. A quoted text is never a field.
 */
static enum ipcx_field field_of(const struct ix_parser *p, const struct ix_token *tok)
{
	enum ipcx_field f;

	if (tok->kind == IX_TOK_WORD &&
	    ipcx_field_by_name(p->text + tok->at, tok->len, &f) == 0)
		return f;
	return IPCX_NO_FIELD;
}

/* Whether a word looks like a field name rather than a value. */
static bool like_a_name(const struct ix_parser *p, const struct ix_token *tok)
{
	unsigned char c = (unsigned char)p->text[tok->at];

	return tok->kind == IX_TOK_WORD && ((c | 0x20U) - 'a' < 26 || c == '_');
}

static bool is_null(const struct ix_parser *p, const struct ix_token *tok)
{
	return tok->kind == IX_TOK_WORD && ix_token_is(p->text, tok, "null");
}

static int no_field(struct ix_parser *p, const struct ix_token *tok)
{
	char near[100];
	struct shown s;

	if (ix_token_is(p->text, tok, "unknown"))
		return ix_expr_bad(
			p, tok->at,
			"unknown takes a field, as in unknown(size); for the word, use quotes");
	return ix_expr_bad(p, tok->at, "no field has the name \"%s\"%s",
			   check_show(&s, p, tok),
			   suggest(p->text + tok->at, tok->len, near, sizeof(near)));
}

static struct ix_node *node(struct ix_parser *p, enum ix_node_kind kind, enum ix_tok op,
			    enum ipcx_field left)
{
	struct ix_node *n = ix_expr_node(p, kind);

	if (!n)
		return NULL;
	n->op = op;
	n->left = left;
	n->right = IPCX_NO_FIELD;
	return n;
}

int ix_check_flag(struct ix_parser *p, const struct ix_token *operand,
		  struct ix_node **ret_node)
{
	enum ipcx_field f = field_of(p, operand);
	struct ix_node *n;
	struct shown s;

	if (f == IPCX_NO_FIELD && like_a_name(p, operand))
		return no_field(p, operand);
	if (f == IPCX_NO_FIELD)
		return ix_expr_bad(p, operand->at,
				   "\"%s\" is not a condition: compare a field with it",
				   check_show(&s, p, operand));
	if (ipcx_field_info(f)->type != IPCX_TYPE_BOOL)
		return ix_expr_bad(
			p, operand->at,
			"%s is %s and not a condition: compare it, as in %s != null",
			ipcx_field_info(f)->name, describe(f), ipcx_field_info(f)->name);
	n = node(p, IX_NODE_COMPARE, IX_TOK_EQ, f);
	if (!n)
		return -ENOMEM;
	ipcx_fieldset_add(&p->used, f);
	n->literal.type = IPCX_TYPE_BOOL;
	n->literal.as.u = 1;
	*ret_node = n;
	return 0;
}

int ix_check_unknown(struct ix_parser *p, const struct ix_token *operand,
		     struct ix_node **ret_node)
{
	enum ipcx_field f = field_of(p, operand);
	struct ix_node *n;

	if (f == IPCX_NO_FIELD)
		return no_field(p, operand);
	n = node(p, IX_NODE_UNKNOWN, IX_TOK_EQ, f);
	if (!n)
		return -ENOMEM;
	ipcx_fieldset_add(&p->used, f);
	*ret_node = n;
	return 0;
}

/* Decode the text between the quotes, in place. */
static int unquote(struct ix_parser *p, size_t at, char *text)
{
	const char *from = text;
	char *to = text;

	while (*from) {
		size_t offset = at + 1 + (size_t)(from - text);
		char piece[5] = "";

		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		if (from[1] == '\\' || from[1] == '"' || from[1] == '\'') {
			*to++ = from[1];
			from += 2;
			continue;
		}
		memcpy(piece, from, strnlen(from, 4));
		if (from[1] != 'x')
			return ix_expr_bad(p, offset,
					   "a backslash in quotes must be doubled");
		if (ix_unescape(piece) != 1)
			return ix_expr_bad(
				p, offset,
				"\\x must be followed by two hexadecimal digits, not 00");
		*to++ = piece[0];
		from += 4;
	}
	*to = '\0';
	return 0;
}

/* Copy the text of a literal to the expression's pool and decode it. */
static int literal_text(struct ix_parser *p, const struct ix_token *tok, char **ret_text)
{
	size_t quotes = tok->kind == IX_TOK_STRING;
	size_t len = tok->len - 2 * quotes;
	char *text = p->e->pool + p->e->pooled;
	int r;

	memcpy(text, p->text + tok->at + quotes, len);
	text[len] = '\0';
	p->e->pooled += len + 1;
	r = quotes ? unquote(p, tok->at, text) : 0;
	if (r < 0)
		return r;
	*ret_text = text;
	return 0;
}

static int check_like(struct ix_parser *p, enum ipcx_field left,
		      const struct ix_token *right, struct ix_node **ret_node)
{
	struct ix_node *n = node(p, IX_NODE_LIKE, IX_TOK_LIKE, left);
	const char *fault;
	char *pattern, why[100];
	struct shown s;
	int r;

	if (!n)
		return -ENOMEM;
	ipcx_fieldset_add(&p->used, left);
	r = literal_text(p, right, &pattern);
	if (r < 0)
		return r;
	fault = ix_pattern_fault(pattern);
	if (fault)
		return ix_expr_bad(p, right->at, "%s", fault);
	r = ix_pattern_compile(pattern, &n->pattern);
	if (r == REG_ESPACE)
		return -ENOMEM;
	if (r != 0) {
		(void)regerror(r, &n->pattern, why, sizeof(why));
		return ix_expr_bad(p, right->at, "\"%s\" is not a regular expression: %s",
				   show_text(&s, pattern), why);
	}
	n->compiled = true;
	*ret_node = n;
	return 0;
}

static int check_null(struct ix_parser *p, enum ipcx_field left,
		      const struct ix_token *op, struct ix_node **ret_node)
{
	struct ix_node *n;

	if (op->kind != IX_TOK_EQ && op->kind != IX_TOK_NE)
		return ix_expr_bad(p, op->at, "null has no order: use == or !=");
	n = node(p, IX_NODE_NULL, op->kind, left);
	if (!n)
		return -ENOMEM;
	ipcx_fieldset_add(&p->used, left);
	*ret_node = n;
	return 0;
}

/*
 * If a name of a user or group is tested for equality with a literal or with another name
 * field of the same kind, compare the ids, which every row has. All other comparisons
 * compare the texts.
 */
static void check_by_id(struct ix_parser *p, struct ix_node *n)
{
	const struct ix_name_field *left = ix_find_name_field(n->left), *right = left;

	if (n->right != IPCX_NO_FIELD)
		right = ix_find_name_field(n->right);
	if (left && right && left->group == right->group &&
	    (n->op == IX_TOK_EQ || n->op == IX_TOK_NE)) {
		n->left_name = left;
		n->right_name = n->right == IPCX_NO_FIELD ? NULL : right;
	}
	ipcx_fieldset_add(&p->used, n->left_name ? n->left_name->id : n->left);
	if (n->right != IPCX_NO_FIELD)
		ipcx_fieldset_add(&p->used, n->right_name ? n->right_name->id : n->right);
}

static int check_fields(struct ix_parser *p, enum ipcx_field left, enum ipcx_field right,
			const struct ix_token *tok, struct ix_node *n)
{
	if (!comparable(left, right))
		return ix_expr_bad(p, tok->at,
				   "%s is %s, %s is %s: they cannot be compared%s",
				   ipcx_field_info(left)->name, describe(left),
				   ipcx_field_info(right)->name, describe(right),
				   ipcx_field_info(left)->type == IPCX_TYPE_STRING
					   ? " (for the word, use quotes)"
					   : "");
	n->right = right;
	check_by_id(p, n);
	return 0;
}

/* Look up the id of the user in "owner == bob" here, once, and compare ids later: whether
 * a row matches must not depend on a lookup that may fail for that row. */
static int check_name(struct ix_parser *p, const struct ix_token *tok, const char *text,
		      struct ix_node *n)
{
	const char *kind = n->left_name->group ? "group" : "user";
	struct shown s;
	uint32_t id;
	int r = ix_nss_id(n->left_name->group, text, &id);

	if (r == -ENOENT)
		return ix_expr_bad(p, tok->at, "there is no %s \"%s\"", kind,
				   show_text(&s, text));
	if (r < 0) {
		(void)ix_expr_bad(
			p, tok->at,
			"%s \"%s\" could not be looked up: %s (use its number instead)",
			kind, show_text(&s, text), ix_nss_why(r));
		return r;
	}
	n->literal.type = IPCX_TYPE_UINT;
	n->literal.as.u = id;
	return 0;
}

static int check_literal(struct ix_parser *p, enum ipcx_field left,
			 const struct ix_token *tok, struct ix_node *n)
{
	const struct ipcx_field_info *info = ipcx_field_info(left);
	char *text, fault[300];
	const char *why;
	struct shown s;
	int r = literal_text(p, tok, &text);

	if (r < 0)
		return r;
	check_by_id(p, n);
	if (n->left_name)
		return check_name(p, tok, text, n);
	if (info->type == IPCX_TYPE_TIME && !p->zoned)
		ix_zone_read();
	p->zoned |= info->type == IPCX_TYPE_TIME;
	why = ix_type_reader(info)(text, &n->literal);
	if (why)
		return ix_expr_bad(p, tok->at, "%s is %s, and \"%s\" %s", info->name,
				   describe(left), show_text(&s, text), why);
	if ((n->op == IX_TOK_EQ || n->op == IX_TOK_NE) &&
	    !ix_word_possible(left, text, show_text(&s, text), fault, sizeof(fault)))
		return ix_expr_bad(p, tok->at, "%s", fault);
	return 0;
}

/* Return the operator that gives the same result when its operands are swapped. */
static enum ix_tok mirrored(enum ix_tok op)
{
	static const enum ix_tok other[] = {
		[IX_TOK_EQ] = IX_TOK_EQ,     [IX_TOK_NE] = IX_TOK_NE,
		[IX_TOK_LT] = IX_TOK_GT,     [IX_TOK_LE] = IX_TOK_GE,
		[IX_TOK_GT] = IX_TOK_LT,     [IX_TOK_GE] = IX_TOK_LE,
		[IX_TOK_LIKE] = IX_TOK_LIKE,
	};

	return other[op];
}

/* Put the field on the left, where the rest of this file expects it. */
static int check_settle(struct ix_parser *p, struct ix_token *left, struct ix_token *op,
			struct ix_token *right, enum ipcx_field *ret_left)
{
	enum ipcx_field f = field_of(p, left);
	struct ix_token swap = *left;

	if (f == IPCX_NO_FIELD && like_a_name(p, left) && !is_null(p, left))
		return no_field(p, left);
	if (f == IPCX_NO_FIELD && op->kind == IX_TOK_LIKE)
		return ix_expr_bad(p, left->at, "the left side of =~ must be a field");
	if (f == IPCX_NO_FIELD) {
		f = field_of(p, right);
		if (f == IPCX_NO_FIELD)
			return ix_expr_bad(p, left->at,
					   "one side of a comparison must be a field");
		*left = *right;
		*right = swap;
		op->kind = mirrored(op->kind);
	}
	*ret_left = f;
	return 0;
}

int ix_check_compare(struct ix_parser *p, struct ix_token left, struct ix_token op,
		     struct ix_token right, struct ix_node **ret_node)
{
	enum ipcx_field l = IPCX_NO_FIELD, r;
	struct ix_node *n;
	int error = check_settle(p, &left, &op, &right, &l);

	if (error < 0)
		return error;
	/* After =~ every word is a pattern, even if it is a field's name. */
	if (op.kind == IX_TOK_LIKE)
		return check_like(p, l, &right, ret_node);
	if (is_null(p, &right))
		return check_null(p, l, &op, ret_node);
	if (ipcx_field_info(l)->type == IPCX_TYPE_BOOL && op.kind != IX_TOK_EQ &&
	    op.kind != IX_TOK_NE)
		return ix_expr_bad(p, op.at, "%s is true or false: use == or !=",
				   ipcx_field_info(l)->name);
	n = node(p, IX_NODE_COMPARE, op.kind, l);
	if (!n)
		return -ENOMEM;
	r = field_of(p, &right);
	error = r == IPCX_NO_FIELD ? check_literal(p, l, &right, n)
				   : check_fields(p, l, r, &right, n);
	if (error < 0)
		return error;
	*ret_node = n;
	return 0;
}

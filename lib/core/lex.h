/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tokens of an expression. */
#pragma once

#include <stddef.h>

enum ix_tok {
	IX_TOK_END,
	IX_TOK_BAD,    /* not a valid token; the member why says what is wrong */
	IX_TOK_WORD,   /* a field's name or a literal */
	IX_TOK_STRING, /* a quoted text: still has its quotes and escapes */
	IX_TOK_OPEN,
	IX_TOK_CLOSE,
	IX_TOK_AND,
	IX_TOK_OR,
	IX_TOK_NOT,
	IX_TOK_EQ,
	IX_TOK_NE,
	IX_TOK_LT,
	IX_TOK_LE,
	IX_TOK_GT,
	IX_TOK_GE,
	IX_TOK_LIKE,
};

struct ix_token {
	enum ix_tok kind;
	size_t at, len;  /* position in the text (from 0) and length, in bytes */
	const char *why; /* static */
};

/* Return the next token of text at or after index at. After the last token, every call
 * returns IX_TOK_END. */
struct ix_token ix_lex(const char *text, size_t at);

/* Whether the token is this word, ignoring case. */
int ix_token_is(const char *text, const struct ix_token *tok, const char *word);

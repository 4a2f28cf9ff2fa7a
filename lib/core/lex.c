/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tokens of the expression language: where words begin and end, and how operators are
 * spelled.
 */
#include "core/lex.h"

#include <string.h>
#include <strings.h>

#include "base/util.h"

/* clang-format off */

/*
 * In this list, an operator comes before every other operator that is a prefix of it.
 * Signs of kind IX_TOK_BAD are common mistakes, each with its own message.
 */
static const struct {
	char sign[IX_TEXT(4)];
	enum ix_tok kind;
	char why[IX_TEXT(64)]; /* or "" */
} signs[] = {
	{ "&&", IX_TOK_AND,   "" },
	{ "||", IX_TOK_OR,    "" },
	{ "==", IX_TOK_EQ,    "" },
	{ "!=", IX_TOK_NE,    "" },
	{ "!~", IX_TOK_BAD,   "!~ is not an operator: write !(FIELD =~ PATTERN)" },
	{ "=~", IX_TOK_LIKE,  "" },
	{ "=<", IX_TOK_BAD,   "=< is not an operator: write <=" },
	{ "=>", IX_TOK_BAD,   "=> is not an operator: write >=" },
	{ "<=", IX_TOK_LE,    "" },
	{ ">=", IX_TOK_GE,    "" },
	{ "<>", IX_TOK_BAD,   "<> is not an operator: write !=" },
	{ "<",  IX_TOK_LT,    "" },
	{ ">",  IX_TOK_GT,    "" },
	{ "!",  IX_TOK_NOT,   "" },
	{ "(",  IX_TOK_OPEN,  "" },
	{ ")",  IX_TOK_CLOSE, "" },
	{ "=",  IX_TOK_BAD,   "= is not an operator: to compare, write ==" },
	{ "&",  IX_TOK_BAD,   "& is not an operator: write && (or quote the text around it)" },
	{ "|",  IX_TOK_BAD,   "| is not an operator: write || (or quote the text around it)" },
};

static const struct {
	char word[IX_TEXT(4)];
	enum ix_tok kind;
} words[] = {
	{ "and", IX_TOK_AND },
	{ "or",  IX_TOK_OR  },
	{ "not", IX_TOK_NOT },
};

/* clang-format on */

static size_t blanks(const char *p)
{
	return strspn(p, " \t\n\v\f\r");
}

/*
 * A word ends at a blank, a control character, a quote or the first character of an
 * operator.
 */
static size_t word_len(const char *p)
{
	size_t len = 0;

	while ((unsigned char)p[len] > ' ' && p[len] != 0x7f &&
	       !strchr("()!=<>&|'\"", p[len]))
		len++;
	return len;
}

/* Whether p begins with this pattern, in which 9 stands for any digit. */
static int shaped(const char *p, const char *shape)
{
	for (; *shape; p++, shape++)
		if (*shape == '9' ? *p < '0' || *p > '9' : *p != *shape)
			return 0;
	return 1;
}

/* "2026-11-21 10:00" is one word despite its blank. */
static size_t date_len(const char *p, size_t len)
{
	if (len != strlen("2026-11-21") || !shaped(p, "9999-99-99"))
		return len;
	return shaped(p + len, " 99:99") ? len + 1 + word_len(p + len + 1) : len;
}

static struct ix_token string(const char *text, size_t at)
{
	struct ix_token tok = { .kind = IX_TOK_STRING, .at = at };
	const char *p = text + at + 1;

	for (; *p && *p != text[at]; p++)
		if (*p == '\\' && p[1])
			p++;
	tok.len = (size_t)(p - text) - at;
	if (*p) {
		tok.len++;
		return tok;
	}
	tok.kind = IX_TOK_BAD;
	tok.why = "the quoted text has no end";
	return tok;
}

static struct ix_token sign(const char *text, size_t at)
{
	struct ix_token tok = { .kind = IX_TOK_BAD, .at = at, .len = 1 };

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		size_t len = strlen(signs[i].sign);

		if (strncmp(text + at, signs[i].sign, len) != 0)
			continue;
		tok.kind = signs[i].kind;
		tok.len = len;
		tok.why = *signs[i].why ? signs[i].why : NULL;
		return tok;
	}
	tok.why = "control characters are allowed only in quotes";
	return tok;
}

struct ix_token ix_lex(const char *text, size_t at)
{
	struct ix_token tok = { .kind = IX_TOK_WORD };

	at += blanks(text + at);
	tok.at = at;
	if (text[at] == '\0') {
		tok.kind = IX_TOK_END;
		return tok;
	}
	if (text[at] == '"' || text[at] == '\'')
		return string(text, at);
	tok.len = date_len(text + at, word_len(text + at));
	if (tok.len == 0)
		return sign(text, at);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (ix_token_is(text, &tok, words[i].word))
			tok.kind = words[i].kind;
	return tok;
}

int ix_token_is(const char *text, const struct ix_token *tok, const char *word)
{
	return tok->len == strlen(word) &&
	       strncasecmp(text + tok->at, word, tok->len) == 0;
}

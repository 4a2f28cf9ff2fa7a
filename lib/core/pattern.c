/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What regcomp(3) does with a pattern before it looks whether it is sane. That of glibc
 * calls itself for each parenthesis, until the stack ends; writes repetitions out, so
 * that each "+" doubles what stands before it, and "x++++++++++++++++++++++++++++++++"
 * takes all memory; and searches without end for back-references, which POSIX does not
 * have here. So it is asked only after the pattern's size was reckoned.
 */
#include "core/pattern.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * What stands between two parentheses, as far as it was read: its size, and that of its
 * last piece; whether they hold an assertion, or an alternative with nothing in it.
 */
struct group {
	unsigned long sum, last;
	bool asserts, last_asserts;
	bool begun, hollow, last_hollow;
};

/* Behind a bracket expression that begins at p. In it nothing repeats or groups. */
static const char *skip_bracket(const char *p)
{
	p++;
	if (*p == '^')
		p++;
	if (*p == ']')
		p++;
	for (; *p && *p != ']'; p++) {
		char end[3] = { p[1], ']', '\0' };
		const char *inner;

		if (*p != '[' || !p[1] || !strchr(".:=", p[1]))
			continue;
		inner = strstr(p + 2, end);
		p = inner ? inner + 1 : p + 1;
	}
	return *p ? p + 1 : p;
}

/* A number of at most five digits; more do not count. */
static unsigned long number(const char **p)
{
	unsigned long n = 0;

	for (; **p >= '0' && **p <= '9'; (*p)++)
		n = n > 9999 ? n : n * 10 + (unsigned long)(**p - '0');
	return n;
}

/*
 * How often the piece before p is written out by what stands there ("+", "{2,5}"), and p
 * moved behind it.
 */
static unsigned long times(const char **p)
{
	unsigned long least, most;
	char c = *(*p)++;

	if (c != '{')
		return c == '+' ? 2 : 1;
	least = most = number(p);
	if (**p == ',') {
		(*p)++;
		most = number(p);
	}
	if (**p == '}')
		(*p)++;
	/* "{5,}" is five and a loop. */
	return (most > least ? most : least) + 1;
}

static void piece(struct group *g, unsigned long size, bool asserts)
{
	g->sum += size;
	g->last = size;
	g->last_asserts = asserts;
	g->last_hollow = false;
	g->asserts |= asserts;
	g->begun = true;
}

/* An alternative ends. */
static void branch(struct group *g)
{
	g->hollow |= !g->begun;
	g->begun = false;
}

/* The group inside g ends, and becomes a piece of it. */
static void close_group(struct group *g)
{
	branch(&g[1]);
	piece(g, g[1].sum + 1, g[1].asserts);
	g->last_hollow = g[1].hollow;
	g->hollow |= g[1].hollow;
}

/* "*", "+", "?" or "{2,5}" stands at p, and p is moved behind it. */
static const char *repeat(struct group *g, const char **p)
{
	bool optional = **p == '?';
	unsigned long n = times(p) - 1;

	if (g->last_asserts && !optional)
		return "a pattern cannot repeat what holds ^, $, \\b, \\B, \\<, \\>, \\` or \\'";
	if (g->last_hollow && !optional)
		return "a pattern cannot repeat a group with nothing between ( and ), ( and |, or | and )";
	g->sum += g->last * n + 1;
	g->last += g->last * n + 1;
	return NULL;
}

/* A backslash and what it makes of the character behind it. */
static const char *escaped(struct group *g, const char **p)
{
	char c = (*p)[1];

	if (c >= '1' && c <= '9')
		return "a pattern cannot refer back (\\1)";
	piece(g, 1, strchr("bB<>`'", c));
	*p += 2;
	return NULL;
}

/* A character, or a bracket expression. */
static void one(struct group *g, const char **p)
{
	bool asserts = **p == '^' || **p == '$';

	*p = **p == '[' ? skip_bracket(*p) : *p + 1;
	piece(g, 1, asserts);
}

const char *ix_pattern_fault(const char *pattern)
{
	struct group groups[IX_PATTERN_DEPTH + 1] = { { .sum = 0 } }, *g = groups;
	const char *p = pattern, *fault = NULL;

	if (strlen(pattern) > IX_PATTERN_MAX)
		return "the pattern is longer than 1024 bytes";
	while (*p && !fault) {
		if (*p == '(') {
			if (g == groups + IX_PATTERN_DEPTH)
				return "the pattern is nested more than 64 deep";
			*++g = (struct group){ .sum = 0 };
			p++;
		} else if (*p == ')' && g > groups) {
			close_group(--g);
			p++;
		} else if (*p == '|') {
			branch(g);
			p++;
		} else if (strchr("*?+{", *p)) {
			fault = repeat(g, &p);
		} else if (*p == '\\' && p[1]) {
			fault = escaped(g, &p);
		} else {
			one(g, &p);
		}
		if (!fault && g->sum > IX_PATTERN_SIZE)
			fault = "the pattern repeats too much: written out, it is longer "
				"than 512 characters";
	}
	return fault;
}

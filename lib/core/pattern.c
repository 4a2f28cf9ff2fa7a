/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What regcomp(3) does with a pattern before it looks whether it is sane. That of glibc
 * calls itself for each parenthesis, until the stack ends; writes repetitions out, so
 * that each "+" doubles what stands before it, and "x++++++++++++++++++++++++++++++++"
 * takes all memory; and searches without end for back-references, which POSIX does not
 * have here. So it is asked only after the pattern's size was reckoned.
 */
#include "core/pattern.h"

#include <stddef.h>
#include <string.h>

/*
 * What stands between two parentheses, as far as it was read: its size, and that of its
 * last piece.
 */
struct group {
	unsigned long sum, last;
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

static void piece(struct group *g, unsigned long size)
{
	g->sum += size;
	g->last = size;
}

const char *ix_pattern_fault(const char *pattern)
{
	struct group groups[IX_PATTERN_DEPTH + 1] = { { 0, 0 } }, *g = groups;
	const char *p = pattern;

	if (strlen(pattern) > IX_PATTERN_MAX)
		return "the pattern is longer than 1024 bytes";
	while (*p) {
		if (*p == '(') {
			if (g == groups + IX_PATTERN_DEPTH)
				return "the pattern is nested more than 64 deep";
			*++g = (struct group){ 0, 0 };
			p++;
		} else if (*p == ')' && g > groups) {
			g--;
			piece(g, g[1].sum + 1);
			p++;
		} else if (strchr("*?+{", *p)) {
			unsigned long n = times(&p) - 1;

			g->sum += g->last * n + 1;
			g->last += g->last * n + 1;
		} else if (*p == '\\' && p[1]) {
			if (p[1] >= '1' && p[1] <= '9')
				return "a pattern cannot refer back (\\1)";
			piece(g, 1);
			p += 2;
		} else {
			p = *p == '[' ? skip_bracket(p) : p + 1;
			piece(g, 1);
		}
		if (g->sum > IX_PATTERN_SIZE)
			return "the pattern repeats too much";
	}
	return NULL;
}

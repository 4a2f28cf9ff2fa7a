/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits on regular expressions, so that regcomp(3) and regexec(3) cannot be abused.
 * glibc recurses for each parenthesis until the stack overflows. It expands repetitions,
 * so that each "+" doubles what precedes it and "x++++++++++++++++++++++++++++++++"
 * exhausts memory; it follows every way in which a part matches the empty string; and it
 * may search forever if there are back-references (which POSIX does not define here). So
 * the cost of a pattern is estimated before glibc sees it.
 *
 * The patterns that are accepted are fast if the search is anchored at the first byte of
 * the text. An unanchored search restarts at every byte and may reach new states each
 * time, all of which are kept: ".{0,64}b.{64}z" took a second and 40 MB for one name of
 * 255 bytes. "^.*(…)" does the same search in one pass: milliseconds, and a 30th of the
 * memory.
 */
#include "core/pattern.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/*
 * What has been read so far of a group (the text between two parentheses). For the group
 * and for its last piece: the size when repetitions are expanded, whether it contains an
 * assertion, whether it has an empty alternative, and in how many ways it can match the
 * empty string.
 */
struct piece {
	unsigned long size;
	bool asserts, hollow;
	unsigned long ways;
};

struct group {
	struct piece all, last; /* all.ways: only of finished alternatives */
	bool begun;             /* the current alternative is not empty */
	unsigned long before; /* ways of the current alternative without its last piece */
};

/* The state of the reader of a pattern. */
struct reader {
	const char *p;
	struct group groups[IX_PATTERN_DEPTH + 1], *g;
	unsigned long repeated; /* size that the expansion of repetitions adds */
	unsigned long most; /* the largest number of ways in which any piece can match the
			       empty string */
};

/* Counters saturate here. */
#define ENOUGH 1000000UL

static unsigned long bounded(unsigned long n)
{
	return n < ENOUGH ? n : ENOUGH;
}

/* Return the end of the bracket expression at p; inside it, no character is an operator.
 */
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

/* Read a number; digits after the fifth are ignored. */
static unsigned long pattern_number(const char **p)
{
	unsigned long n = 0;

	for (; **p >= '0' && **p <= '9'; (*p)++)
		n = n > 9999 ? n : n * 10 + (unsigned long)(**p - '0');
	return n;
}

/*
 * Read a repetition ("+", "{2,5}") and return the minimum and maximum number of copies
 * that glibc expands it to. glibc expands "{5,}" to five copies and a loop.
 */
static void pattern_times(struct reader *in, unsigned long *ret_least,
			  unsigned long *ret_most)
{
	char c = *in->p++;

	*ret_least = c == '+';
	*ret_most = c == '+' ? 2 : 1;
	if (c != '{')
		return;
	*ret_least = *ret_most = pattern_number(&in->p);
	if (*in->p == ',') {
		in->p++;
		*ret_most = pattern_number(&in->p);
	}
	if (*ret_most < *ret_least)
		*ret_most = *ret_least + 1;
	if (*in->p == '}')
		in->p++;
}

/* Return in how many ways a repeated piece can match the empty string. The copies after
 * the first "least" copies are optional. glibc nests these: each may be missing only
 * together with all copies after it. */
static unsigned long ways_of(unsigned long ways, unsigned long least, unsigned long most)
{
	unsigned long n = most > least ? 1 : 0, all;

	for (unsigned long i = least; i < most && n < ENOUGH; i++)
		n = bounded(1 + ways * (i > least ? n : 1));
	for (all = n ? n : 1; least > 0 && all < ENOUGH && all > 0 && ways != 1; least--)
		all = bounded(all * ways);
	return all;
}

static void pattern_add(struct group *g, const struct piece *piece)
{
	g->before = g->begun ? bounded(g->before * g->last.ways) : 1;
	g->last = *piece;
	g->begun = true;
	g->all.size += piece->size;
	g->all.asserts |= piece->asserts;
	g->all.hollow |= piece->hollow;
}

/* End an alternative. */
static void branch(struct group *g)
{
	g->all.hollow |= !g->begun;
	g->all.ways =
		bounded(g->all.ways + (g->begun ? bounded(g->before * g->last.ways) : 1));
	g->begun = false;
}

static const char *repeat(struct reader *in)
{
	struct group *g = in->g;
	bool optional = *in->p == '?';
	unsigned long least, most, more;

	pattern_times(in, &least, &most);
	if (!g->begun)
		return NULL; /* nothing to repeat: leave it to regcomp() */
	if (g->last.asserts && !optional)
		return "a pattern cannot repeat a part with ^, $, \\b, \\B, \\<, \\>, \\` or \\'";
	if (g->last.hollow && !optional)
		return "a pattern cannot repeat a group with nothing between ( and ), ( and |, or | and )";
	more = g->last.size * (most > 1 ? most - 1 : 0);
	in->repeated += more;
	g->all.size += more + 1;
	g->last.size += more + 1;
	g->last.ways = ways_of(g->last.ways, least, most);
	in->most = MAX(in->most, g->last.ways);
	return NULL;
}

/* Read a backslash and the character after it. */
static const char *escaped(struct reader *in)
{
	char c = in->p[1];
	bool asserts = strchr("bB<>`'", c) != NULL;

	if (c >= '1' && c <= '9')
		return "a pattern cannot have back-references (\\1)";
	pattern_add(in->g,
		    &(struct piece){ .size = 1, .asserts = asserts, .ways = asserts });
	in->p += 2;
	return NULL;
}

/* Read a character or a bracket expression. */
static void pattern_one(struct reader *in)
{
	bool asserts = *in->p == '^' || *in->p == '$';

	in->p = *in->p == '[' ? skip_bracket(in->p) : in->p + 1;
	pattern_add(in->g,
		    &(struct piece){ .size = 1, .asserts = asserts, .ways = asserts });
}

/* Read a parenthesis or a bar. */
static const char *structure(struct reader *in)
{
	char c = *in->p++;

	if (c == '(') {
		if (in->g == in->groups + IX_PATTERN_DEPTH)
			return "the pattern is nested more than 64 deep";
		*++in->g = (struct group){ .begun = false };
		return NULL;
	}
	branch(in->g);
	if (c == ')') {
		in->g->all.size++;
		in->most = MAX(in->most, in->g->all.ways);
		in->g--;
		pattern_add(in->g, &in->g[1].all);
	}
	return NULL;
}

const char *ix_pattern_fault(const char *pattern)
{
	struct reader in = { .p = pattern, .g = in.groups };
	const char *fault = NULL;

	if (strlen(pattern) > IX_PATTERN_MAX)
		return "the pattern is longer than 1024 bytes";
	while (*in.p && !fault) {
		if (strchr("(|", *in.p) || (*in.p == ')' && in.g > in.groups))
			fault = structure(&in);
		else if (strchr("*?+{", *in.p))
			fault = repeat(&in);
		else if (*in.p == '\\' && in.p[1])
			fault = escaped(&in);
		else
			pattern_one(&in);
		if (!fault && in.repeated > IX_PATTERN_REPEATED)
			fault = "the pattern repeats too much: expanded, that is more "
				"than 256 characters";
		if (!fault && in.most > IX_PATTERN_WAYS)
			fault = "the pattern can match the empty string in too many ways (more than "
				"40)";
	}
	return fault;
}

/*
 * Replace each newline of a text or pattern by VT, which is in the same character
 * classes. A name is one line, but glibc treats a newline in it as the end of a line, and
 * not even consistently: ".^b" matches "\na\nb".
 */
static void one_line(char *text)
{
	for (char *p = strchr(text, '\n'); p; p = strchr(p, '\n'))
		*p = '\v';
}

int ix_pattern_compile(const char *pattern, regex_t *ret_regex)
{
	char whole[IX_PATTERN_MAX + sizeof("^.*()")];
	regex_t alone;
	int r;

	(void)snprintf(whole, sizeof(whole), "%s", pattern);
	one_line(whole);
	/* The pattern must be valid without a prefix, too, which "a)(b" is not. In
	 * multibyte locales it gets no prefix, as the dot in the prefix would not match
	 * invalid characters. */
	r = regcomp(&alone, whole, REG_EXTENDED | REG_NOSUB);
	if (r != 0 || MB_CUR_MAX > 1) {
		if (r == 0)
			*ret_regex = alone;
		return r;
	}
	regfree(&alone);
	(void)snprintf(whole, sizeof(whole), "^.*(%s)", pattern);
	one_line(whole);
	return regcomp(ret_regex, whole, REG_EXTENDED | REG_NOSUB);
}

int ix_pattern_match(const regex_t *regex, const char *text)
{
	auto_free char *copy = NULL;
	int r;

	if (strchr(text, '\n')) {
		copy = strdup(text);
		if (!copy)
			return -ENOMEM;
		one_line(copy);
		text = copy;
	}
	r = regexec(regex, text, 0, NULL, 0);
	if (r != 0 && r != REG_NOMATCH)
		return -ENOMEM; /* regexec(3) has no other cause of failure */
	return r == 0;
}

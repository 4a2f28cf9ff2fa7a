/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adapt a noun's verb ("read" of "shm read") to one mechanism: choose the variants that
 * apply and fill in the texts. Everything is derived from what the library reports about
 * the mechanism, so that a new mechanism gets its verbs without a change here.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "cmd.h"

/* Return the properties of a mechanism as IPCX_CAN_… and OF_… bits. */
static uint64_t properties(unsigned mech)
{
	const struct ipcx_mech_info *m = ipcx_mech_info(mech);
	uint64_t is = ipcx_mech_can(mech);

	is |= m->named ? OF_NAMED : OF_KEYED;
	if (m->message_label && !strcmp(m->message_label, "type"))
		is |= OF_TYPES;
	if (m->message_label && !strcmp(m->message_label, "priority"))
		is |= OF_PRIORITIES;
	return is;
}

static bool called_has(unsigned mech, uint64_t needs, uint64_t lacks)
{
	uint64_t is = properties(mech);

	return (is & needs) == needs && !(is & lacks);
}

bool called_fits(const struct cmd *c, unsigned mech)
{
	return c->needs && called_has(mech, c->needs, c->lacks);
}

bool called_absent(const struct cmd *c, unsigned mech)
{
	return c->absent && (properties(mech) & c->needs) && !called_fits(c, mech);
}

/* ---- texts */

/* Append n bytes. If texts outgrow the buffer, the assertion fails in any test that uses
 * these texts. */
static void called_put(struct called *to, const char *text, size_t n)
{
	size_t room = sizeof(to->text) - 1 - to->used;

	assert(n <= room);
	n = MIN(n, room);
	memcpy(to->text + to->used, text, n);
	to->used += n;
}

static void put_word(struct called *to, const char *word)
{
	called_put(to, word, strlen(word));
}

/* Return the name of a mechanism's group for texts: "System V". */
static const char *family(const struct ipcx_mech_info *m)
{
	static const char *const names[][2] = { { "sysv", "System V" },
						{ "posix", "POSIX" } };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(m->group, names[i][0]))
			return names[i][1];
	return m->group;
}

static void put_peers(struct called *to, const struct cmd *c)
{
	const char *between = "";

	for (unsigned mech = 0; ipcx_mech_info(mech); mech++) {
		if (!called_fits(c, mech))
			continue;
		put_word(to, between);
		put_word(to, ipcx_mech_info(mech)->name);
		between = " or ";
	}
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && !strncmp(text, word, len);
}

/* Append the value of the placeholder "{WORD}"; copy an unknown placeholder unchanged. */
static void called_put_value(struct called *to, const struct cmd *c, const char *word,
			     size_t len)
{
	const struct ipcx_mech_info *m = ipcx_mech_info(to->mech);
	char least[24];

	if (is_word(word, len, "noun")) {
		put_word(to, m->name);
	} else if (is_word(word, len, "family")) {
		put_word(to, family(m));
	} else if (is_word(word, len, "label")) {
		put_word(to, m->message_label ? m->message_label : "");
	} else if (is_word(word, len, "least")) {
		(void)snprintf(least, sizeof(least), "%" PRId64, m->message_least);
		put_word(to, least);
	} else if (is_word(word, len, "peers")) {
		put_peers(to, c);
	} else {
		called_put(to, word - 1, len + 2);
	}
}

/* Return the text with its placeholders replaced; NULL if text is NULL. */
static const char *filled(struct called *to, const struct cmd *c, const char *text)
{
	const char *begin = to->text + to->used;

	if (!text)
		return NULL;
	for (;;) {
		size_t plain = strcspn(text, "{"), len;

		called_put(to, text, plain);
		text += plain;
		if (!*text)
			break;
		len = strcspn(text + 1, "}");
		if (!text[1 + len]) {
			put_word(to, text);
			break;
		}
		called_put_value(to, c, text + 1, len);
		text += len + 2;
	}
	to->text[to->used] = '\0';
	to->used += to->used < sizeof(to->text) - 1;
	return begin;
}

/* Write a text with its placeholders replaced into an array, which has to hold it. */
static void called_fill(char *buf, size_t size, struct called *to, const struct cmd *c,
			const char *text)
{
	int n = snprintf(buf, size, "%s", filled(to, c, text));

	assert(n >= 0 && (size_t)n < size);
	(void)n;
}

/* ---- options, examples, variants */

static bool has_placeholder(const struct opt *o)
{
	return strchr(o->name, '{') || strchr(o->help, '{');
}

/* Return the list itself if it has no placeholders, else a copy in which they are
 * replaced. */
static const struct opt *filled_opts(struct called *to, const struct cmd *c,
				     const struct opt *list)
{
	struct opt *copy = to->opts + to->n_opts;
	size_t room = ARRAY_SIZE(to->opts) - to->n_opts, n = 0;
	bool plain = true;

	for (; *list[n].name; n++)
		plain = plain && !has_placeholder(&list[n]);
	assert(plain || n < room);
	if (plain || n >= room)
		return list;
	memcpy(copy, list, (n + 1) * sizeof(*list)); /* including the terminator */
	to->n_opts += n + 1;
	for (size_t i = 0; i < n; i++) {
		called_fill(copy[i].name, sizeof(copy[i].name), to, c, list[i].name);
		called_fill(copy[i].help, sizeof(copy[i].help), to, c, list[i].help);
	}
	return copy;
}

static void add_options(struct called *to, const struct cmd *c, const struct opt_group *g)
{
	size_t n = 0;

	while (to->options[n].opts)
		n++;
	for (; g && g->opts; g++) {
		assert(n < ARRAY_SIZE(to->options) - 1);
		if (n < ARRAY_SIZE(to->options) - 1)
			to->options[n++] =
				(struct opt_group){ filled_opts(to, c, g->opts), g->at };
	}
}

static void add_examples(struct called *to, const struct cmd *c, const struct example *e)
{
	size_t n = 0;

	while (*to->examples[n].line)
		n++;
	for (; e && *e->line; e++) {
		assert(n < ARRAY_SIZE(to->examples) - 1);
		if (n == ARRAY_SIZE(to->examples) - 1)
			break;
		called_fill(to->examples[n].line, sizeof(e->line), to, c, e->line);
		called_fill(to->examples[n++].what, sizeof(e->what), to, c, e->what);
		to->examples[n].line[0] = '\0';
	}
}

static void add_variant(struct called *to, const struct cmd *c, const struct variant *v)
{
	if (v->operands)
		to->cmd.operands = v->operands;
	if (v->summary)
		to->cmd.summary = v->summary;
	if (v->about)
		to->cmd.about = v->about;
	add_options(to, c, v->options);
	add_examples(to, c, v->examples);
}

void called_set(struct called *ret, const struct cmd *c, unsigned mech)
{
	struct cmd *own = &ret->cmd;

	ret->cmd = *c;
	ret->mech = mech;
	if (!c->needs)
		return;
	ret->used = ret->n_opts = 0;
	memset(ret->options, 0, sizeof(ret->options));
	ret->examples[0].line[0] = '\0';
	own->name = ret->text;
	put_word(ret, ipcx_mech_info(mech)->name);
	put_word(ret, " ");
	(void)filled(ret, c, c->name);
	for (const struct variant *v = c->variants; v && (v->needs || v->lacks); v++)
		if (called_has(mech, v->needs, v->lacks))
			add_variant(ret, c, v);
	add_options(ret, c, c->options);
	add_examples(ret, c, c->examples);
	own->operands = filled(ret, c, own->operands);
	own->summary = filled(ret, c, own->summary);
	own->about = filled(ret, c, own->about);
	own->absent = filled(ret, c, own->absent);
	own->options = ret->options;
	own->examples = *ret->examples[0].line ? ret->examples : NULL;
}

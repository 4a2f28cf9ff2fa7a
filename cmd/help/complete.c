/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipcx complete: print the candidates for the word under the cursor, each with its
 * description on a line. Driven by the tables, so that the shells' own scripts need to
 * know no commands or options.
 */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "commands.h"
#include "compat/tool.h"
#include "help/offer.h"

struct complete_args {
	bool none;
};

static bool is_named(const struct opt *o, const char *word, size_t len)
{
	if (word[1] != '-')
		return len == 2 && o->letter == word[1];
	return strlen(o->name) == len - 2 && !strncmp(word + 2, o->name, len - 2);
}

/* Return the option whose name is the first len bytes of word, or NULL. */
static const struct opt *option(const struct cmd *c, const char *word, size_t len)
{
	if (len < 2 || word[0] != '-')
		return NULL;
	for (const struct opt_group *g = c->options; g && g->opts; g++)
		for (const struct opt *o = g->opts; *o->name; o++)
			if (is_named(o, word, len))
				return o;
	return NULL;
}

/* Return such an option only if it takes an argument; otherwise NULL. */
static const struct opt *complete_takes(const struct cmd *c, const char *word, size_t len)
{
	const struct opt *o = option(c, word, len);

	return o && o->kind != OPT_FLAG ? o : NULL;
}

/* Return how to complete the operands; a preceding option may change how. */
static enum complete operands(const struct cmd *c, int n, char **words)
{
	enum complete what = c->complete;

	for (int i = 0; i < n && strcmp(words[i], "--") != 0; i++) {
		const struct opt *o = option(c, words[i], strlen(words[i]));

		if (o && o->operands)
			what = o->operands;
	}
	return what;
}

/* Return whether a "--" among the words has ended the options. */
static bool only_operands(int n, char **words)
{
	while (n > 0 && strcmp(words[n - 1], "--"))
		n--;
	return n > 0;
}

/* Complete an old name (ipcs, …), then its options. */
static void complete_old(const struct cursor *at, int n, char **words)
{
	const struct tool *t = n > 1 ? tool_by_path(words[0]) : NULL;

	for (const struct tool *const *o = tools; n == 1 && *o; o++)
		offer(at, (*o)->name, "", (*o)->about);
	for (const struct tool_opt *o = t ? t->opts : NULL; o && *o->name; o++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "--%s", o->name);
		if (at->word[0] == '-')
			offer(at, text, "", o->help);
	}
}

/* words are the words after the name of the command; the last of these words is under the
 * cursor. */
static void complete_command(struct app *app, const struct called *called, int n,
			     char **words)
{
	const struct cmd *c = &called->cmd;
	struct cursor at = { words[n - 1], words[n - 1] };
	const char *before = n > 1 ? words[n - 2] : "", *sign = strchr(at.word, '=');
	const struct opt *o = NULL;

	if (c->complete == COMPLETE_OLD && (n > 1 || at.word[0] != '-')) {
		complete_old(&at, n, words);
		return;
	}
	if (only_operands(n - 1, words)) {
		offer_kind(app, called, operands(c, n - 1, words), &at, n - 1, words);
		return;
	}
	o = complete_takes(c, before, strlen(before));
	if (o && o->kind == OPT_HUGE)
		o = NULL; /* the option's argument is never a separate word */
	if (!o && sign) {
		o = complete_takes(c, at.word, (size_t)(sign - at.word));
		at.from = o ? sign + 1 : at.word;
	}
	if (o) {
		offer_kind(app, called, o->complete, &at, n - 1, words);
	} else if (at.word[0] == '-') {
		for (const struct opt_group *g = c->options; g && g->opts; g++)
			offer_options(&at, g->opts);
		offer_options(&at, global_opts);
	} else {
		if (n == 1)
			offer_commands(app, &at, c->name);
		offer_kind(app, called, operands(c, n - 1, words), &at, n - 1, words);
	}
}

static int complete_run(struct app *app, void *data, int n, char **words)
{
	struct called c;
	int used;

	(void)data;
	/* Skip options before the command; no option there takes an argument. */
	for (; n > 1 && words[0][0] == '-'; words++)
		n--;
	if (n == 0)
		return EXIT_DONE;
	if (cmd_find(app->commands, n - 1, words, &c, &used)) {
		complete_command(app, &c, n - used, words + used);
	} else if (n == 1) {
		struct cursor at = { words[0], words[0] };

		if (words[0][0] == '-')
			offer_options(&at, global_opts);
		else
			offer_commands(app, &at, "");
	} else if (n == 2) {
		offer_commands(app, &(struct cursor){ words[1], words[1] }, words[0]);
	}
	return EXIT_DONE;
}

/* clang-format off */
const struct cmd cmd_complete = {
	.name = "complete", .operands = "-- WORD…", .summary = "List completions of a word for a shell", .hidden = true,
	.args_size = sizeof(struct complete_args), .run = complete_run,
};
/* clang-format on */

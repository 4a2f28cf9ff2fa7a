/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipcx complete: what a shell offers for the word under the cursor, a candidate and its
 * description on each line. Driven by the tables, so that the shells' own files know
 * nothing.
 */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "cmd.h"
#include "ui/select.h"

struct complete_args {
	bool none;
};

/* What stands before the word in the same argument: "--format=" */
static const char *stays = "";

/* Print a candidate when the word begins it. before is the part of the word that stays (a
 * list's earlier words). */
static void offer(const char *word, const char *before, const char *candidate,
		  const char *after, const char *what)
{
	size_t len = strlen(word);

	if (!strncmp(candidate, word, len))
		out_format("%s%s%s%s\t%s\n", stays, before, candidate, after, what);
}

static void offer_fields(const char *word)
{
	/* A field begins behind whatever separates them: in a list, or in a condition. */
	const char *last = word + strlen(word);
	char before[512] = "";
	size_t len;

	while (last > word && !strchr(" ,+-&|!()<>=~\"'", last[-1]))
		last--;
	len = MIN((size_t)(last - word), sizeof(before) - 1);
	memcpy(before, word, len);
	for (unsigned f = 0; f < IPCX_FIELDS; f++) {
		const struct ipcx_field_info *info = ipcx_field_info((enum ipcx_field)f);

		offer(last, before, info->name, "", info->doc);
	}
}

static void offer_mechs(const char *word, enum complete what)
{
	static const char *const groups[][2] = { { "sysv", "all System V mechanisms" },
						 { "posix", "all POSIX mechanisms" },
						 { "all", "all mechanisms" } };

	for (unsigned m = 0; (what & COMPLETE_MECHS) && ipcx_mech_info(m); m++)
		offer(word, "", ipcx_mech_info(m)->name, "", ipcx_mech_info(m)->label);
	for (size_t i = 0; (what & COMPLETE_GROUPS) && i < ARRAY_SIZE(groups); i++)
		offer(word, "", groups[i][0], "", groups[i][1]);
}

/* Live references of one mechanism: whole ("shm:5"), or without the mechanism when it was
 * said before. */
static void offer_refs(struct app *app, const char *word, unsigned mech, bool bare)
{
	static const uint8_t fields[] = { IPCX_F_REF, IPCX_F_OWNER, IPCX_FIELDS };
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(mech),
				.fields = fields,
				.max_rows = 2000 };
	size_t skip = bare ? strlen(ipcx_mech_info(mech)->name) + 1 : 0;
	struct ipcx_table *t;

	if (ipcx_scan(app->x, &q, &t) < 0)
		return;
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct ipcx_value ref, owner;

		if (ipcx_row_get(t, i, IPCX_F_REF, &ref) == 0 &&
		    ipcx_row_get(t, i, IPCX_F_OWNER, &owner) == 0)
			offer(word, "", ref.as.s + skip, "",
			      owner.type == IPCX_STRING ? owner.as.s : "");
	}
	ipcx_table_free(t);
}

/* The mechanism that a word before the one under the cursor made the default. */
static unsigned default_mech(int n, char **words)
{
	unsigned mech = IPCX_NO_MECH, found;

	for (int i = 0; i < n; i++)
		if (ipcx_mech_by_name(words[i], (size_t)-1, &found) == 0)
			mech = found;
	return mech;
}

static void offer_objects(struct app *app, const char *word, int n, char **words)
{
	const char *colon = strchr(word, ':');
	unsigned mech = default_mech(n, words), named;

	if (mech != IPCX_NO_MECH)
		offer_refs(app, word, mech, true);
	for (named = 0; ipcx_mech_info(named); named++) {
		const char *name = ipcx_mech_info(named)->name;
		size_t len = strlen(name);

		if (colon && (size_t)(colon - word) == len && !strncmp(word, name, len))
			offer_refs(app, word, named, false);
		else if (!colon && *word && mech == IPCX_NO_MECH &&
			 !strncmp(word, name, strlen(word)))
			offer_refs(app, word, named, false);
	}
}

static void offer_limits(const char *word, const struct cmd *c)
{
	const char *after = strstr(c->operands, "NAME=") ? "=" : "";

	for (unsigned i = 0; ipcx_limit_name(i); i++)
		offer(word, "", ipcx_limit_name(i), after, "");
}

static void offer_commands(const char *word)
{
	for (const struct cmd *const *c = cmds; *c; c++)
		if (!(*c)->hidden)
			offer(word, "", (*c)->name, "", (*c)->summary);
}

static void offer_when(const char *word)
{
	offer(word, "", "auto", "", "on a terminal");
	offer(word, "", "always", "", "");
	offer(word, "", "never", "", "");
}

static void offer_formats(const char *word)
{
	for (const struct format *f = formats; f->name; f++)
		offer(word, "", f->name, "", f->help);
}

/* What the shell does better, it is asked to do: a line that begins with a colon. */
static void offer_kind(struct app *app, const struct cmd *c, enum complete what,
		       const char *word, int n, char **words)
{
	if (what & COMPLETE_FIELDS)
		offer_fields(word);
	if (what & COMPLETE_FORMATS)
		offer_formats(word);
	if (what & (COMPLETE_MECHS | COMPLETE_GROUPS))
		offer_mechs(word, what);
	if (what & COMPLETE_REFS)
		offer_objects(app, word, n, words);
	if (what & COMPLETE_LIMITS)
		offer_limits(word, c);
	if (what & COMPLETE_COMMANDS)
		offer_commands(word);
	if (what & COMPLETE_WHEN)
		offer_when(word);
	if (what & COMPLETE_USERS)
		out_text(":users\n");
	if (what & COMPLETE_FILES)
		out_text(":files\n");
}

static void offer_options(const struct opt *o, const char *word)
{
	for (; o->name; o++) {
		char text[64];

		if (o->hidden)
			continue;
		(void)snprintf(text, sizeof(text), "--%s", o->name);
		offer(word, "", text, "", o->help);
	}
}

/* The option that a word names and that waits for its argument in the next one. */
static const struct opt *waiting(const struct cmd *c, const char *word)
{
	for (const struct opt_group *g = c->options; g && g->opts; g++)
		for (const struct opt *o = g->opts; o->name; o++) {
			bool named = (word[0] == '-' && word[1] == '-' &&
				      !strcmp(word + 2, o->name)) ||
				     (word[0] == '-' && o->letter &&
				      word[1] == o->letter && !word[2]);

			if (named && o->kind != OPT_FLAG && o->kind != OPT_HUGE)
				return o;
		}
	return NULL;
}

/* "--format=js": the option before the sign; what it takes is behind it. */
static const struct opt *with_value(const struct cmd *c, char *word,
				    const char **ret_value)
{
	static char name[64];
	const char *sign = strchr(word, '=');

	if (word[0] != '-' || word[1] != '-' || !sign ||
	    (size_t)(sign - word) + 2 > sizeof(name))
		return NULL;
	memcpy(name, word, (size_t)(sign - word));
	*ret_value = sign + 1;
	return waiting(c, name);
}

static void complete_command(struct app *app, const struct cmd *c, int n, char **words)
{
	const char *word = words[n - 1];
	const struct opt *o = n > 1 ? waiting(c, words[n - 2]) : NULL;
	char before[64];

	if (!o) {
		o = with_value(c, words[n - 1], &word);
		(void)snprintf(before, sizeof(before), "%.*s", (int)(word - words[n - 1]),
			       words[n - 1]);
		stays = o ? before : "";
	}
	if (o) {
		offer_kind(app, c, o->complete, word, 0, words);
	} else if (word[0] == '-') {
		for (const struct opt_group *g = c->options; g && g->opts; g++)
			offer_options(g->opts, word);
		offer_options(global_opts, word);
	} else {
		offer_kind(app, c, c->complete, word, n - 1, words);
	}
}

static int run(struct app *app, void *data, int n, char **words)
{
	const struct cmd *c = NULL;
	int used = 0;

	(void)data;
	if (n == 0)
		return EXIT_DONE;
	if (n > 1)
		c = cmd_find(n - 1, words, &used);
	if (c) {
		/* "limits s": also the commands below it. */
		for (const struct cmd *const *sub = cmds; n == 2 && *sub; sub++) {
			size_t len = strlen(c->name);

			if (!strncmp((*sub)->name, c->name, len) &&
			    (*sub)->name[len] == ' ')
				offer(words[1], "", (*sub)->name + len + 1, "",
				      (*sub)->summary);
		}
		complete_command(app, c, n - used, words + used);
	} else if (n == 1 && words[0][0] == '-') {
		offer_options(global_opts, words[0]);
	} else if (n == 1) {
		for (const struct cmd *const *all = cmds; *all; all++)
			if (!(*all)->hidden && !strchr((*all)->name, ' '))
				offer(words[0], "", (*all)->name, "", (*all)->summary);
	}
	return EXIT_DONE;
}

/* clang-format off */
extern const struct cmd cmd_complete;
const struct cmd cmd_complete = {
	.name = "complete", .operands = "-- WORD…", .summary = "tell a shell how a word could go on", .hidden = true,
	.args_size = sizeof(struct complete_args), .run = run,
};
/* clang-format on */

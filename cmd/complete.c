/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipcx complete: what a shell offers for the word under the cursor, a candidate and its
 * description on each line. Driven by the tables, so that the shells' own files know
 * nothing.
 */
#include <stdio.h>
#include <string.h>

#include "base/esc.h"
#include "base/util.h"
#include "cmd.h"
#include "compat/tool.h"
#include "ipcx-stress.h"
#include "ui/select.h"

struct complete_args {
	bool none;
};

/* The word under the cursor, and where in it begins what a candidate takes the place of:
 * behind "--format=", behind a list's earlier words. */
struct cursor {
	const char *word, *from;
};

/* Print a candidate when the word can go on with it. */
static void offer(const struct cursor *at, const char *candidate, const char *after,
		  const char *what)
{
	if (!strncmp(candidate, at->from, strlen(at->from)))
		out_format("%.*s%s%s\t%s\n", (int)(at->from - at->word), at->word,
			   candidate, after, what);
}

/* A field begins behind whatever separates them, in a list or in a condition. */
static void offer_fields(struct cursor at)
{
	const char *start = at.from;

	at.from += strlen(at.from);
	while (at.from > start && !strchr(" ,+-&|!()<>=~\"'", at.from[-1]))
		at.from--;
	for (unsigned f = 0; f < ipcx_field_count(); f++) {
		const struct ipcx_field_info *info = ipcx_field_info((enum ipcx_field)f);

		if (info)
			offer(&at, info->name, "", info->doc);
	}
}

static void offer_mechs(const struct cursor *at, enum complete what)
{
	static const char *const groups[][2] = { { "sysv", "all System V mechanisms" },
						 { "posix", "all POSIX mechanisms" },
						 { "all", "all mechanisms" } };

	for (unsigned m = 0; (what & COMPLETE_MECHS) && ipcx_mech_info(m); m++)
		offer(at, ipcx_mech_info(m)->name, "", ipcx_mech_info(m)->label);
	for (size_t i = 0; (what & COMPLETE_GROUPS) && i < ARRAY_SIZE(groups); i++)
		offer(at, groups[i][0], "", groups[i][1]);
}

/* A wish begins with a mechanism; how it goes on is for people to say. */
static void offer_wishes(const struct cursor *at)
{
	const struct ipcx_mech_info *info;

	for (unsigned m = 0; (info = ipcx_mech_info(m)) != NULL; m++)
		if (info->need)
			offer(at, info->name, ":", info->need);
}

/* Live references of one mechanism: whole ("shm:5"), or without the mechanism when it was
 * said before. */
static void offer_refs(struct app *app, const struct cursor *at, unsigned mech, bool bare)
{
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(mech),
				.fields = IPCX_FIELDSET(IPCX_F_REF, IPCX_F_OWNER),
				.max_rows = 2000 };
	size_t skip = bare ? strlen(ipcx_mech_info(mech)->name) + 1 : 0;
	struct ipcx_table *t;

	if (ipcx_scan(app->x, &q, &t) < 0)
		return;
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct ipcx_value ref, owner;

		if (ipcx_row_get(t, i, IPCX_F_REF, &ref) == 0 &&
		    ipcx_row_get(t, i, IPCX_F_OWNER, &owner) == 0)
			offer(at, ipcx_value_string(&ref) + skip, "",
			      owner.type == IPCX_TYPE_STRING ? ipcx_value_string(&owner)
							     : "");
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

static void offer_objects(struct app *app, unsigned noun, const struct cursor *at, int n,
			  char **words)
{
	const char *word = at->from, *colon = strchr(word, ':');
	unsigned mech = default_mech(n, words), named;
	bool said = mech != IPCX_NO_MECH;

	/* "shm read" is for segments. */
	if (!said)
		mech = noun;
	if (mech != IPCX_NO_MECH)
		offer_refs(app, at, mech, true);
	for (named = 0; ipcx_mech_info(named); named++) {
		const char *name = ipcx_mech_info(named)->name;
		size_t len = strlen(name);

		if (colon && (size_t)(colon - word) == len && !strncmp(word, name, len))
			offer_refs(app, at, named, false);
		else if (!colon && *word && !said && !strncmp(word, name, strlen(word)))
			offer_refs(app, at, named, false);
	}
}

/* All limits, or those that can be set. */
static void offer_limits(struct app *app, const struct cursor *at, bool set)
{
	struct ipcx_table *t;

	if (ipcx_limits(app->x, NULL, &t) < 0)
		return;
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct ipcx_value name, what;
		char line[256];

		if (ipcx_row_get(t, i, IPCX_F_NAME, &name) < 0 ||
		    ipcx_row_get(t, i, IPCX_F_WHAT, &what) < 0)
			continue;
		if (!set || ipcx_limit_sysctl(app->x, ipcx_value_string(&name), 0, line,
					      sizeof(line)) > 0)
			offer(at, ipcx_value_string(&name), set ? "=" : "",
			      what.type == IPCX_TYPE_STRING ? ipcx_value_string(&what)
							    : "");
	}
	ipcx_table_free(t);
}

/* The first word of commands that have two, and what may follow. */
static void offer_first(const struct cursor *at, const char *name, size_t len)
{
	struct cmd_walk w = { .at = 0 };
	char first[32], seconds[200] = "";
	const struct cmd *c;
	size_t used = 0;

	while ((c = cmd_next(&w)) != NULL && used < sizeof(seconds))
		if (!strncmp(c->name, name, len + 1))
			used += (size_t)snprintf(seconds + used, sizeof(seconds) - used,
						 "%s%s", used ? ", " : "",
						 c->name + len + 1);
	(void)snprintf(first, sizeof(first), "%.*s", (int)len, name);
	offer(at, first, "", seconds);
}

/* The commands one word below another ("limits": "set"), or, below "", the first words. */
static void offer_commands(const struct cursor *at, const char *below)
{
	struct cmd_walk w = { .at = 0 };
	size_t len = strlen(below), known = 0;
	const struct cmd *c;
	char before[32] = "";

	while ((c = cmd_next(&w)) != NULL) {
		const char *name = c->name + len;
		size_t first;

		if (c->hidden || strncmp(c->name, below, len) != 0 ||
		    (len && *name++ != ' '))
			continue;
		first = strcspn(name, " ");
		if (!name[first])
			offer(at, name, "", c->summary);
		else if (first != known || strncmp(before, name, first) != 0)
			offer_first(at, name, first);
		/* Those of one word stand together. */
		known = MIN(first, sizeof(before));
		memcpy(before, name, known);
	}
}

/* Containers by the name that people use; a colon would split the word in bash. */
static void offer_namespaces(struct app *app, const struct cursor *at, bool all)
{
	struct ipcx_table *t;

	offer(at, "self", "", "where ipcx is");
	if (all)
		offer(at, "all", "", "every namespace");
	if (ipcx_containers(app->x, &t) < 0)
		return;
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct ipcx_value name, runtime;

		if (ipcx_row_get(t, i, IPCX_F_NAME, &name) == 0 &&
		    name.type == IPCX_TYPE_STRING &&
		    ix_esc_clean(ipcx_value_string(&name), IX_ESC_REF) &&
		    ipcx_row_get(t, i, IPCX_F_RUNTIME, &runtime) == 0)
			offer(at, ipcx_value_string(&name), "",
			      ipcx_value_string(&runtime));
	}
	ipcx_table_free(t);
}

static void offer_when(const struct cursor *at)
{
	offer(at, "auto", "", "on a terminal");
	offer(at, "always", "", "wherever it goes");
	offer(at, "never", "", "nowhere");
}

/* Each name that a column of the list of workloads has, once. */
static void offer_loads(struct app *app, const struct cursor *at, unsigned flags,
			enum ipcx_field column)
{
	struct ipcx_value v, before, what;
	struct ipcx_table *t;

	if (ipcx_stress_list(app->x, flags, &t) < 0)
		return;
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		bool again = ipcx_row_get(t, i, column, &v) < 0 ||
			     v.type != IPCX_TYPE_STRING;

		for (size_t j = 0; j < i && !again; j++)
			again = ipcx_row_get(t, j, column, &before) == 0 &&
				!ipcx_value_compare(&v, &before);
		if (!again && ipcx_row_get(t, i, IPCX_F_WHAT, &what) == 0)
			offer(at, ipcx_value_string(&v), "",
			      what.type == IPCX_TYPE_STRING ? ipcx_value_string(&what)
							    : "");
	}
	ipcx_table_free(t);
}

/* What stress takes as lists: the last word of one goes on. */
static void offer_stress(struct app *app, struct cursor at, enum complete what)
{
	const char *comma = strrchr(at.from, ',');

	at.from = comma ? comma + 1 : at.from;
	if (what & COMPLETE_LOADS)
		offer_loads(app, &at, 0, IPCX_F_WORKLOAD);
	if (what & COMPLETE_WAY_LOADS)
		offer_loads(app, &at, IPCX_STRESS_COMPARE, IPCX_F_WORKLOAD);
	if (what & COMPLETE_WAYS)
		offer_loads(app, &at, IPCX_STRESS_COMPARE, IPCX_F_NAME);
	if (what & COMPLETE_CPUS) {
		offer(&at, "1", "", "all workers on one");
		offer(&at, "2", "", "in turn on two");
		offer(&at, "any", "", "where the kernel puts them");
	}
}

static void offer_formats(const struct cursor *at)
{
	for (const struct format *f = formats; f->name; f++)
		offer(at, f->name, "", f->help);
}

/* n words of the command stand before the cursor. What the shell does better, it is asked
 * to do: a line that begins with a colon. */
static void offer_kind(struct app *app, const struct called *called, enum complete what,
		       const struct cursor *at, int n, char **words)
{
	if (what & COMPLETE_FIELDS)
		offer_fields(*at);
	if (what & COMPLETE_FORMATS)
		offer_formats(at);
	if (what & (COMPLETE_MECHS | COMPLETE_GROUPS))
		offer_mechs(at, what);
	if (what & COMPLETE_REFS)
		offer_objects(app, called->mech, at, n, words);
	if (what & COMPLETE_LIMITS)
		offer_limits(app, at, strstr(called->cmd.operands, "NAME=") != NULL);
	if (what & COMPLETE_COMMANDS)
		offer_commands(at, n > 0 ? words[n - 1] : "");
	if (what & COMPLETE_NS)
		offer_namespaces(app, at, what & COMPLETE_NS_ALL);
	if (what & COMPLETE_WHEN)
		offer_when(at);
	if (what & COMPLETE_WISHES)
		offer_wishes(at);
	offer_stress(app, *at, what);
	if (what & COMPLETE_USERS)
		out_text(strchr(at->from, ':') ? ":groups\n" : ":users\n");
	if (what & COMPLETE_FILES)
		out_text(":files\n");
}

static void offer_options(const struct cursor *at, const struct opt *o)
{
	for (; o->name; o++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "--%s", o->name);
		if (!o->hidden)
			offer(at, text, "", o->help);
	}
}

static bool is_named(const struct opt *o, const char *word, size_t len)
{
	if (word[1] != '-')
		return len == 2 && o->letter == word[1];
	return strlen(o->name) == len - 2 && !strncmp(word + 2, o->name, len - 2);
}

/* The option that the first len bytes of a word name. */
static const struct opt *option(const struct cmd *c, const char *word, size_t len)
{
	if (len < 2 || word[0] != '-')
		return NULL;
	for (const struct opt_group *g = c->options; g && g->opts; g++)
		for (const struct opt *o = g->opts; o->name; o++)
			if (is_named(o, word, len))
				return o;
	return NULL;
}

/* The same, when it takes an argument. */
static const struct opt *takes(const struct cmd *c, const char *word, size_t len)
{
	const struct opt *o = option(c, word, len);

	return o && o->kind != OPT_FLAG ? o : NULL;
}

/* What the operands are: an option before them may have changed it. */
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

/* Whether a "--" among the words has ended the options. */
static bool only_operands(int n, char **words)
{
	while (n > 0 && strcmp(words[n - 1], "--"))
		n--;
	return n > 0;
}

/* An old name, then its options. */
static void complete_old(const struct cursor *at, int n, char **words)
{
	const struct tool *t = n > 1 ? tool_by_path(words[0]) : NULL;

	for (const struct tool *const *o = tools; n == 1 && *o; o++)
		offer(at, (*o)->name, "", (*o)->about);
	for (const struct tool_opt *o = t ? t->opts : NULL; o && o->name; o++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "--%s", o->name);
		if (at->word[0] == '-')
			offer(at, text, "", o->help);
	}
}

/* The last of the n words is the one under the cursor; c's name is not among them. */
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
	o = takes(c, before, strlen(before));
	if (o && o->kind == OPT_HUGE)
		o = NULL; /* its argument is not a word of its own */
	if (!o && sign) {
		o = takes(c, at.word, (size_t)(sign - at.word));
		at.from = o ? sign + 1 : at.word;
	}
	if (o) {
		offer_kind(app, called, o->complete, &at, 0, words);
	} else if (at.word[0] == '-') {
		for (const struct opt_group *g = c->options; g && g->opts; g++)
			offer_options(&at, g->opts);
		offer_options(&at, global_opts);
	} else {
		if (n == 1)
			offer_commands(&at, c->name);
		offer_kind(app, called, operands(c, n - 1, words), &at, n - 1, words);
	}
}

static int run(struct app *app, void *data, int n, char **words)
{
	struct called c;
	int used;

	(void)data;
	/* Options before the command: none of them takes an argument. */
	for (; n > 1 && words[0][0] == '-'; words++)
		n--;
	if (n == 0)
		return EXIT_DONE;
	if (cmd_find(n - 1, words, &c, &used)) {
		complete_command(app, &c, n - used, words + used);
	} else if (n == 1) {
		struct cursor at = { words[0], words[0] };

		if (words[0][0] == '-')
			offer_options(&at, global_opts);
		else
			offer_commands(&at, "");
	} else if (n == 2) {
		offer_commands(&(struct cursor){ words[1], words[1] }, words[0]);
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Candidates for the word under the cursor: commands, options, fields, mechanisms, live
 * objects, namespaces, limits, workloads. */
#include "help/offer.h"

#include <stdio.h>
#include <string.h>

#include "base/esc.h"
#include "base/util.h"
#include "ipcx-stress.h"
#include "ui/select.h"

void offer(const struct cursor *at, const char *candidate, const char *after,
	   const char *what)
{
	if (!strncmp(candidate, at->from, strlen(at->from)))
		out_format("%.*s%s%s\t%s\n", (int)(at->from - at->word), at->word,
			   candidate, after, what);
}

/* For the columns and the order of groups: the fields after --by, and the sums. Returns
 * false if the words name no groups, or something else is to be completed. */
static bool offer_of_groups(int n, char **words, struct ipcx_fieldset *ret_fields)
{
	static const enum ipcx_field sums[] = { IPCX_F_COUNT,    IPCX_F_BYTES,
						IPCX_F_ATTACHED, IPCX_F_OLDEST,
						IPCX_F_NEWEST,   IPCX_F_PERCENT };
	const char *option = n > 0 ? words[n - 1] : "", *by = NULL;
	enum ipcx_field f;

	if (strcmp(option, "-o") && strcmp(option, "--output") &&
	    strcmp(option, "--sort"))
		return false;
	for (int i = 0; i + 1 < n; i++)
		if (!strcmp(words[i], "--by"))
			by = words[i + 1];
		else if (!strncmp(words[i], "--by=", 5))
			by = words[i] + 5;
	if (!by)
		return false;
	*ret_fields = ipcx_fieldset_of(sums, ARRAY_SIZE(sums));
	for (; *by; by += strspn(by, ",")) {
		size_t len = strcspn(by, ",");

		if (ipcx_field_by_name(by, len, &f) == 0)
			ipcx_fieldset_add(ret_fields, f);
		by += len;
	}
	return true;
}

/* Return the fields that rows of a command can have, judged by the words before the
 * cursor; all fields if that is only known when the command runs. */
static struct ipcx_fieldset offer_fields_of(struct app *app, const struct cmd *c, int n,
					    char **words)
{
	struct ipcx_fieldset fields = { { UINT64_MAX, UINT64_MAX, UINT64_MAX,
					  UINT64_MAX } };
	const char *const one[] = { ipcx_limit_name(0), NULL };
	uint64_t mechs = 0, mask;
	struct ipcx_table *t;

	if (offer_of_groups(n, words, &fields))
		return fields;
	if (!strcmp(c->name, "limits")) {
		for (int i = 0; i < n; i++)
			if (!strcmp(words[i], "--for") || !strncmp(words[i], "--for=", 6))
				return fields; /* rows then describe requested objects,
						  not limits */
		if (ipcx_limit_values(app->x, one, &t) < 0)
			return fields;
		fields = ipcx_row_fields(t, 0);
		ipcx_table_free(t);
	}
	if (c->rows)
		return ipcx_fieldset_of(c->rows->list, c->rows->n);
	if (!(c->complete & COMPLETE_REFS) || !(c->complete & COMPLETE_MECHS))
		return fields;
	for (int i = 0; i < n; i++) {
		const char *colon = strchrnul(words[i], ':');
		unsigned mech;

		if (ipcx_mech_mask(words[i], &mask) == 0)
			mechs |= mask;
		else if (ipcx_mech_by_name(words[i], (size_t)(colon - words[i]), &mech) ==
			 0)
			mechs |= IPCX_MECH_BIT(mech);
	}
	mechs = mechs ? mechs : select_all();
	for (unsigned f = 0; f < IPCX_NO_FIELD; f++)
		if (!select_knows((enum ipcx_field)f, &mechs))
			ipcx_fieldset_remove(&fields, (enum ipcx_field)f);
	return fields;
}

/* In a list or a condition, a field name begins after any separator or operator. */
static void offer_fields(struct cursor at, const struct ipcx_fieldset *fields)
{
	const char *start = at.from;

	at.from += strlen(at.from);
	while (at.from > start && !strchr(" ,+-&|!()<>=~\"'", at.from[-1]))
		at.from--;
	for (unsigned f = 0; f < ipcx_field_count(); f++) {
		const struct ipcx_field_info *info = ipcx_field_info((enum ipcx_field)f);

		if (info && ipcx_fieldset_has(fields, (enum ipcx_field)f))
			offer(&at, info->name, "", info->doc);
	}
}

static void offer_mechs(const struct cursor *at, enum complete what)
{
	static const char *const groups[][2] = { { "sysv", "all System V mechanisms" },
						 { "posix", "all POSIX mechanisms" },
						 { "process", "memory files and pipes" },
						 { "all", "all of sysv and posix" } };

	for (unsigned m = 0; (what & COMPLETE_MECHS) && ipcx_mech_info(m); m++)
		offer(at, ipcx_mech_info(m)->name, "", ipcx_mech_info(m)->label);
	for (size_t i = 0; (what & COMPLETE_GROUPS) && i < ARRAY_SIZE(groups); i++)
		offer(at, groups[i][0], "", groups[i][1]);
}

/* Only the mechanism of a requested object can be completed, not its size and number. */
static void offer_wishes(const struct cursor *at)
{
	const struct ipcx_mech_info *info;

	for (unsigned m = 0; (info = ipcx_mech_info(m)) != NULL; m++)
		if (info->need)
			offer(at, info->name, ":", info->need);
}

/* Return whether a name is printable in one line. */
static bool is_visible(const char *name)
{
	const unsigned char *p = (const unsigned char *)name;
	size_t len = strlen(name);

	for (size_t i = 0, n; i < len; i += n) {
		uint32_t code;

		n = ix_utf8(p + i, len - i, &code);
		if (n == 0 || ix_esc_hidden(code))
			return false;
	}
	return true;
}

/* Return the word that refers to a row's object. If the mechanism was already given
 * (bare): the id, or the unescaped name (the shell quotes it). Otherwise, and for a name
 * that does not fit in one line: the reference. */
static const char *word_for(const struct ipcx_table *t, size_t row, bool bare,
			    struct ipcx_value *v)
{
	const struct ipcx_mech_info *m = ipcx_mech_info(ipcx_row_mech(t, row));
	size_t skip = strlen(m->name) + 1;
	struct ipcx_ref ref;

	/* A file that is found by its inode may have a name, too, but not a unique one. */
	if (bare && ipcx_row_ref(t, row, &ref) == 0 && ref.by == IPCX_BY_NAME &&
	    ipcx_row_get(t, row, IPCX_F_NAME, v) == 0 && v->type == IPCX_TYPE_STRING &&
	    is_visible(ipcx_value_string(v)))
		return ipcx_value_string(v);
	bare = bare && (!m->named || m->unlisted);
	if (ipcx_row_get(t, row, IPCX_F_REF, v) < 0 || v->type != IPCX_TYPE_STRING)
		return "";
	return ipcx_value_string(v) + (bare ? skip : 0);
}

/* Offer the live objects of one mechanism: as references ("shm:5"), or without the
 * mechanism if it was already given. */
static void offer_refs(struct app *app, const struct cursor *at, unsigned mech, bool bare)
{
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(mech),
				.fields = IPCX_FIELDSET(IPCX_F_REF, IPCX_F_OWNER),
				.max_rows = 2000 };
	struct ipcx_table *t;

	if (ipcx_scan(app->x, &q, &t) < 0)
		return;
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct ipcx_value word, owner;

		if (ipcx_row_get(t, i, IPCX_F_OWNER, &owner) == 0)
			offer(at, word_for(t, i, bare, &word), "",
			      owner.type == IPCX_TYPE_STRING ? ipcx_value_string(&owner)
							     : "");
	}
	ipcx_table_free(t);
}

/* Return the default mechanism, which a word before the cursor has set. */
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

	/* The operand of "shm read" is an object of the mechanism "shm". */
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

/* Offer all limits, or only the limits that can be set. */
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

/* Offer the first word of two-word commands, described by the second words. */
static void offer_first(const struct app *app, const struct cursor *at, const char *name,
			size_t len)
{
	struct cmd_walk w = { .list = app->commands };
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

void offer_commands(const struct app *app, const struct cursor *at, const char *below)
{
	struct cmd_walk w = { .list = app->commands };
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
			offer_first(app, at, name, first);
		/* Commands with the same first word are adjacent. */
		known = MIN(first, sizeof(before));
		memcpy(before, name, known);
	}
}

/* Offer a container by its label without the runtime: bash splits words at a colon. Do
 * not offer what is then a number, which could be a process or a user. */
static void offer_container(const struct cursor *at, const char *label,
			    const char *runtime)
{
	const char *colon = strrchr(label, ':'), *from = colon ? colon : label;
	const char *name = colon ? colon + 1 : label;
	size_t digits = strspn(name, "0123456789");
	char word[1024];

	while (from > label && from[-1] != '/')
		from--;
	(void)snprintf(word, sizeof(word), "%.*s%s", (int)(from - label), label, name);
	if (from == label && digits && (!name[digits] || name[digits] == '/'))
		return;
	if (ix_esc_clean(word, IX_ESC_WORD))
		offer(at, word, "", runtime);
}

static void offer_namespaces(struct app *app, const struct cursor *at, bool all)
{
	struct ipcx_table *t;

	offer(at, "self", "", "ipcx's own namespace");
	if (all)
		offer(at, "all", "", "every namespace");
	if (ipcx_containers(app->x, &t) < 0)
		return;
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct ipcx_value label, runtime;

		if (ipcx_row_get(t, i, IPCX_F_CONTAINER, &label) == 0 &&
		    label.type == IPCX_TYPE_STRING &&
		    ipcx_row_get(t, i, IPCX_F_RUNTIME, &runtime) == 0)
			offer_container(at, ipcx_value_string(&label),
					ipcx_value_string(&runtime));
	}
	ipcx_table_free(t);
}

static void offer_when(const struct cursor *at)
{
	offer(at, "auto", "", "on a terminal");
	offer(at, "always", "", "even into pipes and files");
	offer(at, "never", "", "never");
}

/* Offer the distinct names in a column of the list of workloads. */
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

/* Complete the last item of a comma-separated list, an argument of stress. */
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
		offer(&at, "1", "", "all workers on one CPU");
		offer(&at, "2", "", "workers alternate between two CPUs");
		offer(&at, "any", "", "no affinity: the kernel decides");
	}
}

static void offer_formats(const struct cursor *at)
{
	for (const struct format *f = formats; f->name; f++)
		offer(at, f->name, "", f->help);
}

void offer_kind(struct app *app, const struct called *called, enum complete what,
		const struct cursor *at, int n, char **words)
{
	if (what & COMPLETE_FIELDS) {
		struct ipcx_fieldset fields =
			offer_fields_of(app, &called->cmd, n, words);

		offer_fields(*at, &fields);
	}
	if (what & COMPLETE_FORMATS)
		offer_formats(at);
	if (what & (COMPLETE_MECHS | COMPLETE_GROUPS))
		offer_mechs(at, what);
	if (what & COMPLETE_REFS)
		offer_objects(app, called->mech, at, n, words);
	if (what & COMPLETE_LIMITS)
		offer_limits(app, at, strstr(called->cmd.operands, "NAME=") != NULL);
	if (what & COMPLETE_COMMANDS)
		offer_commands(app, at, n > 0 ? words[n - 1] : "");
	if (what & COMPLETE_NS)
		offer_namespaces(app, at, what & COMPLETE_NS_ALL);
	if (what & COMPLETE_WHEN)
		offer_when(at);
	if (what & COMPLETE_WISHES)
		offer_wishes(at);
	offer_stress(app, *at, what);
	offer_metrics(at, what);
	if (what & COMPLETE_CALLS)
		offer_calls(at, n, words);
	if (what & COMPLETE_USERS)
		out_text(strchr(at->from, ':') ? ":groups\n" : ":users\n");
	if (what & COMPLETE_FILES)
		out_text(":files\n");
}

void offer_options(const struct cursor *at, const struct opt *o)
{
	for (; *o->name; o++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "--%s", o->name);
		if (!o->hidden)
			offer(at, text, "", o->help);
	}
}

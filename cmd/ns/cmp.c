/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx ns cmp: compare two IPC namespaces. */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "commands.h"

struct ns_cmp_args {
	struct output_args output;
	bool quiet;
};

static const enum ipcx_field shown[] = { IPCX_F_NAME, IPCX_F_FIRST,   IPCX_F_SECOND,
					 IPCX_F_SAME, IPCX_F_FOLLOWS, IPCX_F_FIX };

/* The columns of a table: all but "follows" and "fix", whose values are whole sentences
 * and are printed below the table. */
static const enum ipcx_field narrow[] = { IPCX_F_NAME, IPCX_F_FIRST, IPCX_F_SECOND,
					  IPCX_F_SAME };

static const char *ns_cmp_text_of(const struct ipcx_table *t, size_t row,
				  enum ipcx_field field, struct ipcx_value *v)
{
	return ipcx_row_get(t, row, field, v) == 0 && v->type == IPCX_TYPE_STRING
		       ? ipcx_value_string(v)
		       : NULL;
}

/* The name of an earlier row with the same fix, or NULL. */
static const char *ns_cmp_earlier(const struct ipcx_table *t, size_t row, const char *fix,
				  struct ipcx_value *name)
{
	struct ipcx_value v;

	for (size_t i = 0; i < row; i++) {
		const char *then = ns_cmp_text_of(t, i, IPCX_F_FIX, &v);

		if (then && !strcmp(then, fix))
			return ns_cmp_text_of(t, i, IPCX_F_NAME, name);
	}
	return NULL;
}

/* Print the values of "follows" below the table; none for objects and limits, for which
 * the row is enough. */
static void say_what_follows(const struct ipcx_table *t)
{
	struct ipcx_value name, follows, fix;
	char line[2048];

	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		const char *what = ns_cmp_text_of(t, i, IPCX_F_NAME, &name);
		const char *then = ns_cmp_text_of(t, i, IPCX_F_FOLLOWS, &follows);

		if (!what || !then || strchr(what, ':'))
			continue;
		(void)snprintf(line, sizeof(line), "%s: %s.", what, then);
		out_text("\n");
		out_paragraph(line);
		then = ns_cmp_text_of(t, i, IPCX_F_FIX, &fix);
		if (!then)
			continue;
		what = ns_cmp_earlier(t, i, then, &name);
		if (what)
			(void)snprintf(line, sizeof(line),
				       "To share it, do the same as for the %s.", what);
		else
			(void)snprintf(line, sizeof(line), "To share it, %s.", then);
		out_paragraph(line);
	}
}

static bool knows(enum ipcx_field field, const void *data)
{
	struct ipcx_value v;

	return ipcx_row_get(data, 0, field, &v) == 0;
}

static int ns_cmp_print(struct app *app, const struct ns_cmp_args *args,
			const struct ipcx_table *t)
{
	struct tally tally = { 0 };
	struct output s;
	int r = output_open(&s, &args->output, "comparison");

	if (!r)
		r = output_fields(&s, args->output.fields,
				  s.format->raw ? COLUMN_LIST(shown)
						: COLUMN_LIST(narrow),
				  knows, t);
	if (!r)
		r = output_condition(app->x, &args->output, knows, t, &s.where);
	if (r)
		return r;
	msg_table(t, app->verbose, &tally);
	output_heading(&s, NULL);
	r = output_all(&s, t);
	if (!r && !s.format->raw && !args->output.fields && !s.where)
		say_what_follows(t);
	output_close(&s);
	return r || (!s.unjudged && !tally.gaps) ? r : EXIT_PART;
}

static int ns_cmp_compare(struct app *app, const struct ns_cmp_args *args, char **words)
{
	struct ipcx_ns *first = NULL, *second = NULL;
	struct ipcx_table *t = NULL;
	int same, r = ipcx_ns_open(app->x, words[0], &first);

	if (r == 0)
		r = ipcx_ns_open(app->x, words[1], &second);
	same = r < 0 ? r : ipcx_compare(app->x, first, second, &t);
	ipcx_ns_free(first);
	ipcx_ns_free(second);
	if (same < 0) {
		r = app_failed(app, same);
		/* Status 1 would mean that the namespaces differ, which is not known
		 * here. */
		return r == EXIT_FAILED ? EXIT_PART : r;
	}
	r = args->quiet ? 0 : ns_cmp_print(app, args, t);
	ipcx_table_free(t);
	return r ? r : same == 1 ? EXIT_DONE : same ? EXIT_PART : EXIT_FAILED;
}

static int ns_cmp_run(struct app *app, void *data, int n, char **words)
{
	if (n != 2)
		return msg_usage("ns cmp needs two namespaces");
	return ns_cmp_compare(app, data, words);
}

/* clang-format off */
static const struct opt opts[] = {
	{ "quiet", 'q', FLAG(struct ns_cmp_args, quiet), .help = "only the exit status" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,       0 },
	{ filter_opts, offsetof(struct ns_cmp_args, output) },
	{ output_opts, offsetof(struct ns_cmp_args, output) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx ns cmp web worker",  "do two containers share what they need for IPC?" },
	{ "ipcx ns cmp self web -q", "for a script: exit status 0 when they do" },
	{ "", "" },
};

const struct cmd cmd_ns_cmp = {
	.name = "ns cmp", .operands = "WHERE WHERE", .summary = "Compare two IPC namespaces",
	.about = "Reports whether two processes, containers or pins share the IPC namespace, /dev/shm and /dev/mqueue, what follows for System V keys, POSIX names and "
		 "MIT-SHM if they do not, and which limits and which objects with a key or name differ. The exit status is 0 if all three are "
		 "shared, 1 if one is not, 3 if one of the two does not exist, and 4 if it is unknown whether they are shared, or what differs.",
	.options = options, .examples = examples, .complete = COMPLETE_NS | COMPLETE_FILES,
	.exits = EXITS({ EXIT_DONE, "all three are shared" }, { EXIT_FAILED, "one of the three is not shared" }, { EXIT_MISSING, "one of the two does not exist" }, { EXIT_PART, "unknown whether all are shared, or what differs" }),
	.args_size = sizeof(struct ns_cmp_args), .run = ns_cmp_run,
};
/* clang-format on */

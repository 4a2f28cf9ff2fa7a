/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx limits: limits and their use, and whether new objects would fit. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "byopt.h"
#include "commands.h"
#include "limits/set.h"
#include "nsopt.h"

struct limits_args {
	struct output_args output;
	struct ns_args where;
	struct by_args by;
	const char *request, *save;
	bool force, fail;
};

static const enum ipcx_field shown[] = { IPCX_F_NAME, IPCX_F_LIMIT, IPCX_F_USED,
					 IPCX_F_PERCENT, IPCX_F_SOURCE };
static const enum ipcx_field fit_shown[] = { IPCX_F_NAME,   IPCX_F_LIMIT, IPCX_F_USED,
					     IPCX_F_NEEDED, IPCX_F_FITS,  IPCX_F_RAISE_TO,
					     IPCX_F_UNIT };

/* All fields of the rows, except those that name the namespace: ns_shown() adds the
 * fields of the namespace if they are wanted. */
static struct shown all_fields(const struct ipcx_table *t)
{
	return (struct shown){ .after = ns_fields_less(ipcx_row_fields(t, 0)) };
}

/* Print the rows that match, or their groups. */
static int limits_put(struct output *s, const struct ipcx_table *t, struct by *by)
{
	int r;

	if (!by->groups) {
		output_heading(s, NULL);
		return output_all(s, t);
	}
	r = by_add(by, s, t);
	return r ? r : by_print(by, s);
}

static int limits_columns(struct app *app, const struct limits_args *args,
			  const struct ipcx_table *t, struct shown defaults,
			  struct output *s, struct by *by)
{
	static const enum ipcx_field sums[] = { IPCX_F_COUNT, IPCX_F_PERCENT };
	int r = by_open(by, app, &args->by, s, &args->output, sums, ARRAY_SIZE(sums),
			output_table_knows, t);

	if (!r && !by->groups)
		r = output_fields(s, args->output.fields,
				  ns_shown(app,
					   s->format->raw ? all_fields(t) : defaults),
				  output_table_knows, t);
	if (!r)
		r = output_condition(app->x, &args->output, output_table_knows, t,
				     &s->where);
	if (!r && !by->groups)
		ns_add_directory(app, s, t);
	return r;
}

static int limits_print(struct app *app, const struct limits_args *args,
			const struct ipcx_table *t, const char *kind,
			struct shown defaults)
{
	struct tally tally = { 0 };
	struct output s;
	struct by by = { .groups = NULL };
	int r = output_open(&s, &args->output, args->by.list ? "groups" : kind);

	if (!r)
		r = limits_columns(app, args, t, defaults, &s, &by);
	if (!r) {
		msg_table(t, app->verbose, &tally);
		r = limits_put(&s, t, &by);
		output_close(&s);
	}
	by_close(&by);
	if (r)
		return r;
	if (!args->fail) {
		tally.done = s.rows;
		ns_partly(app, &tally);
		return output_status(&s, tally_status(&tally));
	}
	tally.done = s.rows;
	tally.gaps += s.unjudged + s.unknown;
	return tally_expect_none(&tally);
}

/* Return whether there is already a note about this limit. */
static bool is_noted(const struct ipcx_table *t, const char *name)
{
	const struct ipcx_note *note;

	for (size_t i = 0; (note = ipcx_table_note(t, i)); i++)
		if (!strcmp(note->subject, name))
			return true;
	return false;
}

static bool limits_is_known(const struct ipcx_table *t, size_t row, enum ipcx_field f)
{
	struct ipcx_value v;

	return ipcx_row_get(t, row, f, &v) == 0 && v.type != IPCX_TYPE_NONE;
}

/* Print why it is unknown whether the objects would fit. */
static void doubt(const struct ipcx_table *t, size_t row, const char *name)
{
	const char *why;

	if (is_noted(t, name))
		why = "";
	else if (!limits_is_known(t, row, IPCX_F_USED))
		why = ": the kernel does not report how much of it is in use";
	else if (!limits_is_known(t, row, IPCX_F_NEEDED))
		why = ": the size of its pages is unknown";
	else
		why = ": the kernel may or may not exceed it on its own";
	msg_note("cannot tell whether it fits into %s%s", name, why);
}

/* Return a number of a row, or `absent` if the row has none. */
static uint64_t limits_number(const struct ipcx_table *t, size_t row, enum ipcx_field f,
			      uint64_t absent)
{
	struct ipcx_value v;

	return ipcx_row_get(t, row, f, &v) == 0 && v.type != IPCX_TYPE_NONE ? v.as.u
									    : absent;
}

/* Raising a process limit above its hard limit requires a capability. */
static const char *who_may(const struct ipcx_table *t, size_t row, uint64_t to, char *buf,
			   size_t size)
{
	uint64_t most = limits_number(t, row, IPCX_F_CEILING, UINT64_MAX);

	buf[0] = '\0';
	if (to > most)
		(void)snprintf(buf, size,
			       " (its hard limit is %" PRIu64
			       ": above that needs CAP_SYS_RESOURCE)",
			       most);
	return buf;
}

/* Report which limit is too low for the objects and, if that limit can be raised, the
 * value it needs. */
static void limits_refuse(const struct ipcx_table *t, size_t row, const char *name)
{
	uint64_t needed = limits_number(t, row, IPCX_F_NEEDED, 0);
	uint64_t most = limits_number(t, row, IPCX_F_CEILING, UINT64_MAX);
	uint64_t to = limits_number(t, row, IPCX_F_RAISE_TO, 0);
	char in_use[48] = "", who[96];
	struct ipcx_value source;
	bool process;

	(void)ipcx_row_get(t, row, IPCX_F_SOURCE, &source);
	process = !strncmp(ipcx_value_string(&source), "RLIMIT_", 7);
	if (limits_is_known(t, row, IPCX_F_USED))
		(void)snprintf(in_use, sizeof(in_use), ", %" PRIu64 " in use",
			       limits_number(t, row, IPCX_F_USED, 0));
	if (to)
		msg_note("does not fit: raise %s to %" PRIu64 "%s", name, to,
			 who_may(t, row, to, who, sizeof(who)));
	else if (process)
		msg_note("does not fit: raise %s to %" PRIu64 " plus current usage, "
			 "which the kernel does not report%s",
			 name, needed, who_may(t, row, needed, who, sizeof(who)));
	else if (!limits_is_known(t, row, IPCX_F_NEEDED))
		msg_note("does not fit%s%s", is_noted(t, name) ? "" : ": ",
			 is_noted(t, name) ? "" : name);
	else if (needed > most)
		msg_note("cannot fit at all: %s cannot be raised above %" PRIu64
			 ", %" PRIu64 " needed",
			 name, most, needed);
	else
		msg_note("does not fit: %s is %" PRIu64 "%s, %" PRIu64 " needed", name,
			 limits_number(t, row, IPCX_F_LIMIT, 0), in_use, needed);
}

/* Print advice for each limit. */
static void advise(const struct ipcx_table *t)
{
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct ipcx_value name, fits;

		(void)ipcx_row_get(t, i, IPCX_F_NAME, &name);
		(void)ipcx_row_get(t, i, IPCX_F_FITS, &fits);
		if (fits.type == IPCX_TYPE_NONE)
			doubt(t, i, ipcx_value_string(&name));
		else if (!fits.as.u)
			limits_refuse(t, i, ipcx_value_string(&name));
	}
}

static int limits_fit(struct app *app, const struct limits_args *args)
{
	struct ipcx_table *t;
	int fits = ipcx_fit(app->x, args->request, &t), r;

	if (fits < 0)
		return app_failed(app, fits);
	r = limits_print(app, args, t, "needs", COLUMN_LIST(fit_shown));
	if (!fits)
		advise(t);
	ipcx_table_free(t);
	return r ? r : fits ? EXIT_DONE : EXIT_FAILED;
}

static int limits_run_save(struct app *app, const struct limits_args *args,
			   const struct ipcx_table *t)
{
	size_t rows = ipcx_table_rows(t), n = 0;
	auto_free struct ipcx_setting *settings = calloc(rows + 1, sizeof(*settings));
	bool whole = true;
	char line[LINE_ROOM];
	int r;

	if (!settings)
		return limits_no_memory();
	for (size_t i = 0; i < rows; i++) {
		struct ipcx_value name, value;
		bool known = ipcx_row_get(t, i, IPCX_F_LIMIT, &value) == 0 &&
			     value.type != IPCX_TYPE_NONE;

		if (ipcx_row_get(t, i, IPCX_F_NAME, &name) < 0)
			continue;
		r = ipcx_limit_sysctl(app->x, ipcx_value_string(&name),
				      known ? value.as.u : 0, line, sizeof(line));
		if (r == -ENOTSUP)
			continue; /* not a sysctl: cannot be set in a file */
		if (!known) {
			msg_error("%s: cannot be read here: it is left out",
				  ipcx_value_string(&name));
			whole = false;
			continue;
		}
		if (r < 0)
			return app_failed(app, r);
		settings[n++] =
			(struct ipcx_setting){ .size = sizeof(struct ipcx_setting),
					       .name = ipcx_value_string(&name),
					       .value = value.as.u };
	}
	r = limits_save(app, settings, n, args->save, args->force);
	return r || whole ? r : EXIT_PART;
}

static int limits_run(struct app *app, void *data, int n, char **names)
{
	const struct limits_args *args = data;
	struct ipcx_table *t;
	int r;

	r = ns_use(app, &args->where);
	if (r)
		return r;
	if (args->fail && (args->request || args->save))
		return msg_usage("--fail and --%s contradict each other",
				 args->request ? "for" : "save");
	if (args->by.list && (args->request || args->save))
		return msg_usage("--by and --%s contradict each other",
				 args->request ? "for" : "save");
	if (args->output.where.n && args->save)
		return msg_usage("--where and --save contradict each other");
	if (args->request)
		return n ? msg_usage("--for and names of limits contradict each other")
			 : limits_fit(app, args);
	r = ipcx_limits(app->x, n ? (const char *const *)names : NULL, &t);
	if (r < 0)
		return limits_name_failed(app, r);
	r = args->save ? limits_run_save(app, args, t)
		       : limits_print(app, args, t, "limits", COLUMN_LIST(shown));
	ipcx_table_free(t);
	return r;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "for",   0, TEXT(struct limits_args, request),  .arg = "WISH", .complete = COMPLETE_WISHES, .help = "check whether it fits: shm:40G, sem:10x250, mq:100x8K" },
	{ "save",  0, TEXT(struct limits_args, save),  .arg = "FILE", .complete = COMPLETE_FILES, .help = "write the values as lines for sysctl.d; - is standard output" },
	{ "force", 0, FLAG(struct limits_args, force), .help = "replace FILE if it exists" },
	{ "fail",  0, FLAG(struct limits_args, fail),  .help = "for scripts: exit with 0 only when no limit is listed and nothing is missing" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,       0 },
	{ ns_opts, offsetof(struct limits_args, where) },
	{ by_opts, offsetof(struct limits_args, by) },
	{ output_opts, offsetof(struct limits_args, output) },
	{ filter_opts, offsetof(struct limits_args, output) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx limits",                      "every limit, how much of it is used, where it is set" },
	{ "ipcx limits shmall shmmni --json", "two of them, for a program" },
	{ "ipcx limits --for shm:40G",        "would a segment of 40 GiB fit, and if not, what to raise" },
	{ "ipcx limits --for sem:10x250",     "ten arrays of 250 semaphores" },
	{ "ipcx limits --where 'percent > 90' --fail", "for monitoring: is something nearly used up?" },
	{ "ipcx limits --ns all --by ns,container", "how near each namespace is to its limits" },
	{ "ipcx limits --ns web",             "those of a container's namespace" },
	{ "", "" },
};

const struct cmd cmd_limits = {
	.name = "limits", .operands = "[NAME…]", .summary = "List limits and how much of them is used",
	.about = "Lists every limit that can stop a user of IPC, those of the IPC namespace and those of the process and the machine. SHMALL is counted in "
		 "pages per segment, as in the kernel. With --for, the exit status is 0 if the objects fit, and 1 if they do not or if that is "
		 "unknown; a message says which.",
	.options = options, .examples = examples, .complete = COMPLETE_LIMITS,
	.exits = EXITS({ EXIT_DONE, "done; with --for: the objects fit; with --fail: no limit is listed, and nothing is missing" }, { EXIT_FAILED, "failed; with --for: the objects do not fit, or that is unknown; with --fail: a limit is listed" }, NO_SUCH_NAMESPACE, { EXIT_PART, "with --save: some limits cannot be read here and are left out; with --fail: none is listed, but something could not be read" }),
	.args_size = sizeof(struct limits_args), .run = limits_run,
};
/* clang-format on */

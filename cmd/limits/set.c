/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx limits set: change limits, now and at boot. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/esc.h"
#include "base/num.h"
#include "base/util.h"
#include "commands.h"
#include "exec/signals.h"
#include "limits/set.h"
#include "nsopt.h"
#include "ui/save.h"

/* An unknown limit is a usage error, unlike a missing object. */
int limits_name_failed(struct app *app, int r)
{
	if (r == -ENOENT && ipcx_failure(app->x) == IPCX_FAILURE_MISSING)
		return msg_usage("%s", ipcx_error(app->x));
	return app_failed(app, r);
}

int limits_no_memory(void)
{
	msg_error("out of memory");
	return EXIT_FAILED;
}

/* Make the lines for sysctl.d that set these limits. Returns 0, or an exit status after a
 * message. */
static int lines_of(struct app *app, const struct ipcx_setting *settings, size_t n,
		    char **ret_text, size_t *ret_len)
{
	size_t room = (n + 1) * LINE_ROOM;
	auto_free char *text = malloc(room);
	int len;

	if (!text)
		return limits_no_memory();
	len = ipcx_limit_lines(app->x, settings, n, text, room - 1);
	if (len < 0)
		return app_failed(app, len);
	if (len > 0)
		text[len++] = '\n';
	*ret_text = TAKE(text);
	*ret_len = (size_t)len;
	return 0;
}

int limits_save(struct app *app, const struct ipcx_setting *settings, size_t n,
		const char *path, bool force)
{
	auto_free char *text = NULL;
	size_t len = 0;
	int r = lines_of(app, settings, n, &text, &len);

	return r ? r : save_file(path, text, len, force);
}

/* Print the lines that would be saved, and the name of the file; or why they could not be
 * saved. */
static int try_save(struct app *app, const struct ipcx_setting *settings, size_t n,
		    const char *path, bool force, bool rows)
{
	auto_free char *text = NULL;
	char shown[1024];
	size_t len = 0;
	int r = lines_of(app, settings, n, &text, &len);

	if (r || !strcmp(path, "-"))
		return r ? r : save_file(path, text, len, force);
	r = save_check(path, force);
	(void)ix_escape(shown, sizeof(shown), path, IX_ESC_TEXT);
	for (char *line = text, *end; !r && line < text + len; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + len - line));
		*end = '\0';
		if (rows)
			msg_note("%s would be saved in %s", line, shown);
		else
			out_format("%s would be saved in %s\n", line, shown);
	}
	return r;
}

/* A size that is longer than the name of any limit. */
#define NAME_ROOM 64

struct limits_set_args {
	struct output_args output;
	struct ns_args where;
	const char *save;
	bool force, dry_run;
};

/* Parse "shmmax=64M": a name, and a number that may have a suffix. This writes a NUL over
 * the "=" in the word. */
static int limits_set_read_setting(char *word, struct ipcx_setting *ret_setting)
{
	char *sign = strchr(word, '=');
	uint64_t value;

	if (!sign || sign == word || sign - word >= NAME_ROOM)
		return msg_usage("'%s' is not NAME=VALUE", word);
	*sign = '\0';
	if (ix_parse_size(sign + 1, &value) < 0)
		return msg_usage("%s: '%s' is not a valid value of a limit", word,
				 sign + 1);
	*ret_setting = (struct ipcx_setting){ .size = sizeof(struct ipcx_setting),
					      .name = word,
					      .value = value };
	return 0;
}

static const enum ipcx_field set_shown[] = { IPCX_F_NAME, IPCX_F_LIMIT, IPCX_F_USED,
					     IPCX_F_PERCENT, IPCX_F_SOURCE };
static const enum ipcx_field set_fields[] = { IPCX_F_MECH,   IPCX_F_NAME,    IPCX_F_LIMIT,
					      IPCX_F_USED,   IPCX_F_PERCENT, IPCX_F_UNIT,
					      IPCX_F_SOURCE, IPCX_F_WHAT };

/* Check all names before any limit is set. */
static int limits_set_check_names(struct app *app, const struct ipcx_setting *settings,
				  size_t n)
{
	char line[LINE_ROOM];

	for (size_t i = 0; i < n; i++)
		if (ipcx_limit_sysctl(app->x, settings[i].name, settings[i].value, line,
				      sizeof(line)) == -ENOENT)
			return limits_name_failed(app, -ENOENT);
	return 0;
}

/* Check whether a limit could be set; print the result unless standard output is used for
 * something else. */
static int limits_set_try_one(struct app *app, const struct limits_set_args *args,
			      const struct ipcx_setting *s, bool rows)
{
	uint64_t now;
	int r = ipcx_limit_check(app->x, s->name, s->value, &now);

	if (r == 0 && rows)
		msg_note("%s would be set from %" PRIu64 " to %" PRIu64, s->name, now,
			 s->value);
	else if (r == 0 && !(args->save && !strcmp(args->save, "-")))
		out_format("%s would be set from %" PRIu64 " to %" PRIu64 "\n", s->name,
			   now, s->value);
	return r;
}

/* Output of a row for each limit that was set, if requested. */
struct set_rows {
	struct app *app;
	const struct output_args *args;
	struct output output;
	bool print;
};

static int open_rows(struct app *app, const struct limits_set_args *args,
		     struct set_rows *ret)
{
	const struct output_args *how = &args->output;
	const struct shown *all = &COLUMN_LIST(set_fields);
	int r = output_open(&ret->output, how, "limits");

	ret->app = app;
	ret->args = how;
	ret->print = output_wanted(how);
	if (!r)
		r = output_fields(&ret->output, how->fields,
				  ret->output.format->raw ? *all : COLUMN_LIST(set_shown),
				  columns_have, all);
	if (!r)
		r = output_condition(app->x, how, columns_have, all, &ret->output.where);
	if (!r && ret->print && args->save && !strcmp(args->save, "-"))
		r = msg_usage("--save - and rows would both be on standard output");
	return r;
}

/* Print the limits of these names as they are now. */
static int limits_set_put_rows(struct set_rows *rows, const struct ipcx_setting *settings,
			       size_t n)
{
	auto_free const char **names = calloc(n + 1, sizeof(*names));
	struct ipcx_table *t;
	int r;

	if (!names)
		return limits_no_memory();
	for (size_t i = 0; i < n; i++)
		names[i] = settings[i].name;
	r = n ? ipcx_limits(rows->app->x, names, &t) : 0;
	if (r < 0)
		return app_failed(rows->app, r);
	if (!rows->output.begun)
		output_heading(&rows->output, NULL);
	if (n == 0)
		return 0;
	msg_table(t, rows->app->verbose, &(struct tally){ 0 });
	r = output_all(&rows->output, t);
	ipcx_table_free(t);
	return r ? r : out_check();
}

/* Set all limits. Moves the limits that were set (in a dry run: that could be set) to the
 * front, and sets *ret_done to their number. Each row is written before the next limit is
 * set, unless the rows are to be sorted. */
static int limits_set_set_all(struct app *app, const struct limits_set_args *args,
			      struct ipcx_setting *settings, size_t n,
			      struct set_rows *rows, size_t *ret_done)
{
	bool dry_run = args->dry_run;
	bool each = rows->print && !rows->args->sort;
	size_t done = 0;
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		const struct ipcx_setting s = settings[i];

		if ((dry_run ? limits_set_try_one(app, args, &s, rows->print)
			     : ipcx_limit_set(app->x, s.name, s.value)) < 0) {
			msg_error("%s", ipcx_error(app->x));
			continue;
		}
		if (app->verbose && !dry_run)
			msg_note("%s is now %" PRIu64, s.name, s.value);
		settings[done++] = s;
		r = each ? limits_set_put_rows(rows, &s, 1) : 0;
		if (r && !dry_run)
			msg_note("%s: was set to %" PRIu64
				 ", which could not be written; not set: %zu",
				 s.name, s.value, n - i - 1);
	}
	if (rows->print && !each) {
		r = limits_set_put_rows(rows, settings, done);
		if (r && !dry_run)
			msg_note("set, which could not be written: %zu", done);
	} else if (rows->print && !rows->output.begun) {
		output_heading(&rows->output, NULL);
	}
	if (rows->print)
		output_close(&rows->output);
	*ret_done = done;
	if (r)
		return r;
	return done == n ? EXIT_DONE : done ? EXIT_PART : EXIT_FAILED;
}

static int limits_set_run_set(struct app *app, void *data, int n, char **words)
{
	const struct limits_set_args *args = data;
	auto_free struct ipcx_setting *settings = NULL;
	struct set_rows rows;
	size_t done;
	int r, saved;

	if (n == 0)
		return msg_usage("limits set needs NAME=VALUE");
	settings = calloc((size_t)n, sizeof(*settings));
	if (!settings)
		return limits_no_memory();
	for (int i = 0; i < n; i++) {
		r = limits_set_read_setting(words[i], &settings[i]);
		if (r)
			return r;
	}
	r = open_rows(app, args, &rows);
	if (!r)
		r = limits_set_check_names(app, settings, (size_t)n);
	if (!r)
		r = ns_use(app, &args->where);
	if (r)
		return r;
	if (ns_all(app))
		return msg_usage("all namespaces at once can only be read, not changed");
	/* Ignore SIGPIPE: that signal must not kill us after a limit was set and before
	 * that is printed. */
	signals_outlive_reader();
	r = limits_set_set_all(app, args, settings, (size_t)n, &rows, &done);
	if (!args->save || !done)
		return r;
	saved = args->dry_run ? try_save(app, settings, done, args->save, args->force,
					 rows.print)
			      : limits_save(app, settings, done, args->save, args->force);
	if (!saved)
		saved = out_check();
	if (saved && !args->dry_run)
		msg_note("limits that remain set: %zu", done);
	return r ? r : saved;
}

/* clang-format off */
static const struct opt set_opts[] = {
	{ "save",    0, TEXT(struct limits_set_args, save),    .arg = "FILE", .complete = COMPLETE_FILES, .help = "also write the lines for sysctl.d, which set them at boot" },
	{ "force",   0, FLAG(struct limits_set_args, force),   .help = "replace FILE if it exists" },
	{ "dry-run", 0, FLAG(struct limits_set_args, dry_run), .help = "set and save nothing; print what would be done, or why it would fail" },
	{ .name = "" },
};

static const struct opt_group set_options[] = {
	{ set_opts, 0 },
	{ ns_one_opts, offsetof(struct limits_set_args, where) },
	{ filter_opts, offsetof(struct limits_set_args, output) },
	{ output_opts, offsetof(struct limits_set_args, output) },
	{ NULL, 0 },
};

static const struct example set_examples[] = {
	{ "ipcx limits set shmmni=8192 shmmax=64G",                          "now, in this IPC namespace" },
	{ "ipcx limits set semmsl=500 --save /etc/sysctl.d/60-ipc.conf",     "now and after the next boot" },
	{ "", "" },
};

const struct cmd cmd_limits_set = {
	.name = "limits set", .operands = "NAME=VALUE…", .summary = "Set limits of this IPC namespace",
	.about = "Sets each limit and reads it back. A value may have a suffix (64M). With --json, --format, -o, --sort or --where, each limit "
		 "that was set is a row with its new value; if a row cannot be written, the command ends before the next limit is set.",
	.options = set_options, .examples = set_examples, .complete = COMPLETE_LIMITS,
	.exits = EXITS(NO_SUCH_NAMESPACE, { EXIT_PART, "some were set, others were not" }),
	.args_size = sizeof(struct limits_set_args), .run = limits_set_run_set,
};
/* clang-format on */

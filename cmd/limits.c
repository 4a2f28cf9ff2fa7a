/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx limits, ipcx limits set: what can stop a user, and how to move it. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "cmd.h"
#include "ui/save.h"
#include "where.h"

struct limits_args {
	struct sheet_args sheet;
	struct where_args where;
	const char *wish, *save;
	bool force;
};

static const enum ipcx_field shown[] = { IPCX_F_NAME, IPCX_F_LIMIT, IPCX_F_USED,
					 IPCX_F_PERCENT, IPCX_F_SOURCE };
static const enum ipcx_field fit_shown[] = { IPCX_F_NAME,   IPCX_F_LIMIT, IPCX_F_USED,
					     IPCX_F_NEEDED, IPCX_F_FITS,  IPCX_F_RAISE_TO,
					     IPCX_F_UNIT };

/* Every field that the rows have, but where they are from: where_shown() adds that when
 * it is wanted. */
static struct shown all_fields(const struct ipcx_table *t)
{
	struct ipcx_fieldset fields = ipcx_row_fields(t, 0);

	ipcx_fieldset_remove(&fields, IPCX_F_NS);
	ipcx_fieldset_remove(&fields, IPCX_F_CONTAINER);
	ipcx_fieldset_remove(&fields, IPCX_F_CONTAINER_UID);
	return (struct shown){ .after = fields };
}

static int print(struct app *app, const struct sheet_args *args,
		 const struct ipcx_table *t, const char *kind, struct shown defaults)
{
	struct tally tally = { 0 };
	struct sheet s;
	int r = sheet_open(&s, args, kind);

	if (!r)
		r = sheet_fields(&s, args->fields,
				 where_shown(app,
					     s.format->raw ? all_fields(t) : defaults),
				 sheet_table_knows, t);
	if (!r)
		r = sheet_condition(app->x, args, sheet_table_knows, t, &s.where);
	if (r)
		return r;
	msg_table(t, app->verbose, &tally);
	sheet_heading(&s, NULL);
	r = sheet_all(&s, t);
	sheet_close(&s);
	return sheet_status(&s, r ? r : tally_status(&tally));
}

/* Whether the table notes something of a limit, and so has said it already. */
static bool is_noted(const struct ipcx_table *t, const char *name)
{
	const struct ipcx_note *note;

	for (size_t i = 0; (note = ipcx_table_note(t, i)); i++)
		if (!strcmp(note->subject, name))
			return true;
	return false;
}

static bool is_known(const struct ipcx_table *t, size_t row, enum ipcx_field f)
{
	struct ipcx_value v;

	return ipcx_row_get(t, row, f, &v) == 0 && v.type != IPCX_TYPE_NONE;
}

/* Why it cannot be told whether objects would fit into a limit. */
static void doubt(const struct ipcx_table *t, size_t row, const char *name)
{
	const char *why;

	if (is_noted(t, name))
		why = "";
	else if (!is_known(t, row, IPCX_F_USED))
		why = ": the kernel does not tell how much of it is in use";
	else if (!is_known(t, row, IPCX_F_NEEDED))
		why = ": the size of its pages is unknown";
	else
		why = ": the kernel may go beyond it by itself, and may not";
	msg_note("cannot tell whether it fits into %s%s", name, why);
}

/* What to raise, in words. */
static void advise(const struct ipcx_table *t)
{
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct ipcx_value name, to, fits, needed;

		(void)ipcx_row_get(t, i, IPCX_F_NAME, &name);
		(void)ipcx_row_get(t, i, IPCX_F_FITS, &fits);
		(void)ipcx_row_get(t, i, IPCX_F_RAISE_TO, &to);
		(void)ipcx_row_get(t, i, IPCX_F_NEEDED, &needed);
		if (fits.type == IPCX_TYPE_NONE)
			doubt(t, i, ipcx_value_string(&name));
		else if (fits.as.u)
			continue;
		else if (to.type != IPCX_TYPE_NONE)
			msg_note("does not fit: raise %s to %" PRIu64,
				 ipcx_value_string(&name), to.as.u);
		else
			msg_note("does not fit: raise %s to %" PRIu64
				 " and what is in use, which the kernel does not tell",
				 ipcx_value_string(&name), needed.as.u);
	}
}

static int fit(struct app *app, const struct limits_args *args)
{
	struct ipcx_table *t;
	int fits = ipcx_fit(app->x, args->wish, &t), r;

	if (fits < 0)
		return app_failed(app, fits);
	r = print(app, &args->sheet, t, "needs", SHOW_LIST(fit_shown));
	if (!fits)
		advise(t);
	ipcx_table_free(t);
	return r ? r : fits ? EXIT_DONE : EXIT_FAILED;
}

/* A limit is no object that may be there or not: a name that is none is a wrong word. */
static int name_failed(struct app *app, int r)
{
	if (r == -ENOENT && ipcx_failure(app->x) == IPCX_FAILURE_MISSING)
		return msg_usage("%s", ipcx_error(app->x));
	return app_failed(app, r);
}

static int no_memory(void)
{
	msg_error("out of memory");
	return EXIT_FAILED;
}

/* Room for the longest line of a sysctl. */
#define LINE_ROOM 256

/* Write the lines for sysctl.d that set these limits. */
static int save_lines(struct app *app, const struct ipcx_setting *settings, size_t n,
		      const char *path, bool force)
{
	size_t room = (n + 1) * LINE_ROOM;
	auto_free char *text = malloc(room);
	int len;

	if (!text)
		return no_memory();
	len = ipcx_limit_lines(app->x, settings, n, text, room - 1);
	if (len < 0)
		return app_failed(app, len);
	if (len > 0)
		text[len++] = '\n';
	return save_file(path, text, (size_t)len, force);
}

static int save(struct app *app, const struct limits_args *args,
		const struct ipcx_table *t)
{
	size_t rows = ipcx_table_rows(t), n = 0;
	auto_free struct ipcx_setting *settings = calloc(rows + 1, sizeof(*settings));
	bool whole = true;
	char line[LINE_ROOM];
	int r;

	if (!settings)
		return no_memory();
	for (size_t i = 0; i < rows; i++) {
		struct ipcx_value name, value;
		bool known = ipcx_row_get(t, i, IPCX_F_LIMIT, &value) == 0 &&
			     value.type != IPCX_TYPE_NONE;

		if (ipcx_row_get(t, i, IPCX_F_NAME, &name) < 0)
			continue;
		r = ipcx_limit_sysctl(app->x, ipcx_value_string(&name),
				      known ? value.as.u : 0, line, sizeof(line));
		if (r == -ENOTSUP)
			continue; /* not a sysctl: nothing that a file could set */
		if (!known) {
			msg_error("%s: cannot be read here: it is not among the lines",
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
	r = save_lines(app, settings, n, args->save, args->force);
	return r || whole ? r : EXIT_PART;
}

static int run(struct app *app, void *data, int n, char **names)
{
	const struct limits_args *args = data;
	struct ipcx_table *t;
	int r;

	r = where_use(app, &args->where);
	if (r)
		return r;
	if (args->wish)
		return n ? msg_usage("--for and names of limits contradict each other")
			 : fit(app, args);
	r = ipcx_limits(app->x, n ? (const char *const *)names : NULL, &t);
	if (r < 0)
		return name_failed(app, r);
	r = args->save ? save(app, args, t)
		       : print(app, &args->sheet, t, "limits", SHOW_LIST(shown));
	ipcx_table_free(t);
	return r;
}

/* No name of a limit is longer. */
#define NAME_ROOM 64

struct limits_set_args {
	struct sheet_args sheet;
	struct where_args where;
	const char *save;
	bool force, dry_run;
};

/* "shmmax=64M": a name, and a number that may have a suffix. The word is cut at its
 * sign. */
static int read_setting(char *word, struct ipcx_setting *ret_setting)
{
	char *sign = strchr(word, '=');
	uint64_t value;

	if (!sign || sign == word || sign - word >= NAME_ROOM)
		return msg_usage("'%s' is no NAME=VALUE", word);
	*sign = '\0';
	if (ix_parse_size(sign + 1, &value) < 0)
		return msg_usage("%s: '%s' is no number that a limit could have", word,
				 sign + 1);
	*ret_setting = (struct ipcx_setting){ .size = sizeof(struct ipcx_setting),
					      .name = word,
					      .value = value };
	return 0;
}

static const enum ipcx_field set_fields[] = { IPCX_F_MECH,   IPCX_F_NAME,    IPCX_F_LIMIT,
					      IPCX_F_USED,   IPCX_F_PERCENT, IPCX_F_UNIT,
					      IPCX_F_SOURCE, IPCX_F_WHAT };

/* Whether all names are those of limits, before one is set. */
static int check_names(struct app *app, const struct ipcx_setting *settings, size_t n)
{
	char line[LINE_ROOM];

	for (size_t i = 0; i < n; i++)
		if (ipcx_limit_sysctl(app->x, settings[i].name, settings[i].value, line,
				      sizeof(line)) == -ENOENT)
			return name_failed(app, -ENOENT);
	return 0;
}

/* Set one, or find out whether it could be set at all. */
static int set_one(struct app *app, bool dry_run, const struct ipcx_setting *s)
{
	char line[LINE_ROOM];

	return dry_run ? ipcx_limit_sysctl(app->x, s->name, s->value, line, sizeof(line))
		       : ipcx_limit_set(app->x, s->name, s->value);
}

/* Rows for what was set, and whether somebody wants them. */
struct set_rows {
	struct app *app;
	const struct sheet_args *args;
	struct sheet sheet;
	bool print;
};

static int open_rows(struct app *app, const struct limits_set_args *args,
		     struct set_rows *ret)
{
	const struct sheet_args *how = &args->sheet;
	const struct shown *all = &SHOW_LIST(set_fields);
	int r = sheet_open(&ret->sheet, how, "limits");

	ret->app = app;
	ret->args = how;
	ret->print = how->json || how->format || how->fields || how->sort || how->where.n;
	if (!r)
		r = sheet_fields(&ret->sheet, how->fields,
				 ret->sheet.format->raw ? *all : SHOW_LIST(shown),
				 shown_has, all);
	if (!r)
		r = sheet_condition(app->x, how, shown_has, all, &ret->sheet.where);
	if (!r && ret->print && args->save && !strcmp(args->save, "-"))
		r = msg_usage("--save - and rows would both be on standard output");
	return r;
}

/* The limits of these names as they are now. */
static int put_rows(struct set_rows *rows, const struct ipcx_setting *settings, size_t n)
{
	auto_free const char **names = calloc(n + 1, sizeof(*names));
	struct ipcx_table *t;
	int r;

	if (!names)
		return no_memory();
	for (size_t i = 0; i < n; i++)
		names[i] = settings[i].name;
	r = n ? ipcx_limits(rows->app->x, names, &t) : 0;
	if (r < 0)
		return app_failed(rows->app, r);
	if (!rows->sheet.begun)
		sheet_heading(&rows->sheet, NULL);
	if (n == 0)
		return 0;
	msg_table(t, rows->app->verbose, &(struct tally){ 0 });
	r = sheet_all(&rows->sheet, t);
	ipcx_table_free(t);
	return r ? r : out_check();
}

/* Those that were set, or would be, come first afterwards: *ret_done of them. Each is
 * recorded before the next is set; an order is one over all. */
static int set_all(struct app *app, bool dry_run, struct ipcx_setting *settings, size_t n,
		   struct set_rows *rows, size_t *ret_done)
{
	bool each = rows->print && !rows->args->sort;
	size_t done = 0;
	int r = 0;

	for (size_t i = 0; !r && i < n; i++) {
		const struct ipcx_setting s = settings[i];

		if (set_one(app, dry_run, &s) < 0) {
			msg_error("%s", ipcx_error(app->x));
			continue;
		}
		if (app->verbose)
			msg_note("%s %s %" PRIu64, s.name,
				 dry_run ? "would be set to" : "is now", s.value);
		settings[done++] = s;
		r = each ? put_rows(rows, &s, 1) : 0;
		if (r && !dry_run)
			msg_note("%s: was set to %" PRIu64
				 ", which could not be written; not set: %zu",
				 s.name, s.value, n - i - 1);
	}
	if (rows->print && !each) {
		r = put_rows(rows, settings, done);
		if (r && !dry_run)
			msg_note("set, which could not be written: %zu", done);
	} else if (rows->print && !rows->sheet.begun) {
		sheet_heading(&rows->sheet, NULL);
	}
	if (rows->print)
		sheet_close(&rows->sheet);
	*ret_done = done;
	if (r)
		return r;
	return done == n ? EXIT_DONE : done ? EXIT_PART : EXIT_FAILED;
}

static int run_set(struct app *app, void *data, int n, char **words)
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
		return no_memory();
	for (int i = 0; i < n; i++) {
		r = read_setting(words[i], &settings[i]);
		if (r)
			return r;
	}
	r = open_rows(app, args, &rows);
	if (!r)
		r = check_names(app, settings, (size_t)n);
	if (!r)
		r = where_use(app, &args->where);
	if (r)
		return r;
	if (where_all(app))
		return msg_usage("all namespaces at once can only be looked at");
	/* A reader that is gone must not end us between setting and telling. */
	(void)signal(SIGPIPE, SIG_IGN);
	r = set_all(app, args->dry_run, settings, (size_t)n, &rows, &done);
	if (!args->save || !done)
		return r;
	saved = save_lines(app, settings, done, args->save, args->force);
	if (!saved)
		saved = out_check();
	if (saved && !args->dry_run)
		msg_note("what was set stays so: %zu", done);
	return r ? r : saved;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "for",   0, TEXT(struct limits_args, wish),  .arg = "WISH", .complete = COMPLETE_WISHES, .help = "would it fit: shm:40G, sem:10x250, mq:100x8K" },
	{ "save",  0, TEXT(struct limits_args, save),  .arg = "FILE", .complete = COMPLETE_FILES, .help = "write the values as lines for sysctl.d; - is standard output" },
	{ "force", 0, FLAG(struct limits_args, force), .help = "replace FILE if it exists" },
	{ .name = NULL },
};

static const struct opt set_opts[] = {
	{ "save",    0, TEXT(struct limits_set_args, save),    .arg = "FILE", .complete = COMPLETE_FILES, .help = "also write the lines for sysctl.d, which set them at boot" },
	{ "force",   0, FLAG(struct limits_set_args, force),   .help = "replace FILE if it exists" },
	{ "dry-run", 0, FLAG(struct limits_set_args, dry_run), .help = "set nothing" },
	{ .name = NULL },
};

static const struct opt_group options[] = {
	{ opts,       0 },
	{ where_opts, offsetof(struct limits_args, where) },
	{ filter_opts, offsetof(struct limits_args, sheet) },
	{ sheet_opts, offsetof(struct limits_args, sheet) },
	{ NULL, 0 },
};

static const struct opt_group set_options[] = {
	{ set_opts, 0 },
	{ where_one_opts, offsetof(struct limits_set_args, where) },
	{ filter_opts, offsetof(struct limits_set_args, sheet) },
	{ sheet_opts, offsetof(struct limits_set_args, sheet) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx limits",                      "every limit, how much of it is used, where it is set" },
	{ "ipcx limits shmall shmmni --json", "two of them, for a program" },
	{ "ipcx limits --for shm:40G",        "would a segment of 40 GiB fit, and if not, what to raise" },
	{ "ipcx limits --for sem:10x250",     "ten arrays of 250 semaphores" },
	{ "ipcx limits --ns web",             "those of a container's namespace" },
	{ NULL, NULL },
};

static const struct example set_examples[] = {
	{ "ipcx limits set shmmni=8192 shmmax=64G",                          "now, in this IPC namespace" },
	{ "ipcx limits set semmsl=500 --save /etc/sysctl.d/60-ipc.conf",     "now and after the next boot" },
	{ NULL, NULL },
};

extern const struct cmd cmd_limits, cmd_limits_set;
const struct cmd cmd_limits = {
	.name = "limits", .operands = "[NAME…]", .summary = "tell limits and how much of them is used",
	.about = "Lists every limit that can stop a user of IPC, those of the IPC namespace and those of the process and the machine. SHMALL is counted in "
		 "pages per segment, as the kernel counts. With --for, the exit status is 0 when it fits, and 1 when it does not or when "
		 "nobody can tell; a message says which.",
	.options = options, .examples = examples, .complete = COMPLETE_LIMITS,
	.exits = EXITS({ EXIT_DONE, "told; with --for: it fits" }, { EXIT_FAILED, "failed; with --for: it does not fit, or nobody can tell" }, NO_SUCH_NAMESPACE, { EXIT_PART, "with --save: some limits cannot be read here, and are not among the lines" }),
	.args_size = sizeof(struct limits_args), .run = run,
};

const struct cmd cmd_limits_set = {
	.name = "limits set", .operands = "NAME=VALUE…", .summary = "set limits of this IPC namespace",
	.about = "Sets each limit and reads it back. A value may have a suffix (64M). With --json, --format, -o, --sort or --where each that was set "
		 "is a row, as it is then; one that cannot be written ends the command before the next limit is set.",
	.options = set_options, .examples = set_examples, .complete = COMPLETE_LIMITS,
	.exits = EXITS(NO_SUCH_NAMESPACE, { EXIT_PART, "some were set, and others not" }),
	.args_size = sizeof(struct limits_set_args), .run = run_set,
};
/* clang-format on */

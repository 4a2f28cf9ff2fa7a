/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx limits, ipcx limits set: what can stop a user, and how to move it. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
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

static const uint8_t shown[] = { IPCX_F_NAME,    IPCX_F_LIMIT,  IPCX_F_USED,
				 IPCX_F_PERCENT, IPCX_F_SOURCE, IPCX_FIELDS };
static const uint8_t fit_shown[] = { IPCX_F_NAME,   IPCX_F_LIMIT, IPCX_F_USED,
				     IPCX_F_NEEDED, IPCX_F_FITS,  IPCX_F_RAISE_TO,
				     IPCX_F_UNIT,   IPCX_FIELDS };

static bool table_knows(enum ipcx_field field, const void *data)
{
	const struct ipcx_table *t = data;
	struct ipcx_value v;

	return ipcx_row_get(t, 0, field, &v) == 0;
}

/* Whether it says where a row is from, which where_fields() adds when that is wanted. */
static bool is_place(unsigned f)
{
	return f == IPCX_F_NS || f == IPCX_F_CONTAINER;
}

/* Every other field that the rows have. */
static const uint8_t *all_fields(const struct ipcx_table *t)
{
	static uint8_t fields[IPCX_FIELDS + 1];
	size_t n = 0;

	for (unsigned f = 0; f < IPCX_FIELDS; f++)
		if (!is_place(f) && table_knows((enum ipcx_field)f, t))
			fields[n++] = (uint8_t)f;
	fields[n] = IPCX_FIELDS;
	return fields;
}

static int print(struct app *app, const struct sheet_args *args,
		 const struct ipcx_table *t, const char *kind, const uint8_t *defaults)
{
	struct tally tally = { 0 };
	struct sheet s;
	int r = sheet_open(&s, args, kind);

	if (!r)
		r = sheet_fields(&s, args->fields,
				 where_fields(app,
					      s.format->raw ? all_fields(t) : defaults),
				 table_knows, t);
	if (r)
		return r;
	msg_table(t, app->verbose, &tally);
	sheet_heading(&s, NULL);
	r = sheet_all(&s, t);
	sheet_close(&s);
	return r ? r : tally_status(&tally);
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
		if (fits.type == IPCX_NONE || fits.as.u)
			continue;
		if (to.type != IPCX_NONE)
			msg_note("does not fit: raise %s to %" PRIu64, name.as.s,
				 to.as.u);
		else
			msg_note("does not fit: raise %s to %" PRIu64
				 " and what is in use, which the kernel does not tell",
				 name.as.s, needed.as.u);
	}
}

static int fit(struct app *app, const struct limits_args *args)
{
	struct ipcx_table *t;
	int fits = ipcx_fit(app->x, args->wish, &t), r;

	if (fits < 0)
		return app_failed(app, fits);
	r = print(app, &args->sheet, t, "needs", fit_shown);
	if (!fits)
		advise(t);
	ipcx_table_free(t);
	return r ? r : fits ? EXIT_DONE : EXIT_FAILED;
}

/* A sysctl.d line for a limit with this value. -ENOTSUP: it is none. */
static int add_line(struct app *app, struct ix_buf *b, const char *name, uint64_t value)
{
	char line[256];
	int r = ipcx_limit_sysctl(app->x, name, value, line, sizeof(line));

	if (r < 0)
		return r;
	/* The four numbers of kernel.sem are one line. */
	if (b->len && memmem(b->data, b->len, line, strlen(line)))
		return 0;
	return ix_buf_printf(b, "%s\n", line);
}

static int save(struct app *app, const struct limits_args *args,
		const struct ipcx_table *t)
{
	auto_buf struct ix_buf b = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ipcx_table_rows(t); i++) {
		struct ipcx_value name, value;

		if (ipcx_row_get(t, i, IPCX_F_LIMIT, &value) < 0 ||
		    value.type == IPCX_NONE || ipcx_row_get(t, i, IPCX_F_NAME, &name) < 0)
			continue;
		r = add_line(app, &b, name.as.s, value.as.u);
		if (r == -ENOTSUP)
			r = 0; /* not a sysctl: nothing that a file could set */
	}
	return r < 0 ? app_failed(app, r)
		     : save_file(args->save, b.data, b.len, args->force);
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
		return app_failed(app, r);
	r = args->save ? save(app, args, t)
		       : print(app, &args->sheet, t, "limits", shown);
	ipcx_table_free(t);
	return r;
}

struct limits_set_args {
	struct where_args where;
	const char *save;
	bool force, dry_run;
};

/* "shmmax=64M": a name, and a number that may have a suffix. */
static int read_setting(const char *word, char *name, size_t size, uint64_t *ret_value)
{
	const char *sign = strchr(word, '=');

	if (!sign || sign == word || (size_t)(sign - word) >= size)
		return msg_usage("'%s' is no NAME=VALUE", word);
	memcpy(name, word, (size_t)(sign - word));
	name[sign - word] = '\0';
	if (ix_parse_size(sign + 1, ret_value) < 0)
		return msg_usage("%s: '%s' is no number that a limit could have", name,
				 sign + 1);
	return 0;
}

static int set_all(struct app *app, const struct limits_set_args *args, int n,
		   char **words, struct ix_buf *lines)
{
	char name[64];
	uint64_t value;
	int failed = 0, r;

	for (int i = 0; i < n; i++) {
		(void)read_setting(words[i], name, sizeof(name), &value);
		r = args->dry_run ? 0 : ipcx_limit_set(app->x, name, value);
		if (r == 0 && args->save)
			r = add_line(app, lines, name, value);
		if (r < 0) {
			msg_error("%s", ipcx_error(app->x));
			failed++;
		} else if (app->verbose) {
			msg_note("%s %s %" PRIu64, name,
				 args->dry_run ? "would be set to" : "is now", value);
		}
	}
	return failed == 0 ? EXIT_DONE : failed == n ? EXIT_FAILED : EXIT_PART;
}

static int run_set(struct app *app, void *data, int n, char **words)
{
	const struct limits_set_args *args = data;
	auto_buf struct ix_buf lines = { 0 };
	char name[64];
	uint64_t value;
	int r;

	if (n == 0)
		return msg_usage("limits set needs NAME=VALUE");
	for (int i = 0; i < n; i++) {
		r = read_setting(words[i], name, sizeof(name), &value);
		if (r)
			return r;
	}
	r = where_use(app, &args->where);
	if (r)
		return r;
	r = set_all(app, args, n, words, &lines);
	if (args->save && lines.len) {
		int saved = save_file(args->save, lines.data, lines.len, args->force);

		r = r ? r : saved;
	}
	return r;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "for",   0, TEXT(struct limits_args, wish),  .arg = "WISH", .help = "would it fit: shm:40G, sem:10x250, mq:100x8K" },
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
	{ sheet_opts, offsetof(struct limits_args, sheet) },
	{ NULL, 0 },
};

static const struct opt_group set_options[] = {
	{ set_opts, 0 },
	{ where_one_opts, offsetof(struct limits_set_args, where) },
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
		 "pages per segment, as the kernel counts. With --for, the exit status is 0 when it fits and 1 when it does not.",
	.options = options, .examples = examples, .complete = COMPLETE_LIMITS,
	.args_size = sizeof(struct limits_args), .run = run,
};

const struct cmd cmd_limits_set = {
	.name = "limits set", .operands = "NAME=VALUE…", .summary = "set limits of this IPC namespace",
	.about = "Sets each limit and reads it back. A value may have a suffix (64M).",
	.options = set_options, .examples = set_examples, .complete = COMPLETE_LIMITS,
	.args_size = sizeof(struct limits_set_args), .run = run_set,
};
/* clang-format on */

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lsipc: its options, the columns they choose, and the objects they select. */
#include "compat/lsipc.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "compat/form.h"
#include "compat/gap.h"
#include "compat/tool.h"
#include "ui/exit.h"
#include "ui/msg.h"
#include "ui/out.h"

/* Rows per slice, so that memory use stays constant. If column widths must be measured,
 * all rows are read at once. */
#define SLICE 512

#define OPT_NOHEADINGS  256
#define OPT_NOTRUNCATE  257
#define OPT_TIME_FORMAT 258

/* Sets of mutually exclusive options. */
enum { SET_KIND = 1 << 0, SET_ONE = 1 << 1, SET_FORM = 1 << 2, SET_COLUMNS = 1 << 3 };

/* clang-format off */
static const char *const groups[] = { "Which", "How", "Else", NULL };

static const struct tool_opt opts[] = {
	{ "bytes",            'b', TAKES_NOTHING,  0, 1, "", "sizes in bytes" },
	{ "creator",          'c', TAKES_NOTHING,  SET_COLUMNS, 1, "", "also creators and owners" },
	{ "export",           'e', TAKES_NOTHING,  SET_FORM, 1, "", "as NAME=\"value\"" },
	{ "global",           'g', TAKES_NOTHING,  SET_ONE, 0, "", "limits, and how much of them is used" },
	{ "help",             'h', TAKES_NOTHING,  0, 2, "", "this" },
	{ "id",               'i', TAKES_ARGUMENT, SET_ONE, 0, "ID", "the one with this id" },
	{ "json",             'J', TAKES_NOTHING,  SET_FORM, 1, "", "as JSON" },
	{ "list",             'l', TAKES_NOTHING,  SET_FORM, 1, "", "as a table, also one object" },
	{ "name",             'N', TAKES_ARGUMENT, SET_ONE, 0, "NAME", "the POSIX object of this name" },
	{ "newline",          'n', TAKES_NOTHING,  SET_FORM, 1, "", "each value on a line of its own" },
	{ "noheadings", OPT_NOHEADINGS, TAKES_NOTHING, 0, 1, "", "without headings" },
	{ "notruncate", OPT_NOTRUNCATE, TAKES_NOTHING, 0, 1, "", "cut nothing to the terminal's width" },
	{ "numeric-perms",    'P', TAKES_NOTHING,  0, 1, "", "permissions in octal" },
	{ "output",           'o', TAKES_ARGUMENT, SET_COLUMNS, 1, "LIST", "these columns; with + in front these, too" },
	{ "posix-mqueues",    'Q', TAKES_NOTHING,  SET_KIND, 0, "", "POSIX message queues" },
	{ "posix-semaphores", 'S', TAKES_NOTHING,  SET_KIND, 0, "", "named semaphores" },
	{ "posix-shmems",     'M', TAKES_NOTHING,  SET_KIND, 0, "", "POSIX shared memory" },
	{ "queues",           'q', TAKES_NOTHING,  SET_KIND, 0, "", "message queues" },
	{ "raw",              'r', TAKES_NOTHING,  SET_FORM, 1, "", "with one blank between values" },
	{ "semaphores",       's', TAKES_NOTHING,  SET_KIND, 0, "", "semaphore arrays" },
	{ "shmems",           'm', TAKES_NOTHING,  SET_KIND, 0, "", "shared memory segments" },
	{ "shell",            'y', TAKES_NOTHING,  0, 1, "", "names of columns that a shell takes" },
	{ "time",             't', TAKES_NOTHING,  SET_COLUMNS, 1, "", "also times" },
	{ "time-format", OPT_TIME_FORMAT, TAKES_ARGUMENT, 0, 1, "FORMAT", "times short, full or iso" },
	{ "version",          'V', TAKES_NOTHING,  0, 2, "", "the version" },
	{ .name = "" },
};
/* clang-format on */

/* ---- rows */

/* Print the rows of a snapshot, except the objects that the original cannot see. */
static int lsipc_put_rows(struct ls_options *w, const struct ipcx_table *t, bool measure)
{
	size_t rows = ipcx_table_rows(t), n = 0;
	auto_free size_t *pick = reallocarray(NULL, rows + 1, sizeof(*pick));
	struct ls_rows data = {
		.t = t, .pick = pick, .columns = w->columns, .style = w->style
	};

	if (!pick) {
		msg_error("%s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < rows; i++)
		if (tool_usable(t, i))
			pick[n++] = i;
	w->cols.cell = ls_cell;
	if (measure && n > 0)
		cols_measure(&w->cols, &data, n);
	cols_put(&w->cols, &data, n);
	return EXIT_DONE;
}

static int lsipc_list(struct ipcx *x, struct ls_options *w)
{
	bool table = w->cols.form == COLS_TABLE;
	struct ipcx_fieldset fields = ls_fields(w);
	uint64_t resume = 0;
	int r = EXIT_DONE;

	if (!ls_mounted(x, w->kind))
		return EXIT_DONE;
	do {
		struct ipcx_table *t = tool_scan(x, ls_kinds[w->kind].mech, fields,
						 table ? 0 : SLICE, resume);

		if (!t)
			return EXIT_FAILED;
		r = lsipc_put_rows(w, t, table);
		resume = ipcx_table_resume(t);
		ipcx_table_free(t);
	} while (resume && r == EXIT_DONE);
	return r;
}

/* ---- one object */

static const struct cols_column element_columns[] = {
	{ "SEMNUM", "", true, COLS_WHOLE, false },
	{ "VALUE", "", true, COLS_WHOLE, false },
	{ "NCOUNT", "", true, COLS_WHOLE, false },
	{ "ZCOUNT", "", true, COLS_WHOLE, false },
	{ "PID", "", true, COLS_WHOLE, false },
	{ "COMMAND", "", true, COLS_WHOLE, true },
};

static char *element_cell(const void *data, size_t row, size_t column, char *p)
{
	static const enum ipcx_field fields[] = { IPCX_F_SEMNUM,  IPCX_F_VALUE,
						  IPCX_F_SEMNCNT, IPCX_F_SEMZCNT,
						  IPCX_F_SEMPID,  IPCX_F_SEMPID };
	uint64_t n = tool_count(data, row, fields[column]);

	if (column == ARRAY_SIZE(fields) - 1)
		return form_command(p, (int32_t)n);
	return ix_put_u64(p, n);
}

static void put_elements(const struct ipcx_table *t)
{
	struct cols cols = { .n = ARRAY_SIZE(element_columns), .cell = element_cell };

	for (size_t i = 0; i < cols.n; i++)
		cols.columns[i] = &element_columns[i];
	out_text("Elements:\n\n");
	cols_measure(&cols, t, ipcx_table_rows(t));
	cols_put(&cols, t, ipcx_table_rows(t));
}

/* The name of a queue has a slash; the name of any other object is the file name. */
static int lsipc_find(struct ipcx *x, const struct ls_options *w,
		      struct ipcx_table **ret_t)
{
	struct ipcx_ref ref;

	*ret_t = NULL;
	if (!ls_mounted(x, w->kind))
		return 0;
	if (w->by_id) {
		ref = tool_ref(ls_kinds[w->kind].mech, (int32_t)w->id);
		if (w->id >= 0 && (LS_BIT(w->kind) & LS_SYSV))
			*ret_t = tool_find(x, &ref, ls_fields(w));
		if (!*ret_t)
			msg_error("id %d not found", (int)w->id);
		return 0;
	}
	if (w->kind == LS_MQ && w->name[0] != '/') {
		msg_error("message queue name must start with '/': %s", w->name);
		return 0;
	}
	if ((LS_BIT(w->kind) & LS_POSIX) && (w->name[0] == '/') == (w->kind == LS_MQ) &&
	    tool_named(x, ls_kinds[w->kind].mech, w->name, &ref) == 0)
		*ret_t = tool_find(x, &ref, ls_fields(w));
	if (*ret_t && !tool_usable(*ret_t, 0)) {
		ipcx_table_free(*ret_t);
		*ret_t = NULL;
	}
	if (!*ret_t)
		msg_error("%s %s not found", ls_kinds[w->kind].object, w->name);
	return 0;
}

static int lsipc_one(struct ipcx *x, struct ls_options *w)
{
	struct ipcx_ref ref = tool_ref("sem", (int32_t)w->id);
	struct ipcx_table *t, *inside = NULL;
	struct ls_rows data = { .columns = w->columns, .style = w->style };
	int r = lsipc_find(x, w, &t);

	if (!t)
		return EXIT_DONE;
	/* Without permission to read the semaphores, nothing is printed. */
	if (w->kind == LS_SEM)
		r = ipcx_contents(x, &ref, &inside);
	if (inside)
		(void)gap_table(inside);
	if (r < 0) {
		msg_error("semctl(GETVAL) failed: %s", strerror(-r));
	} else if (w->form_given) {
		r = lsipc_put_rows(w, t, true);
	} else {
		data.t = t;
		w->cols.cell = ls_cell;
		cols_single(&w->cols, &data, 0);
		if (inside)
			put_elements(inside);
	}
	ipcx_table_free(inside);
	ipcx_table_free(t);
	return r ? EXIT_FAILED : EXIT_DONE;
}

/* ---- options */

static bool take_time_format(struct ls_options *w, const char *arg)
{
	static const char *const names[] = { [LS_SHORT] = "short", "full", "iso" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], arg)) {
			w->style.time = (enum ls_time)i;
			return w->time_given = true;
		}
	msg_error("unknown time format: %s", arg);
	return false;
}

static bool take_kind(struct ls_options *w, int c)
{
	static const char letters[] = "mMqQsS"; /* in the order of enum ls_kind */
	const char *at = strchr(letters, c);

	if (at)
		w->kind = (enum ls_kind)(at - letters);
	return at;
}

static bool take_form(struct ls_options *w, int c)
{
	static const char letters[] = "lrenJ"; /* in the order of enum cols_form */
	const char *at = strchr(letters, c);

	if (!at)
		return false;
	w->cols.form = (enum cols_form)(at - letters);
	return w->form_given = true;
}

static bool lsipc_take(struct ls_options *w, int c, const char *arg)
{
	switch (c) {
	case 'b':
		return w->style.bytes = true;
	case 'c':
		return w->creator = true;
	case 'g':
		return w->global = true;
	case 'i':
		w->by_id = true;
		return tool_number("failed to parse IPC identifier", arg, 10, INT_MIN,
				   INT_MAX, &w->id);
	case 'N':
		w->name = arg;
		return true;
	case 'o':
		w->output = arg;
		return true;
	case 'P':
		return w->style.numeric_perms = true;
	case 't':
		return w->time = true;
	case 'y':
		return w->cols.shell = true;
	case OPT_NOHEADINGS:
		return w->cols.no_headings = true;
	case OPT_NOTRUNCATE:
		return w->cols.no_cut = true;
	case OPT_TIME_FORMAT:
		return take_time_format(w, arg);
	default:
		return take_kind(w, c) || take_form(w, c);
	}
}

static enum cols_json json_form(void)
{
	const char *how = secure_getenv("LIBSMARTCOLS_JSON");

	if (how && !strcmp(how, "compact"))
		return COLS_JSON_COMPACT;
	return how && !strcmp(how, "lines") ? COLS_JSON_LINES : COLS_JSON_PRETTY;
}

static int lsipc_show(struct ipcx *x, struct ls_options *w)
{
	static const unsigned everything = LS_SYSV | LS_POSIX;
	bool single = w->by_id || w->name;
	int r;

	if (w->global)
		r = ls_limits(x, &w->cols, w->columns,
			      w->kind == LS_NONE ? everything : LS_BIT(w->kind),
			      w->style.bytes);
	else
		r = single ? lsipc_one(x, w) : lsipc_list(x, w);
	if (single && !w->form_given)
		return r;
	if (w->cols.rows == 0 && !w->global)
		w->cols.name = ls_kinds[w->kind].empty;
	if (r == EXIT_DONE)
		cols_end(&w->cols);
	return r;
}

static int lsipc_run(struct ipcx *x, const struct tool *t, int argc, char **argv)
{
	struct tool_walk walk = { .tool = t, .argc = argc, .argv = argv };
	static struct ls_options w;
	int c;

	w.kind = LS_NONE;
	while ((c = tool_next(&walk)) > 0)
		if (!lsipc_take(&w, c, walk.arg))
			return EXIT_FAILED;
	if (c < 0)
		return walk.status;
	w.global |= w.kind == LS_NONE;
	if (w.kind == LS_NONE && (w.creator || w.by_id || w.name || w.time)) {
		msg_error(
			"--global is mutually exclusive with --creator, --id, --name and --time");
		return EXIT_FAILED;
	}
	if ((w.by_id || w.name) && !w.form_given && !w.time_given)
		w.style.time = LS_FULL;
	if (!ls_choose(&w))
		return EXIT_FAILED;
	w.cols.json = json_form();
	w.cols.name = ls_kinds[w.global ? LS_LIMITS : w.kind].json;
	return lsipc_show(x, &w);
}

static void lsipc_more_help(void)
{
	static const struct {
		char heading[IX_TEXT(28)];
		unsigned kinds;
	} parts[] = {
		{ "Columns of all kinds", LS_SYSV | LS_POSIX },
		{ "Columns of POSIX objects", LS_POSIX },
		{ "Columns of some kinds", 0 },
		{ "Columns of limits", LS_BIT(LS_LIMITS) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		out_format("\n%s:\n", parts[i].heading);
		for (const struct ls_column *c = ls_columns; *c->c.name; c++) {
			unsigned kinds = c->kinds & ~LS_BIT(LS_LIMITS);
			bool common = kinds == (LS_SYSV | LS_POSIX),
			     some = kinds && !common && kinds != LS_POSIX;

			if (some ? parts[i].kinds == 0
				 : (common ? kinds : c->kinds) == parts[i].kinds)
				out_format("    %11s  %s\n", c->c.name, c->help);
		}
	}
}

extern const struct tool tool_lsipc;
const struct tool tool_lsipc = {
	.name = "lsipc",
	.usage = " lsipc [OPTIONS]\n",
	.about = "Tell of IPC objects and of their limits.",
	.groups = groups,
	.opts = opts,
	.more_help = lsipc_more_help,
	.run = lsipc_run,
};

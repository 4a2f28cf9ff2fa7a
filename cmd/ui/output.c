/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output options, and the code that all formats share. */
#include "ui/output.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ui/exit.h"
#include "ui/msg.h"

/* clang-format off */
const struct opt output_opts[] = {
	{ "json",        0,   FLAG(struct output_args, json),        .help = "print JSON (like --format json)" },
	{ "format",      0,   TEXT(struct output_args, format),      .arg = "FORMAT", .complete = COMPLETE_FORMATS, .help = "table, json, jsonl, csv, export or raw" },
	{ "output",      'o', JOINED(struct output_args, fields),    .arg = "FIELDS", .complete = COMPLETE_FIELDS, .help = "fields to show; +FIELD adds one; 'all'; repeatable" },
	{ "sort",        0,   JOINED(struct output_args, sort),      .arg = "FIELDS", .complete = COMPLETE_FIELDS, .help = "sort by these fields; -FIELD reverses; repeatable" },
	{ "no-headings", 0,   FLAG(struct output_args, no_headings), .help = "omit the headings" },
	{ "bytes",       0,   FLAG(struct output_args, bytes),       .help = "exact bytes and seconds in tables, too" },
	{ "numeric",     'n', FLAG(struct output_args, numeric),     .help = "numeric user and group ids" },
	{ "colour",      0,   TEXT(struct output_args, colour),      .arg = "WHEN", .complete = COMPLETE_WHEN, .help = "auto (default), always or never" },
	{ .name = "" },
};

const struct opt filter_opts[] = {
	{ "where",       'w', LISTED(struct output_args, where),     .arg = "EXPR", .complete = COMPLETE_FIELDS, .help = "only rows that match this condition; repeatable" },
	{ .name = "" },
};
/* clang-format on */

static const struct format *format_by_name(const char *name)
{
	for (const struct format *f = formats; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

static bool no_colour(void)
{
	const char *no = secure_getenv("NO_COLOR");

	return no && *no;
}

static int choose_colour(struct output *s, const char *when)
{
	if (!when || !strcmp(when, "auto"))
		s->colour = s->terminal && !no_colour();
	else if (!strcmp(when, "always"))
		s->colour = true;
	else if (strcmp(when, "never"))
		return msg_usage("--colour: '%s' is not auto, always or never", when);
	return 0;
}

int output_open(struct output *s, const struct output_args *args, const char *kind)
{
	const char *name = args->json ? "json" : args->format ? args->format : "table";

	memset(s, 0, offsetof(struct output, columns));
	if (args->json && args->format && strcmp(args->format, "json"))
		return msg_usage("--json and --format %s contradict each other",
				 args->format);
	s->format = format_by_name(name);
	if (!s->format)
		return msg_usage(
			"--format: '%s' is not table, json, jsonl, csv, export or raw",
			name);
	s->style.raw = s->format->raw;
	s->style.bytes = args->bytes;
	s->headings = !args->no_headings;
	s->terminal = isatty(STDOUT_FILENO);
	s->kind = kind;
	s->sort = args->sort;
	s->flags = args->numeric ? IPCX_NUMERIC : 0;
	if (choose_colour(s, args->colour) || (s->sort && output_sort_check(s->sort)))
		return EXIT_USAGE;
	return 0;
}

static void output_begin(struct output *s)
{
	if (!s->begun && s->format->begin)
		s->format->begin(s);
	s->begun = true;
}

void output_heading(struct output *s, const char *label)
{
	output_begin(s);
	s->widths = false;
	if (s->format->heading)
		s->format->heading(s, label);
	s->blocks++;
}

void output_put(struct output *s, const struct output_rows *rows)
{
	output_begin(s);
	s->format->rows(s, rows);
	s->rows += rows->n;
}

int output_all(struct output *s, const struct ipcx_table *t)
{
	uint32_t *rows;
	size_t n;
	int r = output_pick(s, t, &rows, &n);

	if (r)
		return r;
	output_put(s, &(struct output_rows){ .t = t, .order = rows, .n = n });
	free(rows);
	return 0;
}

void output_detail(struct output *s, const struct output_rows *row, const char *label,
		   const struct output_child *children, size_t n)
{
	output_begin(s);
	if (s->format->detail)
		s->format->detail(s, row, label, children, n);
	else
		s->format->rows(s, row);
	s->rows++;
}

void output_more(struct output *s, const struct output_child *more)
{
	output_begin(s);
	if (s->format->more)
		s->format->more(s, more);
}

void output_groups(struct output *s, const char *name, const struct output_group *groups,
		   size_t n)
{
	output_begin(s);
	if (s->format->groups)
		s->format->groups(s, name, groups, n);
}

bool output_facts(struct output *s, const char *name, const struct output_fact *facts,
		  size_t n)
{
	output_begin(s);
	if (!s->format->facts)
		return false;
	s->format->facts(s, name, facts, n);
	return true;
}

void output_close(struct output *s)
{
	output_begin(s);
	if (s->format->end)
		s->format->end(s);
	free(s->below);
	s->below = NULL;
}

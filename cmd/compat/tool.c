/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the old names: option parsing with getopt's messages, --help and --version,
 * numbers, and queries of the library. Besides ui/opt.c, this is the only user of
 * getopt_long(3). */
#include "compat/tool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/esc.h"
#include "base/older.h"
#include "base/util.h"
#include "compat/gap.h"
#include "ui/exit.h"
#include "ui/msg.h"
#include "ui/opt.h"
#include "ui/out.h"

#define OPTS_MAX 48

/* The util-linux version whose options, texts and layouts are copied. */
#define AS_UTIL_LINUX "2.42"

/* ---- options */

struct grammar {
	struct option longs[OPTS_MAX + 1];
	char shorts[3 * OPTS_MAX + sizeof("+:")];
};

static void tool_build(const struct tool *t, struct grammar *g)
{
	static const int takes[] = { [TAKES_NOTHING] = no_argument,
				     [TAKES_ARGUMENT] = required_argument,
				     [MAY_TAKE] = optional_argument };
	size_t n = 0, len = 0;

	memset(g, 0, sizeof(*g));
	if (opt_posix())
		g->shorts[len++] = '+';
	g->shorts[len++] = ':'; /* makes getopt_long() distinguish a missing argument from
				   an unknown option */
	for (const struct tool_opt *o = t->opts; *o->name; o++, n++) {
		/* If a table has too many options, the assertion fails in any test of its
		 * command. */
		assert(n < OPTS_MAX);
		g->longs[n] = (struct option){ .name = o->name,
					       .has_arg = takes[o->takes],
					       .val = o->id };
		if (o->id > 255)
			continue;
		g->shorts[len++] = (char)o->id;
		for (int colons = (int)o->takes; colons > 0; colons--)
			g->shorts[len++] = ':';
	}
}

static const struct tool_opt *tool_by_id(const struct tool *t, int id)
{
	for (const struct tool_opt *o = t->opts; *o->name; o++)
		if (o->id == id)
			return o;
	return NULL;
}

int tool_try(const struct tool *t)
{
	msg_plain("Try '%s --help' for more information.", t->name);
	return EXIT_FAILED;
}

/* ---- getopt's messages, printed here because getopt does not escape them for a terminal
 */

static const char *long_name(const struct tool *t, int id)
{
	const struct tool_opt *o = tool_by_id(t, id);

	return o ? o->name : "";
}

/* Print an ambiguous abbreviation: "; possibilities: '--one' '--other'". */
static void say_ambiguous(const struct tool_walk *w, const char *word, size_t len)
{
	auto_buf struct ix_buf list = { 0 };

	for (const struct tool_opt *o = w->tool->opts; *o->name; o++)
		if (!strncmp(o->name, word + 2, len))
			(void)ix_buf_printf(&list, " '--%s'", o->name);
	msg_plain("%s: option '%s' is ambiguous; possibilities:%.*s", w->argv[0], word,
		  (int)list.len, list.data ? list.data : "");
}

static void tool_say_unknown(const struct tool_walk *w, const char *word)
{
	size_t len = strcspn(word + 2, "=");

	for (const struct tool_opt *o = w->tool->opts; *o->name; o++)
		if (!strncmp(o->name, word + 2, len)) {
			say_ambiguous(w, word, len);
			return;
		}
	msg_plain("%s: unrecognized option '%s'", w->argv[0], word);
}

/* Print the error that getopt_long() found; getopt_long() returned `answer` and left the
 * rest in its globals. */
static void say_wrong(const struct tool_walk *w, int answer)
{
	/* After a letter without its argument, musl has passed the end of the words. */
	const char *last = w->argv[optind - 1], *word = last ? last : "",
		   *me = w->argv[0];
	bool is_long = !strncmp(word, "--", 2);

	if (answer == ':' && is_long)
		msg_plain("%s: option '--%s' requires an argument", me,
			  long_name(w->tool, optopt));
	else if (answer == ':')
		msg_plain("%s: option requires an argument -- '%c'", me, optopt);
	else if (optopt == 0)
		tool_say_unknown(w, word);
	else if (tool_by_id(w->tool, optopt))
		msg_plain("%s: option '--%s' doesn't allow an argument", me,
			  long_name(w->tool, optopt));
	else
		msg_plain("%s: invalid option -- '%c'", me, optopt);
}

/* " -i, --id ID" */
static size_t left_side(const struct tool_opt *o, char *buf, size_t size)
{
	bool letter = o->id < 256, may = o->takes == MAY_TAKE;

	return (size_t)snprintf(buf, size, " %c%c%s --%s%s%s%s", letter ? '-' : ' ',
				letter ? o->id : ' ', letter ? "," : " ", o->name,
				!*o->arg ? ""
				: may    ? "[="
					 : " ",
				o->arg, may ? "]" : "");
}

static void help(const struct tool *t)
{
	size_t width = 0;
	char left[96];

	for (const struct tool_opt *o = t->opts; *o->name; o++)
		width = MAX(width, left_side(o, left, sizeof(left)));
	out_format("\nUsage:\n%s\n%s\n", t->usage, t->about);
	for (unsigned group = 0; t->groups[group]; group++) {
		out_format("\n%s:\n", t->groups[group]);
		for (const struct tool_opt *o = t->opts; *o->name; o++) {
			if (o->group != group)
				continue;
			(void)left_side(o, left, sizeof(left));
			out_format("%-*s  %s\n", (int)width, left, o->help);
		}
	}
	if (t->more_help)
		t->more_help();
	out_text("\nWhere it differs from other versions is told in ipcx-compat(7).\n");
}

/* Return the first earlier option that excludes this option. */
static const struct tool_opt *rival(const struct tool_walk *w, const struct tool_opt *o)
{
	for (size_t i = 0; *w->tool->opts[i].name; i++)
		if ((w->seen >> i & 1) && &w->tool->opts[i] != o &&
		    (w->tool->opts[i].sets & o->sets))
			return &w->tool->opts[i];
	return NULL;
}

static int tool_stop(struct tool_walk *w, int status)
{
	w->status = status;
	return TOOL_END;
}

int tool_next(struct tool_walk *w)
{
	const struct tool_opt *o, *other;
	struct grammar g;
	int c;

	tool_build(w->tool, &g);
	if (w->first == 0)
		optind = 0; /* reset getopt_long() (GNU and musl) */
	w->first = 1;
	opterr = 0;
	c = getopt_long(w->argc, w->argv, g.shorts, g.longs, NULL);
	if (c == -1) {
		w->first = optind;
		return TOOL_OPERANDS;
	}
	o = tool_by_id(w->tool, c);
	w->arg = optarg;
	if (w->quiet)
		return o ? c : tool_stop(w, EXIT_FAILED);
	if (!o) {
		say_wrong(w, c);
		return tool_stop(w, tool_try(w->tool));
	}
	if (c == 'h') {
		help(w->tool);
		return tool_stop(w, EXIT_DONE);
	}
	if (c == 'V') {
		out_format("%s from util-linux " AS_UTIL_LINUX " (ipcx %s)\n",
			   w->tool->name, ipcx_version());
		return tool_stop(w, EXIT_DONE);
	}
	other = rival(w, o);
	if (other) {
		msg_error("options --%s and --%s cannot be combined", other->name,
			  o->name);
		return tool_stop(w, EXIT_FAILED);
	}
	w->seen |= UINT64_C(1) << (o - w->tool->opts);
	return c;
}

int tool_start(const struct tool *t, int argc, char **argv)
{
	struct ipcx *x = NULL;
	int r;

	msg_name(t->name);
	r = ipcx_new(&x);
	if (r < 0) {
		msg_error("%s", strerror(-r));
		return EXIT_FAILED;
	}
	r = t->run(x, t, argc, argv);
	gap_say(t->gaps ? t->gaps : "something is left out");
	ipcx_free(x);
	return r;
}

/* ---- numbers */

static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 99;
}

static const char *prefix(const char *p, unsigned *base)
{
	if (*base != 0)
		return p;
	*base = p[0] == '0' ? 8 : 10;
	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X') && digit(p[2]) < 16) {
		*base = 16;
		return p + 2;
	}
	return p;
}

int tool_parse(const char *text, unsigned base, int64_t min, int64_t max, int64_t *ret_n)
{
	const char *p = text + strspn(text, " \t\n\v\f\r");
	bool minus = *p == '-', over = false;
	int64_t n = 0;

	p = prefix(p + (*p == '-' || *p == '+'), &base);
	if (digit(*p) >= base)
		return -EINVAL;
	for (; !over && digit(*p) < base; p++) {
		int64_t d = minus ? -(int64_t)digit(*p) : (int64_t)digit(*p);

		over |= __builtin_mul_overflow(n, (int64_t)base, &n);
		over |= __builtin_add_overflow(n, d, &n);
	}
	/* As in strtol(3), an overflow is reported even if the number is followed by
	 * garbage. */
	if (*p && !over)
		return -EINVAL;
	if (over || n < min || n > max)
		return -ERANGE;
	*ret_n = n;
	return 0;
}

bool tool_number(const char *what, const char *text, unsigned base, int64_t min,
		 int64_t max, int64_t *ret_n)
{
	int r = tool_parse(text, base, min, max, ret_n);

	if (r == -ERANGE)
		msg_error("%s: '%s': %s", what, text, strerror(ERANGE));
	else if (r < 0)
		msg_error("%s: '%s'", what, text);
	return r == 0;
}

/* ---- asking */

static struct ipcx_table *tool_ask(struct ipcx *x, const struct ipcx_query *q)
{
	struct ipcx_table *t;

	if (ipcx_scan(x, q, &t) == 0) {
		(void)gap_table(t);
		return t;
	}
	msg_error("%s", ipcx_error(x));
	return NULL;
}

struct ipcx_table *tool_scan(struct ipcx *x, const char *mech,
			     struct ipcx_fieldset fields, uint64_t max_rows,
			     uint64_t resume)
{
	struct ipcx_query q = { .size = sizeof(q),
				.fields = fields,
				.max_rows = max_rows,
				.resume = resume };

	(void)ipcx_mech_mask(mech, &q.mechs);
	return tool_ask(x, &q);
}

struct ipcx_table *tool_find(struct ipcx *x, const struct ipcx_ref *ref,
			     struct ipcx_fieldset fields)
{
	struct ipcx_query q = {
		.size = sizeof(q), .fields = fields, .refs = ref, .nrefs = 1
	};
	struct ipcx_table *t = tool_ask(x, &q);

	if (t && ipcx_table_rows(t) > 0)
		return t;
	ipcx_table_free(t);
	return NULL;
}

struct ipcx_ref tool_ref(const char *mech, int32_t id)
{
	struct ipcx_ref ref = { .by = IPCX_BY_ID, .id = id };

	(void)ipcx_mech_by_name(mech, (size_t)-1, &ref.mech);
	return ref;
}

int tool_named(struct ipcx *x, const char *mech, const char *name,
	       struct ipcx_ref *ret_ref)
{
	struct ipcx_ref ref = { .by = IPCX_BY_NAME };
	size_t len;

	(void)x;
	name += strspn(name, "/");
	len = strlen(name);
	if (len == 0 || strchr(name, '/'))
		return -EINVAL;
	if (len + 2 > sizeof(ref.name))
		return -ENAMETOOLONG;
	(void)ipcx_mech_by_name(mech, (size_t)-1, &ref.mech);
	ref.name[0] = '/';
	memcpy(ref.name + 1, name, len + 1);
	*ret_ref = ref;
	return 0;
}

bool tool_usable(const struct ipcx_table *t, size_t row)
{
	const char *mech = ipcx_mech_info(ipcx_row_mech(t, row))->name;
	struct ipcx_value v;
	char path[300];
	int r;

	if (!strcmp(mech, "mq"))
		return tool_known(t, row, IPCX_F_CURMSGS);
	if (strcmp(mech, "psem") != 0)
		return true;
	/* sem_open(3) opens for reading and writing. */
	if (ipcx_row_get(t, row, IPCX_F_NAME, &v) < 0 || v.type != IPCX_TYPE_STRING)
		return false;
	(void)snprintf(path, sizeof(path), "/dev/shm/sem.%s", ipcx_value_string(&v) + 1);
	r = ix_access(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS);
	if (r < 0 && r != -EACCES && r != -EROFS)
		gap_error("whether a semaphore may be opened is not known", r);
	return r == 0;
}

bool tool_known(const struct ipcx_table *t, size_t row, enum ipcx_field field)
{
	struct ipcx_value v;

	return ipcx_row_get(t, row, field, &v) == 0 && v.type != IPCX_TYPE_NONE;
}

uint64_t tool_count(const struct ipcx_table *t, size_t row, enum ipcx_field field)
{
	struct ipcx_value v;

	if (ipcx_row_get(t, row, field, &v) < 0 || v.type == IPCX_TYPE_NONE)
		return 0;
	return v.as.u; /* signed and unsigned values share this storage */
}

bool tool_limit(const struct ipcx_table *limits, const char *name, enum ipcx_field field,
		uint64_t *ret_n)
{
	struct ipcx_value v;

	for (size_t i = 0; i < ipcx_table_rows(limits); i++) {
		if (ipcx_row_get(limits, i, IPCX_F_NAME, &v) < 0 ||
		    strcmp(ipcx_value_string(&v), name))
			continue;
		if (!tool_known(limits, i, field))
			return false;
		*ret_n = tool_count(limits, i, field);
		return true;
	}
	return false;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parse options into the argument struct of a command, and print them for --help. */
#include "ui/opt.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/esc.h"
#include "base/num.h"
#include "base/util.h"
#include "ui/msg.h"
#include "ui/out.h"

#define OPTS_MAX 64 /* one bit each */

/* The tables for getopt_long(), built from ours. */
struct parser {
	struct option longs[OPTS_MAX + 1];
	char shorts[2 * OPTS_MAX + sizeof("+:")];
	const struct opt *opts[OPTS_MAX];
	size_t at[OPTS_MAX];
	size_t n;
};

static bool takes_argument(const struct opt *o)
{
	return o->kind != OPT_FLAG && o->kind != OPT_HUGE;
}

static void opt_add(struct parser *p, const struct opt *o, size_t at)
{
	size_t len = strlen(p->shorts);

	/* If a command has too many options, the assertion fails in any test that runs
	 * this command. */
	assert(p->n < OPTS_MAX);
	p->opts[p->n] = o;
	p->at[p->n] = at;
	p->longs[p->n] = (struct option){
		.name = o->name,
		.has_arg = takes_argument(o)     ? required_argument
			   : o->kind == OPT_HUGE ? optional_argument
						 : no_argument,
		.val = 256 + (int)p->n,
	};
	p->n++;
	if (!o->letter)
		return;
	p->shorts[len++] = o->letter;
	if (takes_argument(o))
		p->shorts[len++] = ':';
	p->shorts[len] = '\0';
}

/* glibc asks for this itself, musl does not. */
bool opt_posix(void)
{
	return secure_getenv("POSIXLY_CORRECT") != NULL;
}

static void opt_collect(struct parser *p, const struct opt_group *groups,
			bool stop_at_operand)
{
	size_t len = 0;

	memset(p, 0, sizeof(*p));
	/* ':' first: report a missing argument as such; '+': stop at the first operand,
	 * because the options after it are not ours. */
	if (stop_at_operand || opt_posix())
		p->shorts[len++] = '+';
	p->shorts[len] = ':';
	for (; groups->opts; groups++)
		for (const struct opt *o = groups->opts; *o->name; o++)
			opt_add(p, o, groups->at);
}

static size_t opt_which(const struct parser *p, int c)
{
	if (c >= 256)
		return MIN((size_t)c - 256, p->n);
	for (size_t i = 0; i < p->n; i++)
		if (p->opts[i]->letter == c)
			return i;
	return p->n;
}

/* What a value of each kind must be; NULL: any text. */
static const char *const nouns[] = {
	[OPT_FLAG] = NULL,
	[OPT_TEXT] = NULL,
	[OPT_LIST] = NULL,
	[OPT_JOINED] = NULL,
	[OPT_SIZE] = "a size (such as 4096, 64K or 1.5G)",
	[OPT_NUMBER] = "a number",
	[OPT_ID] = "an id (a decimal number)",
	[OPT_MODE] = "a mode (octal, 0 to 0777)",
	[OPT_KEY] = "a key (0x… hexadecimal, 0… octal, or decimal)",
	[OPT_DURATION] = "a duration (such as 90, 90s, 500ms or 1h30m)",
	[OPT_HUGE] = "a page size (such as 2M or 1G)",
};

static int bad_value(const struct opt *o, const char *text, int r)
{
	if (r == -ENOMEM)
		msg_error("out of memory");
	else if (o->kind == OPT_LIST)
		(void)msg_usage("--%s is given more than %d times", o->name,
				OPT_LIST_MAX);
	else if (r == -ERANGE)
		(void)msg_usage("--%s: '%s' is out of range", o->name, text);
	else
		(void)msg_usage("--%s: '%s' is not %s", o->name, text, nouns[o->kind]);
	return r == -ENOMEM ? r : -EINVAL;
}

static int add_to_list(struct opt_list *list, const char *text)
{
	if (list->n == OPT_LIST_MAX)
		return -ERANGE;
	list->all[list->n++] = text;
	return 0;
}

/* Joined lists, kept until the process ends. */
struct joined {
	struct joined *before;
	char text[];
};

/* Append text to a list, after a comma. */
static int opt_join(const char **list, const char *text)
{
	static struct joined *all;
	size_t len = *list ? strlen(*list) : 0, size = len + strlen(text) + 2;
	struct joined *longer;

	if (!*list) {
		*list = text;
		return 0;
	}
	longer = malloc(sizeof(*longer) + size);
	if (!longer)
		return -ENOMEM;
	(void)snprintf(longer->text, size, "%s,%s", *list, text);
	longer->before = all;
	all = longer;
	*list = longer->text;
	return 0;
}

/* The value of one option. */
union value {
	bool flag;
	const char *text;
	uint64_t u64;
	uint32_t u32;
	int32_t i32;
};

/* Parse a value into *v; values of lists are stored at `at` directly. */
static int opt_read_value(const struct opt *o, const char *text, void *at, union value *v)
{
	uint64_t number = 0;
	int r = 0;

	switch (o->kind) {
	case OPT_FLAG:
		v->flag = true;
		return 0;
	case OPT_TEXT:
		v->text = text;
		return 0;
	case OPT_LIST:
		return add_to_list(at, text);
	case OPT_JOINED:
		return opt_join(at, text);
	case OPT_SIZE:
		return ix_parse_size(text, &v->u64);
	case OPT_NUMBER:
		return ix_parse_u64(text, UINT64_MAX, &v->u64);
	case OPT_ID:
		r = ix_parse_u64(text, INT_MAX, &number);
		v->i32 = (int32_t)number;
		return r;
	case OPT_MODE:
		return ix_parse_mode(text, &v->u32);
	case OPT_KEY:
		return ix_parse_key(text, &v->u32);
	case OPT_DURATION:
		return ix_parse_duration(text, &v->u64);
	case OPT_HUGE:
		r = text ? ix_parse_size(text, &number) : 0;
		if (r == 0 && text && (number == 0 || number & (number - 1)))
			r = -EINVAL;
		v->u64 = number;
	}
	return r;
}

/* Return the size of the value; 0 for lists. */
static size_t opt_size_of(enum opt_kind kind)
{
	switch (kind) {
	case OPT_FLAG:
		return sizeof(bool);
	case OPT_TEXT:
		return sizeof(const char *);
	case OPT_LIST:
	case OPT_JOINED:
		return 0;
	case OPT_ID:
	case OPT_MODE:
	case OPT_KEY:
		return sizeof(uint32_t);
	case OPT_SIZE:
	case OPT_NUMBER:
	case OPT_DURATION:
	case OPT_HUGE:
		break;
	}
	return sizeof(uint64_t);
}

/* Return whether the value differs from the stored value. */
static bool differs(const struct opt *o, const void *at, const union value *v)
{
	if (o->kind == OPT_TEXT)
		return strcmp(*(const char *const *)at, v->text) != 0;
	return memcmp(at, v, opt_size_of(o->kind)) != 0;
}

static int opt_take(const struct opt *o, char *args, const char *text, bool again)
{
	union value v = { .u64 = 0 };
	/* getopt_long() returns only what opt_collect() gave it:
	 * NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	int r = opt_read_value(o, text, args + o->at, &v);

	if (r < 0)
		return bad_value(o, text, r);
	if (again && differs(o, args + o->at, &v)) {
		(void)msg_usage("--%s is given twice, with different values", o->name);
		return -EINVAL;
	}
	memcpy(args + o->at, &v, opt_size_of(o->kind));
	if (o->bit)
		*(uint64_t *)(void *)(args + o->mask_at) |= o->bit;
	return 0;
}

/* Report the '?' that getopt_long() returned, which tells us little more than where
 * getopt_long() stopped. */
static int opt_unknown(const struct parser *p, const char *word, int letter)
{
	if (letter >= 256 && opt_which(p, letter) < p->n)
		(void)msg_usage("'%s' takes no argument", word);
	else if (letter)
		(void)msg_usage("unknown option '-%c'", letter);
	else
		(void)msg_usage("unknown or ambiguous option '%s'", word);
	return -EINVAL;
}

/* Only the option is told by all C libraries: musl has passed the end of the words. */
static int opt_missing(const struct parser *p, int option)
{
	if (option < 256)
		(void)msg_usage("option '-%c' needs an argument", option);
	else
		(void)msg_usage("option '--%s' needs an argument",
				p->longs[option - 256].name);
	return -EINVAL;
}

int opt_parse(const struct opt_group *groups, void *args, int argc, char **argv,
	      bool stop_at_operand, uint64_t *given)
{
	struct parser p;
	int c;

	opt_collect(&p, groups, stop_at_operand);
	optind = 0; /* reset getopt_long(), including its permutation state (GNU and musl)
		     */
	opterr = 0;
	while ((c = getopt_long(argc, argv, p.shorts, p.longs, NULL)) != -1) {
		size_t i;
		int r;

		if (c == '?')
			return opt_unknown(&p, optind > 0 ? argv[optind - 1] : "",
					   optopt);
		if (c == ':')
			return opt_missing(&p, optopt);
		i = opt_which(&p, c);
		r = opt_take(p.opts[i], (char *)args + p.at[i], optarg, *given >> i & 1);
		if (r < 0)
			return r;
		*given |= UINT64_C(1) << i;
	}
	return optind;
}

#define HELP_COLUMN 28

void opt_help(const struct opt_group *groups)
{
	for (; groups->opts; groups++)
		for (const struct opt *o = groups->opts; *o->name; o++) {
			char left[64];
			int n;

			if (o->hidden)
				continue;
			(void)snprintf(left, sizeof(left), "  %c%c%s --%s%s%s%s",
				       o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
				       o->letter ? "," : " ", o->name,
				       o->kind == OPT_HUGE ? "[="
				       : takes_argument(o) ? " "
							   : "",
				       o->arg, o->kind == OPT_HUGE ? "]" : "");
			n = (int)ix_width(left);
			if (n >= HELP_COLUMN)
				out_format("%s\n%*s", left, HELP_COLUMN, "");
			else
				out_format("%s%*s", left, HELP_COLUMN - n, "");
			out_indented(o->help, HELP_COLUMN);
		}
}

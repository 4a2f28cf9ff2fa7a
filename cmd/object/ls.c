/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx ls: list objects. */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "byopt.h"
#include "commands.h"
#include "nsopt.h"
#include "object/meant.h"
#include "ui/asked.h"
#include "ui/select.h"

/* Rows per scan, unless a sort order needs all rows: memory use does not depend on the
 * number of objects. */
#define SLICE 512

struct ls_args {
	struct output_args output;
	struct select_args select;
	struct ns_args where;
	struct by_args by;
	bool refs, null, fail, deleted;
};

struct listing {
	struct app *app;
	const struct ls_args *args;
	const struct selection *sel;
	bool quiet_empty; /* no heading for a block without rows */
	struct tally tally;
	struct by by;
	struct output output; /* the last member, because it is large: the small members
				 then share one page */
};

static int print_slice(struct listing *l, const struct ipcx_table *t, const char **label)
{
	msg_table(t, l->app->verbose, &l->tally);
	if (l->by.groups)
		return by_add(&l->by, &l->output, t);
	if (*label)
		ns_add_directory(l->app, &l->output, t);
	if (*label && (ipcx_table_rows(t) > 0 || !l->quiet_empty)) {
		output_heading(&l->output, **label ? *label : NULL);
		*label = NULL;
	}
	return *label ? 0 : output_all(&l->output, t);
}

/* Print the rows of a query, one slice at a time. The label "" means no label. */
static int list_query(struct listing *l, struct ipcx_query *q, const char **label)
{
	do {
		struct ipcx_table *t;
		int r = ipcx_scan(l->app->x, q, &t);

		if (r < 0)
			return app_failed(l->app, r);
		r = print_slice(l, t, label);
		q->resume = ipcx_table_resume(t);
		ipcx_table_free(t);
		if (r)
			return r;
	} while (q->resume);
	return 0;
}

static int compare_refs(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ipcx_ref));
}

/* Remove duplicate references; return how many are left. */
static size_t unique(struct ipcx_ref *refs, size_t n)
{
	size_t kept = 0;

	qsort(refs, n, sizeof(*refs), compare_refs);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || compare_refs(&refs[i], &refs[kept - 1]))
			refs[kept++] = refs[i];
	return kept;
}

/* --sort applies to all named objects together: append references to all objects of the
 * mechanisms to the references of the selection. Returns 0, or an exit status after a
 * message. */
static int name_all(struct listing *l, const struct ipcx_query *mechs,
		    struct ipcx_ref **ret_refs, size_t *ret_n)
{
	struct ipcx_ref *refs;
	struct ipcx_table *t;
	size_t n = l->sel->nrefs;
	int r = ipcx_scan(l->app->x, mechs, &t);

	if (r < 0)
		return app_failed(l->app, r);
	msg_table(t, l->app->verbose, &l->tally);
	refs = calloc(n + ipcx_table_rows(t) + 1, sizeof(*refs));
	if (!refs) {
		ipcx_table_free(t);
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	memcpy(refs, l->sel->refs, n * sizeof(*refs));
	for (size_t i = 0; i < ipcx_table_rows(t); i++)
		n += ipcx_row_ref(t, i, &refs[n]) == 0;
	l->tally.done -= ipcx_table_rows(
		t); /* these objects are counted later, when they are listed */
	ipcx_table_free(t);
	/* With --ns all, a reference is looked up in every namespace. */
	*ret_n = ns_all(l->app) ? unique(refs, n) : n;
	*ret_refs = refs;
	return 0;
}

/* List the references of the selection (if mechs has all mechanisms of the selection),
 * then all objects of mechs. */
static int ls_list(struct listing *l, uint64_t mechs, const char *label)
{
	bool sorted = l->args->output.sort && !l->by.groups;
	const struct ipcx_query wanted = {
		.size = sizeof(wanted),
		.fields = l->by.groups ? l->by.query : output_query(&l->output),
		.where = l->sel->where,
		.flags = output_flags(&l->output) | (l->args->deleted ? IPCX_DELETED : 0),
	};
	struct ipcx_query refs = wanted, all = wanted;
	auto_free struct ipcx_ref *named = NULL;
	int r = 0;

	refs.refs = l->sel->refs;
	refs.nrefs = mechs == l->sel->mechs ? l->sel->nrefs : 0;
	all.mechs = mechs;
	all.max_rows = sorted ? 0 : SLICE;
	if (sorted && refs.nrefs && mechs) {
		r = name_all(l, &all, &named, &refs.nrefs);
		refs.refs = named;
		all.mechs = 0;
	}
	if (!r && refs.nrefs)
		r = list_query(l, &refs, &label);
	return r || (refs.nrefs && !all.mechs) ? r : list_query(l, &all, &label);
}

/* With --deleted, say by which reference a file without a name is meant, and who keeps
 * it. */
static void add_deleted(const struct listing *l, uint64_t mechs, struct shown *shown)
{
	for (unsigned m = 0; l->args->deleted && ipcx_mech_info(m); m++) {
		if (!(mechs & IPCX_MECH_BIT(m)) || !ipcx_mech_has(m, IPCX_F_KEPT_BY))
			continue;
		ipcx_fieldset_add(&shown->after, IPCX_F_REF);
		ipcx_fieldset_add(&shown->after, IPCX_F_KEPT_BY);
	}
}

static struct shown ls_shown(const struct listing *l, unsigned mech)
{
	const struct ipcx_mech_info *m = ipcx_mech_info(mech);
	struct shown shown = { .list = m->shown, .n = m->nshown };

	add_deleted(l, IPCX_MECH_BIT(mech), &shown);
	return ns_shown(l->app, shown);
}

/* Table format: list a block for each mechanism, with its own columns. */
static int list_blocks(struct listing *l, uint64_t mechs)
{
	int r = 0;

	for (unsigned m = 0; !r && ipcx_mech_info(m); m++) {
		uint64_t one = IPCX_MECH_BIT(m);

		if (!(mechs & one))
			continue;
		r = output_fields(&l->output, l->args->output.fields, ls_shown(l, m),
				  select_knows, &mechs);
		if (!r)
			r = ls_list(l, one, mechs == one ? "" : ipcx_mech_info(m)->label);
	}
	return r;
}

/* List the references of a selection in a block for each mechanism. */
static int list_ref_blocks(struct listing *l)
{
	const struct selection *all = l->sel;
	uint64_t touched = select_touched(all);
	struct selection part = { .where = all->where,
				  .refs = calloc(all->nrefs + 1, sizeof(*part.refs)) };
	int r = 0;

	if (!part.refs) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	for (unsigned m = 0; !r && ipcx_mech_info(m); m++) {
		if (!(touched & IPCX_MECH_BIT(m)))
			continue;
		part.nrefs = 0;
		for (size_t i = 0; i < all->nrefs; i++)
			if (all->refs[i].mech == m)
				part.refs[part.nrefs++] = all->refs[i];
		part.mechs = all->mechs & IPCX_MECH_BIT(m);
		l->sel = &part;
		r = output_fields(&l->output, l->args->output.fields, ls_shown(l, m),
				  select_knows, &touched);
		if (!r)
			r = ls_list(l, part.mechs,
				    touched == IPCX_MECH_BIT(m)
					    ? ""
					    : ipcx_mech_info(m)->label);
	}
	free(part.refs);
	l->sel = all;
	return r;
}

/* For other formats: include ns, so that "rm --from" knows the namespace of a list that
 * was printed with --ns. */
static int list_flat(struct listing *l, uint64_t mechs, uint64_t known)
{
	struct shown shown = select_usual(known);
	int r;

	if (l->app->ns)
		ipcx_fieldset_add(&shown.after, IPCX_F_NS);
	add_deleted(l, known, &shown);
	r = output_fields(&l->output, l->args->output.fields, ns_shown(l->app, shown),
			  select_knows, &known);
	return r ? r : ls_list(l, mechs, "");
}

/* With --by, list groups: they are sorted and have columns, not the objects. */
static int ls_list_groups(struct listing *l, uint64_t mechs)
{
	int r = ls_list(l, mechs, NULL);

	return r ? r : by_print(&l->by, &l->output);
}

/* What is summed up of the objects of these mechanisms. */
static int open_groups(struct listing *l, uint64_t mechs)
{
	enum ipcx_field sums[BY_SUMS] = { IPCX_F_COUNT };
	size_t n = 1;

	if (!l->args->by.list) /* most calls: its file stays untouched */
		return 0;
	if (select_knows(IPCX_F_SIZE, &mechs) || select_knows(IPCX_F_CBYTES, &mechs))
		sums[n++] = IPCX_F_BYTES;
	if (select_knows(IPCX_F_NATTCH, &mechs))
		sums[n++] = IPCX_F_ATTACHED;
	sums[n++] = IPCX_F_OLDEST;
	sums[n++] = IPCX_F_NEWEST;
	return by_open(&l->by, l->app, &l->args->by, &l->output, &l->args->output, sums,
		       n, select_knows, &mechs);
}

/* Expand --refs, which is short for "--format raw -o ref". Returns 0, or exit status 2
 * after a message. */
static int only_refs(struct ls_args *args)
{
	if (args->null && !args->refs)
		return msg_usage("--null goes with --refs (-q)");
	if (!args->refs)
		return 0;
	if (args->by.list)
		return msg_usage("--refs and --by contradict each other");
	if (args->output.json || args->output.format || args->output.fields)
		return msg_usage(
			"--refs cannot be combined with --json, --format or --output");
	args->output.format = "raw";
	args->output.fields = "ref";
	return 0;
}

/* Reject --deleted if no mechanism can have files without a name. */
static int check_deleted(const struct ls_args *args, uint64_t mechs)
{
	for (unsigned m = 0; ipcx_mech_info(m); m++)
		if ((mechs & IPCX_MECH_BIT(m)) && ipcx_mech_has(m, IPCX_F_KEPT_BY))
			return 0;
	return args->deleted
		       ? msg_usage(
				 "--deleted: unlinked files of these mechanisms are not listed")
		       : 0;
}

/* Reject --refs with --ns all: bare references would not identify objects. */
static int check_refs(const struct app *app, const struct ls_args *args)
{
	if (args->refs && ns_all(app))
		return msg_usage(
			"--refs: references do not include the namespace (use -o ns,ref)");
	return 0;
}

/* Check whether all that was asked makes sense for these mechanisms. Groups have their
 * own columns and order; the fields that make them are asked of objects. */
static int ls_asked(const struct listing *l, bool blocks)
{
	const struct selection *sel = l->sel;
	struct output_args asked = l->args->output;

	if (l->by.groups) {
		asked.sort = NULL;
		asked.fields = l->args->by.list;
	}
	return asked_of(select_touched(sel), sel->where, &asked,
			!sel->nrefs && sel->mechs == select_all() ? ASKED_SILENT
			: blocks                                  ? ASKED_APART
								  : ASKED_NOTED);
}

static int ls_list_all(struct listing *l, struct selection *sel)
{
	const char *fields = l->args->output.fields;
	bool blocks = l->output.format->blocks && !(fields && fields[0] != '+') &&
		      !l->by.groups;
	int r = ls_asked(l, blocks);

	if (!r)
		r = meant_whole(l->app, sel, &l->tally);
	if (r)
		return r;
	if (l->by.groups)
		return ls_list_groups(l, sel->mechs);
	if (!blocks)
		return list_flat(l, sel->mechs, select_touched(sel));
	return sel->nrefs ? list_ref_blocks(l) : list_blocks(l, sel->mechs);
}

static int ls_run(struct app *app, void *data, int n, char **words)
{
	struct ls_args *args = data;
	/* Not on the stack: this struct is large, as it has room for every field, and
	 * -fstack-clash-protection would touch each of its pages. What every listing
	 * touches of it is in one page. */
	static _Alignas(2048) struct listing l;
	struct selection sel;
	bool unnamed;
	int r = only_refs(args);

	l.app = app;
	l.args = args;

	if (!r)
		r = select_read(app->x, &args->select, n, words, &sel);
	if (r)
		return r;
	r = ns_use(app, &args->where);
	if (!r)
		r = check_refs(app, args);
	unnamed = !sel.mechs;
	if (!sel.mechs && !sel.nrefs)
		sel.mechs = select_all();
	l.sel = &sel;
	l.quiet_empty = unnamed;
	if (!r)
		r = check_deleted(args, select_touched(&sel));
	if (!r)
		r = output_open(&l.output, &args->output,
				args->by.list ? "groups" : "objects");
	if (!r)
		r = open_groups(&l, select_touched(&sel));
	l.output.nul = args->null;
	if (!r)
		r = ls_list_all(&l, &sel);
	if (!r) {
		output_close(&l.output);
		tally_asked(&l.tally, sel.mechs,
			    !unnamed && sel.mechs != select_all() && !ns_all(app));
		ns_partly(app, &l.tally);
		r = args->fail ? tally_expect_none(&l.tally) : tally_status(&l.tally);
	}
	select_free(&sel);
	l.sel = NULL;
	if (l.by.groups)
		by_close(&l.by);
	return r;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "refs", 'q', FLAG(struct ls_args, refs), .help = "print only references, one per line" },
	{ "null", '0', FLAG(struct ls_args, null), .help = "with -q: end each with NUL, not newline" },
	{ "deleted", 0, FLAG(struct ls_args, deleted), .help = "also files without a name that processes still use (pshm)" },
	{ "fail", 0, FLAG(struct ls_args, fail), .help = "exit with 0 only if no object is (or may be) listed" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,        0 },
	{ select_opts, offsetof(struct ls_args, select) },
	{ ns_opts,  offsetof(struct ls_args, where) },
	{ by_opts,  offsetof(struct ls_args, by) },
	{ output_opts,  offsetof(struct ls_args, output) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx ls",                                           "all objects, grouped by mechanism" },
	{ "ipcx ls shm --sort -size",                          "the largest segments first" },
	{ "ipcx ls shm -w 'nattch == 0 && idle > 1d' -o ref,size,owner", "segments that were not attached for a day" },
	{ "ipcx ls msg:0x4d2 --json",                          "one queue by its key, as JSON" },
	{ "ipcx ls shm -o +command,creator_alive",            "the creator's command, and whether it is alive" },
	{ "ipcx ls shm --by command,creator_alive",           "who leaks: count and bytes for each creator" },
	{ "ipcx ls --ns all --by container,mech",             "how many objects each container has" },
	{ "ipcx ls shm -w 'nattch == 0 && size > 1G' --fail", "for monitoring: status 1 if there is one, 4 if unknown" },
	{ "ipcx ls --ns web",                                 "the objects of a container" },
	{ "ipcx ls pshm --deleted --sort -allocated",         "what fills /dev/shm" },
	{ "ipcx ls -q shm -w 'nattch == 0' | xargs ipcx show", "pass references to other commands" },
	{ "ipcx ls --ns all -w 'directory != null' -o +directory", "what dead containers left in memory" },
	{ "ipcx ls --ns all -w 'size > 1G' -o ns,container,ref,size", "large objects in any namespace" },
	{ "", "" },
};

const struct cmd cmd_ls = {
	.name = "ls", .operands = "[MECH…|REF…]", .summary = "List objects",
	.about = "Lists the objects of the given mechanisms, by default of all. A table has a block for each mechanism with its own columns; "
		 "with -o there is one table for all. Listing has no side effects: no object is opened for writing or attached, no message is received.",
	.options = options, .examples = examples, .complete = COMPLETE_MECHS | COMPLETE_GROUPS | COMPLETE_REFS,
	.exits = EXITS({ EXIT_DONE, "listed, even if there was nothing to list; with --fail: nothing was listed, and everything could be read" }, { EXIT_FAILED, "failed, or nothing that was named can be read here; with --fail: an object was listed" }, { EXIT_MISSING, "none of the named objects exists, or no such namespace" }, { EXIT_PART, "some of what was named does not exist or could not be read; with --fail: nothing was listed, but something could not be read" }),
	.args_size = sizeof(struct ls_args), .run = ls_run,
};
/* clang-format on */

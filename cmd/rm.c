/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx rm: remove objects, and nothing else. */
#include <stdio.h>
#include <unistd.h>

#include "base/util.h"
#include "cmd.h"
#include "ui/select.h"
#include "where.h"

/* Objects removed before they are told of. */
#define SLICE 512

/* The masks of mechanisms have so many bits. */
#define MECHS_MAX 64

struct rm_args {
	struct sheet_args sheet;
	struct select_args select;
	struct where_args where;
	bool all, dry_run, yes, ignore_missing;
};

struct removal {
	struct app *app;
	const struct rm_args *args;
	struct ipcx_query parts[2]; /* the objects that were named, and whole mechanisms */
	struct ipcx_table *listed[2];
	struct sheet sheet;
	struct tally tally;
	bool print; /* what is removed goes to standard output */
	size_t count[MECHS_MAX];
};

/* In a table: only what a person needs to recognise an object. */
static const enum ipcx_field shown[] = { IPCX_F_REF, IPCX_F_KEY, IPCX_F_OWNER,
					 IPCX_F_MODE, IPCX_F_AGE };

static int open_sheet(struct removal *rm, uint64_t touched)
{
	int r = sheet_open(&rm->sheet, &rm->args->sheet, "objects");

	if (r)
		return r;
	rm->print = rm->sheet.format->raw || rm->args->dry_run || rm->app->verbose;
	return sheet_fields(&rm->sheet, rm->args->sheet.fields,
			    rm->sheet.format->raw ? select_usual(touched)
						  : SHOW_LIST(shown),
			    select_knows, &touched);
}

/* Without output only the condition's fields are needed: no name of a user is looked up. */
static void want_fields(struct removal *rm)
{
	for (size_t i = 0; i < ARRAY_SIZE(rm->parts); i++) {
		struct ipcx_query *q = &rm->parts[i];

		q->fields = rm->print ? sheet_query(&rm->sheet)
				      : IPCX_FIELDSET(IPCX_F_MECH);
		if (rm->print)
			q->flags |= sheet_flags(&rm->sheet);
		else
			q->flags |= q->where ? 0 : IPCX_NUMERIC;
	}
}

static int print_table(struct removal *rm, const struct ipcx_table *t)
{
	msg_table(t, rm->app->verbose, &rm->tally);
	return rm->print && ipcx_table_rows(t) > 0 ? sheet_all(&rm->sheet, t) : 0;
}

static void count_mechs(const struct ipcx_table *t, size_t *count)
{
	for (size_t i = 0; i < ipcx_table_rows(t); i++)
		count[MIN(ipcx_row_mech(t, i), MECHS_MAX - 1)]++;
}

/* "12 shm, 19 msg" */
static void list_counts(const size_t *count, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (unsigned m = 0; ipcx_mech_info(m) && at < size; m++)
		if (count[m])
			at += (size_t)snprintf(buf + at, size - at, "%s%zu %s",
					       at ? ", " : "", count[m],
					       ipcx_mech_info(m)->name);
}

/* Nothing was named of which this part would be. */
static bool is_empty(const struct ipcx_query *part)
{
	return !part->nrefs && !part->mechs;
}

static void free_listed(struct removal *rm)
{
	for (size_t i = 0; i < ARRAY_SIZE(rm->listed); i++)
		ipcx_table_free(rm->listed[i]);
}

/* On a terminal, a person is asked before more than one object goes by a condition; what
 * he was told of is then all that goes. */
static int confirm(struct removal *rm)
{
	char counts[200], ns[64];
	size_t count[MECHS_MAX] = { 0 }, all = 0;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(rm->parts); i++) {
		struct ipcx_query q = rm->parts[i];

		if (is_empty(&q))
			continue;
		q.flags |= IPCX_DRY_RUN;
		r = ipcx_remove(rm->app->x, &q, &rm->listed[i]);
		if (r < 0)
			return app_failed(rm->app, r);
		count_mechs(rm->listed[i], count);
		all += ipcx_table_rows(rm->listed[i]);
		rm->parts[i].same = rm->listed[i];
	}
	list_counts(count, counts, sizeof(counts));
	ipcx_namespace(rm->app->x, ns, sizeof(ns));
	if (all > 1 && !msg_ask("ipcx: remove %s from %s? [y/N] ", counts, ns)) {
		msg_error("nothing was removed (--dry-run lists what would be)");
		return EXIT_FAILED;
	}
	return 0;
}

static void say_what(struct removal *rm)
{
	char counts[200], ns[64];

	list_counts(rm->count, counts, sizeof(counts));
	ipcx_namespace(rm->app->x, ns, sizeof(ns));
	msg_note("%s %s from %s", rm->args->dry_run ? "would remove" : "removed",
		 counts[0] ? counts : "nothing", ns);
}

/* A slice after the other, so that memory does not grow with what is removed; an order
 * needs all of it. */
static int remove_slices(struct removal *rm, struct ipcx_query *q)
{
	q->max_rows = rm->args->sheet.sort ? 0 : SLICE;
	do {
		struct ipcx_table *t;
		int r = ipcx_remove(rm->app->x, q, &t);

		if (r < 0)
			return app_failed(rm->app, r);
		r = print_table(rm, t);
		if (rm->app->verbose)
			count_mechs(t, rm->count);
		q->resume = ipcx_table_resume(t);
		ipcx_table_free(t);
		if (r)
			return r;
	} while (q->resume);
	return 0;
}

static int remove_them(struct removal *rm, bool by_condition)
{
	int r = 0;

	if (by_condition && !rm->args->yes && !rm->args->dry_run &&
	    isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		r = confirm(rm);
	rm->tally.missing_is_fine = rm->args->ignore_missing;
	rm->tally.exact = true; /* what could not be looked at may have what was to go */
	if (!r && rm->print)
		sheet_heading(&rm->sheet, NULL);
	for (size_t i = 0; !r && i < ARRAY_SIZE(rm->parts); i++)
		r = is_empty(&rm->parts[i]) ? 0 : remove_slices(rm, &rm->parts[i]);
	free_listed(rm);
	if (r)
		return r;
	sheet_close(&rm->sheet);
	if (rm->app->verbose)
		say_what(rm);
	tally_asked(&rm->tally, rm->parts[1].mechs);
	return tally_status(&rm->tally);
}

static int check(const struct rm_args *args, const struct selection *sel)
{
	if (args->all && args->select.where.n)
		return msg_usage("--all and --where contradict each other");
	if (args->all && !sel->mechs)
		return msg_usage(
			"--all needs a mechanism or a group: shm, sysv, posix, all");
	if (sel->mechs && !args->all && !args->select.where.n)
		return msg_usage(
			"a mechanism alone removes nothing: add ids, --where or --all");
	if (!sel->mechs && !sel->nrefs && !args->select.where.n)
		return msg_usage("nothing was named to be removed");
	return 0;
}

static int run(struct app *app, void *data, int n, char **words)
{
	struct rm_args *args = data;
	struct removal rm = { .app = app, .args = args };
	struct selection sel;
	int r = select_read(app->x, &args->select, n, words, &sel);

	if (r)
		return r;
	r = check(args, &sel);
	if (!r)
		r = where_use(app, &args->where);
	if (!r && args->select.where.n && !sel.mechs && !sel.nrefs)
		sel.mechs = select_all();
	rm.parts[0] = (struct ipcx_query){
		.size = sizeof(struct ipcx_query),
		.where = sel.where,
		.flags = (args->sheet.numeric ? IPCX_NUMERIC : 0) |
			 (args->dry_run ? IPCX_DRY_RUN : 0) | (args->all ? IPCX_ALL : 0),
	};
	rm.parts[1] = rm.parts[0];
	rm.parts[0].refs = sel.refs;
	rm.parts[0].nrefs = sel.nrefs;
	rm.parts[1].mechs = sel.mechs;
	if (!r)
		r = open_sheet(&rm, select_touched(&sel));
	if (!r) {
		want_fields(&rm);
		r = remove_them(&rm, sel.mechs != 0);
	}
	select_free(&sel);
	return r;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "all",            0,   FLAG(struct rm_args, all),            .help = "all objects of the mechanisms or groups named" },
	{ "dry-run",        0,   FLAG(struct rm_args, dry_run),        .help = "only tell what would be removed" },
	{ "yes",            'y', FLAG(struct rm_args, yes),            .help = "do not ask" },
	{ "ignore-missing", 0,   FLAG(struct rm_args, ignore_missing), .help = "what does not exist is no failure" },
	{ .name = NULL },
};

static const struct opt_group options[] = {
	{ opts,        0 },
	{ select_opts, offsetof(struct rm_args, select) },
	{ where_one_opts, offsetof(struct rm_args, where) },
	{ sheet_opts,  offsetof(struct rm_args, sheet) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx rm shm:5 msg:0x4d2 mq:/jobs",                     "three objects, by id, key and name" },
	{ "ipcx rm shm 5 6 7",                                    "three segments" },
	{ "ipcx rm shm --where 'nattch == 0 && age > 1d' --dry-run", "what a clean-up would remove" },
	{ "ipcx rm sysv --where 'owner == bob' --yes",            "everything of one user, without a question" },
	{ "ipcx rm --ns web sysv --all",                          "everything of System V in a container" },
	{ "ipcx rm sem --all",                                    "all semaphore arrays" },
	{ NULL, NULL },
};

extern const struct cmd cmd_rm;
const struct cmd cmd_rm = {
	.name = "rm", .operands = "REF…|[MECH…]", .summary = "remove objects",
	.about = "Removes the objects named, or those that fulfil a condition. Each object is read, checked and removed in one step, so a condition "
		 "holds at the moment of removal. On a terminal ipcx lists them and asks before more than one goes by a condition; what has "
		 "become another object since then is left alone. An attached segment goes with its last detach. A POSIX name is "
		 "removed only if it is an object of that mechanism.",
	.options = options, .examples = examples, .complete = COMPLETE_MECHS | COMPLETE_GROUPS | COMPLETE_REFS,
	.exits = EXITS({ EXIT_DONE, "removed, also where nothing was to be removed" }, { EXIT_FAILED, "failed; or nothing was to be removed after all" }, { EXIT_MISSING, "none of the objects named exists, or there is no such namespace" }, { EXIT_PART, "some were not removed, or something may be left that could not be seen" }),
	.args_size = sizeof(struct rm_args), .run = run,
};
/* clang-format on */

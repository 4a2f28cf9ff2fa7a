/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx show: print everything about single objects. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "commands.h"
#include "nsopt.h"
#include "object/showprocs.h"
#include "ui/asked.h"
#include "ui/select.h"

struct show_args {
	struct output_args output;
	struct ns_args where;
};

/* The tables that belong to an object. */
struct parts {
	struct ipcx_table *contents, *shares;
	struct show_procs_part procs[SHOW_PROCS];
	struct output_child children[2 + SHOW_PROCS];
	size_t n;
};

static const enum ipcx_field share_fields[] = { IPCX_F_NAME,    IPCX_F_NEEDED,
						IPCX_F_PERCENT, IPCX_F_LIMIT,
						IPCX_F_UNIT,    IPCX_F_SOURCE };

/* Report a part of an object that could not be read. The library's message already begins
 * with the reference. */
static void part_failed(struct app *app, const struct ipcx_ref *ref)
{
	const char *text = ipcx_error(app->x);
	char name[IPCX_REF_MAX];
	size_t len;

	(void)ipcx_ref_format(ref, name, sizeof(name));
	len = strlen(name);
	if (!strncmp(text, name, len) && !strncmp(text + len, ": ", 2))
		text += len + 2;
	msg_object("incomplete", name, ipcx_mech_info(ref->mech)->name, "%s", text);
}

static void add_contents(struct app *app, const struct ipcx_ref *ref, struct parts *p)
{
	struct ipcx_fieldset fields = { { 0 } };
	int r = ipcx_contents(app->x, ref, &p->contents);

	if (r == -ENODATA)
		return;
	if (r == 0) {
		fields = ipcx_row_fields(p->contents, 0);
		msg_table(p->contents, app->verbose, &(struct tally){ 0 });
	} else {
		part_failed(app, ref);
	}
	p->children[p->n++] = (struct output_child){
		.label = r == 0 ? ipcx_table_kind(p->contents) : "contents",
		.name = r == 0 ? ipcx_table_kind(p->contents) : "contents",
		.t = r == 0 ? p->contents : NULL,
		.shown = { .after = fields },
	};
}

static void add_shares(struct app *app, const struct ipcx_ref *ref,
		       const struct ipcx_table *t, size_t row, struct parts *p)
{
	if (ipcx_shares(app->x, t, row, &p->shares) < 0) {
		part_failed(app, ref);
		return;
	}
	/* Notes on unknown limits are the same for all objects of a mechanism. */
	if (row == 0 || ipcx_row_mech(t, row) != ipcx_row_mech(t, row - 1))
		msg_table(p->shares, app->verbose, &(struct tally){ 0 });
	if (ipcx_table_rows(p->shares) == 0)
		return;
	p->children[p->n++] = (struct output_child){ .label = "limits it counts against",
						     .name = "limits",
						     .t = p->shares,
						     .shown = COLUMN_LIST(share_fields) };
}

/* ---- rows */

/* With --ns all, use the namespace of the row: another namespace may have a different
 * object with the same name. */
static bool go_to_row(struct app *app, const struct ipcx_table *t, size_t row,
		      struct ipcx_ns **ret_ns)
{
	struct ipcx_value ns;
	char where[40];

	if (!ns_all(app))
		return true;
	if (ipcx_row_get(t, row, IPCX_F_NS, &ns) < 0 || ns.type != IPCX_TYPE_UINT)
		return false;
	(void)snprintf(where, sizeof(where), "ipc:[%" PRIu64 "]", ns.as.u);
	if (ipcx_ns_open(app->x, where, ret_ns) < 0) {
		msg_note("%s", ipcx_error(app->x));
		return false;
	}
	ipcx_use(app->x, *ret_ns);
	return true;
}

static void show_row(struct app *app, struct output *s, const struct ipcx_table *t,
		     size_t row, struct show_procs *procs)
{
	const struct ipcx_mech_info *m = ipcx_mech_info(ipcx_row_mech(t, row));
	struct output_rows one = { .t = t, .first = row, .n = 1 };
	struct parts p = { .n = 0 };
	struct ipcx_ns *there = NULL;
	struct ipcx_ref ref;
	char label[IPCX_REF_MAX + 64], name[IPCX_REF_MAX];

	if (ipcx_row_ref(t, row, &ref) < 0)
		return;
	(void)ipcx_ref_format(&ref, name, sizeof(name));
	(void)snprintf(label, sizeof(label), "%s: %s", name, m->object);
	if (s->format->detail && go_to_row(app, t, row, &there)) {
		add_contents(app, &ref, &p);
		for (int i = 0; i < SHOW_PROCS; i++)
			if (procs[i].wanted)
				p.children[p.n++] =
					show_procs_child(app, s, (enum show_procs_kind)i,
							 &procs[i], t, row, &p.procs[i]);
		add_shares(app, &ref, t, row, &p);
	}
	ipcx_use(app->x, app->ns);
	ipcx_ns_free(there);
	output_detail(s, &one, label, p.children, p.n);
	ipcx_table_free(p.contents);
	ipcx_table_free(p.shares);
	for (int i = 0; i < SHOW_PROCS; i++)
		free(p.procs[i].rows);
}

/* The default fields: all that can be read for one object without listing and without
 * side effects, including four costly ones about its creator and id. Others need -o. */
static struct shown default_fields(uint64_t mask)
{
	static const enum ipcx_field more[] = { IPCX_F_COMMAND, IPCX_F_CREATOR_ALIVE,
						IPCX_F_ID_INDEX, IPCX_F_ID_SEQ };
	struct shown shown = select_usual(mask);

	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		if (select_knows(more[i], &mask))
			ipcx_fieldset_add(&shown.after, more[i]);
	return shown;
}

/* Return the fields to show, and those that the tables below an object need: its share of
 * each limit is computed from some, and processes are found by reference and namespace. */
static struct ipcx_fieldset with_parts(const struct output *s, uint64_t mechs,
				       const struct show_procs *procs)
{
	struct ipcx_fieldset fields = output_query(s), shares = ipcx_share_fields(mechs);

	if (!s->format->detail || ipcx_fieldset_empty(&fields))
		return fields;
	ipcx_fieldset_merge(&fields, &shares);
	show_procs_fields(procs, mechs, &fields);
	return fields;
}

static int show_show(struct app *app, const struct show_args *args,
		     const struct selection *sel, struct show_procs *procs)
{
	uint64_t touched = select_touched(sel);
	struct tally tally = { 0 };
	struct ipcx_fieldset fields;
	const struct ipcx_expr *where;
	auto_free uint32_t *order = NULL;
	struct ipcx_table *t;
	struct output s;
	int r = output_open(&s, &args->output, "objects");

	if (!r)
		r = output_condition(app->x, &args->output, NULL, NULL, &where);
	if (!r)
		r = asked_of(touched, where, &args->output, ASKED_NOTED);
	if (!r)
		r = output_fields(&s, args->output.fields, default_fields(touched),
				  select_knows, &touched);
	if (!r)
		r = show_procs_want(&s, procs);
	if (r)
		return r;
	fields = with_parts(&s, touched, procs);
	r = ipcx_scan(app->x,
		      &(struct ipcx_query){ .size = sizeof(struct ipcx_query),
					    .refs = sel->refs,
					    .nrefs = sel->nrefs,
					    .where = where,
					    .fields = fields,
					    .flags = output_flags(&s) },
		      &t);
	if (r < 0)
		return app_failed(app, r);
	msg_table(t, app->verbose, &tally);
	if (!s.format->detail)
		output_heading(&s, NULL);
	if (ipcx_table_rows(t) > 0)
		show_procs_find(app, sel, procs);
	r = output_order(&s, t, &order);
	for (size_t i = 0; !r && i < ipcx_table_rows(t); i++)
		show_row(app, &s, t, order ? order[i] : i, procs);
	if (s.format->raw)
		show_procs_unseen(&s, procs);
	output_close(&s);
	show_procs_free(procs);
	ipcx_table_free(t);
	return r ? r : tally_status(&tally);
}

static int show_run(struct app *app, void *data, int n, char **words)
{
	struct show_args *args = data;
	auto_free char *rest = NULL;
	struct show_procs procs[SHOW_PROCS] = { { .t = NULL } };
	struct selection sel;
	int r = show_procs_take(args->output.fields, procs, &rest);

	if (!r)
		r = select_read(app->x, NULL, n, words, &sel);
	if (r)
		return r;
	if (procs[SHOW_USERS].named || procs[SHOW_WAITS].named)
		args->output.fields = rest;
	if (sel.nrefs == 0 || sel.mechs)
		r = msg_usage("show needs references to single objects, such as shm:5");
	else
		r = ns_use(app, &args->where);
	if (!r)
		r = show_show(app, args, &sel, procs);
	select_free(&sel);
	return r;
}

/* clang-format off */
static const struct opt_group options[] = {
	{ ns_one_opts, offsetof(struct show_args, where) },
	{ filter_opts,    offsetof(struct show_args, output) },
	{ output_opts,     offsetof(struct show_args, output) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx show shm:5",            "one segment" },
	{ "ipcx show sem:0x4d2",        "an array by its key, with values and waiters" },
	{ "ipcx show msg 3 4 --json",   "two queues and their messages, as JSON" },
	{ "ipcx show shm:5 --json -o +users", "with the processes that have it attached" },
	{ "ipcx show sem:0 -o ref,waits", "only who waits for it" },
	{ "ipcx show mq:/jobs -o +qsize,notify_pid", "with fields whose reading changes the queue's times" },
	{ "", "" },
};

const struct cmd cmd_show = {
	.name = "show", .operands = "REF…", .summary = "Show everything about objects",
	.about = "Shows all that the kernel reports about each object, its contents (the semaphores of an array, the messages of a queue, which are "
		 "not removed), the processes that use it, the threads that wait for it, and its share of each limit. Values that may not be read are shown as unknown. No other object is read.",
	.options = options, .examples = examples, .complete = COMPLETE_MECHS | COMPLETE_REFS,
	.exits = EXITS({ EXIT_MISSING, "none of the named objects exists, or no such namespace" }, { EXIT_PART, "some of the named objects do not exist or could not be read" }),
	.args_size = sizeof(struct show_args), .run = show_run,
};
/* clang-format on */

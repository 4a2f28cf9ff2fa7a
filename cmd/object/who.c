/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx who: list the processes that use objects. */
#include "base/util.h"
#include "byopt.h"
#include "commands.h"
#include "nsopt.h"
#include "object/procs.h"
#include "object/users.h"

#define GIVEN_PID 1U

struct who_args {
	struct output_args output;
	struct ns_args where;
	struct by_args by;
	uint64_t given;
	int32_t pid;
	bool last;
};

struct who {
	struct procs procs;
	struct by by;
	const struct who_args *args;
};

/* ---- messages */

/* That no process is listed does not mean that an object is unused if processes do not
 * attach to it. */
static void note_unattached(uint64_t mechs)
{
	for (unsigned m = 0; ipcx_mech_info(m); m++) {
		const struct ipcx_mech_info *info = ipcx_mech_info(m);

		if ((mechs & IPCX_MECH_BIT(m)) && !users_attach(m))
			msg_object("info", info->name, info->name,
				   "processes do not attach to a %s: one that is not "
				   "listed may use it nevertheless",
				   info->object);
	}
}

/* Say that nobody uses an object, for people: only if that is certain. */
static void who_say_nobody(const struct who *w)
{
	const struct procs *p = &w->procs;
	uint64_t touched = select_touched(&p->sel);
	char name[IPCX_REF_MAX];

	if (!procs_silent(p) || !users_all_seen(touched, &p->unseen))
		return;
	for (unsigned m = 0; p->named && ipcx_mech_info(m); m++)
		if ((touched & IPCX_MECH_BIT(m)) && !users_attach(m))
			return;
	if (w->args->pid)
		msg_note("process %d has none of the objects attached, mapped or open",
			 w->args->pid);
	else if (procs_only(p, name, sizeof(name)))
		msg_note("nobody has %s %s", name,
			 ipcx_mech_has(p->sel.refs->mech, IPCX_F_NATTCH)
				 ? "attached"
				 : "mapped or open");
	else
		msg_note("nobody has any of the objects attached, mapped or open");
}

/* ---- the list */

/* Print the users of some objects. Without rows, headings are printed only after the last
 * query, and if a mechanism was named. */
static int who_query(struct who *w, const struct ipcx_query *q, bool last)
{
	struct procs *p = &w->procs;
	struct ipcx_unseen unseen = { .size = sizeof(unseen) };
	struct ipcx_table *t;
	int r = ipcx_users(p->app->x, q, w->args->pid,
			   w->args->last ? IPCX_USERS_LAST : 0, &unseen, &t);

	if (r < 0)
		return app_failed(p->app, r);
	msg_table(t, p->app->verbose, &p->tally);
	p->unseen = users_unseen_sum(&p->unseen, &unseen);
	if (w->by.groups)
		r = by_add(&w->by, &p->output, t);
	else if (ipcx_table_rows(t) > 0 || (last && p->sel.mechs && p->output.rows == 0))
		r = output_all(&p->output, t);
	ipcx_table_free(t);
	return r;
}

/* Print the users of the references, then those of all objects of the mechanisms. */
static int who_queries(struct who *w)
{
	const struct selection *sel = &w->procs.sel;
	struct ipcx_query q = procs_query(&w->procs), all = q;
	int r = 0;

	if (w->by.groups)
		ipcx_fieldset_merge(&q.fields, &w->by.query);
	q.refs = sel->refs;
	q.nrefs = sel->nrefs;
	all.mechs = sel->mechs;
	if (q.nrefs)
		r = who_query(w, &q, !all.mechs);
	procs_count_named(&w->procs);
	return r || !all.mechs ? r : who_query(w, &all, true);
}

/* With --by, choose the columns of groups; else those of processes. */
static int who_prepare(struct who *w)
{
	static const enum ipcx_field sums[] = { IPCX_F_COUNT, IPCX_F_BYTES };
	struct procs *p = &w->procs;
	struct output *s = &p->output;
	struct output_args args = w->args->output;
	const char *sort = s->sort;
	int r;

	if (w->args->by.list) {
		s->sort = NULL;
		args.fields = NULL;
	}
	r = procs_prepare(p, &args, s->format->raw ? users_all : users_table, &users_all);
	s->sort = sort;
	if (!r)
		r = by_open(&w->by, p->app, &w->args->by, s, &w->args->output, sums,
			    ARRAY_SIZE(sums), columns_have, &users_all);
	if (!r && s->sort && !w->by.groups && p->sel.mechs && p->sel.nrefs)
		r = msg_usage("--sort: whole mechanisms and single objects are not "
			      "sorted together: name only one kind");
	return r;
}

static int who_list(struct who *w)
{
	struct procs *p = &w->procs;
	struct output *s = &p->output;
	int r = who_prepare(w);

	if (r)
		return r;
	if (!w->by.groups)
		output_heading(s, NULL);
	r = who_queries(w);
	if (!r && w->by.groups)
		r = by_print(&w->by, s);
	if (r)
		return r;
	who_say_nobody(w);
	/* If no object exists, there was nothing to look for. */
	if (p->named && (p->sel.mechs || p->tally.done))
		note_unattached(select_touched(&p->sel));
	users_put_unseen(p->app, s, &p->sel, w->args->pid, &p->unseen);
	return procs_close(p);
}

static int who_run(struct app *app, void *data, int n, char **words)
{
	static struct who w; /* large, as in ls */
	int r;

	w.args = data;
	if ((w.args->given & GIVEN_PID) && w.args->pid == 0)
		return msg_usage("--pid: no process has the PID 0");
	r = procs_select(&w.procs, app, n, words, select_all());
	if (r)
		return r;
	r = output_open(&w.procs.output, &w.args->output,
			w.args->by.list ? "groups" : "users");
	if (!r)
		r = ns_use(app, &w.args->where);
	if (!r)
		r = who_list(&w);
	by_close(&w.by);
	select_free(&w.procs.sel);
	return r;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "pid",  'p', ID(struct who_args, pid), GIVEN(struct who_args, given, GIVEN_PID), .arg = "PID", .help = "look at this process only" },
	{ "last", 0,   FLAG(struct who_args, last), .help = "also who objects record: creator, last users, notify (which sets a queue's times)" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,        0 },
	{ filter_opts, offsetof(struct who_args, output) },
	{ ns_opts,     offsetof(struct who_args, where) },
	{ by_opts,     offsetof(struct who_args, by) },
	{ output_opts, offsetof(struct who_args, output) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx who shm:5",                            "the processes that have a segment attached" },
	{ "ipcx who",                                  "every process that uses an object, with all its objects" },
	{ "ipcx who pshm --sort -mapped -o +mapped",   "who has how much of /dev/shm mapped, also of files already unlinked" },
	{ "ipcx who --by command,owner",               "how many uses each program has, and how much it has mapped" },
	{ "ipcx who --pid 812",                        "the objects that one process uses" },
	{ "ipcx who mq --last -w 'how == \"notify\"'",            "the processes that are registered for notification" },
	{ "ipcx who shm:0x0052e2c1 --json | jq .unseen", "how much could not be seen" },
	{ "ipcx who pshm --ns all -w 'container =~ \"web\"'", "the shared memory of some containers" },
	{ "", "" },
};

const struct cmd cmd_who = {
	.name = "who", .operands = "[MECH…|REF…]", .summary = "List the processes that use objects",
	.about = "Lists the processes that have the objects attached, mapped or open, a row for each process and object; by default for all objects. What could "
		 "not be seen is counted. Looking has no side effects: nothing is opened, attached or stopped.",
	.options = options, .examples = examples, .complete = COMPLETE_MECHS | COMPLETE_GROUPS | COMPLETE_REFS, .rows = &users_all,
	.exits = EXITS({ EXIT_DONE, "listed, even if there was no process to list, or some could not be seen" }, { EXIT_FAILED, "failed, or nothing that was named can be read here" }, { EXIT_MISSING, "none of the named objects exists, or no such process or namespace" }, { EXIT_PART, "some of what was named does not exist or could not be read" }),
	.args_size = sizeof(struct who_args), .run = who_run,
};
/* clang-format on */

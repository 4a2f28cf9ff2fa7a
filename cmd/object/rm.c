/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx rm: remove exactly the objects that the user means. */
#include "object/rm.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "exec/signals.h"
#include "object/meant.h"
#include "ui/asked.h"

/* Columns of a table: those that identify an object, and those that show its use. */
static const enum ipcx_field shown[] = { IPCX_F_REF,   IPCX_F_KEY,   IPCX_F_OWNER,
					 IPCX_F_MODE,  IPCX_F_SIZE,  IPCX_F_NATTCH,
					 IPCX_F_QNUM,  IPCX_F_NSEMS, IPCX_F_CURMSGS,
					 IPCX_F_VALUE, IPCX_F_AGE };

struct shown rm_shown(uint64_t mechs, enum ipcx_field *ret_fields)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
		if (select_knows(shown[i], &mechs))
			ret_fields[n++] = shown[i];
	return (struct shown){ .list = ret_fields, .n = n };
}

static int rm_open_output(struct removal *rm, uint64_t touched)
{
	enum ipcx_field fields[ARRAY_SIZE(shown)];
	int r = output_open(&rm->output, &rm->args->output, "objects");

	if (r)
		return r;
	rm->print = rm->args->dry_run || rm->app->verbose ||
		    output_wanted(&rm->args->output);
	return output_fields(&rm->output, rm->args->output.fields,
			     rm->output.format->raw ? select_usual(touched)
						    : rm_shown(touched, fields),
			     select_knows, &touched);
}

/* Without output, read only the fields of the condition; look up no user names. */
static void want_fields(struct removal *rm)
{
	struct ipcx_query *q = &rm->query;

	q->fields = rm->print ? output_query(&rm->output) : IPCX_FIELDSET(IPCX_F_MECH);
	if (rm->print)
		q->flags |= output_flags(&rm->output);
	else
		q->flags |= q->where ? 0 : IPCX_NUMERIC;
}

struct ipcx_query rm_named(const struct removal *rm, const struct rm_batch *batch)
{
	struct ipcx_query q = rm->query;

	q.refs = batch->refs;
	q.nrefs = batch->n;
	q.same = batch->same;
	return q;
}

struct ipcx_query rm_whole(const struct removal *rm, uint64_t resume)
{
	struct ipcx_query q = rm->query;

	q.mechs = rm->mechs;
	q.same = rm->listed;
	q.resume = resume;
	/* Sorting needs all rows at once. */
	q.max_rows = rm->args->output.sort ? 0 : RM_SLICE;
	return q;
}

uint64_t rm_number(const struct ipcx_table *t, size_t row, enum ipcx_field f)
{
	struct ipcx_value v;

	return ipcx_row_get(t, row, f, &v) == 0 && v.type == IPCX_TYPE_UINT ? v.as.u : 0;
}

static void rm_note_total(struct removal *rm)
{
	char counts[200], ns[64];

	rm_list_counts(rm->count, counts, sizeof(counts));
	ipcx_namespace(rm->app->x, ns, sizeof(ns));
	msg_note("%s %s from %s", rm->args->dry_run ? "would remove" : "removed",
		 counts[0] ? counts : "nothing", ns);
}

/* ---- each removal is recorded before the next */

/* An attached segment still exists after a successful removal. */
static void rm_note_attached(struct removal *rm, const struct ipcx_table *t)
{
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		uint64_t n = rm_number(t, i, IPCX_F_NATTCH);
		char name[IPCX_REF_MAX];
		struct ipcx_ref ref;

		if (n == 0 || rm->attached++ >= RM_SHOWN ||
		    ipcx_row_ref(t, i, &ref) < 0 ||
		    ipcx_ref_format(&ref, name, sizeof(name)) < 0)
			continue;
		msg_object("info", name, ipcx_mech_info(ref.mech)->name,
			   "attached %ju time%s: %s at the last detach", (uintmax_t)n,
			   n == 1 ? "" : "s",
			   rm->args->dry_run ? "would be destroyed" : "is destroyed");
	}
}

/* Count the objects still to be removed; SIZE_MAX if unknown. */
static size_t rm_count_rest(struct removal *rm)
{
	size_t rest = 0;

	for (; rm->next < rm->nbatches || (rm->mechs && !rm->through);) {
		bool named = rm->next < rm->nbatches;
		struct ipcx_query q = named ? rm_named(rm, &rm->batches[rm->next])
					    : rm_whole(rm, rm->resume);
		struct ipcx_table *t;

		if (named && !rm->batches[rm->next++].n)
			continue;
		q.flags |= IPCX_DRY_RUN;
		q.fields = IPCX_FIELDSET(IPCX_F_MECH);
		if (ipcx_remove(rm->app->x, &q, &t) < 0)
			return SIZE_MAX;
		rest += ipcx_table_rows(t);
		if (!named) {
			rm->resume = ipcx_table_resume(t);
			rm->through = rm->resume == 0;
		}
		ipcx_table_free(t);
	}
	return rest;
}

/* Stop after a write error: stdout may not show that the objects of t (NULL: none) were
 * removed, so list them on stderr. */
static void rm_stop(struct removal *rm, const struct ipcx_table *t)
{
	size_t n = t ? ipcx_table_rows(t) : 0, rest = rm_count_rest(rm);
	char remain[60] = "unknown how many remain", name[IPCX_REF_MAX + 1];
	struct ipcx_ref ref;

	if (rest != SIZE_MAX)
		(void)snprintf(remain, sizeof(remain), "%zu %s", rest,
			       rest == 1 ? "remains" : "remain");
	if (n == 0)
		msg_error("stopped before the next was removed; %s", remain);
	else
		msg_error("stopped; %zu %s removed, but not (or only partly) recorded: "
			  "%s named below; %s",
			  n, n == 1 ? "was" : "were", n == 1 ? "it is" : "they are",
			  remain);
	for (size_t i = 0; i < n; i++) {
		int len = ipcx_row_ref(t, i, &ref) < 0
				  ? -1
				  : ipcx_ref_format(&ref, name, sizeof(name) - 1);

		if (len > 0) {
			name[len] = '\n';
			(void)msg_data(name, (size_t)len + 1);
		}
	}
}

/* Remove a slice, and flush the record of this slice before the next slice. */
static int remove_slice(struct removal *rm, const struct ipcx_query *q,
			uint64_t *ret_resume)
{
	struct ipcx_table *t;
	int r = ipcx_remove(rm->app->x, q, &t);

	if (r < 0)
		return app_failed(rm->app, r);
	*ret_resume = ipcx_table_resume(t);
	msg_table(t, rm->app->verbose, &rm->tally);
	rm_note_attached(rm, t);
	rm_dry_users_keep(rm, t);
	r = rm->print && ipcx_table_rows(t) > 0 ? output_all(&rm->output, t) : 0;
	if (!r && rm->print && !rm->args->dry_run)
		r = out_check();
	if (rm->app->verbose)
		rm_count(t, rm->count);
	if (r && !rm->args->dry_run) {
		rm->through = *ret_resume == 0 && rm->next >= rm->nbatches && !q->nrefs;
		rm->resume = *ret_resume;
		rm_stop(rm, t);
	}
	ipcx_table_free(t);
	return r;
}

static int rm_remove_all(struct removal *rm)
{
	uint64_t resume;
	int r = 0;

	while (!r && rm->next < rm->nbatches) {
		const struct rm_batch *b = &rm->batches[rm->next++];
		struct ipcx_query q = rm_named(rm, b);

		r = b->n ? remove_slice(rm, &q, &resume) : 0;
	}
	for (; !r && rm->mechs && !rm->through; rm->through = rm->resume == 0) {
		struct ipcx_query q = rm_whole(rm, rm->resume);

		r = remove_slice(rm, &q, &rm->resume);
	}
	return r;
}

/* Begin the output, so that a closed stdout is detected before anything is removed. */
static int rm_begin(struct removal *rm)
{
	int r;

	if (!rm->print)
		return 0;
	/* Ignore SIGPIPE: that signal must not kill us between a removal and its
	 * record. */
	signals_outlive_reader();
	output_heading(&rm->output, NULL);
	r = rm->args->dry_run ? 0 : out_ready();
	if (r)
		rm_stop(rm, NULL);
	return r;
}

static bool rm_asks(const struct removal *rm)
{
	return (rm->mechs || rm->args->from) && !rm->args->yes && !rm->args->dry_run &&
	       isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static int remove_them(struct removal *rm)
{
	int r = 0;

	for (size_t i = 0; !r && i < rm->nbatches; i++)
		if (rm->batches[i].marks)
			r = rm_from_check(rm, &rm->batches[i]);
	if (!r)
		r = rm_each_once(rm);
	if (!r && rm_asks(rm))
		r = rm_ask(rm);
	if (!r)
		r = rm_begin(rm);
	if (!r)
		r = rm_remove_all(rm);
	if (!r && rm->args->unused)
		r = rm_unused_report(rm, &rm->args->select.where);
	if (rm->attached > RM_SHOWN)
		msg_note("%zu more attached: %s at the last detach",
			 rm->attached - RM_SHOWN,
			 rm->args->dry_run ? "would be destroyed" : "are destroyed");
	if (r) {
		if (rm->output.begun)
			output_close(&rm->output);
		return r;
	}
	output_close(&rm->output);
	rm_dry_users_note(rm);
	if (rm->app->verbose)
		rm_note_total(rm);
	tally_asked(&rm->tally, rm->mechs, false);
	return tally_status(&rm->tally);
}

/* ---- what to remove */

static int rm_check(const struct rm_args *args, const struct selection *sel)
{
	bool condition = args->select.where.n || args->unused;

	if (args->null && !args->from)
		return msg_usage("--null needs --from");
	if (args->from && sel->mechs)
		return msg_usage("--from and mechanisms contradict each other");
	if (args->all && args->select.where.n)
		return msg_usage("--all and --where contradict each other");
	if (args->all && !sel->mechs)
		return msg_usage(
			"--all needs a mechanism or a group: shm, sysv, posix, all");
	if (sel->mechs && !args->all && !condition)
		return msg_usage(
			"a mechanism alone removes nothing: add ids, --where or --all");
	if (!sel->mechs && !sel->nrefs && !condition && !args->from)
		return msg_usage("nothing to remove was named");
	return 0;
}

/* Split a list into batches that are looked up together. */
static void rm_cut(struct removal *rm, struct ipcx_ref *refs, const struct rm_mark *marks,
		   size_t n)
{
	/* Sorting needs all rows at once. */
	size_t step = rm->args->output.sort ? n : RM_SLICE;

	for (size_t i = 0; i < n; i += step)
		rm->batches[rm->nbatches++] = (struct rm_batch){
			.refs = refs + i,
			.marks = marks ? marks + i : NULL,
			.n = MIN(n - i, step),
		};
}

static int rm_prepare(struct removal *rm, struct selection *sel, struct rm_list *from)
{
	const struct rm_args *args = rm->args;
	struct ipcx_expr *where;
	uint64_t touched;
	int r = rm_check(args, sel);

	if (!r)
		r = ns_use(rm->app, &args->where);
	if (!r && args->from)
		r = rm_from_read(rm->app, args->from, args->null, from);
	if (r)
		return r;
	if ((sel->where || args->unused) && !sel->mechs && !sel->nrefs && !args->from)
		sel->mechs = select_all();
	touched = select_touched(sel);
	for (size_t i = 0; i < from->n; i++)
		touched |= IPCX_MECH_BIT(from->refs[i].mech);
	touched = touched ? touched : select_all();
	r = asked_of(touched, sel->where, &args->output, ASKED_NOTED);
	r = r ? r : rm_open_output(rm, touched);
	if (r)
		return r;
	rm->mechs = asked_possible(sel->mechs, sel->where);
	if (args->unused) {
		r = rm_unused_where(rm->app, &args->select.where, &where);
		if (r)
			return r;
		ipcx_expr_free(sel->where);
		sel->where = where;
	}
	rm->tally.missing_is_fine = args->ignore_missing;
	rm->tally.exact = true; /* an unreadable object may match, too */
	r = meant_whole(rm->app, sel, &rm->tally);
	if (r)
		return r;
	rm->batches = calloc(sel->nrefs / RM_SLICE + from->n / RM_SLICE + 2,
			     sizeof(*rm->batches));
	if (!rm->batches) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	rm_cut(rm, sel->refs, NULL, sel->nrefs);
	rm_cut(rm, from->refs, from->marks, from->n);
	rm->query = (struct ipcx_query){
		.size = sizeof(struct ipcx_query),
		.where = sel->where,
		.flags = (args->output.numeric ? IPCX_NUMERIC : 0) |
			 (args->dry_run ? IPCX_DRY_RUN : 0) | (args->all ? IPCX_ALL : 0),
	};
	want_fields(rm);
	return 0;
}

static int rm_run(struct app *app, void *data, int n, char **words)
{
	struct rm_args *args = data;
	struct removal rm = { .app = app, .args = args };
	struct rm_list from = { .n = 0 };
	struct selection sel;
	int r = select_read(app->x, &args->select, n, words, &sel);

	if (r)
		return r;
	r = rm_prepare(&rm, &sel, &from);
	if (!r)
		r = remove_them(&rm);
	for (size_t i = 0; i < rm.nbatches; i++)
		ipcx_table_free(rm.batches[i].same);
	ipcx_table_free(rm.listed);
	free(rm.batches);
	free(from.refs);
	free(from.marks);
	select_free(&sel);
	return r;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "all",            0,   FLAG(struct rm_args, all),            .help = "remove all objects of these mechanisms or groups" },
	{ "from",           0,   TEXT(struct rm_args, from),           .arg = "FILE", .complete = COMPLETE_FILES, .help = "read objects from ls output: JSON or references" },
	{ "null",           '0', FLAG(struct rm_args, null),           .help = "with --from: references end with NUL (ls -q0)" },
	{ "unused",         0,   FLAG(struct rm_args, unused),         .help = "only objects known to be unused" },
	{ "dry-run",        0,   FLAG(struct rm_args, dry_run),        .help = "show what would be removed, without removing" },
	{ "yes",            'y', FLAG(struct rm_args, yes),            .help = "do not ask for confirmation" },
	{ "ignore-missing", 0,   FLAG(struct rm_args, ignore_missing), .help = "ignore objects that do not exist" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,        0 },
	{ select_opts, offsetof(struct rm_args, select) },
	{ ns_one_opts, offsetof(struct rm_args, where) },
	{ output_opts,  offsetof(struct rm_args, output) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx rm shm:5 msg:0x4d2 mq:/jobs",                     "three objects, by id, key and name" },
	{ "ipcx rm shm 5 6 7",                                    "three segments" },
	{ "ipcx rm shm --where 'nattch == 0 && idle > 1d' --dry-run", "what a clean-up would remove" },
	{ "ipcx rm sysv --where 'owner == bob' --yes",            "all objects of one user, without confirmation" },
	{ "ipcx rm --ns web sysv --all",                          "all System V objects of a container" },
	{ "ipcx rm sem --all",                                    "all semaphore arrays" },
	{ "ipcx rm shm --unused --where 'owner == bob'",          "this user's segments that are not attached, whose creators have ended" },
	{ "ipcx rm pshm --unused --dry-run",                      "what nobody has mapped or open" },
	{ "ipcx rm --from list.json",                             "what 'ipcx ls --json > list.json' listed, if unchanged" },
	{ "", "" },
};

const struct cmd cmd_rm = {
	.name = "rm", .operands = "REF…|[MECH…]", .summary = "Remove objects",
	.about = "Removes the named objects, or those that match a condition. Each object is read, checked and removed in one step, so the condition "
		 "holds at the moment of removal. Before removing more than one object of a mechanism or file, ipcx shows on a terminal the first 20 "
		 "and who uses them, their number, and how many are attached or waited on, and asks for confirmation; an object that was "
		 "replaced since then is not removed. An attached segment is destroyed at its last detach. A POSIX name is "
		 "removed only if it is an object of that mechanism. "
		 "--unused removes only objects whose field in_use is false, as read at the moment of removal: it keeps those that processes have attached, "
		 "mapped or open, segments whose creator still runs, and queues that contain messages. Objects of which that cannot be found out are kept, "
		 "counted in a message, and make the exit status 4.",
	.options = options, .examples = examples, .complete = COMPLETE_MECHS | COMPLETE_GROUPS | COMPLETE_REFS,
	.exits = EXITS({ EXIT_DONE, "removed, even if there was nothing to remove" }, { EXIT_FAILED, "failed, or the answer was no, or stopped because removals could not be printed" }, { EXIT_MISSING, "none of the named objects exists, or no such namespace" }, { EXIT_PART, "some objects were not removed, or may not have been seen" }),
	.args_size = sizeof(struct rm_args), .run = rm_run,
};
/* clang-format on */

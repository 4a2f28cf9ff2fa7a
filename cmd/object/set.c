/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx set: change objects. */

#include "base/util.h"
#include "commands.h"
#include "exec/signals.h"
#include "nsopt.h"
#include "object/meant.h"
#include "ui/asked.h"
#include "ui/owner.h"
#include "ui/select.h"

struct set_args {
	struct ns_args where;
	struct output_args output;
	struct ipcx_attrs attrs;
	const char *owner;
	bool lock, unlock, dry_run;
};

/* Columns of a table: what can be changed. */
static const enum ipcx_field shown[] = { IPCX_F_REF,   IPCX_F_OWNER, IPCX_F_GROUP,
					 IPCX_F_MODE,  IPCX_F_SIZE,  IPCX_F_QBYTES,
					 IPCX_F_STATUS };

static int set_read_attrs(struct set_args *args)
{
	int r = args->owner ? owner_read(args->owner, &args->attrs) : 0;

	if (r)
		return r;
	if (args->lock && args->unlock)
		return msg_usage("--lock and --unlock contradict each other");
	args->attrs.set |= (args->lock ? IPCX_A_LOCK : 0) |
			   (args->unlock ? IPCX_A_UNLOCK : 0);
	args->attrs.size = sizeof(args->attrs);
	if (!args->attrs.set)
		return msg_usage("nothing to change was named");
	return 0;
}

/* Number of objects that are changed before their record is flushed. */
#define SLICE 64

struct changing {
	struct app *app;
	const struct set_args *args;
	struct selection *sel;
	const struct ipcx_expr *where;
	struct output output;
	struct tally tally;
	bool print;
	size_t slice;
	/* The next reference; after the last one, the position in the listing of the
	 * mechanisms. */
	size_t next;
	uint64_t resume;
	bool through;
};

static bool is_left(const struct changing *c)
{
	return c->next < c->sel->nrefs || (c->sel->mechs && !c->through);
}

/* Return the query of the next slice: of the references, then of the mechanisms. */
static struct ipcx_query next_part(const struct changing *c)
{
	struct ipcx_query q = { .size = sizeof(q),
				.where = c->where,
				.fields = output_query(&c->output),
				.flags = output_flags(&c->output) |
					 (c->args->dry_run ? IPCX_DRY_RUN : 0) };

	if (c->next < c->sel->nrefs) {
		q.refs = c->sel->refs + c->next;
		q.nrefs = c->sel->nrefs - c->next;
		q.nrefs = c->slice ? MIN(c->slice, q.nrefs) : q.nrefs;
	} else {
		q.mechs = c->sel->mechs;
		q.resume = c->resume;
		q.max_rows = c->slice;
	}
	return q;
}

static void move_on(struct changing *c, const struct ipcx_query *q,
		    const struct ipcx_table *t)
{
	if (q->nrefs) {
		c->next += q->nrefs;
	} else {
		c->resume = ipcx_table_resume(t);
		c->through = c->resume == 0;
	}
}

/* Count the objects still to be changed; SIZE_MAX if unknown. */
static size_t set_count_rest(struct changing *c)
{
	size_t rest = 0;

	while (is_left(c)) {
		struct ipcx_query q = next_part(c);
		struct ipcx_table *t;

		q.flags |= IPCX_DRY_RUN;
		q.fields = IPCX_FIELDSET(IPCX_F_MECH);
		if (ipcx_change(c->app->x, &q, &c->args->attrs, &t) < 0)
			return SIZE_MAX;
		rest += ipcx_table_rows(t);
		move_on(c, &q, t);
		ipcx_table_free(t);
	}
	return rest;
}

/* Report the rows that could not be printed (NULL: none were changed yet), and how many
 * objects were not changed. */
static void set_say_unrecorded(struct changing *c, const struct ipcx_table *t)
{
	size_t n = t ? ipcx_table_rows(t) : 0, rest = set_count_rest(c);

	for (size_t i = 0; i < n; i++) {
		char name[IPCX_REF_MAX];
		struct ipcx_ref ref;

		if (ipcx_row_ref(t, i, &ref) < 0)
			continue;
		(void)ipcx_ref_format(&ref, name, sizeof(name));
		msg_note("%s: was changed, but that could not be printed", name);
	}
	if (rest == SIZE_MAX)
		msg_note("the others are not changed, as that could not be printed");
	else if (rest)
		msg_note("not changed, as that could not be printed%s: %zu",
			 n ? ", either" : "", rest);
}

static int change_some(struct changing *c)
{
	struct ipcx_query q = next_part(c);
	struct ipcx_table *t;
	int r = ipcx_change(c->app->x, &q, &c->args->attrs, &t);

	if (r < 0)
		return app_failed(c->app, r);
	msg_table(t, c->app->verbose, &c->tally);
	move_on(c, &q, t);
	if (c->print && ipcx_table_rows(t) > 0)
		r = output_all(&c->output, t);
	if (!r)
		r = out_check();
	if (r && !c->args->dry_run)
		set_say_unrecorded(c, t);
	ipcx_table_free(t);
	return r;
}

/* Make the library reject what a mechanism cannot change, before anything is written or
 * changed. */
static int check_attrs(struct changing *c)
{
	struct ipcx_query q = { .size = sizeof(q),
				.where = c->where,
				.flags = IPCX_DRY_RUN };
	struct ipcx_table *t;
	int r;

	for (size_t i = 0; !q.nrefs && i < c->sel->nrefs; i++)
		if (c->args->attrs.set & ~ipcx_mech_info(c->sel->refs[i].mech)->change) {
			q.refs = &c->sel->refs[i];
			q.nrefs = 1;
		}
	for (unsigned m = 0; !q.nrefs && ipcx_mech_info(m); m++)
		if (c->args->attrs.set & ~ipcx_mech_info(m)->change)
			q.mechs |= c->sel->mechs & IPCX_MECH_BIT(m);
	if (!q.nrefs && !q.mechs)
		return 0;
	r = ipcx_change(c->app->x, &q, &c->args->attrs, &t);
	if (r < 0)
		return app_failed(c->app, r);
	ipcx_table_free(t);
	return 0;
}

/* Drop duplicates and begin the output, so that a closed stdout is detected before
 * anything is changed. */
static int set_begin(struct changing *c)
{
	const struct output_args *output = &c->args->output;
	int r = check_attrs(c);

	if (!r)
		r = meant_whole(c->app, c->sel, &c->tally);
	if (!r)
		r = meant_once(c->app, c->sel);
	if (r)
		return r;
	c->print = c->app->verbose || c->args->dry_run || output->json ||
		   output->format || output->fields || output->sort;
	/* Sorting needs all rows at once. */
	c->slice = output->sort || !c->print ? 0 : SLICE;
	/* Ignore SIGPIPE: that signal must not kill us after a change and before it is
	 * printed. */
	signals_outlive_reader();
	if (!c->print)
		return 0;
	output_heading(&c->output, NULL);
	r = c->args->dry_run ? 0 : out_ready();
	if (r)
		set_say_unrecorded(c, NULL);
	return r;
}

static int set_change(struct app *app, const struct set_args *args, struct selection *sel)
{
	struct changing c = { .app = app, .args = args, .sel = sel };
	uint64_t touched = select_touched(sel);
	int r = output_open(&c.output, &args->output, "objects");

	if (!r)
		r = output_condition(app->x, &args->output, NULL, NULL, &c.where);
	if (!r)
		r = asked_of(touched, c.where, &args->output, ASKED_NOTED);
	if (!r)
		r = output_fields(&c.output, args->output.fields,
				  c.output.format->raw ? select_usual(touched)
						       : COLUMN_LIST(shown),
				  select_knows, &touched);
	if (r)
		return r;
	c.tally.exact = c.where != NULL; /* an unreadable object may match */
	r = set_begin(&c);
	while (!r && is_left(&c))
		r = change_some(&c);
	if (!r || c.output.begun)
		output_close(&c.output);
	tally_asked(&c.tally, sel->mechs, false);
	return r ? r : tally_status(&c.tally);
}

static int set_run(struct app *app, void *data, int n, char **words)
{
	struct set_args *args = data;
	struct selection sel;
	int r = select_read(app->x, NULL, n, words, &sel);

	if (r)
		return r;
	if (sel.mechs && !args->output.where.n)
		r = msg_usage("a mechanism alone changes nothing: add ids or --where");
	else if (!sel.mechs && !sel.nrefs)
		r = msg_usage("set needs references to objects, such as shm:5, or a "
			      "mechanism and --where");
	if (!r)
		r = set_read_attrs(args);
	if (!r)
		r = ns_use(app, &args->where);
	if (!r)
		r = set_change(app, args, &sel);
	select_free(&sel);
	return r;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "mode",   'm', MODE(struct set_args, attrs.mode),   GIVEN(struct set_args, attrs.set, IPCX_A_MODE),   .arg = "MODE", .help = "octal permissions, 0 to 0777" },
	{ "owner",  0,   TEXT(struct set_args, owner),        .arg = "USER[:GROUP]", .complete = COMPLETE_USERS, .help = "owner and group, by name or number" },
	{ "qbytes", 0,   SIZE(struct set_args, attrs.qbytes), GIVEN(struct set_args, attrs.set, IPCX_A_QBYTES), .arg = "SIZE", .help = "msg: capacity in bytes (msg_qbytes)" },
	{ "size",   0,   SIZE(struct set_args, attrs.bytes),  GIVEN(struct set_args, attrs.set, IPCX_A_SIZE),   .arg = "SIZE", .help = "pshm: truncate (losing data) or extend to this size" },
	{ "lock",   0,   FLAG(struct set_args, lock),         .help = "shm: lock in memory (SHM_LOCK)" },
	{ "unlock", 0,   FLAG(struct set_args, unlock),       .help = "shm: unlock (SHM_UNLOCK)" },
	{ "where",  'w', LISTED(struct set_args, output.where), .arg = "EXPR", .complete = COMPLETE_FIELDS, .help = "only objects that match this condition; repeatable" },
	{ "dry-run", 0,  FLAG(struct set_args, dry_run),      .help = "show what would be changed, without changing it" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,       0 },
	{ ns_one_opts, offsetof(struct set_args, where) },
	{ output_opts, offsetof(struct set_args, output) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx set shm:5 --mode 0640 --owner postgres:dba", "permissions and owner" },
	{ "ipcx set msg:0x4d2 --qbytes 64K",                 "more room in a queue" },
	{ "ipcx set shm 5 6 --lock",                         "keep two segments in memory" },
	{ "ipcx set pshm:/cache --size 16M",                 "extend POSIX shared memory" },
	{ "ipcx set shm --where 'owner == bob' --owner alice", "all segments of one user" },
	{ "ipcx set --ns web shm:0 --owner 100000",          "in a container; user ids are those of our namespace" },
	{ "", "" },
};

const struct cmd cmd_set = {
	.name = "set", .operands = "REF…|[MECH…]", .summary = "Change owner, mode, size or limits of objects",
	.about = "Changes the named objects, or those of a mechanism that match a condition. Each is read, checked and changed in one step, and printed as it is afterwards, "
		 "even if it no longer matches. An option that does not apply to one of the mechanisms is an error, before anything is changed.",
	.options = options, .examples = examples, .complete = COMPLETE_MECHS | COMPLETE_GROUPS | COMPLETE_REFS,
	.exits = EXITS({ EXIT_MISSING, "none of the named objects exists, or no such namespace" }, { EXIT_PART, "some of the named objects do not exist or were not changed; or, with --where, something could not be read" }),
	.args_size = sizeof(struct set_args), .run = set_run,
};
/* clang-format on */

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx set: change objects. */
#include "cmd.h"
#include "ui/owner.h"
#include "ui/select.h"
#include "where.h"

struct set_args {
	struct where_args where;
	struct sheet_args sheet;
	struct ipcx_attrs attrs;
	const char *owner;
	bool lock, unlock;
};

/* In a table: what can be changed. */
static const enum ipcx_field shown[] = { IPCX_F_REF,   IPCX_F_OWNER, IPCX_F_GROUP,
					 IPCX_F_MODE,  IPCX_F_SIZE,  IPCX_F_QBYTES,
					 IPCX_F_STATUS };

static int read_attrs(struct set_args *args)
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

static int change(struct app *app, const struct set_args *args,
		  const struct selection *sel)
{
	uint64_t touched = select_touched(sel);
	struct tally tally = { 0 };
	const struct ipcx_expr *where;
	struct ipcx_table *t;
	struct sheet s;
	int r = sheet_open(&s, &args->sheet, "objects");

	if (!r)
		r = sheet_fields(&s, args->sheet.fields,
				 s.format->raw ? select_usual(touched) : SHOW_LIST(shown),
				 select_knows, &touched);
	if (!r)
		r = sheet_condition(app->x, &args->sheet, select_knows, &touched, &where);
	if (r)
		return r;
	r = ipcx_change(app->x,
			&(struct ipcx_query){ .size = sizeof(struct ipcx_query),
					      .refs = sel->refs,
					      .nrefs = sel->nrefs,
					      .where = where,
					      .fields = sheet_query(&s),
					      .flags = sheet_flags(&s) },
			&args->attrs, &t);
	if (r < 0)
		return app_failed(app, r);
	msg_table(t, app->verbose, &tally);
	if (s.format->raw || app->verbose) {
		sheet_heading(&s, NULL);
		if (ipcx_table_rows(t) > 0)
			r = sheet_all(&s, t);
	}
	sheet_close(&s);
	ipcx_table_free(t);
	return r ? r : tally_status(&tally);
}

static int run(struct app *app, void *data, int n, char **words)
{
	struct set_args *args = data;
	struct selection sel;
	int r = select_read(app->x, NULL, n, words, &sel);

	if (r)
		return r;
	if (sel.nrefs == 0 || sel.mechs)
		r = msg_usage("set needs references of single objects, such as shm:5");
	if (!r)
		r = read_attrs(args);
	if (!r)
		r = where_use(app, &args->where);
	if (!r)
		r = change(app, args, &sel);
	select_free(&sel);
	return r;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "mode",   'm', MODE(struct set_args, attrs.mode),   GIVEN(struct set_args, attrs.set, IPCX_A_MODE),   .arg = "MODE", .help = "permission bits, octal, 0 to 0777" },
	{ "owner",  0,   TEXT(struct set_args, owner),        .arg = "USER[:GROUP]", .complete = COMPLETE_USERS, .help = "owner and group, by name or number" },
	{ "qbytes", 0,   SIZE(struct set_args, attrs.qbytes), GIVEN(struct set_args, attrs.set, IPCX_A_QBYTES), .arg = "SIZE", .help = "msg: bytes that the queue may hold (msg_qbytes)" },
	{ "size",   0,   SIZE(struct set_args, attrs.bytes),  GIVEN(struct set_args, attrs.set, IPCX_A_SIZE),   .arg = "SIZE", .help = "pshm: cut or grow to this size; what is cut off is lost" },
	{ "lock",   0,   FLAG(struct set_args, lock),         .help = "shm: lock in memory (SHM_LOCK)" },
	{ "unlock", 0,   FLAG(struct set_args, unlock),       .help = "shm: unlock (SHM_UNLOCK)" },
	{ "where",  'w', LISTED(struct set_args, sheet.where), .arg = "EXPR", .complete = COMPLETE_FIELDS, .help = "change only objects that fulfil this condition; of several, all" },
	{ .name = NULL },
};

static const struct opt_group options[] = {
	{ opts,       0 },
	{ where_one_opts, offsetof(struct set_args, where) },
	{ sheet_opts, offsetof(struct set_args, sheet) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx set shm:5 --mode 0640 --owner postgres:dba", "permissions and owner" },
	{ "ipcx set msg:0x4d2 --qbytes 64K",                 "a longer queue" },
	{ "ipcx set shm 5 6 --lock",                         "keep two segments in memory" },
	{ "ipcx set pshm:/cache --size 16M",                 "grow a POSIX object" },
	{ "ipcx set --ns web shm:0 --owner 100000",          "in a container; users are numbered as seen from here" },
	{ NULL, NULL },
};

extern const struct cmd cmd_set;
const struct cmd cmd_set = {
	.name = "set", .operands = "REF…", .summary = "change owner, mode, size or limits of objects",
	.about = "Changes each object named. An option that one of the mechanisms does not know is refused before anything is changed.",
	.options = options, .examples = examples, .complete = COMPLETE_MECHS | COMPLETE_REFS,
	.exits = EXITS({ EXIT_MISSING, "none of the objects named exists, or there is no such namespace" }, { EXIT_PART, "some of the objects named do not exist, or were not changed" }),
	.args_size = sizeof(struct set_args), .run = run,
};
/* clang-format on */

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx ns ls, ipcx ns show: IPC namespaces, their processes and objects. */
#include <string.h>

#include "base/util.h"
#include "commands.h"
#include "ns/tree.h"
#include "nsopt.h"

struct ns_ls_args {
	struct output_args output;
	bool thorough, tree;
};

static const enum ipcx_field shown[] = { IPCX_F_NS,      IPCX_F_PROCESSES, IPCX_F_PID,
					 IPCX_F_COMMAND, IPCX_F_OBJECTS,   IPCX_F_BYTES,
					 IPCX_F_KEPT_BY, IPCX_F_CONTAINERS };
/* If any namespace is pinned. */
static const enum ipcx_field shown_pins[] = {
	IPCX_F_NS,    IPCX_F_PROCESSES, IPCX_F_PID, IPCX_F_COMMAND,   IPCX_F_OBJECTS,
	IPCX_F_BYTES, IPCX_F_KEPT_BY,   IPCX_F_PIN, IPCX_F_CONTAINERS
};
static const enum ipcx_field keeper_fields[] = { IPCX_F_KEEPER, IPCX_F_CONTAINER,
						 IPCX_F_LET_GO };
static const enum ipcx_field usage_fields[] = { IPCX_F_MECH, IPCX_F_OBJECTS,
						IPCX_F_BYTES };
static const enum ipcx_field member_fields[] = { IPCX_F_PID,       IPCX_F_OWNER,
						 IPCX_F_COMMAND,   IPCX_F_STARTED,
						 IPCX_F_CONTAINER, IPCX_F_MNT_NS };
/* A table omits the first three fields: the fourth combines them for people. */
#define BOX_RAW 3
static const enum ipcx_field box_fields[] = { IPCX_F_RUNTIME,       IPCX_F_NAME,
					      IPCX_F_CONTAINER_UID, IPCX_F_CONTAINER,
					      IPCX_F_CONTAINER_ID,  IPCX_F_POD,
					      IPCX_F_POD_NAMESPACE, IPCX_F_SYSTEMD_UNIT,
					      IPCX_F_IPC_MODE,      IPCX_F_PID };
/* A table omits the first six fields: what is shared follows from them. */
#define SHARER_RAW 6
static const enum ipcx_field sharer_fields[] = {
	IPCX_F_NS,    IPCX_F_MNT_NS,  IPCX_F_SHM_DEVICE, IPCX_F_MQUEUE_DEVICE,
	IPCX_F_OWNER, IPCX_F_UID,     IPCX_F_SHARES,     IPCX_F_CONTAINER,
	IPCX_F_PID,   IPCX_F_COMMAND, IPCX_F_PROCESSES
};
static const enum ipcx_field limit_fields[] = { IPCX_F_NAME, IPCX_F_LIMIT, IPCX_F_USED,
						IPCX_F_PERCENT, IPCX_F_SOURCE };

/* ---- ls */

/* Whether the last rows are directories without a namespace. */
static bool has_directories(const struct ipcx_table *t)
{
	size_t n = ipcx_table_rows(t);
	struct ipcx_value v;

	return n && ipcx_row_get(t, n - 1, IPCX_F_DIRECTORY, &v) == 0 &&
	       v.type != IPCX_TYPE_NONE;
}

/* A column of names that nearly always is empty is not worth its place. */
static bool has_pins(const struct ipcx_table *t)
{
	struct ipcx_value v;

	for (size_t i = 0; i < ipcx_table_rows(t); i++)
		if (ipcx_row_get(t, i, IPCX_F_PIN, &v) == 0 && ipcx_value_string(&v))
			return true;
	return false;
}

/* Holders are looked for if a list of fields or a condition may name them. */
static bool wants_keepers(const struct output_args *args)
{
	const char *name = ipcx_field_info(IPCX_F_KEEPERS)->name;
	bool wants = (args->fields && strstr(args->fields, name)) ||
		     (args->sort && strstr(args->sort, name));

	for (size_t i = 0; i < args->where.n; i++)
		wants |= strstr(args->where.all[i], name) != NULL;
	return wants;
}

static int print_list(struct app *app, const struct ns_ls_args *args,
		      const struct ipcx_table *t)
{
	struct tally tally = { 0 };
	struct output s;
	int r = output_open(&s, &args->output, "namespaces");

	if (!r)
		r = output_fields(
			&s, args->output.fields,
			s.format->raw ? (struct shown){ .after = ipcx_row_fields(t, 0) }
			: has_pins(t) ? COLUMN_LIST(shown_pins)
				      : COLUMN_LIST(shown),
			output_table_knows, t);
	if (!r)
		r = output_condition(app->x, &args->output, output_table_knows, t,
				     &s.where);
	if (r)
		return r;
	if (has_directories(t))
		output_add_field(&s, IPCX_F_DIRECTORY);
	msg_table(t, app->verbose, &tally);
	output_heading(&s, NULL);
	r = output_all(&s, t);
	output_close(&s);
	return output_status(&s, r ? r : tally_status(&tally));
}

/* Whether a table has notes that another lacks: both are made from the same processes. */
static bool has_more_notes(const struct ipcx_table *t, const struct ipcx_table *than)
{
	const struct ipcx_note *n, *m;

	for (size_t i = 0; (n = ipcx_table_note(t, i)); i++) {
		bool found = false;

		for (size_t k = 0; !found && (m = ipcx_table_note(than, k)); k++)
			found = !strcmp(n->text, m->text);
		if (!found)
			return true;
	}
	return false;
}

/* The option --tree: for people, and with a layout of its own. */
static int print_tree(struct app *app, const struct ns_ls_args *args,
		      const struct ipcx_table *t)
{
	auto_free uint32_t *rows = NULL;
	struct ipcx_table *users = NULL;
	struct tally tally = { 0 };
	struct output s;
	size_t n = 0;
	int r = output_open(&s, &args->output, "namespaces");

	if (!r && s.format->raw)
		r = msg_usage("--tree is for people: for programs, user_ns_parent leads "
			      "to the next user namespace");
	if (!r && args->output.fields)
		r = msg_usage("--tree prints a tree, not fields: -o does not apply");
	if (!r)
		r = output_condition(app->x, &args->output, output_table_knows, t,
				     &s.where);
	if (!r)
		r = output_pick(&s, t, &rows, &n);
	if (r)
		return r;
	r = ipcx_user_namespaces(app->x, args->thorough ? IPCX_THOROUGH : 0, &users);
	if (r < 0)
		return app_failed(app, r);
	msg_table(t, app->verbose, &tally);
	if (has_more_notes(users, t))
		msg_table(users, app->verbose, &tally);
	r = ns_tree(t, users, rows, n);
	s.rows = n;
	ipcx_table_free(users);
	output_close(&s);
	return output_status(&s, r ? r : tally_status(&tally));
}

static int run_ls(struct app *app, void *data, int n, char **words)
{
	const struct ns_ls_args *args = data;
	struct ipcx_table *t;
	int r;

	if (n)
		return msg_usage("ns ls takes no operand: '%s' (see ns show)", words[0]);
	r = ipcx_namespaces(app->x,
			    args->thorough || wants_keepers(&args->output) ? IPCX_THOROUGH
									   : 0,
			    &t);
	if (r < 0)
		return app_failed(app, r);
	r = args->tree ? print_tree(app, args, t) : print_list(app, args, t);
	ipcx_table_free(t);
	return r;
}

/* ---- show */

/* The parts of a namespace; each is a table. A format that nests has the containers in
 * the row itself. */
/* clang-format off */
static const struct part {
	const char *label, *name;
	struct shown shown;
	int (*get)(struct ipcx *x, struct ipcx_table **ret_t);
	size_t raw; /* number of leading fields that a table omits */
	bool in_row;
} parts[] = {
	{ "objects",                                      "mechanisms", COLUMN_LIST_INIT(usage_fields),  ipcx_usage,      0, false },
	{ "containers",                                   "containers", COLUMN_LIST_INIT(box_fields),    ipcx_containers, BOX_RAW, true },
	{ "processes",                                    "members",    COLUMN_LIST_INIT(member_fields), ipcx_members,    0, false },
	{ "who shares it, its /dev/shm or its /dev/mqueue", "sharers", COLUMN_LIST_INIT(sharer_fields), ipcx_sharers, SHARER_RAW, false },
};
/* clang-format on */

#define PARTS (ARRAY_SIZE(parts) + 1) /* and the limits */

/* The keepers of the row, which has the rows already; a program finds them there. */
static size_t get_keepers(const struct ipcx_table *t, struct output_child *ret_child)
{
	size_t first, n;
	struct ipcx_value v = { .type = IPCX_TYPE_NONE };

	(void)ipcx_row_get(t, 0, IPCX_F_KEEPERS, &v);
	*ret_child = (struct output_child){
		.label = "what keeps it alive, and how to end that",
		.name = "keepers",
		.shown = COLUMN_LIST(keeper_fields),
		.t = ipcx_value_rows(&v, &first, &n)
	};
	return ret_child->t != NULL;
}

static struct ipcx_table *get_part(struct app *app, int r, struct ipcx_table *t)
{
	if (r < 0) {
		msg_note("%s", ipcx_error(app->x));
		return NULL;
	}
	msg_table(t, app->verbose, &(struct tally){ 0 });
	return t;
}

static size_t get_parts(struct app *app, bool raw, struct output_child *children)
{
	struct ipcx_table *t = NULL;
	size_t n = 0;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct shown part = parts[i].shown;

		if (raw && parts[i].in_row)
			continue;
		if (!raw) {
			part.list += parts[i].raw;
			part.n -= parts[i].raw;
		}
		r = parts[i].get(app->x, &t);
		children[n++] = (struct output_child){ .label = parts[i].label,
						       .name = parts[i].name,
						       .shown = part,
						       .t = get_part(app, r, t) };
	}
	r = ipcx_limits(app->x, NULL, &t);
	children[n++] = (struct output_child){ .label = "limits",
					       .name = "limits",
					       .shown = COLUMN_LIST(limit_fields),
					       .t = get_part(app, r, t) };
	return n;
}

static void end_parts(struct output_child *children, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		union {
			const struct ipcx_table *read;
			struct ipcx_table *owned;
		} t = { .read = children[i].t };

		ipcx_table_free(t.owned);
	}
}

static int print_one(struct app *app, const struct ns_ls_args *args,
		     const struct ipcx_table *t)
{
	struct output_rows one = { .t = t, .n = 1 };
	struct output_child children[1 + PARTS];
	struct ipcx_fieldset all = ipcx_row_fields(t, 0);
	struct tally tally = { 0 };
	auto_free uint32_t *rows = NULL;
	struct output s;
	char name[64];
	size_t n = 0, kept = 0, nrows;
	int r = output_open(&s, &args->output, "namespaces");

	if (!r && !s.format->raw)
		kept = get_keepers(t, children);
	if (kept)
		ipcx_fieldset_remove(&all, IPCX_F_KEEPERS);
	if (!r)
		r = output_fields(&s, args->output.fields, (struct shown){ .after = all },
				  output_table_knows, t);
	if (!r)
		r = output_condition(app->x, &args->output, output_table_knows, t,
				     &s.where);
	if (!r)
		r = output_pick(&s, t, &rows, &nrows);
	if (r)
		return r;
	msg_table(t, app->verbose, &tally);
	if (nrows == 0) {
		output_close(&s);
		return output_status(&s, tally_status(&tally));
	}
	ipcx_namespace(app->x, name, sizeof(name));
	if (s.format->detail)
		n = get_parts(app, s.format->raw, children + kept);
	else
		output_heading(&s, NULL);
	output_detail(&s, &one, name, children, n ? kept + n : 0);
	end_parts(children + kept, n);
	output_close(&s);
	return tally_status(&tally);
}

static int run_show(struct app *app, void *data, int n, char **words)
{
	const struct ns_ls_args *args = data;
	struct ipcx_table *t;
	int r;

	if (n != 1)
		return msg_usage(
			"ns show needs one namespace: a process, container, pin, "
			"file, ipc:[N] or self");
	r = ns_use(app, &(struct ns_args){ .ns = words[0] });
	if (r)
		return r;
	if (ns_all(app))
		return msg_usage("ns show is for one namespace: 'ns ls' lists all");
	r = ipcx_namespaces(app->x, IPCX_THOROUGH, &t);
	if (r < 0)
		return app_failed(app, r);
	if (ipcx_table_rows(t) == 0) {
		msg_error("%s: is gone", words[0]);
		r = EXIT_MISSING;
	} else {
		r = print_one(app, args, t);
	}
	ipcx_table_free(t);
	return r;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "thorough", 't', FLAG(struct ns_ls_args, thorough),   .help = "also inspect every thread, open descriptor and attached segment" },
	{ "tree",     'T', FLAG(struct ns_ls_args, tree),       .help = "as a tree, below the user namespaces that own them" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,       0 },
	{ filter_opts, offsetof(struct ns_ls_args, output) },
	{ output_opts, offsetof(struct ns_ls_args, output) },
	{ NULL, 0 },
};

static const struct opt_group show_options[] = {
	{ filter_opts, offsetof(struct ns_ls_args, output) },
	{ output_opts, offsetof(struct ns_ls_args, output) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx ns ls",                                 "every IPC namespace, its processes and objects" },
	{ "ipcx ns ls -w 'processes == 0'",             "namespaces without processes, and what keeps them alive" },
	{ "ipcx ns ls --tree",                          "by user namespace, with its creator" },
	{ "ipcx ns ls -o +keepers",                     "what to end so that a namespace ends" },
	{ "ipcx ns ls -w 'directory != null'",          "what dead containers left in memory" },
	{ "ipcx ns ls --thorough --json",               "all that can be found, for a program" },
	{ "", "" },
};

static const struct example show_examples[] = {
	{ "ipcx ns show web",               "the namespace of a container" },
	{ "ipcx ns show 4711",              "the namespace of a process" },
	{ "ipcx ns show 'ipc:[4026532177]'", "by its inode number" },
	{ "", "" },
};

const struct cmd cmd_ns_ls = {
	.name = "ns ls", .operands = "", .summary = "List IPC namespaces",
	.about = "Lists every IPC namespace that exists here: its processes, containers and objects, and what keeps it alive. Namespaces that only a "
		 "thread or an open descriptor keeps alive are found with --thorough, which inspects every thread, descriptor and attached segment of every process, as "
		 "the field keepers does. "
		 "Containers are found in the state files of their runtimes, without asking a daemon.",
	.options = options, .examples = examples,
	.exits = EXITS({ EXIT_PART, "some namespaces could not be judged by --where" }),
	.args_size = sizeof(struct ns_ls_args), .run = run_ls,
};

const struct cmd cmd_ns_show = {
	.name = "ns show", .operands = "WHERE", .summary = "Show everything about an IPC namespace",
	.about = "Shows what is known about one namespace: what keeps it alive and how to end that, its objects by mechanism, containers, processes, limits, and which containers and processes share "
		 "the namespace itself (ipc), its /dev/shm (shm) or its /dev/mqueue (mqueue).",
	.options = show_options, .examples = show_examples, .complete = COMPLETE_NS | COMPLETE_FILES,
	.exits = EXITS(NO_SUCH_NAMESPACE),
	.args_size = sizeof(struct ns_ls_args), .run = run_show,
};
/* clang-format on */

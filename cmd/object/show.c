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
#include "object/users.h"
#include "ui/asked.h"
#include "ui/select.h"

struct show_args {
	struct output_args output;
	struct ns_args where;
};

/* The processes that use the objects: all are found in one pass. */
struct users {
	bool named;           /* with -o */
	bool wanted;          /* to be printed */
	struct ipcx_table *t; /* NULL: could not be found */
	struct ipcx_unseen unseen;
	size_t next; /* the row after those of the last object */
};

/* The tables that belong to an object. */
struct parts {
	struct ipcx_table *contents, *shares;
	uint32_t *users; /* rows */
	char users_label[120];
	struct output_child children[3];
	size_t n;
};

static const enum ipcx_field share_fields[] = { IPCX_F_NAME,    IPCX_F_NEEDED,
						IPCX_F_PERCENT, IPCX_F_LIMIT,
						IPCX_F_UNIT,    IPCX_F_SOURCE };

static const enum ipcx_field users_need[] = { IPCX_F_REF, IPCX_F_NS, IPCX_F_NATTCH };

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

/* ---- users */

/* Return whether a word of -o is "users", the name of a table instead of a field. */
static bool is_users(const char *word, size_t len)
{
	return len == 5 && !strncmp(word, "users", len);
}

/*
 * Take the word "users" out of -o, because it names no field. *ret_rest is the rest: NULL
 * if only the default fields are left ("+users"); "ref" if none is left. Returns 0, or
 * exit status 1 after a message.
 */
static int show_take_users(const char *list, char **ret_rest, bool *ret_users)
{
	char *rest = list ? malloc(strlen(list) + sizeof("+ref")) : NULL, *end = rest;
	bool defaults = list && *list == '+';

	*ret_users = false;
	*ret_rest = rest;
	if (!list)
		return 0;
	if (!rest) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	for (bool more = true; more; list++) {
		size_t len = strcspn(list, ","), plus = *list == '+';

		more = list[len] == ',';
		if (is_users(list + plus, len - plus)) {
			*ret_users = true;
		} else {
			if (end > rest)
				*end++ = ',';
			else if (defaults && !plus)
				*end++ = '+';
			end = mempcpy(end, list, len);
		}
		list += len;
	}
	*end = '\0';
	if (end == rest)
		memcpy(rest, defaults ? "+ref" : "ref", defaults ? 5 : 4);
	return 0;
}

/* Whether a call failed while the users were looked for. Processes that may not be looked
 * at are counted in the heading. */
static bool show_call_failed(const struct ipcx_table *t)
{
	const struct ipcx_note *n;

	for (size_t i = 0; (n = ipcx_table_note(t, i)); i++)
		if (n->error && n->error != -EACCES && n->kind != IPCX_NOTE_MISSING)
			break;
	return n;
}

/* Find the users of all objects. A missing object has been reported already. */
static void show_find_users(struct app *app, const struct selection *sel, struct users *u)
{
	struct ipcx_query q = { .size = sizeof(q),
				.refs = sel->refs,
				.nrefs = sel->nrefs };
	struct tally tally = { .missing_is_fine = true };

	u->unseen.size = sizeof(u->unseen);
	if (ipcx_users(app->x, &q, 0, 0, &u->unseen, &u->t) < 0)
		msg_note("%s", ipcx_error(app->x));
	else if (u->named || app->verbose || show_call_failed(u->t))
		msg_table(u->t, app->verbose, &tally);
}

static bool show_same(const struct ipcx_table *a, size_t ra, const struct ipcx_table *b,
		      size_t rb, enum ipcx_field f)
{
	struct ipcx_value va, vb;

	return ipcx_row_get(a, ra, f, &va) == 0 && ipcx_row_get(b, rb, f, &vb) == 0 &&
	       !ipcx_value_compare(&va, &vb);
}

static uint64_t show_number(const struct ipcx_table *t, size_t row, enum ipcx_field f,
			    uint64_t absent)
{
	struct ipcx_value v;

	return ipcx_row_get(t, row, f, &v) == 0 && v.type == IPCX_TYPE_UINT ? v.as.u
									    : absent;
}

/* Write the heading of the users of an object, with what was not seen of them. Returns
 * whether all were seen. */
static bool show_label_users(const struct users *u, const struct ipcx_table *t,
			     size_t row, const struct parts *p, size_t n, char *buf,
			     size_t size)
{
	uint64_t attached = show_number(t, row, IPCX_F_NATTCH, UINT64_MAX), found = 0;
	const struct ipcx_unseen *unseen = &u->unseen;

	(void)snprintf(buf, size, "users");
	if (!users_attach(ipcx_row_mech(t, row))) {
		(void)snprintf(buf, size, "last users (processes do not attach to a %s)",
			       ipcx_mech_info(ipcx_row_mech(t, row))->object);
		return n > 0;
	}
	for (size_t i = 0; i < n; i++)
		found += show_number(u->t, p->users[i], IPCX_F_MAPPINGS, 0);
	if (attached != UINT64_MAX) {
		if (found < attached)
			(void)snprintf(buf, size,
				       "users (%" PRIu64 " of %" PRIu64
				       " attaches found)",
				       found, attached);
		return found >= attached;
	}
	if (unseen->processes)
		(void)snprintf(buf, size,
			       "users (%" PRIu64 " process%s may not be looked at)",
			       unseen->processes, unseen->processes == 1 ? "" : "es");
	else if (unseen->others)
		(void)snprintf(buf, size, "users (in this PID namespace)");
	return users_all_seen(IPCX_MECH_BIT(ipcx_row_mech(t, row)), unseen);
}

/* Report that the users of an object are not shown. */
static void show_starved(const struct ipcx_table *t, size_t row)
{
	char name[IPCX_REF_MAX];
	struct ipcx_ref ref;

	if (ipcx_row_ref(t, row, &ref) == 0 &&
	    ipcx_ref_format(&ref, name, sizeof(name)) > 0)
		msg_object("incomplete", name, ipcx_mech_info(ref.mech)->name,
			   "users: out of memory");
}

static void show_add_users(const struct app *app, const struct output *s, struct users *u,
			   const struct ipcx_table *t, size_t row, struct parts *p)
{
	size_t rows = u->t ? ipcx_table_rows(u->t) : 0, n = 0;
	bool all;

	p->users = calloc(rows + 1, sizeof(*p->users));
	if (!p->users)
		show_starved(t, row);
	/* The rows of an object follow each other, mostly in the order of the objects. */
	for (size_t k = 0; p->users && k < rows; k++) {
		size_t i = (u->next + k) % rows;

		if (show_same(t, row, u->t, i, IPCX_F_REF) &&
		    (!ns_all(app) || show_same(t, row, u->t, i, IPCX_F_NS)))
			p->users[n++] = (uint32_t)i;
		else if (n)
			break;
	}
	if (n)
		u->next = p->users[n - 1] + 1;
	all = u->t &&
	      show_label_users(u, t, row, p, n, p->users_label, sizeof(p->users_label));
	p->children[p->n++] = (struct output_child){
		.label = p->users_label,
		.name = "users",
		.t = p->users && (n || all) ? u->t : NULL,
		.shown = s->format->raw ? users_all_below : users_table_below,
		.order = p->users,
		.n = n,
	};
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
		     size_t row, struct users *users)
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
		if (users->wanted)
			show_add_users(app, s, users, t, row, &p);
		add_shares(app, &ref, t, row, &p);
	}
	ipcx_use(app->x, app->ns);
	ipcx_ns_free(there);
	output_detail(s, &one, label, p.children, p.n);
	ipcx_table_free(p.contents);
	ipcx_table_free(p.shares);
	free(p.users);
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
 * each limit is computed from some, and its users are found by reference and namespace. */
static struct ipcx_fieldset with_parts(const struct output *s, uint64_t mechs, bool users)
{
	struct ipcx_fieldset fields = output_query(s), shares = ipcx_share_fields(mechs);

	if (!s->format->detail || ipcx_fieldset_empty(&fields))
		return fields;
	ipcx_fieldset_merge(&fields, &shares);
	for (size_t i = 0; users && i < ARRAY_SIZE(users_need); i++)
		if (select_knows(users_need[i], &mechs))
			ipcx_fieldset_add(&fields, users_need[i]);
	return fields;
}

static int show_show(struct app *app, const struct show_args *args,
		     const struct selection *sel, struct users *users)
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
	if (!r && users->named && !s.format->detail)
		r = msg_usage("users: only table, json and jsonl have them ('ipcx who')");
	if (r)
		return r;
	users->wanted = s.format->detail && (users->named || !s.format->raw);
	fields = with_parts(&s, touched, users->wanted);
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
	if (users->wanted && ipcx_table_rows(t) > 0)
		show_find_users(app, sel, users);
	r = output_order(&s, t, &order);
	for (size_t i = 0; !r && i < ipcx_table_rows(t); i++)
		show_row(app, &s, t, order ? order[i] : i, users);
	if (users->t && s.format->raw)
		users_put_unseen(app, &s, sel, 0, &users->unseen);
	output_close(&s);
	ipcx_table_free(users->t);
	ipcx_table_free(t);
	return r ? r : tally_status(&tally);
}

static int show_run(struct app *app, void *data, int n, char **words)
{
	struct show_args *args = data;
	auto_free char *rest = NULL;
	struct users users = { .t = NULL };
	struct selection sel;
	int r = show_take_users(args->output.fields, &rest, &users.named);

	if (!r)
		r = select_read(app->x, NULL, n, words, &sel);
	if (r)
		return r;
	if (users.named)
		args->output.fields = rest;
	if (sel.nrefs == 0 || sel.mechs)
		r = msg_usage("show needs references to single objects, such as shm:5");
	else
		r = ns_use(app, &args->where);
	if (!r)
		r = show_show(app, args, &sel, &users);
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
	{ "ipcx show mq:/jobs -o +qsize,notify_pid", "with fields whose reading changes the queue's times" },
	{ "", "" },
};

const struct cmd cmd_show = {
	.name = "show", .operands = "REF…", .summary = "Show everything about objects",
	.about = "Shows all that the kernel reports about each object, its contents (the semaphores of an array, the messages of a queue, which are "
		 "not removed), the processes that use it, and its share of each limit. Values that may not be read are shown as unknown. No other object is read.",
	.options = options, .examples = examples, .complete = COMPLETE_MECHS | COMPLETE_REFS,
	.exits = EXITS({ EXIT_MISSING, "none of the named objects exists, or no such namespace" }, { EXIT_PART, "some of the named objects do not exist or could not be read" }),
	.args_size = sizeof(struct show_args), .run = show_run,
};
/* clang-format on */

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx waits: list the threads that wait for objects. */
#include <stdlib.h>

#include "base/util.h"
#include "commands.h"
#include "nsopt.h"
#include "object/procs.h"
#include "object/waiting.h"

#define GIVEN_FOR 1U

struct waits_args {
	struct output_args output;
	struct ns_args where;
	uint64_t given, for_ns;
	bool graph, fail;
};

struct waits {
	struct procs procs;
	const struct waits_args *args;
	struct ipcx_table *t;
	uint32_t *rows; /* those that match the condition; NULL: all, in table order */
	size_t n;
};

static size_t waits_row(const struct waits *w, size_t i)
{
	return w->rows ? w->rows[i] : i;
}

static int waits_no_memory(void)
{
	msg_error("out of memory");
	return EXIT_FAILED;
}

/* ---- cycles */

/* A row that belongs to a cycle. */
struct link {
	uint64_t cycle;
	int32_t pid;
	enum ipcx_grade grade;
	bool shown; /* it matches the condition */
};

static int waits_compare_links(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	if (x->cycle != y->cycle)
		return x->cycle < y->cycle ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* Make a group of each cycle that has a row which is shown. Its members are all of its
 * processes, whether their rows are shown or not. Returns the number of groups. */
static size_t waits_group(const struct link *links, size_t n, struct output_group *groups,
			  int32_t *members)
{
	size_t found = 0;

	for (size_t i = 0, end; i < n; i = end) {
		struct output_group *g = &groups[found];
		bool shown = false;

		*g = (struct output_group){ .grade = links[i].grade, .members = members };
		for (end = i; end < n && links[end].cycle == links[i].cycle; end++) {
			shown |= links[end].shown;
			if (end == i || links[end].pid != links[end - 1].pid)
				members[g->n++] = links[end].pid;
		}
		members += g->n;
		found += shown;
	}
	return found;
}

static int waits_put_cycles(struct waits *w)
{
	size_t rows = ipcx_table_rows(w->t), n = 0;
	auto_free struct link *links = calloc(rows + 1, sizeof(*links));
	auto_free struct output_group *groups = calloc(rows + 1, sizeof(*groups));
	auto_free int32_t *members = calloc(rows + 1, sizeof(*members));

	if (!links || !groups || !members)
		return waits_no_memory();
	/* First one element for each row, then only those of cycles: never after their
	 * row. */
	for (size_t i = 0; i < w->n; i++)
		links[waits_row(w, i)].shown = true;
	for (size_t i = 0; i < rows; i++) {
		uint64_t cycle = waits_number(w->t, i, IPCX_F_CYCLE);

		if (!cycle)
			continue;
		links[n++] = (struct link){
			.cycle = cycle,
			.pid = (int32_t)waits_number(w->t, i, IPCX_F_PID),
			.grade = (enum ipcx_grade)waits_number(w->t, i, IPCX_F_GRADE),
			.shown = links[i].shown,
		};
	}
	qsort(links, n, sizeof(*links), waits_compare_links);
	output_groups(&w->procs.output, "cycles", groups,
		      waits_group(links, n, groups, members));
	return 0;
}

/* ---- messages */

/* Whether threads may wait for such objects in poll(2), where they are not found: what
 * processes open and then read or write messages or bytes through. */
static bool waits_polled(unsigned mech)
{
	return ipcx_mech_has(mech, IPCX_F_READERS) ||
	       (ipcx_mech_can(mech) & (IPCX_CAN_ATTACH | IPCX_CAN_QUEUE)) ==
		       (IPCX_CAN_ATTACH | IPCX_CAN_QUEUE);
}

/* Say that nobody waits, for people: only if that is certain. */
static void waits_say_nobody(const struct waits *w)
{
	const struct procs *p = &w->procs;
	uint64_t touched = select_touched(&p->sel);
	char name[IPCX_REF_MAX];

	if (w->n || w->args->for_ns || !procs_silent(p) ||
	    !waits_all_seen(touched, w->t, &p->unseen))
		return;
	for (unsigned m = 0; ipcx_mech_info(m); m++)
		if ((touched & IPCX_MECH_BIT(m)) && waits_polled(m))
			return;
	if (procs_only(p, name, sizeof(name)))
		msg_note("nobody waits for %s", name);
	else
		msg_note("nobody waits for any of the objects");
}

/* ---- the list */

static int waits_find(struct waits *w)
{
	/* The last three take most of the time: they are read for verdicts only. */
	static const enum ipcx_field needed[] = { IPCX_F_PID, IPCX_F_TID, IPCX_F_CYCLE,
						  IPCX_F_GRADE, IPCX_F_HELD_BY };
	struct procs *p = &w->procs;
	bool judges = w->args->graph || w->args->fail || p->output.format->groups;
	struct ipcx_query q = procs_query(p);
	const struct ipcx_wait_opts how = { .size = sizeof(how),
					    .for_ns = w->args->for_ns };
	int r;

	for (size_t i = 0; i < (judges ? ARRAY_SIZE(needed) : 2); i++)
		ipcx_fieldset_add(&q.fields, needed[i]);
	q.mechs = p->sel.mechs;
	q.refs = p->sel.refs;
	q.nrefs = p->sel.nrefs;
	p->unseen.size = sizeof(p->unseen);
	r = ipcx_waits(p->app->x, &q, &how, &p->unseen, &w->t);
	if (r < 0)
		return app_failed(p->app, r);
	msg_table(w->t, p->app->verbose, &p->tally);
	procs_count_named(p);
	/* If no object exists, there was nothing to look for. */
	if (!p->sel.mechs && !p->tally.done)
		p->unseen = (struct ipcx_unseen){ .size = sizeof(p->unseen) };
	return output_pick(&p->output, w->t, &w->rows, &w->n);
}

static int waits_print(struct waits *w)
{
	struct output *s = &w->procs.output;

	if (w->args->graph)
		return waits_graph(w->t, w->rows, w->n, ns_all(w->procs.app));
	if (w->n || w->procs.sel.mechs)
		output_put(s, &(struct output_rows){
				      .t = w->t, .order = w->rows, .n = w->n });
	return waits_put_cycles(w);
}

/* Return the exit status: r, unless --fail was given. */
static int waits_status(const struct waits *w, int r)
{
	if (!w->args->fail || r == EXIT_FAILED)
		return r;
	for (size_t i = 0; i < w->n; i++)
		if (waits_number(w->t, waits_row(w, i), IPCX_F_GRADE) >= IPCX_LIKELY)
			return EXIT_FAILED;
	return r == EXIT_DONE && w->procs.unseen.waiters ? EXIT_PART : r;
}

static int waits_list(struct waits *w)
{
	const struct output_args *args = &w->args->output;
	struct procs *p = &w->procs;
	struct output *s = &p->output;
	int r = procs_prepare(p, args,
			      s->format->raw    ? waits_all
			      : w->args->for_ns ? waits_table_since
						: waits_table,
			      &waits_all);

	if (!r && p->sel.mechs && p->sel.nrefs)
		r = msg_usage("waits are judged together: name either mechanisms or "
			      "objects");
	if (!r && w->args->graph && s->format->raw)
		r = msg_usage("--graph is for people: for programs, held_by leads to "
			      "the next wait");
	if (!r && w->args->graph && args->fields)
		r = msg_usage("--graph prints a tree, not fields: -o does not apply");
	if (r)
		return r;
	s->broken = !s->format->raw && !args->fields;
	output_heading(s, NULL);
	r = waits_find(w);
	if (!r)
		r = waits_print(w);
	if (r)
		return r;
	waits_say_nobody(w);
	waits_put_unseen(s, &p->sel, w->t, &p->unseen);
	return waits_status(w, procs_close(p));
}

static int waits_cmd(struct app *app, void *data, int n, char **words)
{
	auto_free struct waits *w = calloc(1, sizeof(*w)); /* large */
	uint64_t every = 0;
	int r;

	if (!w) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	for (unsigned m = 0; ipcx_mech_info(m); m++)
		every |= IPCX_MECH_BIT(m);
	w->args = data;
	if ((w->args->given & GIVEN_FOR) && !w->args->for_ns)
		return msg_usage("--for: 0 is no duration to look at");
	r = procs_select(&w->procs, app, n, words, every);
	if (r)
		return r;
	r = output_open(&w->procs.output, &w->args->output, "waits");
	if (!r)
		r = ns_use(app, &w->args->where);
	if (!r)
		r = waits_list(w);
	free(w->rows);
	ipcx_table_free(w->t);
	select_free(&w->procs.sel);
	return r;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "for",   0, DURATION(struct waits_args, for_ns), GIVEN(struct waits_args, given, GIVEN_FOR), .arg = "TIME", .help = "look twice, this far apart: only what waited all the time" },
	{ "graph", 0, FLAG(struct waits_args, graph), .help = "print who waits for whom as a tree, instead of rows" },
	{ "fail",  0, FLAG(struct waits_args, fail),  .help = "exit with 1 if a listed wait is likely or certain never to end" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,        0 },
	{ filter_opts, offsetof(struct waits_args, output) },
	{ ns_opts,     offsetof(struct waits_args, where) },
	{ output_opts, offsetof(struct waits_args, output) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx waits",                              "every thread that waits for an object, and who could end it" },
	{ "ipcx waits sem:0",                        "who is stuck in this array, and for which operation" },
	{ "ipcx waits --for 5s -w 'grade >= likely'", "what has waited for five seconds and is likely never to end" },
	{ "ipcx waits --graph",                      "who waits for whom" },
	{ "ipcx waits --ns all --fail --json",       "for monitoring: status 1 if a program is stuck" },
	{ "ipcx waits msg mq -w 'timeout == null'",  "threads that wait for a queue without a timeout" },
	{ "", "" },
};

const struct cmd cmd_waits = {
	.name = "waits", .operands = "[MECH…|REF…]", .summary = "List the threads that wait for objects",
	.about = "Lists the threads that wait for objects: the call, what it waits for, who could end the wait, and why it may never end. By default for all "
		 "objects, also for pipes and memory files. Each verdict has a grade: possible, likely or certain. A '?' marks a guess. Unlike a debugger, it does not disturb the programs.",
	.options = options, .examples = examples, .complete = COMPLETE_MECHS | COMPLETE_GROUPS | COMPLETE_REFS, .rows = &waits_all,
	.exits = EXITS({ EXIT_DONE, "listed, even if there was nothing to list, or something could not be seen; with --fail: no listed wait is likely or certain never to end" }, { EXIT_FAILED, "failed, or nothing that was named can be read here; with --fail: a listed wait is likely or certain never to end" }, { EXIT_MISSING, "none of the named objects exists, or no such namespace" }, { EXIT_PART, "some of what was named does not exist or could not be read; with --fail: no such wait is listed, but some waiters were not found" }),
	.args_size = sizeof(struct waits_args), .run = waits_cmd,
};
/* clang-format on */

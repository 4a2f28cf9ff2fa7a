/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx doctor: what is wrong with the objects here, and which command puts it right. */
#include <errno.h>
#include <stdlib.h>

#include "base/esc.h"
#include "base/util.h"
#include "commands.h"
#include "diagnose/paragraph.h"
#include "nsopt.h"
#include "ui/out.h"
#include "unseen.h"

#define GIVEN_IDLE 1U

struct doctor_args {
	struct output_args output;
	struct ns_args where;
	const char *what_if;
	uint64_t given, idle_ns;
	bool fail;
};

struct doctor {
	struct app *app;
	const struct doctor_args *args;
	struct output output;
	struct ipcx_unseen unseen;
	struct tally tally;
	struct ipcx_table *t;
	uint32_t *rows; /* those that match the condition; NULL: all, in table order */
	size_t n;
};

/* What people get is a paragraph for each finding, below a line that says which. */
static const enum ipcx_field doctor_said[] = { IPCX_F_WHAT, IPCX_F_EVIDENCE, IPCX_F_FIX };
static const enum ipcx_field doctor_brief[] = { IPCX_F_GRADE, IPCX_F_FINDING, IPCX_F_REF,
						IPCX_F_WHAT, IPCX_F_FIX };
static const enum ipcx_field doctor_fields[] = {
	IPCX_F_GRADE,        IPCX_F_FINDING,   IPCX_F_MECH,      IPCX_F_REF,
	IPCX_F_NS,           IPCX_F_COUNT,     IPCX_F_BYTES,     IPCX_F_WHAT,
	IPCX_F_FIX,          IPCX_F_EVIDENCE,  IPCX_F_CONTAINER, IPCX_F_CONTAINER_UID,
	IPCX_F_CONTAINERS,   IPCX_F_RUNTIME,   IPCX_F_POD,       IPCX_F_POD_NS,
	IPCX_F_SYSTEMD_UNIT, IPCX_F_DIRECTORY,
};
static const struct shown doctor_all = COLUMN_LIST_INIT(doctor_fields);

/* ---- the findings */

static const char *doctor_word(const struct ipcx_table *t, size_t row, enum ipcx_field f,
			       char *buf, size_t size)
{
	struct ipcx_value v;
	const char *text;

	buf[0] = '\0';
	if (ipcx_row_get(t, row, f, &v) < 0 || v.type == IPCX_TYPE_NONE)
		return buf;
	text = ipcx_value_string(&v);
	if (text)
		(void)snprintf(buf, size, "%.*s", (int)size - 1, text);
	else
		(void)ipcx_value_format(&v, buf, size);
	return buf;
}

/* Print the findings for people: the rows of a table would be too long to read. */
static void doctor_tell(struct doctor *d)
{
	static const enum ipcx_field texts[] = { IPCX_F_NS, IPCX_F_CONTAINER, IPCX_F_WHAT,
						 IPCX_F_EVIDENCE };
	const char *bold = d->output.colour ? "\033[1m" : "";
	char text[CELL_MAX], shown[CELL_MAX], grade[16], kind[48];

	for (size_t i = 0; i < d->n; i++) {
		size_t row = d->rows ? d->rows[i] : i;

		(void)doctor_word(d->t, row, IPCX_F_REF, text, sizeof(text));
		*ix_put_escaped(shown, sizeof(shown) - 1, text, IX_ESC_TEXT) = '\0';
		out_format("%s%s%s: %s%s%s%s\n", i ? "\n" : "", bold,
			   doctor_word(d->t, row, IPCX_F_GRADE, grade, sizeof(grade)),
			   doctor_word(d->t, row, IPCX_F_FINDING, kind, sizeof(kind)),
			   shown[0] ? " " : "", shown, *bold ? "\033[0m" : "");
		for (size_t f = ns_all(d->app) ? 0 : 2; f < ARRAY_SIZE(texts); f++) {
			(void)doctor_word(d->t, row, texts[f], text, sizeof(text));
			if (!text[0])
				continue;
			out_format("%*s", PARAGRAPH_INDENT, "");
			paragraph_text(text);
		}
		(void)doctor_word(d->t, row, IPCX_F_FIX, text, sizeof(text));
		if (text[0])
			paragraph_fix(text);
	}
	d->output.rows = d->n;
}

/* Say that nothing is wrong, for people: only if that is certain. */
static void doctor_say_well(const struct doctor *d)
{
	const struct output *s = &d->output;
	const struct ipcx_unseen *u = &d->unseen;

	if (d->n || !s->terminal || s->format->raw || s->where || d->tally.gaps ||
	    d->tally.failed || d->tally.unavailable || d->args->what_if)
		return;
	if (!u->attaches && !u->processes && !u->others && !u->waiters)
		msg_note("nothing is wrong");
}

static int doctor_print(struct doctor *d)
{
	const struct output_args *args = &d->args->output;
	struct output *s = &d->output;
	bool people = !s->format->raw && !args->fields;
	struct shown shown = people ? (struct shown)COLUMN_LIST_INIT(doctor_said)
			     : s->format->raw
				     ? doctor_all
				     : (struct shown)COLUMN_LIST_INIT(doctor_brief);
	int r;

	if (people && ns_all(d->app))
		shown.before = IPCX_FIELDSET(IPCX_F_NS, IPCX_F_CONTAINER);
	r = output_fields(s, args->fields, shown, columns_have, &doctor_all);
	if (!r)
		r = output_condition(d->app->x, args, columns_have, &doctor_all,
				     &s->where);
	if (r)
		return r;
	msg_table(d->t, d->app->verbose, &d->tally);
	r = output_pick(s, d->t, &d->rows, &d->n);
	if (r)
		return r;
	if (people) {
		doctor_tell(d);
	} else {
		output_heading(s, NULL);
		output_put(s, &(struct output_rows){
				      .t = d->t, .order = d->rows, .n = d->n });
	}
	doctor_say_well(d);
	if (!unseen_facts(s, UNSEEN_ATTACHES | UNSEEN_WAITERS, &d->unseen))
		unseen_note_processes(&d->unseen);
	output_close(s);
	return 0;
}

static int doctor_status(struct doctor *d)
{
	const struct ipcx_unseen *u = &d->unseen;
	struct tally *tally = &d->tally;

	tally->unavailable = 0; /* unseen: those that may have objects nevertheless */
	if (!d->args->fail)
		return output_status(&d->output, tally_status(tally));
	tally->done = d->n;
	tally->gaps += d->output.unjudged + d->output.unknown +
		       (u->attaches || u->processes || u->others || u->waiters);
	return tally_expect_none(tally);
}

static int doctor_run(struct app *app, void *data, int n, char **words)
{
	struct doctor_args *args = data;
	struct doctor d = { .app = app,
			    .args = args,
			    .unseen = { .size = sizeof(d.unseen) } };
	struct ipcx_doctor_opts opts = { .size = sizeof(opts),
					 .idle_ns = args->idle_ns,
					 .what_if = args->what_if };
	int r;

	(void)words;
	if (n)
		return msg_usage("doctor looks at everything: -w chooses findings");
	/* For the library, 0 is "a day". */
	if ((args->given & GIVEN_IDLE) && !opts.idle_ns)
		opts.idle_ns = 1;
	r = output_open(&d.output, &args->output, "findings");
	if (!r)
		r = ns_use(app, &args->where);
	if (r)
		return r;
	r = ipcx_doctor(app->x, &opts, &d.unseen, &d.t);
	if (r < 0)
		return app_failed(app, r);
	r = doctor_print(&d);
	if (!r)
		r = doctor_status(&d);
	free(d.rows);
	ipcx_table_free(d.t);
	return r;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "idle",    0, DURATION(struct doctor_args, idle_ns), GIVEN(struct doctor_args, given, GIVEN_IDLE), .arg = "TIME", .help = "for how long an object must not have been used to count as forgotten (1d)" },
	{ "what-if", 0, TEXT(struct doctor_args, what_if), .arg = "NAME=VALUE", .help = "only what this setting would do, such as shm_rmid_forced=1" },
	{ "fail",    0, FLAG(struct doctor_args, fail), .help = "exit with 1 if there is a finding (that fulfils the condition)" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,        0 },
	{ filter_opts, offsetof(struct doctor_args, output) },
	{ ns_opts,     offsetof(struct doctor_args, where) },
	{ output_opts, offsetof(struct doctor_args, output) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx doctor",                                "what is wrong here, and what to do about it" },
	{ "ipcx doctor --ns all -w 'grade >= likely' --fail", "for monitoring: status 1 if something is likely to be wrong" },
	{ "ipcx doctor -w 'finding == leaked' --idle 1h", "segments that nobody has used for an hour" },
	{ "ipcx doctor --json | jq -r '.findings[].fix // empty'", "only the commands, to be read before they are run" },
	{ "ipcx doctor --what-if shm_rmid_forced=1",    "which segments this setting would remove" },
	{ "", "" },
};

const struct cmd cmd_doctor = {
	.name = "doctor", .operands = "", .summary = "Find what is wrong with the objects, limits and settings",
	.about = "Looks for what makes programs fail, or is likely to: leaked objects, full queues, locks whose holder is dead, memory that no listing shows, limits that are "
		 "nearly reached, a /dev/shm that is missing or full. Each finding says how sure it is (certain, likely or possible), what it rests on, and which command puts it right. It changes nothing.",
	.options = options, .examples = examples, .rows = &doctor_all,
	.exits = EXITS({ EXIT_DONE, "listed, even if there was nothing to list, or something could not be seen; with --fail: there is no finding" }, { EXIT_FAILED, "failed; with --fail: there is a finding" }, { EXIT_MISSING, "no such namespace" }, { EXIT_PART, "with --fail: there is no finding, but something could not be seen" }),
	.args_size = sizeof(struct doctor_args), .run = doctor_run,
};
/* clang-format on */

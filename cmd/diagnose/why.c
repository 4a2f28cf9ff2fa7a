/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx why: the reasons for which a call fails, and which of them is so. */
#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "commands.h"
#include "nsopt.h"

#define GIVEN_PID 1U

struct why_args {
	struct output_args output;
	struct ns_args where;
	const char *as;
	uint64_t given, pid;
};

static const enum ipcx_field why_fields[] = { IPCX_F_APPLIES, IPCX_F_CAUSE,
					      IPCX_F_EVIDENCE, IPCX_F_FIX };
static const struct shown why_shown = COLUMN_LIST_INIT(why_fields);

static int why_print(struct app *app, const struct why_args *args,
		     const struct ipcx_table *t)
{
	struct tally tally = { 0 };
	struct output s;
	int r = output_open(&s, &args->output, "causes");

	if (!r)
		r = output_fields(
			&s, args->output.fields,
			s.format->raw ? (struct shown){ .after = ipcx_row_fields(t, 0) }
				      : why_shown,
			output_table_knows, t);
	if (!r)
		r = output_condition(app->x, &args->output, output_table_knows, t,
				     &s.where);
	if (r)
		return r;
	msg_table(t, app->verbose, &tally);
	output_heading(&s, NULL);
	r = output_all(&s, t);
	output_close(&s);
	return output_status(&s, r ? r : tally_status(&tally));
}

static int why_run(struct app *app, void *data, int n, char **words)
{
	const struct why_args *args = data;
	struct ipcx_failed_call failed = { .size = sizeof(failed) };
	struct ipcx_table *t;
	int r = ns_use(app, &args->where);

	if (r)
		return r;
	if (n == 0)
		return msg_usage("why needs a call and an errno, or a line of a log");
	if (n == 1) {
		failed.line = words[0];
	} else {
		failed.call = words[0];
		failed.error = words[1];
		failed.args = (const char *const *)words + 2;
		failed.nargs = (size_t)n - 2;
	}
	if (args->given & GIVEN_PID) {
		failed.flags = IPCX_WHY_PID;
		failed.pid = (int32_t)args->pid;
	}
	r = ipcx_why(app->x, &failed, &t);
	if (r < 0)
		return app_failed(app, r);
	r = why_print(app, args, t);
	ipcx_table_free(t);
	return r;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "as",  0, TEXT(struct why_args, as), .arg = "USER", .help = "judge with the rights of this user" },
	{ "pid", 0, NUMBER(struct why_args, pid), GIVEN(struct why_args, given, GIVEN_PID), .arg = "PID", .help = "judge with the rights, limits and namespaces of this process" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,        0 },
	{ ns_opts,     offsetof(struct why_args, where) },
	{ filter_opts, offsetof(struct why_args, output) },
	{ output_opts, offsetof(struct why_args, output) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx why shmget ENOSPC size=4G", "which limit has no room" },
	{ "", "" },
};

const struct cmd cmd_why = {
	.name = "why", .operands = "CALL ERRNO [ARGUMENT=VALUE…]|LINE", .summary = "Find out why a call failed",
	.about = "Tests each reason that the call has to fail in this way.",
	.options = options, .examples = examples, .rows = &why_shown,
	.args_size = sizeof(struct why_args), .run = why_run,
};
/* clang-format on */

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx psem get, wait, post: a named semaphore. */
#include <inttypes.h>
#include <stdlib.h>

#include "semverb.h"
#include "ui/select.h"

struct get_args {
	struct sheet_args sheet;
	struct where_args where;
};

static const enum ipcx_field get_fields[] = { IPCX_F_REF, IPCX_F_NAME, IPCX_F_VALUE };

/* A number alone, or an error: a script must not take nothing for an answer. */
static int plain(const struct ipcx_table *t)
{
	struct ipcx_value v;

	if (ipcx_row_get(t, 0, IPCX_F_VALUE, &v) < 0 || v.type == IPCX_TYPE_NONE)
		return EXIT_FAILED; /* why stands in a note */
	out_format("%" PRIu64 "\n", v.as.u);
	return EXIT_DONE;
}

static int get(struct app *app, const struct get_args *args, const struct semverb *v,
	       struct sheet *s)
{
	const struct sheet_args *how = &args->sheet;
	const struct ipcx_query q = {
		.size = sizeof(q), .refs = &v->ref, .nrefs = 1, .fields = sheet_query(s)
	};
	struct tally tally = { 0 };
	struct ipcx_table *t;
	int r = ipcx_scan(app->x, &q, &t);

	if (r < 0)
		return app_failed(app, r);
	msg_table(t, app->verbose, &tally);
	if (ipcx_table_rows(t) == 0) {
		r = tally_status(&tally);
	} else if (!how->json && !how->format && !how->fields && !how->sort) {
		r = plain(t);
	} else {
		sheet_heading(s, NULL);
		r = sheet_all(s, t);
	}
	sheet_close(s);
	ipcx_table_free(t);
	return r;
}

static int run_get(struct app *app, void *data, int n, char **words)
{
	const struct get_args *args = data;
	uint64_t mask = semverb_mech(SEMVERB_NAMED);
	struct semverb v;
	struct sheet s;
	int r = sheet_open(&s, &args->sheet, "objects");

	if (!r)
		r = sheet_fields(&s, args->sheet.fields, SHOW_LIST(get_fields),
				 select_knows, &mask);
	if (r)
		return r;
	if (n != 1)
		return msg_usage("psem get needs one name, such as /lock");
	r = semverb_begin(app, &args->where, words[0], SEMVERB_NAMED, &v);
	return r ? r : get(app, args, &v, &s);
}

static int one(struct app *app, const struct semverb_args *args, int n, char **words,
	       int32_t op)
{
	struct semverb v;
	int r;

	if (n != 1)
		return msg_usage("one name is needed, such as /lock");
	r = semverb_begin(app, &args->where, words[0], SEMVERB_NAMED, &v);
	if (r)
		return r;
	return semverb_op(app, &v.ref, &(struct ipcx_sem_op){ .op = op }, 1,
			  wait_patience(&args->wait));
}

static int run_wait(struct app *app, void *data, int n, char **words)
{
	return one(app, data, n, words, -1);
}

static int run_post(struct app *app, void *data, int n, char **words)
{
	return one(app, data, n, words, 1);
}

/* clang-format off */
static const struct opt_group get_options[] = {
	{ where_one_opts, offsetof(struct get_args, where) },
	{ sheet_opts,     offsetof(struct get_args, sheet) },
	{ NULL, 0 },
};

static const struct opt_group wait_options[] = {
	{ wait_opts,      offsetof(struct semverb_args, wait) },
	{ where_one_opts, offsetof(struct semverb_args, where) },
	{ NULL, 0 },
};

static const struct opt_group post_options[] = {
	{ where_one_opts, offsetof(struct semverb_args, where) },
	{ NULL, 0 },
};

static const struct example get_examples[] = {
	{ "ipcx psem get /lock",        "its value" },
	{ "ipcx psem get /lock --json", "for a program" },
	{ NULL, NULL },
};

static const struct example wait_examples[] = {
	{ "ipcx psem wait /lock --timeout 5s", "take one, or exit with 5 after five seconds" },
	{ NULL, NULL },
};

static const struct example post_examples[] = {
	{ "ipcx psem post /lock", "give one" },
	{ NULL, NULL },
};

extern const struct cmd cmd_psem_get, cmd_psem_wait, cmd_psem_post;
const struct cmd cmd_psem_get = {
	.name = "psem get", .operands = "NAME", .summary = "tell the value of a named semaphore",
	.about = "Reads its file, and neither opens it for writing nor leaves a trace: where reading would move the time of access of another user's file, "
		 "the value is unknown, and the exit status 1.",
	.options = get_options, .examples = get_examples, .complete = COMPLETE_REFS,
	.args_size = sizeof(struct get_args), .run = run_get,
};

const struct cmd cmd_psem_wait = {
	.name = "psem wait", .operands = "NAME", .summary = "take from a named semaphore",
	.about = "Waits until its value is above 0, and takes 1. It stays taken when ipcx ends: 'ipcx psem post' gives it back. Who waits is not told when the name is "
		 "removed meanwhile: the semaphore lives on for those who have it.",
	.options = wait_options, .examples = wait_examples, .complete = COMPLETE_REFS,
	.args_size = sizeof(struct semverb_args), .run = run_wait,
};

const struct cmd cmd_psem_post = {
	.name = "psem post", .operands = "NAME", .summary = "give to a named semaphore",
	.about = "Gives 1, and wakes one of those who wait.",
	.options = post_options, .examples = post_examples, .complete = COMPLETE_REFS,
	.args_size = sizeof(struct semverb_args), .run = run_post,
};
/* clang-format on */

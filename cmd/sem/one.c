/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx psem get, and the same for all semaphores that are not in arrays: print the value.
 * */
#include <inttypes.h>
#include <stdlib.h>

#include "commands.h"
#include "sem/sem.h"
#include "ui/select.h"

struct get_args {
	struct output_args output;
	struct ns_args where;
};

static const enum ipcx_field get_fields[] = { IPCX_F_REF, IPCX_F_NAME, IPCX_F_VALUE };

/* Print the bare number, or fail: a script must not take empty output for a value. */
static int sem_one_plain(const struct ipcx_table *t)
{
	struct ipcx_value v;

	if (ipcx_row_get(t, 0, IPCX_F_VALUE, &v) < 0 || v.type == IPCX_TYPE_NONE)
		return EXIT_FAILED; /* a note says why */
	out_format("%" PRIu64 "\n", v.as.u);
	return EXIT_DONE;
}

static int sem_one_get(struct app *app, const struct get_args *args,
		       const struct semverb *v, struct output *s)
{
	const struct output_args *how = &args->output;
	const struct ipcx_query q = { .size = sizeof(q),
				      .refs = &v->ref,
				      .nrefs = 1,
				      .where = s->where,
				      .fields = output_query(s) };
	struct tally tally = { 0 };
	struct ipcx_table *t;
	int r = ipcx_scan(app->x, &q, &t);

	if (r < 0)
		return app_failed(app, r);
	msg_table(t, app->verbose, &tally);
	if (ipcx_table_rows(t) == 0) {
		if (output_wanted(how))
			output_heading(s, NULL);
		r = tally_status(&tally);
	} else if (!output_wanted(how)) {
		r = sem_one_plain(t);
	} else {
		output_heading(s, NULL);
		r = output_all(s, t);
	}
	if (output_wanted(how))
		output_close(s);
	ipcx_table_free(t);
	return r;
}

static int sem_one_run_get(struct app *app, void *data, int n, char **words)
{
	const struct get_args *args = data;
	uint64_t mask = IPCX_MECH_BIT(app->mech);
	struct semverb v;
	struct output s;
	int r = output_open(&s, &args->output, "objects");

	if (!r)
		r = output_fields(&s, args->output.fields, COLUMN_LIST(get_fields),
				  select_knows, &mask);
	if (!r)
		r = output_condition(app->x, &args->output, select_knows, &mask,
				     &s.where);
	if (r)
		return r;
	if (n != 1)
		return msg_usage("%s get needs one name, such as /lock", app_noun(app));
	r = semverb_begin(app, &args->where, words[0], false, &v);
	return r ? r : sem_one_get(app, args, &v, &s);
}

/* clang-format off */
static const struct opt_group get_options[] = {
	{ ns_one_opts, offsetof(struct get_args, where) },
	{ filter_opts,    offsetof(struct get_args, output) },
	{ output_opts,     offsetof(struct get_args, output) },
	{ NULL, 0 },
};

static const struct example get_named[] = {
	{ "ipcx {noun} get /lock",        "print its value" },
	{ "ipcx {noun} get /lock --json", "print it as JSON" },
	{ "", "" },
};

static const struct variant get_variants[] = {
	{ .needs = OF_NAMED, .examples = get_named },
	{ .needs = 0 },
};

const struct cmd cmd_sem_get_one = {
	.name = "get", .needs = IPCX_CAN_SEM_OP, .lacks = IPCX_CAN_SEM_SET, .variants = get_variants,
	.operands = "NAME", .summary = "Print the value of a named semaphore",
	.about = "Reads its file without opening it for writing and without side effects: if reading would change the access time of another user's file, "
		 "the value is unknown and the exit status is 1.",
	.options = get_options, .complete = COMPLETE_REFS,
	.exits = EXITS({ EXIT_FAILED, "failed, or the value is unknown" }, NO_SUCH_OBJECT),
	.args_size = sizeof(struct get_args), .run = sem_one_run_get,
};
/* clang-format on */

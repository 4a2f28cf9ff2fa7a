/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx df: where shared memory is. */
#include "base/util.h"
#include "commands.h"
#include "nsopt.h"
#include "unseen.h"

struct df_args {
	struct output_args output;
	struct ns_args where;
};

static const enum ipcx_field shown[] = { IPCX_F_PLACE,   IPCX_F_KIND,    IPCX_F_LIMIT,
					 IPCX_F_USED,    IPCX_F_PERCENT, IPCX_F_RESIDENT,
					 IPCX_F_OBJECTS, IPCX_F_WHAT };

/* All fields of the rows, except those that name the namespace. */
static struct shown df_fields(const struct ipcx_table *t)
{
	return (struct shown){ .after = ns_fields_less(ipcx_row_fields(t, 0)) };
}

static int df_print(struct app *app, const struct df_args *args,
		    const struct ipcx_table *t, const struct ipcx_unseen *unseen)
{
	struct tally tally = { 0 };
	struct output s;
	int r = output_open(&s, &args->output, "memory");

	if (!r)
		r = output_fields(&s, args->output.fields,
				  ns_shown(app, s.format->raw ? df_fields(t)
							      : COLUMN_LIST(shown)),
				  output_table_knows, t);
	if (!r)
		r = output_condition(app->x, &args->output, output_table_knows, t,
				     &s.where);
	if (r)
		return r;
	s.broken = true;
	s.style.sizes = true;
	ns_add_directory(app, &s, t);
	msg_table(t, app->verbose, &tally);
	output_heading(&s, NULL);
	r = output_all(&s, t);
	if (!r && !unseen_facts(&s, 0, unseen))
		unseen_note_processes(unseen);
	output_close(&s);
	if (r)
		return r;
	tally.done = s.rows;
	ns_partly(app, &tally);
	return output_status(&s, tally_status(&tally));
}

static int df_run(struct app *app, void *data, int n, char **names)
{
	const struct df_args *args = data;
	struct ipcx_unseen unseen = { .size = sizeof(unseen) };
	struct ipcx_table *t;
	int r;

	if (n)
		return msg_usage("df takes no operand: '%s'", names[0]);
	r = ns_use(app, &args->where);
	if (r)
		return r;
	r = ipcx_memory(app->x, &unseen, &t);
	if (r < 0)
		return app_failed(app, r);
	r = df_print(app, args, t, &unseen);
	ipcx_table_free(t);
	return r;
}

/* clang-format off */
static const struct opt_group options[] = {
	{ ns_opts, offsetof(struct df_args, where) },
	{ output_opts, offsetof(struct df_args, output) },
	{ filter_opts, offsetof(struct df_args, output) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx df",                                  "where the shared memory of this machine is" },
	{ "ipcx df --ns all",                         "the same with that of all containers" },
	{ "ipcx df --ns web",                         "why is the /dev/shm of a container full?" },
	{ "ipcx df --where 'kind == \"unexplained\"'", "how much is in no place that can be seen" },
	{ "ipcx df --where 'percent >= 80' --json",   "places that are nearly full, for a program" },
	{ "", "" },
};

const struct cmd cmd_df = {
	.name = "df", .operands = "", .summary = "Show where shared memory is, and what uses it",
	.about = "Lists every place of shared memory: /dev/shm with what it is filled by, System V segments, memory files (memfd), other file systems in "
		 "memory, and the control group. The last rows compare the sum with Shmem of /proc/meminfo.",
	.options = options, .examples = examples,
	.exits = EXITS({ EXIT_DONE, "done, even if something could not be seen: the rows say so" }, NO_SUCH_NAMESPACE),
	.args_size = sizeof(struct df_args), .run = df_run,
};
/* clang-format on */

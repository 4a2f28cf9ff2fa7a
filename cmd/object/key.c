/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx key: compute the key that ftok(3) returns for a file, find the file that has a
 * key, split an id into its parts. */
#include <stdlib.h>

#include "base/num.h"
#include "commands.h"
#include "ui/proj.h"
#include "ui/select.h"

#define GIVEN_REVERSE 1U

struct key_args {
	struct output_args output;
	uint64_t given;
	uint32_t reverse;
	bool recursive, explain, collisions, fail;
};

static const enum ipcx_field key_fields[] = { IPCX_F_KEY, IPCX_F_PROJ, IPCX_F_DEVICE,
					      IPCX_F_INODE, IPCX_F_PATH };
static const enum ipcx_field way_fields[] = { IPCX_F_KEY,   IPCX_F_PROJ, IPCX_F_DEVICE,
					      IPCX_F_INODE, IPCX_F_PATH, IPCX_F_WAY };
static const enum ipcx_field id_fields[] = { IPCX_F_REF, IPCX_F_ID, IPCX_F_ID_INDEX,
					     IPCX_F_ID_SEQ };

static int key_print(struct app *app, const struct key_args *args,
		     const struct ipcx_table *t, const char *kind, struct shown shown)
{
	struct tally tally = { 0 };
	struct output s;
	int r = output_open(&s, &args->output, kind);

	if (!r)
		r = output_fields(&s, args->output.fields, shown, columns_have, &shown);
	if (!r)
		r = output_condition(app->x, &args->output, columns_have, &shown,
				     &s.where);
	if (r)
		return r;
	msg_table(t, app->verbose, &tally);
	output_heading(&s, NULL);
	if (ipcx_table_rows(t) > 0)
		r = output_all(&s, t);
	output_close(&s);
	if (!r && args->fail) {
		tally.done = s.rows;
		tally.gaps += tally.missing + tally.failed + s.unjudged + s.unknown;
		return tally_expect_none(&tally);
	}
	return output_status(&s, r ? r : tally_status(&tally));
}

/* Print the bare key, for scripts, unless an output option is given. */
static int key_make(struct app *app, const struct key_args *args, int n, char **words)
{
	const struct output_args *output = &args->output;
	struct ipcx_table *t;
	struct output s;
	uint32_t key;
	int proj = 1, r;

	if (n < 1 || n > 2)
		return msg_usage("key needs a PATH and at most a PROJ");
	if (n == 2 && proj_read(words[1], &proj) < 0)
		return msg_usage("'%s' is not a PROJ (1 to 255, or one character)",
				 words[1]);
	r = output_open(&s, output, "keys");
	if (r)
		return r;
	if (!output->json && !output->format && !output->fields && !output->sort &&
	    !output->where.n) {
		r = ipcx_key(app->x, words[0], proj, &key);
		if (r < 0)
			return app_failed(app, r);
		out_format("0x%08x\n", key);
		return EXIT_DONE;
	}
	r = ipcx_keys(app->x, (const char *const *)words, 1, proj, &t);
	if (r < 0)
		return app_failed(app, r);
	r = key_print(app, args, t, "keys", COLUMN_LIST(key_fields));
	ipcx_table_free(t);
	return r;
}

static int reverse(struct app *app, const struct key_args *args, int n, char **words)
{
	struct ipcx_table *t;
	bool found;
	int r;

	if (n == 0)
		return msg_usage("--reverse needs files to compare with the key");
	r = ipcx_key_ways(app->x, args->reverse, (const char *const *)words, (size_t)n,
			  args->recursive ? IPCX_KEY_RECURSIVE : 0, &t);
	if (r < 0)
		return app_failed(app, r);
	found = ipcx_table_rows(t) > 0;
	r = key_print(app, args, t, "keys", COLUMN_LIST(way_fields));
	ipcx_table_free(t);
	if (r == EXIT_DONE && !found) {
		msg_note("none of these files has the key 0x%08x", args->reverse);
		r = EXIT_MISSING;
	}
	return r;
}

static int key_collisions(struct app *app, const struct key_args *args, int n,
			  char **words)
{
	struct ipcx_table *t;
	int r;

	if (n == 0)
		return msg_usage("--collisions needs files to compare");
	r = ipcx_key_collisions(app->x, (const char *const *)words, (size_t)n, 1,
				args->recursive ? IPCX_KEY_RECURSIVE : 0, &t);
	if (r < 0)
		return app_failed(app, r);
	r = key_print(app, args, t, "keys", COLUMN_LIST(key_fields));
	ipcx_table_free(t);
	return r;
}

static int key_explain(struct app *app, const struct key_args *args, int n, char **words)
{
	struct ipcx_table *t;
	struct selection sel;
	int r = select_read(app->x, NULL, n, words, &sel);

	if (r)
		return r;
	if (sel.nrefs == 0 || sel.mechs) {
		r = msg_usage("--explain needs references by id, such as shm:5");
	} else {
		r = ipcx_id_split(app->x, sel.refs, sel.nrefs, &t);
		if (r < 0) {
			r = app_failed(app, r);
		} else {
			r = key_print(app, args, t, "ids", COLUMN_LIST(id_fields));
			ipcx_table_free(t);
		}
	}
	select_free(&sel);
	return r;
}

static int key_run(struct app *app, void *data, int n, char **words)
{
	const struct key_args *args = data;

	bool back = args->given & GIVEN_REVERSE;

	if (back + args->explain + args->collisions > 1)
		return msg_usage("--%s and --%s contradict each other",
				 back ? "reverse" : "collisions",
				 args->explain ? "explain" : "collisions");
	if (args->recursive && !back && !args->collisions)
		return msg_usage("--recursive goes with --reverse or --collisions");
	if (args->fail && !args->collisions)
		return msg_usage("--fail goes with --collisions");
	if (back)
		return reverse(app, args, n, words);
	if (args->collisions)
		return key_collisions(app, args, n, words);
	return args->explain ? key_explain(app, args, n, words)
			     : key_make(app, args, n, words);
}

/* clang-format off */
static const struct opt opts[] = {
	{ "reverse",   0,   KEY(struct key_args, reverse),    GIVEN(struct key_args, given, GIVEN_REVERSE), .arg = "KEY", .help = "find the files and ways of which this key is made" },
	{ "collisions", 0,  FLAG(struct key_args, collisions), .help = "list the files whose keys by ftok(3) are equal" },
	{ "recursive", 'r', FLAG(struct key_args, recursive), .help = "also search directories" },
	{ "fail",      0,   FLAG(struct key_args, fail),      .help = "with --collisions: exit with 0 only if there are none" },
	{ "explain",   0,   FLAG(struct key_args, explain),   .operands = COMPLETE_MECHS | COMPLETE_REFS, .help = "split ids (of any value) into index and sequence" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,       0 },
	{ filter_opts, offsetof(struct key_args, output) },
	{ output_opts, offsetof(struct key_args, output) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx key /etc/app.conf 7",                     "the key that a program gets with ftok(\"/etc/app.conf\", 7)" },
	{ "ipcx key --reverse 0x07020d1c -r /etc /opt/app", "find the file that has this key" },
	{ "ipcx key --reverse 5432001 /var/lib/postgresql/*/main", "is it the key of one of these databases" },
	{ "ipcx key --collisions -r /etc/app --fail",     "do two files have the same key" },
	{ "ipcx key --explain shm:131073",                "its slot, and how often that was reused" },
	{ "", "" },
};

const struct cmd cmd_key = {
	.name = "key", .operands = "PATH [PROJ]|--reverse KEY PATH…|--explain REF…", .summary = "Compute and explain System V keys and ids",
	.about = "A key consists of 8 bits of the project number, 8 of the device and 16 of the inode number: different files can have the same key, and "
		 "replacing a file changes its key. PROJ is a number from 1 to 255 or one character; the default is 1.",
	.options = options, .examples = examples, .complete = COMPLETE_FILES,
	.exits = EXITS({ EXIT_FAILED, "failed, or a file could not be read; with --fail: some files have the same key" }, { EXIT_MISSING, "no such file; with --reverse: no file has this key" }, { EXIT_PART, "some files could not be read, or some references are not ids" }),
	.at_home = true, .args_size = sizeof(struct key_args), .run = key_run,
};
/* clang-format on */

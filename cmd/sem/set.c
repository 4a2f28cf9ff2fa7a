/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx sem get and set, and the same for all semaphore arrays: print and set values. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "commands.h"
#include "sem/sem.h"

/* ---- get */

struct get_args {
	struct output_args output;
	struct ns_args where;
};

/* Rows of the table of semaphores, in the order requested. */
struct wanted {
	uint32_t *rows;
	size_t n;
};

static const enum ipcx_field get_fields[] = { IPCX_F_SEMNUM, IPCX_F_VALUE, IPCX_F_SEMPID,
					      IPCX_F_SEMNCNT, IPCX_F_SEMZCNT };

static int want(struct wanted *w, uint32_t first, uint32_t last, size_t rows,
		const struct ipcx_ref *ref)
{
	char name[IPCX_REF_MAX];
	uint32_t *grown;

	if (last >= rows) {
		(void)ipcx_ref_format(ref, name, sizeof(name));
		msg_error("%s: there is no semaphore %" PRIu32
			  ": it has %zu, from 0 to %zu",
			  name, MAX(first, (uint32_t)rows), rows, rows - 1);
		return EXIT_FAILED;
	}
	grown = reallocarray(w->rows, w->n + last - first + 1, sizeof(*grown));
	if (!grown) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	w->rows = grown;
	while (first <= last)
		grown[w->n++] = first++;
	return 0;
}

/* Select all semaphores, or those that the operands name. */
static int choose(struct wanted *w, const struct semverb *v, size_t rows, int n,
		  char **words)
{
	uint32_t first, last;
	const char *end;
	int r = 0;

	if (v->said)
		return want(w, v->num, v->num, rows, &v->ref);
	if (n == 1)
		return want(w, 0, (uint32_t)rows - 1, rows, &v->ref);
	for (int i = 1; !r && i < n; i++) {
		(void)semverb_range(words[i], &end, &first, &last); /* already checked */
		r = want(w, first, last, rows, &v->ref);
	}
	return r;
}

static void sem_set_plain(const struct ipcx_table *t, const struct wanted *w)
{
	struct ipcx_value v;

	for (size_t i = 0; i < w->n; i++)
		if (ipcx_row_get(t, w->rows[i], IPCX_F_VALUE, &v) == 0)
			out_format("%" PRIu64 "\n", v.as.u);
}

/* Print the requested semaphores that match --where, in the order of --sort or as
 * requested. */
static int sem_set_print(struct output *s, const struct ipcx_table *t,
			 const struct wanted *w)
{
	struct output_rows rows = { .t = t, .order = w->rows, .n = w->n };
	auto_free uint32_t *picked = NULL;
	auto_free bool *chosen = NULL;
	size_t n, kept = 0;
	int r = output_pick(s, t, &picked, &n);

	if (r)
		return r;
	if (picked) {
		chosen = calloc(ipcx_table_rows(t) + 1, sizeof(*chosen));
		if (!chosen) {
			msg_error("out of memory");
			return EXIT_FAILED;
		}
		for (size_t i = 0; i < w->n; i++)
			chosen[w->rows[i]] = true;
		for (size_t i = 0; i < n; i++)
			if (chosen[picked[i]])
				picked[kept++] = picked[i];
		rows.order = picked;
		rows.n = kept;
	}
	output_heading(s, NULL);
	output_put(s, &rows);
	return 0;
}

static int sem_set_get(struct app *app, const struct get_args *args,
		       const struct semverb *v, struct output *s, int n, char **words)
{
	const struct output_args *how = &args->output;
	struct wanted w = { NULL, 0 };
	struct ipcx_table *t;
	int r = ipcx_contents(app->x, &v->ref, &t);

	if (r < 0)
		return app_failed(app, r);
	r = choose(&w, v, ipcx_table_rows(t), n, words);
	if (!r && !output_wanted(how)) {
		sem_set_plain(t, &w);
	} else if (!r) {
		msg_table(t, app->verbose, &(struct tally){ 0 });
		r = sem_set_print(s, t, &w);
		output_close(s);
		r = output_status(s, r);
	}
	free(w.rows);
	ipcx_table_free(t);
	return r;
}

static int sem_set_run_get(struct app *app, void *data, int n, char **words)
{
	const struct get_args *args = data;
	uint32_t first, last;
	struct semverb v;
	struct output s;
	const char *end;
	int r = output_open(&s, &args->output, "semaphores");

	if (!r)
		r = output_fields(&s, args->output.fields, COLUMN_LIST(get_fields),
				  columns_have, &COLUMN_LIST(get_fields));
	if (!r)
		r = output_condition(app->x, &args->output, columns_have,
				     &COLUMN_LIST(get_fields), &s.where);
	if (r)
		return r;
	if (n < 1)
		return msg_usage("%s get needs a reference, such as %s:5", app_noun(app),
				 app_noun(app));
	for (int i = 1; i < n; i++)
		if (semverb_range(words[i], &end, &first, &last) < 0 || *end)
			return msg_usage("'%s' is not an INDEX: a number, or a range with "
					 "a colon",
					 words[i]);
	r = semverb_begin(app, &args->where, words[0], false, &v);
	if (!r && v.said && n > 1)
		r = msg_usage("'%s' already has an index", words[0]);
	return r ? r : sem_set_get(app, args, &v, &s, n, words);
}

/* ---- set */

struct set_args {
	struct ns_args where;
};

struct values {
	uint32_t *nums, *values;
	size_t n;
	bool numbered; /* INDEX=VALUE */
};

static int sem_set_read_value(const char *word, const char *text, uint32_t *ret_value)
{
	uint64_t value;

	if (ix_parse_u64(text, UINT32_MAX, &value) < 0)
		return msg_usage("'%s': '%s' is not a semaphore value (0 to 32767, "
				 "SEMVMX)",
				 word, text);
	*ret_value = (uint32_t)value;
	return 0;
}

/* Parse "VALUE" or "INDEX=VALUE", without mixing them or repeating an index. */
static int sem_set_read_word(struct values *v, const char *word, char *seen)
{
	const char *sign = strchr(word, '=');
	uint32_t last;

	if (v->n > 0 && v->numbered != !!sign)
		return msg_usage("'%s': either INDEX=VALUE, or a VALUE for each", word);
	v->numbered = sign;
	if (sign) {
		if (semverb_range(word, &sign, &v->nums[v->n], &last) < 0 ||
		    *sign != '=' || last != v->nums[v->n])
			return msg_usage("'%s' is not INDEX=VALUE", word);
		if (seen[last])
			return msg_usage("'%s': semaphore %" PRIu32 " is given twice",
					 word, last);
		seen[last] = 1;
	}
	return sem_set_read_value(word, sign ? sign + 1 : word, &v->values[v->n++]);
}

static int sem_set_read_words(struct values *v, int n, char **words)
{
	auto_free char *seen = calloc(65536, 1);
	int r = 0;

	v->nums = calloc((size_t)n, sizeof(*v->nums));
	v->values = calloc((size_t)n, sizeof(*v->values));
	if (!seen || !v->nums || !v->values) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	for (int i = 0; !r && i < n; i++)
		r = sem_set_read_word(v, words[i], seen);
	return r;
}

static int sem_set_run_set(struct app *app, void *data, int n, char **words)
{
	const struct set_args *args = data;
	struct values values = { NULL, NULL, 0, false };
	struct semverb v;
	int r;

	if (n < 2)
		return msg_usage("%s set needs a reference, and INDEX=VALUE or all values",
				 app_noun(app));
	r = sem_set_read_words(&values, n - 1, words + 1);
	if (!r)
		r = semverb_begin(app, &args->where, words[0], true, &v);
	if (!r && v.said && (values.numbered || values.n != 1))
		r = msg_usage("'%s' already has an index: give one VALUE", words[0]);
	if (!r && v.said) {
		values.nums[0] = v.num;
		values.numbered = true;
	}
	if (!r) {
		r = ipcx_sem_set(app->x, &v.ref, values.numbered ? values.nums : NULL,
				 values.values, values.n);
		r = r < 0 ? app_failed(app, r) : EXIT_DONE;
	}
	free(values.nums);
	free(values.values);
	return r;
}

/* clang-format off */
static const struct opt_group get_options[] = {
	{ ns_one_opts, offsetof(struct get_args, where) },
	{ filter_opts,    offsetof(struct get_args, output) },
	{ output_opts,     offsetof(struct get_args, output) },
	{ NULL, 0 },
};

static const struct opt_group set_options[] = {
	{ ns_one_opts, offsetof(struct set_args, where) },
	{ NULL, 0 },
};

static const struct example get_keyed[] = {
	{ "ipcx {noun} get {noun}:5",        "all values, one per line" },
	{ "ipcx {noun} get {noun}:5:2",      "the value of the third" },
	{ "ipcx {noun} get {noun}:5 0 4:7",  "the first, and the fifth to the eighth" },
	{ "ipcx {noun} get {noun}:5 --json", "with waiters and the last process, as JSON" },
	{ "", "" },
};

static const struct example set_keyed[] = {
	{ "ipcx {noun} set {noun}:5 0=1 2=4", "set the first and the third" },
	{ "ipcx {noun} set {noun}:5 1 0 4",   "set all three, in one step" },
	{ "", "" },
};

static const struct variant get_variants[] = {
	{ .needs = OF_KEYED, .examples = get_keyed },
	{ .needs = 0 },
};

static const struct variant set_variants[] = {
	{ .needs = OF_KEYED, .examples = set_keyed },
	{ .needs = 0 },
};

const struct cmd cmd_sem_get = {
	.name = "get", .needs = IPCX_CAN_SEM_SET, .variants = get_variants,
	.operands = "REF[:INDEX] [INDEX[:INDEX]…]", .summary = "Print the values of semaphores",
	.about = "Prints one number per line, in the order requested; with --json, --format, --sort or -o also the index of each, the process that operated on it "
		 "last, and the number of waiting processes. INDEX:INDEX is a range. Needs read permission.",
	.options = get_options, .complete = COMPLETE_REFS,
	.exits = EXITS(NO_SUCH_OBJECT),
	.args_size = sizeof(struct get_args), .run = sem_set_run_get,
};

const struct cmd cmd_sem_set = {
	.name = "set", .needs = IPCX_CAN_SEM_SET, .variants = set_variants,
	.operands = "REF INDEX=VALUE…|REF VALUE…", .summary = "Set semaphores of an array",
	.about = "Sets single semaphores one after another (SETVAL), or the whole array at once (SETALL). Everything is checked before the first is set. Processes "
		 "whose wait is over are woken. Pending undo operations on these semaphores are discarded: if a semaphore is set while 'ipcx {noun} run' holds it, it is not "
		 "released when the command ends.",
	.options = set_options, .complete = COMPLETE_REFS,
	.exits = EXITS(NO_SUCH_OBJECT),
	.args_size = sizeof(struct set_args), .run = sem_set_run_set,
};
/* clang-format on */

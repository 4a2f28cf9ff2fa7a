/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx sem op, wait and post, and the same of all semaphores: operations as words. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "commands.h"
#include "sem/sem.h"

/* More than any SEMOPM that a kernel takes an argument for; ranges multiply. */
#define OPS_MOST (1U << 20)
/* SEMVMX */
#define VALUE_MOST 32767

#define GRAMMAR "INDEX[:INDEX]-N, +N or =0, and u behind it for undo"

struct ops {
	struct ipcx_sem_op *list;
	size_t n;
};

static int sem_op_add(struct ops *ops, uint32_t first, uint32_t last, int32_t op,
		      bool undo)
{
	size_t more = (size_t)last - first + 1;
	struct ipcx_sem_op *grown;

	if (ops->n + more > OPS_MOST)
		return msg_usage("more than %u operations", OPS_MOST);
	grown = reallocarray(ops->list, ops->n + more, sizeof(*grown));
	if (!grown) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	ops->list = grown;
	for (uint32_t num = first; num <= last; num++)
		grown[ops->n++] =
			(struct ipcx_sem_op){ .size = sizeof(struct ipcx_sem_op),
					      .num = num,
					      .op = op,
					      .flags = undo ? IPCX_SEM_UNDO : 0 };
	return 0;
}

/* The number behind the sign, which may have a u behind it. */
static int amount(const struct app *app, const char *word, const char *text, char sign,
		  int32_t *ret_op, bool *ret_undo)
{
	size_t len = strspn(text, "0123456789");
	char digits[8] = "";
	uint64_t n;

	if (len == 0 || (text[len] && strcmp(text + len, "u") != 0))
		return msg_usage("'%s' is no operation: " GRAMMAR, word);
	memcpy(digits, text, MIN(len, sizeof(digits) - 1));
	if (len >= sizeof(digits) || ix_parse_u64(digits, VALUE_MOST, &n) < 0)
		return msg_usage("'%s': a semaphore holds at most %d (SEMVMX)", word,
				 VALUE_MOST);
	if (sign == '=' && n != 0)
		return msg_usage("'%s': an operation waits for 0 only; 'ipcx %s set' sets",
				 word, app_noun(app));
	if (sign != '=' && n == 0)
		return msg_usage("'%s' does nothing; INDEX=0 waits for 0", word);
	*ret_op = sign == '-' ? -(int32_t)n : (int32_t)n;
	*ret_undo = text[len] == 'u';
	if (sign == '=' && *ret_undo)
		return msg_usage("'%s': there is nothing to undo of waiting for 0", word);
	return 0;
}

static int read_op(const struct app *app, const char *word, struct ops *ops)
{
	uint32_t first, last;
	const char *sign;
	bool undo = false;
	int32_t op = 0;
	int r;

	if (semverb_range(word, &sign, &first, &last) < 0 || !*sign ||
	    !strchr("+-=", *sign))
		return msg_usage("'%s' is no operation: " GRAMMAR, word);
	r = amount(app, word, sign + 1, *sign, &op, &undo);
	return r ? r : sem_op_add(ops, first, last, op, undo);
}

static int run_op(struct app *app, void *data, int n, char **words)
{
	const struct semverb_args *args = data;
	struct ops ops = { NULL, 0 };
	struct semverb v;
	int r = 0;

	if (n < 2)
		return msg_usage("%s op needs a reference and operations: " GRAMMAR,
				 app_noun(app));
	for (int i = 1; !r && i < n; i++)
		r = read_op(app, words[i], &ops);
	if (!r)
		r = semverb_begin(app, &args->where, words[0], true, &v);
	if (!r && v.said)
		r = msg_usage("'%s': the operations say which semaphore", words[0]);
	if (!r)
		r = semverb_op(app, &v.ref, ops.list, ops.n, wait_timeout(&args->wait));
	free(ops.list);
	return r;
}

/* wait and post: one operation on one semaphore. */
static int sem_op_one(struct app *app, const struct semverb_args *args, int n,
		      char **words, int sign)
{
	struct ipcx_sem_op op = { .size = sizeof(op) };
	struct semverb v;
	int32_t count = 1;
	int r;

	if (n != 1 && semverb_array(app))
		return msg_usage("one reference is needed, with an index where that is "
				 "not 0: %s:5:2",
				 app_noun(app));
	if (n != 1)
		return msg_usage("one name is needed, such as /lock");
	r = semverb_count(args, &count);
	if (!r)
		r = semverb_begin(app, &args->where, words[0], true, &v);
	if (r)
		return r;
	op.num = v.num;
	op.op = sign * count;
	return semverb_op(app, &v.ref, &op, 1, wait_timeout(&args->wait));
}

static int run_wait(struct app *app, void *data, int n, char **words)
{
	return sem_op_one(app, data, n, words, -1);
}

static int run_post(struct app *app, void *data, int n, char **words)
{
	return sem_op_one(app, data, n, words, 1);
}

/* clang-format off */
static const struct opt_group op_options[] = {
	{ wait_opts,      offsetof(struct semverb_args, wait) },
	{ ns_one_opts, offsetof(struct semverb_args, where) },
	{ NULL, 0 },
};

static const struct opt_group count_options[] = {
	{ semverb_count_opts, 0 },
	{ NULL, 0 },
};

static const struct opt_group wait_options[] = {
	{ wait_opts,      offsetof(struct semverb_args, wait) },
	{ ns_one_opts, offsetof(struct semverb_args, where) },
	{ NULL, 0 },
};

static const struct opt_group post_options[] = {
	{ ns_one_opts, offsetof(struct semverb_args, where) },
	{ NULL, 0 },
};

static const struct example op_keyed[] = {
	{ "ipcx {noun} op {noun}:5 0-1",          "take one of the first semaphore; wait until it can be taken" },
	{ "ipcx {noun} op {noun}:5 0=0 0+1",      "wait until it is 0, then make it 1: one step for everybody else" },
	{ "ipcx {noun} op {noun}:5 0:3-1 7+1",    "one of each of the first four, and give one of the eighth" },
	{ "ipcx {noun} op {noun}:0x4d2 2-1 --timeout 5s", "give up after five seconds, with exit status 5" },
	{ "", "" },
};

static const struct example wait_keyed[] = {
	{ "ipcx {noun} wait {noun}:5",            "take one of the first semaphore" },
	{ "ipcx {noun} wait {noun}:5:2 --no-wait", "one of the third, or exit with 5" },
	{ "", "" },
};

static const struct example post_keyed[] = {
	{ "ipcx {noun} post {noun}:5",            "give one to the first semaphore" },
	{ "ipcx {noun} post {noun}:0x4d2:1 --count 4", "four to the second of an array that is known by its key" },
	{ "", "" },
};

static const struct example wait_named[] = {
	{ "ipcx {noun} wait /lock --timeout 5s", "take one, or exit with 5 after five seconds" },
	{ "", "" },
};

static const struct example post_named[] = {
	{ "ipcx {noun} post /lock", "give one" },
	{ "", "" },
};

static const struct variant op_variants[] = {
	{ .needs = OF_KEYED, .examples = op_keyed },
	{ .needs = 0 },
};

/* One of an array has an index, and any number may be taken from it in one step. */
static const struct variant wait_variants[] = {
	{ .needs = IPCX_CAN_SEM_SET, .operands = "REF[:INDEX]", .summary = "take from a semaphore of an array",
	  .about = "Waits until the semaphore can be taken from, and takes. INDEX is 0 unless said. It stays taken when ipcx ends: 'ipcx {noun} post' gives it back.",
	  .options = count_options },
	{ .needs = IPCX_CAN_SEM_SET | OF_KEYED, .examples = wait_keyed },
	{ .needs = OF_NAMED, .lacks = IPCX_CAN_SEM_SET, .examples = wait_named },
	{ .needs = 0 },
};

static const struct variant post_variants[] = {
	{ .needs = IPCX_CAN_SEM_SET, .operands = "REF[:INDEX]", .summary = "give to a semaphore of an array",
	  .about = "INDEX is 0 unless said. Never waits.",
	  .options = count_options },
	{ .needs = IPCX_CAN_SEM_SET | OF_KEYED, .examples = post_keyed },
	{ .needs = OF_NAMED, .lacks = IPCX_CAN_SEM_SET, .examples = post_named },
	{ .needs = 0 },
};

const struct cmd cmd_sem_op = {
	.name = "op", .needs = IPCX_CAN_SEM_OP | IPCX_CAN_SEM_SET, .variants = op_variants,
	.operands = "REF OP…", .summary = "operate on the semaphores of an array, all at once",
	.about = "OP is INDEX-N to take N, INDEX+N to give N, INDEX=0 to wait until the value is 0. INDEX:INDEX is a range. All of them are done in one "
		 "step (semop(2)), or none: it waits until all are possible.\n"
		 "A u behind it (0-1u) is SEM_UNDO: when the process that did it ends, its effect is taken back. That process is ipcx, which ends at once: "
		 "what was taken is given back before the next command runs, so the value is as it was, and others may have been woken for a moment. "
		 "To take a semaphore for as long as a command runs, use 'ipcx {noun} run'. What an undo would bring below 0 or above 32767 (SEMVMX), the kernel leaves at "
		 "that bound.",
	.options = op_options, .complete = COMPLETE_REFS,
	.exits = EXITS(NO_SUCH_OBJECT, TOOK_TOO_LONG),
	.args_size = sizeof(struct semverb_args), .run = run_op,
};

const struct cmd cmd_sem_wait = {
	.name = "wait", .needs = IPCX_CAN_SEM_OP, .variants = wait_variants,
	.operands = "NAME", .summary = "take from a named semaphore",
	.about = "Waits until its value is above 0, and takes 1. It stays taken when ipcx ends: 'ipcx {noun} post' gives it back. Who waits is not told when the name is "
		 "removed meanwhile: the semaphore lives on for those who have it.",
	.options = wait_options, .complete = COMPLETE_REFS,
	.exits = EXITS(NO_SUCH_OBJECT, TOOK_TOO_LONG),
	.args_size = sizeof(struct semverb_args), .run = run_wait,
};

const struct cmd cmd_sem_post = {
	.name = "post", .needs = IPCX_CAN_SEM_OP, .variants = post_variants,
	.operands = "NAME", .summary = "give to a named semaphore",
	.about = "Gives 1, and wakes one of those who wait.",
	.options = post_options, .complete = COMPLETE_REFS,
	.exits = EXITS(NO_SUCH_OBJECT, TOOK_TOO_LONG),
	.args_size = sizeof(struct semverb_args), .run = run_post,
};
/* clang-format on */

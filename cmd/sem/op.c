/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx sem op, wait and post, and the same for all semaphores: parse operations and do
 * them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "commands.h"
#include "sem/sem.h"

/* More than any possible SEMOPM; limits the expansion of ranges. */
#define OPS_MOST (1U << 20)
/* SEMVMX */
#define VALUE_MOST 32767

#define GRAMMAR "INDEX[:INDEX]-N, +N or =0, followed by u for undo"

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

/* Parse the number after the sign, and an optional u. */
static int amount(const struct app *app, const char *word, const char *text, char sign,
		  int32_t *ret_op, bool *ret_undo)
{
	size_t len = strspn(text, "0123456789");
	char digits[8] = "";
	uint64_t n;

	if (len == 0 || (text[len] && strcmp(text + len, "u") != 0))
		return msg_usage("'%s' is not an operation: " GRAMMAR, word);
	memcpy(digits, text, MIN(len, sizeof(digits) - 1));
	if (len >= sizeof(digits) || ix_parse_u64(digits, VALUE_MOST, &n) < 0)
		return msg_usage("'%s': a semaphore holds at most %d (SEMVMX)", word,
				 VALUE_MOST);
	if (sign == '=' && n != 0)
		return msg_usage("'%s': '=' only waits for 0; 'ipcx %s set' sets values",
				 word, app_noun(app));
	if (sign != '=' && n == 0)
		return msg_usage("'%s' does nothing; INDEX=0 waits for 0", word);
	*ret_op = sign == '-' ? -(int32_t)n : (int32_t)n;
	*ret_undo = text[len] == 'u';
	if (sign == '=' && *ret_undo)
		return msg_usage("'%s': waiting for 0 has no undo", word);
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
		return msg_usage("'%s' is not an operation: " GRAMMAR, word);
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
		r = msg_usage("'%s': give the index in the operations", words[0]);
	if (!r)
		r = semverb_op(app, &v.ref, ops.list, ops.n, wait_timeout(&args->wait));
	free(ops.list);
	return r;
}

/* wait and post: do one operation on one semaphore. */
static int sem_op_one(struct app *app, const struct semverb_args *args, int n,
		      char **words, int sign)
{
	struct ipcx_sem_op op = { .size = sizeof(op) };
	struct semverb v;
	int32_t count = 1;
	int r;

	if (n != 1 && semverb_array(app))
		return msg_usage("one reference is needed, with an index unless it "
				 "is 0: %s:5:2",
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
	{ "ipcx {noun} op {noun}:5 0-1",          "decrement the first semaphore, waiting while it is 0" },
	{ "ipcx {noun} op {noun}:5 0=0 0+1",      "wait until it is 0 and set it to 1, atomically" },
	{ "ipcx {noun} op {noun}:5 0:3-1 7+1",    "decrement the first four and increment the eighth" },
	{ "ipcx {noun} op {noun}:0x4d2 2-1 --timeout 5s", "exit with 5 after five seconds" },
	{ "", "" },
};

static const struct example wait_keyed[] = {
	{ "ipcx {noun} wait {noun}:5",            "decrement the first semaphore" },
	{ "ipcx {noun} wait {noun}:5:2 --no-wait", "decrement the third, or exit with 5" },
	{ "", "" },
};

static const struct example post_keyed[] = {
	{ "ipcx {noun} post {noun}:5",            "increment the first semaphore" },
	{ "ipcx {noun} post {noun}:0x4d2:1 --count 4", "add 4 to the second one of an array given by its key" },
	{ "", "" },
};

static const struct example wait_named[] = {
	{ "ipcx {noun} wait /lock --timeout 5s", "decrement it, or exit with 5 after five seconds" },
	{ "", "" },
};

static const struct example post_named[] = {
	{ "ipcx {noun} post /lock", "increment it" },
	{ "", "" },
};

static const struct variant op_variants[] = {
	{ .needs = OF_KEYED, .examples = op_keyed },
	{ .needs = 0 },
};

/* A semaphore of an array has an index, and can change by more than 1 at once. */
static const struct variant wait_variants[] = {
	{ .needs = IPCX_CAN_SEM_SET, .operands = "REF[:INDEX]", .summary = "Decrement a semaphore of an array",
	  .about = "Waits until the semaphore is large enough, and decrements it. INDEX defaults to 0. It stays decremented when ipcx ends: 'ipcx {noun} post' increments it again.",
	  .options = count_options },
	{ .needs = IPCX_CAN_SEM_SET | OF_KEYED, .examples = wait_keyed },
	{ .needs = OF_NAMED, .lacks = IPCX_CAN_SEM_SET, .examples = wait_named },
	{ .needs = 0 },
};

static const struct variant post_variants[] = {
	{ .needs = IPCX_CAN_SEM_SET, .operands = "REF[:INDEX]", .summary = "Increment a semaphore of an array",
	  .about = "INDEX defaults to 0. Never waits.",
	  .options = count_options },
	{ .needs = IPCX_CAN_SEM_SET | OF_KEYED, .examples = post_keyed },
	{ .needs = OF_NAMED, .lacks = IPCX_CAN_SEM_SET, .examples = post_named },
	{ .needs = 0 },
};

const struct cmd cmd_sem_op = {
	.name = "op", .needs = IPCX_CAN_SEM_OP | IPCX_CAN_SEM_SET, .variants = op_variants,
	.operands = "REF OP…", .summary = "Operate atomically on the semaphores of an array",
	.about = "OP is INDEX-N to subtract N, INDEX+N to add N, INDEX=0 to wait until the value is 0. INDEX:INDEX is a range. All of them are done in one "
		 "step (semop(2)) as soon as all are possible.\n"
		 "A trailing u (0-1u) is SEM_UNDO: the effect is undone when the process ends. That process is ipcx, which ends at once: "
		 "the value is restored before the next command runs, but waiting processes may have been woken meanwhile. "
		 "To hold a semaphore while a command runs, use 'ipcx {noun} run'. If an undo would lead below 0 or above 32767 (SEMVMX), the kernel sets "
		 "that bound.",
	.options = op_options, .complete = COMPLETE_REFS,
	.exits = EXITS(NO_SUCH_OBJECT, TOOK_TOO_LONG),
	.args_size = sizeof(struct semverb_args), .run = run_op,
};

const struct cmd cmd_sem_wait = {
	.name = "wait", .needs = IPCX_CAN_SEM_OP, .variants = wait_variants,
	.operands = "NAME", .summary = "Decrement a named semaphore",
	.about = "Waits until its value is above 0, and subtracts 1. It stays decremented when ipcx ends: 'ipcx {noun} post' increments it again. A wait does not end when the name is "
		 "removed meanwhile: the semaphore continues to exist for processes that have it open.",
	.options = wait_options, .complete = COMPLETE_REFS,
	.exits = EXITS(NO_SUCH_OBJECT, TOOK_TOO_LONG),
	.args_size = sizeof(struct semverb_args), .run = run_wait,
};

const struct cmd cmd_sem_post = {
	.name = "post", .needs = IPCX_CAN_SEM_OP, .variants = post_variants,
	.operands = "NAME", .summary = "Increment a named semaphore",
	.about = "Adds 1, and wakes one waiting process.",
	.options = post_options, .complete = COMPLETE_REFS,
	.exits = EXITS(NO_SUCH_OBJECT, TOOK_TOO_LONG),
	.args_size = sizeof(struct semverb_args), .run = run_post,
};
/* clang-format on */

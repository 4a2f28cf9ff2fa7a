/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx sem op, wait, post: operations on the semaphores of an array, as words. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "semverb.h"

/* More than any SEMOPM that a kernel takes an argument for; ranges multiply. */
#define OPS_MOST (1U << 20)
/* SEMVMX */
#define VALUE_MOST 32767

#define GRAMMAR "INDEX[:INDEX]-N, +N or =0, and u behind it for undo"

struct ops {
	struct ipcx_sem_op *list;
	size_t n;
};

static int add(struct ops *ops, uint32_t first, uint32_t last, int32_t op, bool undo)
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
			(struct ipcx_sem_op){ .num = num, .op = op, .undo = undo };
	return 0;
}

/* The number behind the sign, which may have a u behind it. */
static int amount(const char *word, const char *text, char sign, int32_t *ret_op,
		  bool *ret_undo)
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
		return msg_usage(
			"'%s': an operation waits for 0 only; 'ipcx sem set' sets", word);
	if (sign != '=' && n == 0)
		return msg_usage("'%s' does nothing; INDEX=0 waits for 0", word);
	*ret_op = sign == '-' ? -(int32_t)n : (int32_t)n;
	*ret_undo = text[len] == 'u';
	if (sign == '=' && *ret_undo)
		return msg_usage("'%s': there is nothing to undo of waiting for 0", word);
	return 0;
}

static int read_op(const char *word, struct ops *ops)
{
	uint32_t first, last;
	const char *sign;
	bool undo = false;
	int32_t op = 0;
	int r;

	if (semverb_range(word, &sign, &first, &last) < 0 || !*sign ||
	    !strchr("+-=", *sign))
		return msg_usage("'%s' is no operation: " GRAMMAR, word);
	r = amount(word, sign + 1, *sign, &op, &undo);
	return r ? r : add(ops, first, last, op, undo);
}

static int run_op(struct app *app, void *data, int n, char **words)
{
	const struct semverb_args *args = data;
	struct ops ops = { NULL, 0 };
	struct semverb v;
	int r = 0;

	if (n < 2)
		return msg_usage("sem op needs a reference and operations: " GRAMMAR);
	for (int i = 1; !r && i < n; i++)
		r = read_op(words[i], &ops);
	if (!r)
		r = semverb_begin(app, &args->where, words[0], SEMVERB_ARRAY, &v);
	if (!r && v.said)
		r = msg_usage("'%s': the operations say which semaphore", words[0]);
	if (!r)
		r = semverb_op(app, &v.ref, ops.list, ops.n, wait_patience(&args->wait));
	free(ops.list);
	return r;
}

/* wait and post: one operation on one semaphore. */
static int one(struct app *app, const struct semverb_args *args, int n, char **words,
	       int sign)
{
	struct ipcx_sem_op op = { .undo = false };
	struct semverb v;
	int32_t count = 1;
	int r;

	if (n != 1)
		return msg_usage("one reference is needed, with an index where that is "
				 "not 0: sem:5:2");
	r = semverb_count(args, &count);
	if (!r)
		r = semverb_begin(app, &args->where, words[0], SEMVERB_ARRAY, &v);
	if (r)
		return r;
	op.num = v.num;
	op.op = sign * count;
	return semverb_op(app, &v.ref, &op, 1, wait_patience(&args->wait));
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
static const struct opt_group op_options[] = {
	{ wait_opts,      offsetof(struct semverb_args, wait) },
	{ where_one_opts, offsetof(struct semverb_args, where) },
	{ NULL, 0 },
};

static const struct opt_group wait_options[] = {
	{ semverb_count_opts, 0 },
	{ wait_opts,      offsetof(struct semverb_args, wait) },
	{ where_one_opts, offsetof(struct semverb_args, where) },
	{ NULL, 0 },
};

static const struct opt_group post_options[] = {
	{ semverb_count_opts, 0 },
	{ where_one_opts, offsetof(struct semverb_args, where) },
	{ NULL, 0 },
};

static const struct example op_examples[] = {
	{ "ipcx sem op sem:5 0-1",          "take one of the first semaphore; wait until it can be taken" },
	{ "ipcx sem op sem:5 0=0 0+1",      "wait until it is 0, then make it 1: one step for everybody else" },
	{ "ipcx sem op sem:5 0:3-1 7+1",    "one of each of the first four, and give one of the eighth" },
	{ "ipcx sem op sem:0x4d2 2-1 --timeout 5s", "give up after five seconds, with exit status 5" },
	{ NULL, NULL },
};

static const struct example wait_examples[] = {
	{ "ipcx sem wait sem:5",            "take one of the first semaphore" },
	{ "ipcx sem wait sem:5:2 --no-wait", "one of the third, or exit with 5" },
	{ NULL, NULL },
};

static const struct example post_examples[] = {
	{ "ipcx sem post sem:5",            "give one to the first semaphore" },
	{ "ipcx sem post sem:0x4d2:1 --count 4", "four to the second of an array that is known by its key" },
	{ NULL, NULL },
};

extern const struct cmd cmd_sem_op, cmd_sem_wait, cmd_sem_post;
const struct cmd cmd_sem_op = {
	.name = "sem op", .operands = "REF OP…", .summary = "operate on the semaphores of an array, all at once",
	.about = "OP is INDEX-N to take N, INDEX+N to give N, INDEX=0 to wait until the value is 0. INDEX:INDEX is a range. All of them are done in one "
		 "step (semop(2)), or none: it waits until all are possible.\n"
		 "A u behind it (0-1u) is SEM_UNDO: when the process that did it ends, its effect is taken back. That process is ipcx, which ends at once: "
		 "what was taken is given back before the next command runs, so the value is as it was, and others may have been woken for a moment. "
		 "To take a semaphore for as long as a command runs, use 'ipcx sem run'. What an undo would bring below 0 or above 32767 (SEMVMX), the kernel leaves at "
		 "that bound.",
	.options = op_options, .examples = op_examples, .complete = COMPLETE_REFS,
	.args_size = sizeof(struct semverb_args), .run = run_op,
};

const struct cmd cmd_sem_wait = {
	.name = "sem wait", .operands = "REF[:INDEX]", .summary = "take from a semaphore of an array",
	.about = "Waits until the semaphore can be taken from, and takes. INDEX is 0 unless said. It stays taken when ipcx ends: 'ipcx sem post' gives it back.",
	.options = wait_options, .examples = wait_examples, .complete = COMPLETE_REFS,
	.args_size = sizeof(struct semverb_args), .run = run_wait,
};

const struct cmd cmd_sem_post = {
	.name = "sem post", .operands = "REF[:INDEX]", .summary = "give to a semaphore of an array",
	.about = "INDEX is 0 unless said. Never waits.",
	.options = post_options, .examples = post_examples, .complete = COMPLETE_REFS,
	.args_size = sizeof(struct semverb_args), .run = run_post,
};
/* clang-format on */

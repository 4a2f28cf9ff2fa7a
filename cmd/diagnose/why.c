/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx why: the reasons for which a call fails, and which of them is so. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "commands.h"
#include "diagnose/causes.h"
#include "nsopt.h"
#include "ui/owner.h"

#define GIVEN_PID 1U
#define LOG_MOST  (1U << 20) /* bytes of standard input that are read */

struct why_args {
	struct output_args output;
	struct ns_args where;
	const char *as;
	uint64_t given, pid;
};

static const enum ipcx_field why_fields[] = { IPCX_F_CALL,     IPCX_F_ERROR,
					      IPCX_F_CAUSE,    IPCX_F_APPLIES,
					      IPCX_F_EVIDENCE, IPCX_F_FIX,
					      IPCX_F_PROGRAM };
static const struct shown why_shown = COLUMN_LIST_INIT(why_fields);

static int why_print(struct app *app, const struct why_args *args,
		     const struct ipcx_table *t)
{
	struct tally tally = { 0 };
	struct output s;
	int r = output_open(&s, &args->output, "causes");

	if (!r)
		r = output_fields(&s, args->output.fields, why_shown, output_table_knows,
				  t);
	if (!r)
		r = output_condition(app->x, &args->output, output_table_knows, t,
				     &s.where);
	if (r)
		return r;
	msg_table(t, app->verbose, &tally);
	if (!s.format->raw && !args->output.fields) {
		r = causes_print(&s, t, app->verbose);
	} else {
		output_heading(&s, NULL);
		r = output_all(&s, t);
	}
	output_close(&s);
	return output_status(&s, r ? r : causes_status(t));
}

/* ---- the words */

static bool why_is_call(const char *word)
{
	const char *name;

	for (size_t i = 0; (name = ipcx_why_call(i)) != NULL; i++)
		if (!strcmp(name, word))
			return true;
	return false;
}

/* Whether a word is an argument, and not part of a message: "size=4G", "shm:5". */
static bool why_is_argument(struct app *app, const char *word)
{
	const char *equals = strchr(word, '='), *call, *name;
	struct ipcx_ref ref;

	if (!equals)
		return strchr(word, ':') &&
		       ipcx_ref_parse(app->x, word, IPCX_NO_MECH, &ref) == 0;
	for (size_t c = 0; (call = ipcx_why_call(c)) != NULL; c++)
		for (size_t i = 0; (name = ipcx_why_argument(call, i)) != NULL; i++)
			if (strlen(name) == (size_t)(equals - word) &&
			    !strncmp(name, word, (size_t)(equals - word)))
				return true;
	return false;
}

/* Join the words of a line that was not quoted. Free the result. */
static char *why_join(int n, char **words)
{
	size_t len = 1;
	char *line, *p;

	for (int i = 0; i < n; i++)
		len += strlen(words[i]) + 1;
	line = p = malloc(len);
	for (int i = 0; line && i < n; i++) {
		if (i)
			*p++ = ' ';
		p = mempcpy(p, words[i], strlen(words[i]));
	}
	if (line)
		*p = '\0';
	return line;
}

/* Ask about the first line of standard input that is understood. */
static int why_log(struct ipcx *x, struct ipcx_failed_call *failed,
		   struct ipcx_table **ret_t)
{
	auto_buf struct ix_buf log = { 0 };
	int r = ix_read_all(STDIN_FILENO, LOG_MOST, &log);
	char *next;

	if (r < 0 || ix_buf_add(&log, "", 1) < 0) {
		msg_error("standard input: %s",
			  r == -EFBIG ? "larger than 1 MiB: give its last lines"
				      : strerror(r < 0 ? -r : ENOMEM));
		return -EIO;
	}
	for (size_t i = 0; i + 1 < log.len; i++)
		log.data[i] = log.data[i] ? log.data[i] : ' ';
	r = -ENODATA;
	for (char *line = log.data; line && r == -ENODATA; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		failed->line = line;
		r = ipcx_why(x, failed, ret_t);
	}
	if (r < 0)
		msg_error("standard input: %s", ipcx_error(x));
	return r;
}

/* Sort the words into a call with its errno, or a line, and arguments. */
static int why_words(struct app *app, int n, char **words,
		     struct ipcx_failed_call *failed, char **ret_line)
{
	int first = 0;

	if (why_is_call(words[0])) {
		failed->call = words[first++];
		if (first < n && !why_is_argument(app, words[first]))
			failed->error = words[first++];
	} else {
		while (first < n && (!first || !why_is_argument(app, words[first])))
			first++;
		*ret_line = why_join(first, words);
		if (!*ret_line) {
			msg_error("out of memory");
			return EXIT_FAILED;
		}
		failed->line = *ret_line;
	}
	failed->args = (const char *const *)words + first;
	failed->nargs = (size_t)(n - first);
	return 0;
}

static int why_whose(const struct why_args *args, struct ipcx_failed_call *failed)
{
	struct ipcx_attrs attrs = { .size = sizeof(attrs) };
	int r;

	if (args->as && args->given & GIVEN_PID)
		return msg_usage("--as and --pid contradict each other");
	if (args->as) {
		if (strchr(args->as, ':'))
			return msg_usage("--as: '%s' is no user", args->as);
		r = owner_read(args->as, &attrs);
		if (r)
			return r;
		failed->flags = IPCX_WHY_UID;
		failed->uid = attrs.uid;
	}
	if (args->given & GIVEN_PID) {
		if (args->pid == 0 || args->pid > INT32_MAX)
			return msg_usage("--pid: %" PRIu64 " is no PID", args->pid);
		failed->flags = IPCX_WHY_PID;
		failed->pid = (int32_t)args->pid;
	}
	return 0;
}

static int why_ask(struct app *app, int n, char **words, struct ipcx_failed_call *failed,
		   struct ipcx_table **ret_t)
{
	auto_free char *line = NULL;
	int r = why_words(app, n, words, failed, &line);

	if (r)
		return r;
	if (failed->line && !strcmp(failed->line, "-")) {
		r = why_log(app->x, failed, ret_t);
		if (r == -EIO)
			return EXIT_FAILED;
	} else {
		r = ipcx_why(app->x, failed, ret_t);
		if (r < 0)
			(void)app_failed(app, r);
	}
	if (r == -ENODATA)
		return EXIT_USAGE;
	if (r == -ESRCH || r == -ENOENT)
		return EXIT_MISSING;
	return r == -EINVAL ? EXIT_USAGE : r < 0 ? EXIT_FAILED : EXIT_DONE;
}

static int why_run(struct app *app, void *data, int n, char **words)
{
	const struct why_args *args = data;
	struct ipcx_failed_call failed = { .size = sizeof(failed) };
	struct ipcx_table *t = NULL;
	int r;

	if (n == 0)
		return msg_usage("why needs a call and an errno, or a line of a log");
	r = why_whose(args, &failed);
	if (!r)
		r = ns_use(app, &args->where);
	if (!r)
		r = why_ask(app, n, words, &failed, &t);
	if (r)
		return r;
	r = why_print(app, args, t);
	ipcx_table_free(t);
	return r;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "as",  0, TEXT(struct why_args, as), .arg = "USER", .complete = COMPLETE_USERS, .help = "judge with the rights of this user" },
	{ "pid", 0, NUMBER(struct why_args, pid), GIVEN(struct why_args, given, GIVEN_PID), .arg = "PID", .help = "judge with the rights, limits and namespaces of this process" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,        0 },
	{ ns_one_opts, offsetof(struct why_args, where) },
	{ filter_opts, offsetof(struct why_args, output) },
	{ output_opts, offsetof(struct why_args, output) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx why 'could not create semaphores: No space left on device'", "a line of PostgreSQL's log" },
	{ "ipcx why shmget ENOSPC size=4G",          "which limit has no room for 4 GiB" },
	{ "ipcx why shmget EACCES key=0x4d2 mode=0600 --as www-data", "with a user's rights" },
	{ "ipcx why mq_open EMFILE --pid 4711",      "with the limits of a process, where it runs" },
	{ "ipcx why SIGBUS --ns web",                "killed in a container: is its /dev/shm full?" },
	{ "ipcx why semget",                         "every reason for which a call fails" },
	{ "tail -n 50 /var/log/app.log | ipcx why -", "the first line that is understood" },
	{ "", "" },
};

const struct cmd cmd_why = {
	.name = "why", .operands = "CALL [ERRNO] [ARGUMENT=VALUE|REF…]|LINE|-", .summary = "Find out why a call failed",
	.about = "Tests each reason that the call has to fail in this way, as it is now, and changes nothing. Reasons that apply come first, "
		 "with the facts and what to do; then those that cannot be told, because arguments are not known or something may not be "
		 "seen; then those that do not apply (with -v: with the facts). A line of a log or of strace(1) is searched for the call, or for words "
		 "of programs that are known, and for the errno: its name, number, or text in any language that is installed. SIGBUS and blocks are errnos, too.",
	.options = options, .examples = examples, .complete = COMPLETE_CALLS, .rows = &why_shown,
	.exits = EXITS({ EXIT_DONE, "at least one reason applies" }, { EXIT_FAILED, "no reason applies, or failed" }, { EXIT_USAGE, "usage error, or the line holds nothing that is known" }, { EXIT_MISSING, "no such process, namespace, container or pin" }, { EXIT_PART, "no reason is known to apply, and some cannot be told" }),
	.args_size = sizeof(struct why_args), .run = why_run,
};
/* clang-format on */

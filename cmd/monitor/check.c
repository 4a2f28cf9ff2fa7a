/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipcx check: are limits, queues and findings in order? In the language of Nagios and
 * those who understand its plug-ins: one line, and a status of 0 to 3. */
#include <string.h>

#include "base/util.h"
#include "commands.h"
#include "monitor/check.h"
#include "nsopt.h"

struct check_args {
	struct ns_args where;
	struct opt_list warn, crit;
	const char *missing;
	uint64_t given, timeout;
	bool strict;
};

#define GIVEN_TIMEOUT 1U

#define TIMEOUT_NS (UINT64_C(10) * 1000000000)

static bool check_plugin(const void *data, int *ret_status)
{
	const struct check_args *args = data;
	uint64_t timeout = args->given & GIVEN_TIMEOUT ? args->timeout : TIMEOUT_NS;

	return check_guard(timeout, ret_status);
}

/* Read the state that --missing gives. */
static int check_missing(const char *word, enum check_state *ret_state)
{
	static const char words[][IX_TEXT(12)] = { "ok", "warning", "critical",
						   "unknown" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(word, words[i])) {
			*ret_state = (enum check_state)i;
			return 0;
		}
	return msg_usage("--missing: '%s' is not ok, warning, critical or unknown", word);
}

enum check_subject { CHECK_ALL, CHECK_LIMITS, CHECK_QUEUES, CHECK_FINDINGS };

static int check_subject(int n, char **words, enum check_subject *ret_subject)
{
	if (!n)
		*ret_subject = CHECK_ALL;
	else if (!strcmp(words[0], "limits"))
		*ret_subject = CHECK_LIMITS;
	else if (!strcmp(words[0], "queue"))
		*ret_subject = CHECK_QUEUES;
	else if (!strcmp(words[0], "doctor"))
		*ret_subject = CHECK_FINDINGS;
	else
		return msg_usage("check what? limits, queue or doctor, not '%s'",
				 words[0]);
	if (*ret_subject == CHECK_FINDINGS && n > 1)
		return msg_usage(
			"doctor looks at everything: conditions choose findings");
	return 0;
}

static int check_asked(const struct check_args *args, enum check_subject subject)
{
	if (args->missing && subject != CHECK_QUEUES)
		return msg_usage("--missing goes with queue");
	if (args->strict && subject == CHECK_QUEUES)
		return msg_usage("--strict: queues are always judged so");
	return 0;
}

static int check_look(struct check *c, enum check_subject subject, int n, char **words)
{
	int r;

	switch (subject) {
	case CHECK_LIMITS:
		return check_limits(c, n - 1, words + 1);
	case CHECK_QUEUES:
		return check_queues(c, n - 1, words + 1);
	case CHECK_FINDINGS:
		return check_findings(c);
	case CHECK_ALL:
		break;
	}
	r = check_limits(c, 0, NULL);
	if (!r)
		r = check_findings(c);
	return r ? r : check_rule_used(c->given);
}

/* Say what was not seen before all other remarks: these may be too many. */
static void check_say_first(struct ix_buf *more, const char *unseen)
{
	struct ix_buf all = { .len = 0 };

	check_say(&all, "; not seen: %s", unseen);
	if (more->len)
		(void)ix_buf_add(&all, more->data, more->len);
	all.starved |= more->starved;
	ix_buf_free(more);
	*more = all;
}

static int check_run(struct app *app, void *data, int n, char **words)
{
	const struct check_args *args = data;
	enum check_subject subject;
	struct check_rule given = { .warn = { .n = 0 } };
	struct check c = { .app = app,
			   .given = &given,
			   .missing = CHECK_CRITICAL,
			   .strict = args->strict };
	int r = check_subject(n, words, &subject);

	if (!r)
		r = check_asked(args, subject);
	if (!r && args->missing)
		r = check_missing(args->missing, &c.missing);
	if (!r)
		r = check_rule_read(app->x, &args->warn, &args->crit, &given);
	if (!r)
		r = ns_use(app, &args->where);
	if (r)
		return r;
	c.all = subject == CHECK_ALL;
	c.line.wordy = app->verbose;
	r = check_look(&c, subject, n, words);
	if (!r && c.unseen.len)
		check_say_first(&c.line.more, c.unseen.data);
	if (!r)
		r = check_print(&c.line);
	check_line_free(&c.line);
	ix_buf_free(&c.unseen);
	check_rule_free(&given);
	return r;
}

/* clang-format off */
static const struct opt opts[] = {
	{ "warn",    'w', LISTED(struct check_args, warn), .arg = "EXPR", .complete = COMPLETE_FIELDS, .help = "WARNING if this condition holds; repeatable: one suffices" },
	{ "crit",    'c', LISTED(struct check_args, crit), .arg = "EXPR", .complete = COMPLETE_FIELDS, .help = "CRITICAL if this condition holds; repeatable: one suffices" },
	{ "missing", 0,   TEXT(struct check_args, missing), .arg = "STATE", .help = "what a queue that does not exist is: ok, warning, critical (default) or unknown" },
	{ "strict",  0,   FLAG(struct check_args, strict), .help = "UNKNOWN if there is something that may not be looked at" },
	{ "timeout", 't', DURATION(struct check_args, timeout), GIVEN(struct check_args, given, GIVEN_TIMEOUT), .arg = "TIME", .help = "UNKNOWN after this time (10s); 0: wait" },
	{ .name = "" },
};

static const struct opt_group options[] = {
	{ opts,    0 },
	{ ns_opts, offsetof(struct check_args, where) },
	{ NULL, 0 },
};

static const struct example examples[] = {
	{ "ipcx check",                                  "limits and findings, with the usual thresholds" },
	{ "ipcx check limits semmni -w 'percent > 50'",  "one limit, earlier" },
	{ "ipcx check queue mq:/jobs -c 'use_percent >= 95'", "a queue that must exist and have room" },
	{ "ipcx check queue mq:/jobs -w 'curmsgs > 0 && idle > 5m'", "a queue that nobody empties" },
	{ "ipcx check doctor --ns all --timeout 30s",    "findings in every namespace and container" },
	{ "ipcx check doctor -c 'finding == deadlock'",  "only deadlocks are CRITICAL" },
	{ "", "" },
};

const struct cmd cmd_check = {
	.name = "check", .operands = "[limits [NAME…]|queue [MECH…|REF…]|doctor]", .summary = "Check limits, queues and findings as a monitoring plug-in",
	.about = "Answers in the way in which Nagios, Icinga, Naemon, Sensu, Checkmk and others call plug-ins: one line on standard output, with performance data after \"|\", and an exit status that no other "
		 "command has. \"limits\" are WARNING from 80 % of use on and CRITICAL from 90 %, and so is a \"queue\". \"doctor\" is WARNING if a finding is likely, CRITICAL if it is certain. Without a word, limits and "
		 "findings are checked. What could not be read is UNKNOWN, never OK. Every error is UNKNOWN, too, and so are --help and --version.",
	.options = options, .examples = examples, .complete = COMPLETE_REFS | COMPLETE_MECHS,
	.exits = EXITS({ CHECK_OK, "OK" }, { CHECK_WARNING, "WARNING" }, { CHECK_CRITICAL, "CRITICAL" }, { CHECK_UNKNOWN, "UNKNOWN: something could not be read, a usage error, any other error, --help" }),
	.plugin = check_plugin,
	.args_size = sizeof(struct check_args), .run = check_run,
};
/* clang-format on */

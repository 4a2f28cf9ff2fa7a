/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings as ipcx check judges them: by how sure they are. */
#include <inttypes.h>
#include <string.h>

#include "monitor/check.h"

/* Memory that a running process keeps is normal for many programs. */
#define NORMAL "finding != nameless && finding != removed"

static const struct check_kind check_finding_kind = {
	.warn = "grade >= likely && " NORMAL,
	.crit = "grade == certain && " NORMAL,
	.known = columns_have,
	.data = NULL,
};

/* Whether a finding says of a limit that it is nearly reached, which check_limits() has
 * judged. The use of this one limit is not counted, but estimated. */
static bool check_is_limit(const struct ipcx_table *t, size_t row)
{
	struct ipcx_value v;
	const char *finding = check_word(t, row, IPCX_F_FINDING, &v);

	if (!strcmp(finding, "shm-full") || !strcmp(finding, "shm-inodes"))
		return true;
	return !strcmp(finding, "limit") &&
	       strcmp(check_word(t, row, IPCX_F_REF, &v), "rlimit_msgqueue") != 0;
}

static void check_finding(struct check *c, const struct check_rule *rule,
			  const struct ipcx_table *t, size_t row, size_t *ret_quiet)
{
	struct ipcx_value finding, ref, what, place, grade;
	struct check_verdict v;
	char where[40], how[IPCX_VALUE_MAX] = "";
	const char *in;

	check_judge(rule, t, row, &v);
	if (v.state == CHECK_OK) {
		++*ret_quiet;
		return;
	}
	in = check_place(c, t, row, &place, where, sizeof(where));
	if (ipcx_row_get(t, row, IPCX_F_GRADE, &grade) == 0)
		(void)ipcx_value_format(&grade, how, sizeof(how));
	check_add(&c->line, v.state, (double)grade.as.u, "%s%s%s%s%s (%s)%s%s: %s",
		  check_word(t, row, IPCX_F_FINDING, &finding), " ",
		  check_word(t, row, IPCX_F_REF, &ref), *in ? " of " : "", in, how,
		  v.why[0] ? ": " : "", v.why, check_word(t, row, IPCX_F_WHAT, &what));
}

static void check_count(struct check *c, const char *label, size_t n)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%zu", n);
	check_value(&c->line, &(struct check_value){ .place = "",
						     .label = label,
						     .suffix = "",
						     .value = number,
						     .unit = "",
						     .warn = "",
						     .crit = "",
						     .least = "0",
						     .most = "" });
}

static void check_unseen(struct check *c, const struct ipcx_unseen *u)
{
	char text[60];

	(void)snprintf(text, sizeof(text), "%" PRIu64 " process%s", u->processes,
		       u->processes == 1 ? "" : "es");
	if (u->processes && c->strict)
		check_add(&c->line, CHECK_UNKNOWN, 0, "%s may not be looked at", text);
	else if (u->processes)
		check_not_seen(c, text);
	if (u->others && !c->strict) /* else there is a note */
		check_not_seen(c, "other PID namespaces");
}

/* Return the fields of findings: those of the command that lists them. */
static const struct shown *check_finding_fields(const struct app *app)
{
	static char word[] = "doctor";
	struct called doctor;
	char *words[] = { word, NULL };
	int n;

	(void)cmd_find(app->commands, 1, words, &doctor, &n);
	return doctor.cmd.rows;
}

int check_findings(struct check *c)
{
	struct ipcx_unseen unseen = { .size = sizeof(unseen) };
	struct ipcx_doctor_opts opts = { .size = sizeof(opts) };
	struct check_kind kind = check_finding_kind;
	size_t grades[3] = { 0 }, quiet = 0, limits = 0, before = c->line.items.len;
	bool usual;
	struct check_rule rule = { .warn = { .n = 0 } };
	struct ipcx_table *t = NULL;
	int r;

	kind.data = check_finding_fields(c->app);
	r = check_rule_for(c->app->x, &kind, c->given, c->all, &rule);
	/* Conditions that were given choose among all findings. */
	usual = !r && (!rule.warn.n || rule.warn.all[0].own) &&
		(!rule.crit.n || rule.crit.all[0].own);
	if (!r)
		r = ipcx_doctor(c->app->x, &opts, &unseen, &t);
	if (r < 0)
		r = app_failed(c->app, r);
	for (size_t i = 0; !r && i < ipcx_table_rows(t); i++) {
		struct ipcx_value grade;

		if (c->all && usual && check_is_limit(t, i)) {
			limits++;
			continue;
		}
		if (ipcx_row_get(t, i, IPCX_F_GRADE, &grade) == 0 && grade.as.u >= 1 &&
		    grade.as.u <= ARRAY_SIZE(grades))
			grades[grade.as.u - 1]++;
		check_finding(c, &rule, t, i, &quiet);
	}
	if (!r) {
		check_notes(c, t, c->strict || c->app->ns);
		if (c->line.items.len == before)
			check_say(&c->line.fine, "%sno findings",
				  c->line.fine.len ? "; " : "");
		if (quiet)
			check_say(&c->line.more, "; %zu finding%s of no concern", quiet,
				  quiet == 1 ? "" : "s");
		if (limits)
			check_say(&c->line.more, "; %zu finding%s about limits", limits,
				  limits == 1 ? "" : "s");
		check_unseen(c, &unseen);
		check_count(c, "certain", grades[IPCX_CERTAIN - 1]);
		check_count(c, "likely", grades[IPCX_LIKELY - 1]);
		check_count(c, "possible", grades[IPCX_POSSIBLE - 1]);
	}
	check_rule_free(&rule);
	ipcx_table_free(t);
	return r;
}

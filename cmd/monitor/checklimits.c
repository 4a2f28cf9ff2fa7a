/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits as ipcx check judges them: by how much of them is used. A limit whose use nobody
 * counts is passed over, unless it was named. */
#include <inttypes.h>

#include "monitor/check.h"

static void check_limit_text(const struct check_rows *r, size_t row, const char *place,
			     struct ix_buf *to)
{
	char number[IPCX_VALUE_MAX];
	uint64_t used, limit;
	struct ipcx_value v;
	double percent;

	check_say(to, "%s%s%s", check_word(r->t, row, IPCX_F_NAME, &v),
		  *place ? " of " : "", place);
	if (check_percent(r->t, row, IPCX_F_PERCENT, &percent, number))
		check_say(to, " %s%%", number);
	if (!check_number(r->t, row, IPCX_F_LIMIT, &limit))
		return;
	if (check_number(r->t, row, IPCX_F_USED, &used))
		check_say(to, " (%" PRIu64 " of %" PRIu64 " %s)", used, limit,
			  check_word(r->t, row, IPCX_F_UNIT, &v));
	else
		check_say(to, " (%" PRIu64 " %s)", limit,
			  check_word(r->t, row, IPCX_F_UNIT, &v));
}

static void check_limit_values(const struct check_rows *r, size_t row, const char *place)
{
	struct ipcx_value v;

	check_percentage(r, row, place, check_word(r->t, row, IPCX_F_NAME, &v));
}

int check_limits(struct check *c, int n, char **names)
{
	struct ipcx_table *t;
	int r = ipcx_limits(c->app->x, n ? (const char *const *)names : NULL, &t);
	struct check_rows rows = { .c = c,
				   .percent = IPCX_F_PERCENT,
				   .shown = IPCX_FIELDSET(IPCX_F_NAME, IPCX_F_PERCENT,
							  IPCX_F_USED, IPCX_F_LIMIT,
							  IPCX_F_UNIT),
				   .named = n > 0,
				   .noted = true,
				   .text = check_limit_text,
				   .values = check_limit_values };

	if (r < 0)
		return app_failed(c->app, r);
	rows.t = t;
	r = check_rule_for(c->app->x,
			   &(struct check_kind){ .warn = "percent >= 80",
						 .crit = "percent >= 90",
						 .known = output_table_knows,
						 .data = t },
			   c->given, c->all, &rows.rule);
	for (size_t i = 0; !r && i < ipcx_table_rows(t); i++)
		check_row(&rows, i);
	if (!r) {
		check_notes(c, t, c->strict || c->app->ns || n > 0);
		if (!rows.judged && check_state(&c->line) == CHECK_OK)
			check_add(&c->line, CHECK_UNKNOWN, 0,
				  "no limit whose use is counted");
		if (rows.top.len)
			check_say(&c->line.fine, "%zu limit%s, highest: %s", rows.judged,
				  rows.judged == 1 ? "" : "s", rows.top.data);
		else
			check_say(&c->line.fine, "%zu limit%s", rows.judged,
				  rows.judged == 1 ? "" : "s");
	}
	check_rule_free(&rows.rule);
	ix_buf_free(&rows.top);
	ipcx_table_free(t);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queues as ipcx check judges them: by how full they are. A queue that was named has to
 * exist. */
#include <inttypes.h>

#include "monitor/check.h"
#include "ui/select.h"

/* System V queues count messages in one field, POSIX queues in another. */
static bool check_messages(const struct ipcx_table *t, size_t row, enum ipcx_field *ret_f,
			   uint64_t *ret_n)
{
	*ret_f = IPCX_F_CURMSGS;
	if (check_number(t, row, IPCX_F_CURMSGS, ret_n))
		return true;
	*ret_f = IPCX_F_QNUM;
	return check_number(t, row, IPCX_F_QNUM, ret_n);
}

static void check_queue_text(const struct check_rows *r, size_t row, const char *place,
			     struct ix_buf *to)
{
	uint64_t n, most, bytes, last;
	char number[IPCX_VALUE_MAX];
	enum ipcx_field f;
	struct ipcx_value v;
	double percent;

	check_say(to, "%s%s%s", check_word(r->t, row, IPCX_F_REF, &v),
		  *place ? " of " : "", place);
	if (check_percent(r->t, row, IPCX_F_USE_PERCENT, &percent, number))
		check_say(to, " %s%%", number);
	if (!check_messages(r->t, row, &f, &n))
		return;
	last = n;
	check_say(to, " (%" PRIu64, n);
	if (check_number(r->t, row, IPCX_F_MAXMSG, &last))
		check_say(to, " of %" PRIu64, last);
	check_say(to, " message%s", last == 1 ? "" : "s");
	if (check_number(r->t, row, IPCX_F_CBYTES, &bytes) &&
	    check_number(r->t, row, IPCX_F_QBYTES, &most))
		check_say(to, ", %" PRIu64 " of %" PRIu64 " bytes", bytes, most);
	check_say(to, ")");
}

static void check_queue_values(const struct check_rows *r, size_t row, const char *place)
{
	char number[24], most[24] = "", warn[CHECK_RANGE], crit[CHECK_RANGE];
	struct ipcx_value v;
	const char *ref = check_word(r->t, row, IPCX_F_REF, &v);
	enum ipcx_field f;
	uint64_t n, max;

	check_percentage(r, row, place, ref);
	if (!check_messages(r->t, row, &f, &n))
		return;
	(void)snprintf(number, sizeof(number), "%" PRIu64, n);
	if (check_number(r->t, row, IPCX_F_MAXMSG, &max))
		(void)snprintf(most, sizeof(most), "%" PRIu64, max);
	check_value(&r->c->line,
		    &(struct check_value){ .place = place,
					   .label = ref,
					   .suffix = "_messages",
					   .value = number,
					   .unit = "",
					   .warn = check_range(&r->rule.warn, f, warn),
					   .crit = check_range(&r->rule.crit, f, crit),
					   .least = "0",
					   .most = most });
}

/* The mechanisms that have queues. */
static uint64_t check_queue_mechs(void)
{
	uint64_t all = select_all(), mask = 0;

	for (unsigned m = 0; ipcx_mech_info(m); m++)
		if ((all & IPCX_MECH_BIT(m)) && ipcx_mech_has(m, IPCX_F_USE_PERCENT))
			mask |= IPCX_MECH_BIT(m);
	return mask;
}

/* Read the queues: everything that is cheap, and what a condition names. */
static int check_queue_read(struct check *c, const struct selection *sel, uint64_t mechs,
			    struct ipcx_table **ret_t)
{
	const struct check_list *lists[] = { &c->given->warn, &c->given->crit };
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = sel->mechs,
				.refs = sel->nrefs ? sel->refs : NULL,
				.nrefs = sel->nrefs,
				.fields = select_usual(mechs).after };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (size_t j = 0; j < lists[i]->n; j++) {
			struct ipcx_fieldset reads = ipcx_expr_fields(lists[i]->all[j].e);

			ipcx_fieldset_merge(&q.fields, &reads);
		}
	r = ipcx_scan(c->app->x, &q, ret_t);
	return r < 0 ? app_failed(c->app, r) : 0;
}

static int check_queue_rows(struct check *c, const struct selection *sel, uint64_t mechs)
{
	struct check_rows rows = { .c = c,
				   .percent = IPCX_F_USE_PERCENT,
				   .shown = IPCX_FIELDSET(IPCX_F_REF, IPCX_F_USE_PERCENT,
							  IPCX_F_QNUM, IPCX_F_CURMSGS,
							  IPCX_F_MAXMSG, IPCX_F_CBYTES,
							  IPCX_F_QBYTES, IPCX_F_MECH,
							  IPCX_F_NAME, IPCX_F_ID),
				   .named = sel->nrefs > 0,
				   .text = check_queue_text,
				   .values = check_queue_values };
	struct ipcx_table *t = NULL;
	int r = check_rule_for(c->app->x,
			       &(struct check_kind){ .warn = "use_percent >= 80",
						     .crit = "use_percent >= 90",
						     .known = select_knows,
						     .data = &mechs },
			       c->given, c->all, &rows.rule);

	if (!r)
		r = check_queue_read(c, sel, mechs, &t);
	rows.t = t;
	for (size_t i = 0; !r && i < ipcx_table_rows(t); i++)
		check_row(&rows, i);
	if (!r) {
		check_notes(c, t, true);
		if (rows.top.len)
			check_say(&c->line.fine, "%zu queue%s, fullest: %s", rows.judged,
				  rows.judged == 1 ? "" : "s", rows.top.data);
		else
			check_say(&c->line.fine, "no queues");
	}
	check_rule_free(&rows.rule);
	ix_buf_free(&rows.top);
	ipcx_table_free(t);
	return r;
}

int check_queues(struct check *c, int n, char **words)
{
	uint64_t queues = check_queue_mechs(), touched;
	struct selection sel;
	int r = select_read(c->app->x, NULL, n, words, &sel);

	if (r)
		return r;
	if (!sel.nrefs && !sel.mechs)
		sel.mechs = queues;
	touched = select_touched(&sel);
	if (sel.nrefs && sel.mechs)
		r = msg_usage("queue: either references of queues, or mechanisms");
	else if (touched & ~queues)
		r = msg_usage("queue: %s objects are no queues",
			      ipcx_mech_info((unsigned)__builtin_ctzll(touched & ~queues))
				      ->name);
	else
		r = check_queue_rows(c, &sel, touched);
	select_free(&sel);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --expect: parse the condition before anything runs, and report each result that does
 * not meet the condition. */
#include <stdio.h>
#include <string.h>

#include "stress/stress.h"
#include "ui/select.h"

int stress_expect(struct load_run *s)
{
	const struct shown *known = &s->kind->fields;
	struct ipcx_fieldset read;
	char names[512] = "";
	size_t at = 0;
	int r;

	r = select_condition(s->app->x, "--expect", &s->args->expect, &s->expect);
	if (r || !s->expect)
		return r;
	read = ipcx_expr_fields(s->expect);
	for (unsigned f = 0; f < ipcx_field_count(); f++) {
		if (!ipcx_fieldset_has(&read, (enum ipcx_field)f) ||
		    columns_have((enum ipcx_field)f, known))
			continue;
		for (size_t i = 0; i < known->n && at < sizeof(names); i++)
			at += (size_t)snprintf(names + at, sizeof(names) - at, " %s",
					       ipcx_field_info(known->list[i])->name);
		return msg_usage("--expect: results have no field '%s'; there are:%s",
				 ipcx_field_info((enum ipcx_field)f)->name, names);
	}
	return 0;
}

/* Write the name of a row: "shm: churn create on 1 CPU". */
static void name_row(const struct load_run *s, const struct ipcx_table *t, size_t row,
		     char *buf, size_t size)
{
	struct ipcx_value subject, workload, operation, cpus;
	const char *word = stress_text(t, row, IPCX_F_CPUS, &cpus);

	(void)snprintf(buf, size, "%s: %s %s on %s CPU%s",
		       stress_text(t, row, s->kind->subject, &subject),
		       stress_text(t, row, IPCX_F_WORKLOAD, &workload),
		       stress_text(t, row, IPCX_F_OPERATION, &operation), word,
		       strcmp(word, "1") == 0 ? "" : "s");
}

/* Write a field's value in the syntax of conditions: "p99 is 73200ns". */
static size_t stress_expect_put_value(const struct ipcx_table *t, size_t row,
				      enum ipcx_field f, bool first, char *buf,
				      size_t size)
{
	static const struct cell_style raw = { .raw = true };
	const struct ipcx_field_info *info = ipcx_field_info(f);
	struct ipcx_value v = { .type = IPCX_TYPE_NONE };
	char cell[64] = "unknown";
	const char *text = cell;
	int n;

	if (ipcx_row_get(t, row, f, &v) < 0)
		v.type = IPCX_TYPE_NONE;
	if (v.type == IPCX_TYPE_STRING)
		text = ipcx_value_string(&v);
	else if (v.type != IPCX_TYPE_NONE)
		*cell_put(cell, info, &v, &raw) = '\0';
	n = snprintf(buf, size, "%s%s is %s%s", first ? "" : ", ", info->name, text,
		     info->unit == IPCX_UNIT_NANOSECONDS && v.type != IPCX_TYPE_NONE
			     ? "ns"
			     : "");
	return n < 0 || (size_t)n >= size ? size - 1 : (size_t)n;
}

static void judge_row(struct load_run *s, const struct ipcx_table *t, size_t row)
{
	int match = s->expect ? ipcx_expr_match(s->expect, t, row) : 1;
	char name[160], values[1024] = "";
	struct ipcx_value errors, errnos;
	struct ipcx_fieldset read;
	size_t at = 0;

	name_row(s, t, row, name, sizeof(name));
	if (ipcx_row_get(t, row, IPCX_F_ERRORS, &errors) == 0 &&
	    errors.type == IPCX_TYPE_UINT && errors.as.u) {
		msg_error("%s: calls that failed: %s", name,
			  stress_text(t, row, IPCX_F_ERRNOS, &errnos));
		s->bad = true;
	}
	if (match == 1)
		return;
	read = ipcx_expr_fields(s->expect);
	for (unsigned f = 0; f < ipcx_field_count(); f++)
		if (ipcx_fieldset_has(&read, (enum ipcx_field)f))
			at += stress_expect_put_value(t, row, (enum ipcx_field)f, at == 0,
						      values + at, sizeof(values) - at);
	msg_error("%s: %s: %s%s%s", name,
		  match < 0 ? "unknown whether it is as expected" : "not as expected",
		  values, *values ? "" : "the condition names no field", "");
	s->bad = true;
}

void stress_judge(struct load_run *s, const struct ipcx_table *t)
{
	for (size_t i = 0; i < ipcx_table_rows(t); i++)
		judge_row(s, t, i);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conditions of ipcx check. They have three values, and what is unknown is never OK;
 * but what a row cannot have (a limit whose use is not counted) is not unknown. Only a
 * comparison of one field with a number can also be written as a range, which is what
 * performance data has for thresholds.
 */
#include <errno.h>
#include <string.h>

#include "base/nss.h"
#include "base/num.h"
#include "monitor/check.h"

static int check_parse(struct ipcx *x, const char *option, const char *text,
		       struct check_condition *ret_c)
{
	int r = ipcx_expr_parse(x, text, &ret_c->e, NULL);

	ret_c->text = text;
	ret_c->own = r == 0;
	if (r == -EINVAL)
		return msg_usage("%s: %s", option, ipcx_error(x));
	if (r < 0)
		msg_error("%s: %s", option, ipcx_error(x));
	return r < 0 ? EXIT_FAILED : 0;
}

static int check_list_read(struct ipcx *x, const char *option,
			   const struct opt_list *texts, struct check_list *ret_list)
{
	int r = 0;

	for (size_t i = 0; i < texts->n && !r; i++) {
		r = check_parse(x, option, texts->all[i], &ret_list->all[i]);
		ret_list->n += !r;
	}
	return r;
}

int check_rule_read(struct ipcx *x, const struct opt_list *warn,
		    const struct opt_list *crit, struct check_rule *ret_rule)
{
	int r = check_list_read(x, "--warn", warn, &ret_rule->warn);

	return r ? r : check_list_read(x, "--crit", crit, &ret_rule->crit);
}

/* Return the first field that a condition reads and these rows lack, or IPCX_NO_FIELD. */
static enum ipcx_field check_strange(const struct check_condition *c,
				     const struct check_kind *kind)
{
	struct ipcx_fieldset reads = ipcx_expr_fields(c->e);

	for (unsigned f = 0; f < ipcx_field_count(); f++)
		if (ipcx_fieldset_has(&reads, (enum ipcx_field)f) &&
		    !kind->known((enum ipcx_field)f, kind->data))
			return (enum ipcx_field)f;
	return IPCX_NO_FIELD;
}

static int check_list_for(struct ipcx *x, const char *option, const char *standard,
			  const struct check_kind *kind, struct check_list *given,
			  bool all, struct check_list *ret_list)
{
	enum ipcx_field f;
	int r;

	for (size_t i = 0; i < given->n; i++) {
		f = check_strange(&given->all[i], kind);
		if (f != IPCX_NO_FIELD && !all)
			return output_no_field(option, ipcx_field_info(f)->name, -1,
					       kind->known, kind->data);
		if (f != IPCX_NO_FIELD)
			continue;
		given->all[i].used = true;
		ret_list->all[ret_list->n] = given->all[i];
		ret_list->all[ret_list->n++].own = false;
	}
	if (ret_list->n)
		return 0;
	r = check_parse(x, "the default", standard, &ret_list->all[0]);
	ret_list->n = !r;
	return r;
}

int check_rule_for(struct ipcx *x, const struct check_kind *kind,
		   struct check_rule *given, bool all, struct check_rule *ret_rule)
{
	int r = check_list_for(x, "--warn: ", kind->warn, kind, &given->warn, all,
			       &ret_rule->warn);

	return r ? r
		 : check_list_for(x, "--crit: ", kind->crit, kind, &given->crit, all,
				  &ret_rule->crit);
}

int check_rule_used(const struct check_rule *given)
{
	const struct check_list *lists[] = { &given->warn, &given->crit };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (size_t j = 0; j < lists[i]->n; j++)
			if (!lists[i]->all[j].used)
				return msg_usage(
					"'%s': neither limits nor findings have all of its fields",
					lists[i]->all[j].text);
	return 0;
}

static void check_list_free(struct check_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->all[i].own)
			ipcx_expr_free(list->all[i].e);
}

void check_rule_free(struct check_rule *rule)
{
	check_list_free(&rule->warn);
	check_list_free(&rule->crit);
}

/* ---- judging a row */

/* Name the first field that a condition reads and a row does not have: because it is
 * unknown, or because such a row has none. Returns whether there is one. */
static bool check_without(const struct check_condition *c, const struct ipcx_table *t,
			  size_t row, bool unknown, char *buf, size_t size)
{
	struct ipcx_fieldset reads = ipcx_expr_fields(c->e),
			     missing = ipcx_row_unknown(t, row);
	struct ipcx_value v;

	for (unsigned i = 0; i < ipcx_field_count(); i++) {
		enum ipcx_field f = (enum ipcx_field)i;

		if (!ipcx_fieldset_has(&reads, f) ||
		    ipcx_fieldset_has(&missing, f) != unknown)
			continue;
		if (!unknown && ipcx_row_get(t, row, f, &v) == 0 &&
		    v.type != IPCX_TYPE_NONE)
			continue;
		(void)snprintf(buf, size, "%s%s", ipcx_field_info(f)->name,
			       unknown ? " is unknown" : "");
		return true;
	}
	return false;
}

/* Return 1 if a condition of the list is true, 0 if none is, -1 if that is unknown (with
 * the reason), -2 if that depends on values that such a row does not have. */
static int check_rule_any(const struct check_list *list, const struct ipcx_table *t,
			  size_t row, char *why, size_t size)
{
	int answer = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct check_condition *c = &list->all[i];
		int match = ipcx_expr_match(c->e, t, row), error = errno;

		if (match == 1)
			return 1;
		if (match == 0 || answer == -1)
			continue;
		if (error) {
			(void)snprintf(why, size, "%s", ix_nss_why(error));
			answer = -1;
		} else if (check_without(c, t, row, true, why, size)) {
			answer = -1;
		} else if (check_without(c, t, row, false, why, size)) {
			answer = -2;
		}
	}
	return answer;
}

void check_judge(const struct check_rule *rule, const struct ipcx_table *t, size_t row,
		 struct check_verdict *ret_verdict)
{
	struct check_verdict v = { .state = CHECK_OK };
	char why[sizeof(v.why)];
	int crit = check_rule_any(&rule->crit, t, row, v.why, sizeof(v.why)), warn;

	warn = crit == 1 ? 0 : check_rule_any(&rule->warn, t, row, why, sizeof(why));
	if (crit == 1) {
		v.state = CHECK_CRITICAL;
		v.by = &rule->crit;
	} else if (warn == 1) {
		v.state = CHECK_WARNING;
		v.by = &rule->warn;
	} else if (crit == -1 || warn == -1) {
		v.state = CHECK_UNKNOWN;
		if (crit != -1)
			memcpy(v.why, why, sizeof(why));
	} else {
		v.lacks = crit == -2 && warn == -2;
	}
	*ret_verdict = v;
}

/* ---- as text */

/* Split "percent >= 80" into its three parts. Returns false for anything else. */
static bool check_simple(const char *text, enum ipcx_field *ret_field, char *op,
			 const char **ret_number, size_t *ret_len)
{
	const char *p = text + strspn(text, " \t");
	size_t len = strspn(p, "abcdefghijklmnopqrstuvwxyz_");

	if (!len || ipcx_field_by_name(p, len, ret_field) < 0)
		return false;
	p += len;
	p += strspn(p, " \t");
	*op = *p;
	if (*p != '<' && *p != '>')
		return false;
	p++;
	p += *p == '=';
	p += strspn(p, " \t");
	*ret_number = p;
	*ret_len = strspn(p, "0123456789");
	if (!*ret_len)
		return false;
	if (p[*ret_len] == '.' && strspn(p + *ret_len + 1, "0123456789"))
		*ret_len += 1 + strspn(p + *ret_len + 1, "0123456789");
	p += *ret_len;
	p += *p == '%';
	return !p[strspn(p, " \t")];
}

/* "80" stands for both > 80 and >= 80: a range without "@" includes its ends, and few
 * programs that draw graphs read "@". */
const char *check_range(const struct check_list *list, enum ipcx_field field, char *buf)
{
	struct ipcx_fieldset reads;
	enum ipcx_field f;
	const char *number;
	size_t len, found = 0;
	char op;

	buf[0] = '\0';
	for (size_t i = 0; i < list->n; i++) {
		reads = ipcx_expr_fields(list->all[i].e);
		if (!ipcx_fieldset_has(&reads, field))
			continue;
		if (found++ || !check_simple(list->all[i].text, &f, &op, &number, &len) ||
		    f != field || len > CHECK_RANGE - 2)
			return memset(buf, 0, 1);
		(void)snprintf(buf, CHECK_RANGE, "%.*s%s", (int)len, number,
			       op == '<' ? ":" : "");
	}
	return buf;
}

void check_decided(const struct check_verdict *v, const struct ipcx_table *t, size_t row,
		   const struct ipcx_fieldset *shown, struct ix_buf *to)
{
	struct ipcx_fieldset reads = { { 0 } }, more;
	char text[IPCX_VALUE_MAX];
	struct ipcx_value value;

	for (size_t i = 0; v->by && i < v->by->n; i++) {
		more = ipcx_expr_fields(v->by->all[i].e);
		if (ipcx_expr_match(v->by->all[i].e, t, row) == 1)
			ipcx_fieldset_merge(&reads, &more);
	}
	for (unsigned i = 0; i < ipcx_field_count(); i++) {
		enum ipcx_field f = (enum ipcx_field)i;
		const struct ipcx_field_info *info = ipcx_field_info(f);
		const char *unit;

		if (!ipcx_fieldset_has(&reads, f) || ipcx_fieldset_has(shown, f) ||
		    ipcx_row_get(t, row, f, &value) < 0 || value.type == IPCX_TYPE_NONE)
			continue;
		if (!ipcx_value_string(&value))
			(void)ipcx_value_format(&value, text, sizeof(text));
		unit = ipcx_unit_name(info->unit);
		check_say(to, ", %s %.60s%s%s", info->name,
			  ipcx_value_string(&value) ? ipcx_value_string(&value) : text,
			  unit && *unit ? " " : "", unit ? unit : "");
	}
}

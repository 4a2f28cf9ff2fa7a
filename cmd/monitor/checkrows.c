/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows that ipcx check judges: how a row with a percentage becomes a verdict, a text and
 * a value of the performance data, and what must have been read for the answer to be OK.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <string.h>

#include "base/cap.h"
#include "monitor/check.h"
#include "nsopt.h"

/* ---- values of rows */

bool check_number(const struct ipcx_table *t, size_t row, enum ipcx_field f,
		  uint64_t *ret_n)
{
	struct ipcx_value v;

	if (ipcx_row_get(t, row, f, &v) < 0 || v.type != IPCX_TYPE_UINT)
		return false;
	*ret_n = v.as.u;
	return true;
}

bool check_percent(const struct ipcx_table *t, size_t row, enum ipcx_field f,
		   double *ret_percent, char *text)
{
	struct ipcx_value v;

	*ret_percent = 0;
	text[0] = '\0';
	if (ipcx_row_get(t, row, f, &v) < 0 || v.type != IPCX_TYPE_REAL)
		return false;
	*ret_percent = v.as.d;
	(void)ipcx_value_format(&v, text, IPCX_VALUE_MAX);
	return true;
}

/* Return a text of a row; "" if it has none. */
const char *check_word(const struct ipcx_table *t, size_t row, enum ipcx_field f,
		       struct ipcx_value *v)
{
	const char *text = ipcx_row_get(t, row, f, v) == 0 ? ipcx_value_string(v) : NULL;

	return text ? text : "";
}

/* With --ns all, say where a row is from. */
const char *check_place(const struct check *c, const struct ipcx_table *t, size_t row,
			struct ipcx_value *v, char *buf, size_t size)
{
	const char *name = "";
	uint64_t ns;

	buf[0] = '\0';
	if (!ns_all(c->app))
		return buf;
	name = check_word(t, row, IPCX_F_CONTAINER, v);
	if (!*name)
		name = check_word(t, row, IPCX_F_DIRECTORY, v);
	if (*name)
		return name;
	if (check_number(t, row, IPCX_F_NS, &ns))
		(void)snprintf(buf, size, "%" PRIu64, ns);
	return buf;
}

void check_not_seen(struct check *c, const char *what)
{
	const char *before = c->unseen.len ? c->unseen.data : "";

	if (strstr(before, what))
		return;
	c->unseen.len -= c->unseen.len ? 1 : 0; /* its NUL */
	check_say(&c->unseen, "%s%s", *before ? ", " : "", what);
	if (ix_buf_add(&c->unseen, "", 1) < 0)
		c->line.starved = true;
}

static bool check_harmless(const struct ipcx_note *n)
{
	return n->kind == IPCX_NOTE_SKIPPED || n->kind == IPCX_NOTE_INFO ||
	       n->kind == IPCX_NOTE_REASON;
}

/* Whether a note says that the caller lacks rights (also to mount what is not mounted),
 * or is in a PID namespace. */
static bool check_hidden(const struct ipcx_note *n)
{
	return n->error == -EPERM || n->error == -EACCES ||
	       (n->kind == IPCX_NOTE_UNAVAILABLE && n->error == -ENODATA) ||
	       (n->kind == IPCX_NOTE_INCOMPLETE && !n->error);
}

/* Whether it is about processes that nobody here could look at, with any rights. */
static bool check_out_of_sight(const struct ipcx_note *n)
{
	return !n->subject[0] && !ipcx_mech_info(n->mech) && check_hidden(n) &&
	       (!n->error || ix_cap_has(CAP_SYS_PTRACE) > 0);
}

static void check_note(struct check *c, const struct ipcx_note *n, bool exact)
{
	const struct ipcx_mech_info *m = ipcx_mech_info(n->mech);
	const char *about = n->subject[0] ? n->subject : m ? m->name : "";
	const char *colon = *about ? ": " : "";

	if (!c->strict && check_out_of_sight(n))
		exact = false;
	if (n->kind == IPCX_NOTE_MISSING && c->missing == CHECK_OK)
		check_say(&c->line.more, "; %s%s%s", about, colon, n->text);
	else if (n->kind == IPCX_NOTE_MISSING) /* worse than a full one */
		check_add(&c->line, c->missing, 1000, "%s%s%s", about, colon, n->text);
	else if (exact || !check_hidden(n))
		check_add(&c->line, CHECK_UNKNOWN, 0, "%s%s%s", about, colon, n->text);
	else if (*about) /* the findings count processes */
		check_not_seen(c, about);
}

void check_notes(struct check *c, const struct ipcx_table *t, bool exact)
{
	const struct ipcx_note *n;

	for (size_t i = 0; (n = ipcx_table_note(t, i)); i++)
		if (!check_harmless(n) &&
		    (exact || n->kind != IPCX_NOTE_UNAVAILABLE || n->error != -ENOSYS))
			check_note(c, n, exact);
}

/* ---- rows that have a percentage */

void check_row(struct check_rows *r, size_t row)
{
	auto_buf struct ix_buf text = { 0 };
	char place[40], number[IPCX_VALUE_MAX];
	struct check_verdict v;
	struct ipcx_value name;
	double percent;
	const char *where;
	bool counted = check_percent(r->t, row, r->percent, &percent, number);

	check_judge(&r->rule, r->t, row, &v);
	if (v.lacks && !r->named)
		return;
	where = check_place(r->c, r->t, row, &name, place, sizeof(place));
	r->text(r, row, where, &text);
	if (v.lacks)
		(void)ix_buf_printf(&text, ": has no value of %s", v.why);
	else if (v.state == CHECK_UNKNOWN)
		(void)ix_buf_printf(&text, ": %s", v.why);
	else
		check_decided(&v, r->t, row, &r->shown, &text);
	if (ix_buf_add(&text, "", 1) < 0 || text.starved) {
		r->c->line.starved = true;
		return;
	}
	r->values(r, row, where);
	r->judged += !v.lacks && v.state != CHECK_UNKNOWN;
	if (v.lacks || (v.state != CHECK_OK && !(v.state == CHECK_UNKNOWN && r->noted &&
						 !ipcx_table_complete(r->t))))
		check_add(&r->c->line, v.lacks ? CHECK_UNKNOWN : v.state, percent, "%s",
			  text.data);
	if (counted && (!r->top.len || percent > r->most)) {
		r->most = percent;
		r->top.len = 0;
		if (ix_buf_add(&r->top, text.data, text.len) < 0)
			r->c->line.starved = true;
	}
}

void check_percentage(const struct check_rows *r, size_t row, const char *place,
		      const char *label)
{
	char number[IPCX_VALUE_MAX], warn[CHECK_RANGE], crit[CHECK_RANGE];
	double percent;

	if (check_percent(r->t, row, r->percent, &percent, number))
		check_value(&r->c->line,
			    &(struct check_value){
				    .place = place,
				    .label = label,
				    .suffix = "",
				    .value = number,
				    .unit = "%",
				    .warn = check_range(&r->rule.warn, r->percent, warn),
				    .crit = check_range(&r->rule.crit, r->percent, crit),
				    .least = "0",
				    .most = "100" });
}

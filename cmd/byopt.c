/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups instead of rows. The condition selects the rows that are counted; columns and
 * order are those of the groups. */
#include "byopt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* clang-format off */
const struct opt by_opts[] = {
	{ "by", 0, JOINED(struct by_args, list), .arg = "FIELDS", .complete = COMPLETE_FIELDS, .help = "a row for each group with equal fields: count, sums; repeatable" },
	{ .name = "" },
};
/* clang-format on */

/* Read the fields of --by. */
static int by_read(struct by *b, const char *list,
		   bool (*known)(enum ipcx_field, const void *), const void *data)
{
	for (;;) {
		size_t len = strcspn(list, ",");
		enum ipcx_field f;

		if (len == 0 || ipcx_field_by_name(list, len, &f) < 0 || !known(f, data))
			return output_no_field("--by: ", list, (int)len, known, data);
		if (b->n == ARRAY_SIZE(b->fields) - BY_SUMS)
			return msg_usage("--by: more than %zu fields", b->n);
		b->fields[b->n++] = f;
		ipcx_fieldset_add(&b->query, f);
		if (!list[len])
			return 0;
		list += len + 1;
	}
}

static bool by_has(enum ipcx_field f, const void *data)
{
	const struct by *b = data;

	for (size_t i = 0; i < b->n; i++)
		if (b->fields[i] == f)
			return true;
	return false;
}

static struct shown by_shown(const struct by *b, size_t less)
{
	return (struct shown){ .list = b->fields, .n = b->n - less };
}

/* The largest groups come first. */
static const char *by_order(const struct by *b)
{
	if (by_has(IPCX_F_BYTES, b))
		return "-bytes,-count";
	return by_has(IPCX_F_PERCENT, b) ? "-percent,-count" : "-count";
}

int by_open(struct by *b, struct app *app, const struct by_args *by, struct output *s,
	    const struct output_args *args, const enum ipcx_field *sums, size_t nsums,
	    bool (*known)(enum ipcx_field field, const void *data), const void *data)
{
	int r;

	*b = (struct by){ .app = app, .list = args->fields };
	if (!by->list)
		return 0;
	r = by_read(b, by->list, known, data);
	if (r)
		return r;
	if (ipcx_groups_new(app->x, b->fields, b->n, &b->groups) < 0)
		return msg_usage("--by: %s", ipcx_error(app->x));
	for (size_t i = 0; i < nsums; i++)
		if (!by_has(sums[i], b))
			b->fields[b->n++] = sums[i];
	r = output_fields(s, args->fields, by_shown(b, 0), by_has, b);
	if (!s->sort)
		s->sort = by_order(b);
	return r;
}

int by_add(struct by *b, struct output *s, const struct ipcx_table *t)
{
	const char *order = s->sort;
	auto_free uint32_t *rows = NULL;
	size_t n;
	int r;

	s->sort = NULL; /* that of the groups */
	r = output_pick(s, t, &rows, &n);
	s->sort = order;
	if (!r && !rows && ipcx_groups_add_all(b->groups, t) < 0)
		r = app_failed(b->app, -ENOMEM);
	for (size_t i = 0; !r && rows && i < n; i++)
		if (ipcx_groups_add(b->groups, t, rows[i]) < 0)
			r = app_failed(b->app, -ENOMEM);
	b->rows += n;
	return r;
}

/* Return whether no group has a value of a field. */
static bool by_is_empty(const struct ipcx_table *t, enum ipcx_field f)
{
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct ipcx_value v;

		if (ipcx_row_get(t, i, f, &v) == 0 && v.type != IPCX_TYPE_NONE)
			return false;
	}
	return true;
}

/* Leave out the times of last use for people if there are none: those of shared memory
 * objects never are recorded. */
static size_t by_columns_less(const struct by *b, const struct output *s,
			      const struct ipcx_table *t)
{
	return !s->format->raw && !b->list && by_has(IPCX_F_OLDEST, b) &&
			       by_is_empty(t, IPCX_F_OLDEST)
		       ? 2
		       : 0;
}

int by_print(struct by *b, struct output *s)
{
	const struct ipcx_expr *where = s->where;
	struct tally unused = { 0 };
	struct ipcx_table *t;
	int r = ipcx_groups_table(b->groups, &t);

	if (r < 0)
		return app_failed(b->app, r);
	r = output_fields(s, b->list, by_shown(b, by_columns_less(b, s, t)), by_has, b);
	msg_table(t, b->app->verbose, &unused);
	output_heading(s, NULL);
	s->where = NULL; /* that of the rows */
	if (!r)
		r = output_all(s, t);
	s->where = where;
	ipcx_table_free(t);
	return r;
}

void by_close(struct by *b)
{
	ipcx_groups_free(b->groups);
	b->groups = NULL;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Implausible times: years outside of 0 to 9999, and times in the future, from which no
 * span can be counted. Fields with such a time become unknown, and a note says why.
 */
#include <time.h>

#include "core/columns.h"
#include "query/query.h"

/* The years 0 to 9999, which RFC 3339 can write. */
#define FIRST (-INT64_C(62167219200))
#define LAST  INT64_C(253402300799)

void ix_plan_times(struct ix_scan *s, const struct ix_kind *kind)
{
	s->ntimes = 0;
	for (unsigned i = 0; i < kind->ncolumns; i++) {
		const struct ix_column *c = &kind->columns[i];

		if (c->size == sizeof(int64_t) && !c->derive &&
		    ipcx_field_info((enum ipcx_field)c->field)->type == IPCX_TYPE_TIME &&
		    s->ntimes < ARRAY_SIZE(s->times))
			s->times[s->ntimes++] = c;
	}
}

/* Mark a field as unknown; note the reason only if the field is read. */
static void times_lacks(struct ix_scan *s, const struct ix_section *at, void *row,
			enum ipcx_field f, const char *why)
{
	if (!ipcx_fieldset_has(&at->has, f) || ix_is_unknown(s->t, row, f))
		return;
	ix_unknown(s->t, row, f);
	if (ipcx_fieldset_has(&s->want, f))
		ix_table_once(s->t, 0, why);
}

static int64_t times_time_of(const struct ix_column *c, const void *row)
{
	return (int64_t)ix_column_raw(c, row);
}

static bool is_attached(const struct ix_section *at, const void *row)
{
	const struct ix_column *c = ix_section_column(at, IPCX_F_NATTCH);

	return c->size && ix_column_raw(c, row);
}

/* Whether a time is in the future. An object created or used since the scan read the
 * clock is just new: its time is not in the future. */
static bool is_to_come(const struct ix_scan *s, int64_t when)
{
	struct timespec now;

	return when > s->t->now &&
	       (clock_gettime(CLOCK_REALTIME, &now) < 0 || when > now.tv_sec);
}

void ix_check_odd_times(struct ix_scan *s, const struct ix_section *at, void *row)
{
	static const char to_come[] =
		"ages and idle times counted from a time in the future are unknown: the clock was set";
	static const char no_date[] =
		"some times are before the year 0 or after 9999 and cannot be shown as dates";

	for (size_t i = 0; i < s->ntimes; i++) {
		enum ipcx_field f = (enum ipcx_field)s->times[i]->field;
		int64_t when = times_time_of(s->times[i], row);
		bool odd = when < FIRST || when > LAST;

		if (odd)
			times_lacks(s, at, row, f, no_date);
		if (!odd && !is_to_come(s, when))
			continue;
		if (f == IPCX_F_CTIME)
			times_lacks(s, at, row, IPCX_F_AGE, odd ? no_date : to_come);
		if (!is_attached(at, row)) /* otherwise idle is 0 */
			times_lacks(s, at, row, IPCX_F_IDLE, odd ? no_date : to_come);
	}
}

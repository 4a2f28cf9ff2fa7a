/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Causes that are limits, judged by what ipcx_fit() finds. Arguments that are unknown are
 * tried with the least and the most that they can be: only if both agree, it is certain.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>

#include "limits/limits.h"
#include "query/fit.h"
#include "why/fix.h"
#include "why/place.h"
#include "why/why.h"

static void limit_count(struct ipcx_attrs *a, uint64_t bit, uint64_t *member, bool known,
			uint64_t n, uint64_t otherwise)
{
	a->set |= bit;
	*member = known ? n : otherwise;
}

/* The object that the arguments describe; most: with the most that the rest may be. */
static struct ipcx_attrs limit_attrs(const struct ix_why *w, bool most)
{
	struct ipcx_attrs a = { .size = sizeof(a), .mech = ix_why_mech(w) };
	const struct ix_args *args = &w->a;
	uint64_t rest = most ? UINT64_C(1) << 62 : 1;

	limit_count(&a, IPCX_A_SIZE, &a.bytes, ix_args_has(args, IX_ARG_SIZE), args->size,
		    rest);
	limit_count(&a, IPCX_A_NSEMS, &a.nsems, ix_args_has(args, IX_ARG_NSEMS),
		    (uint64_t)args->nsems, rest);
	limit_count(&a, IPCX_A_MAXMSG, &a.maxmsg, ix_args_has(args, IX_ARG_MAXMSG),
		    (uint64_t)args->maxmsg, rest);
	limit_count(&a, IPCX_A_MSGSIZE, &a.msgsize, ix_args_has(args, IX_ARG_MSGSIZE),
		    (uint64_t)args->msgsize, rest);
	if (ix_args_has(args, IX_ARG_HUGE) ||
	    (ix_args_has(args, IX_ARG_FLAGS) && (args->flags & SHM_HUGETLB))) {
		unsigned shift = args->flags >> 26 & 63;

		a.huge = args->huge ? args->huge : shift ? UINT64_C(1) << shift : 0;
		/* A size that no machine has is another cause than a limit. */
		if (!a.huge || ix_limit_of_pages(a.huge))
			a.set |= IPCX_A_HUGE;
	}
	if (ix_args_has(args, IX_ARG_FLAGS) && (args->flags & SHM_NORESERVE))
		a.set |= IPCX_A_NORESERVE;
	return a;
}

static int limit_read(struct ix_why *w)
{
	struct ipcx_attrs least = limit_attrs(w, false), most = limit_attrs(w, true);

	if (w->fits.asked)
		return w->fits.error;
	w->fits.asked = true;
	w->fits.error = ix_fit_of(w->x, &least, &w->fits.least);
	if (w->fits.error >= 0)
		w->fits.error = ix_fit_of(w->x, &most, &w->fits.most);
	return w->fits.error;
}

/* Return the row of a limit, or -1. */
static int limit_row(const struct ipcx_table *t, const char *limit)
{
	struct ipcx_value v;

	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		const char *name = ix_why_word(t, i, IPCX_F_NAME, &v);

		if (name && !strcmp(name, limit))
			return (int)i;
	}
	return -1;
}

static enum ix_so limit_full(const struct ipcx_table *t, int row)
{
	uint64_t fits;

	if (row < 0)
		return IX_SO_NOT;
	if (!ix_why_number(t, (size_t)row, IPCX_F_FITS, &fits))
		return IX_SO_UNKNOWN;
	return ix_so(!fits);
}

/* How the limit is raised so that the object fits. */
static void limit_fix(struct ix_why *w, const char *limit, const struct ipcx_table *t,
		      size_t row, struct ix_reason *r)
{
	struct ipcx_value v;
	const char *source = ix_why_word(t, row, IPCX_F_SOURCE, &v);
	uint64_t to, ceiling;

	if (!ix_why_number(t, row, IPCX_F_RAISE_TO, &to) || !to)
		return;
	if (ix_why_number(t, row, IPCX_F_CEILING, &ceiling) && to > ceiling && source &&
	    !strncmp(source, "RLIMIT_", 7))
		(void)snprintf(r->fix, sizeof(r->fix),
			       "raise %s to %" PRIu64 ", above its hard limit of %" PRIu64
			       ", as root",
			       source, to, ceiling);
	else if (source && !strncmp(source, "/dev/shm", 8))
		ix_place_more(w, strstr(limit, "files") ? "nr_inodes" : "size", to, r);
	else if (source && strncmp(source, "kernel.", 7) && strncmp(source, "fs.", 3))
		(void)snprintf(r->fix, sizeof(r->fix), "raise %s to %" PRIu64, source,
			       to);
	else
		ix_fix_command(r->fix, sizeof(r->fix), w->where, "limits set %s=%" PRIu64,
			       limit, to);
}

void ix_why_limit(struct ix_why *w, const char *limit, struct ix_reason *r)
{
	uint64_t max = 0, used = 0, needed = 0;
	char in_use[64] = "", wants[64] = "";
	enum ix_so least, most;
	int row, top;

	if (limit_read(w) < 0) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s", ipcx_error(w->x));
		return;
	}
	row = limit_row(w->fits.least, limit);
	top = limit_row(w->fits.most, limit);
	least = limit_full(w->fits.least, row);
	most = limit_full(w->fits.most, top);
	if (row < 0 && top >= 0) {
		row = top;
		least = IX_SO_NOT;
	}
	if (row < 0) {
		ix_reason_set(r, IX_SO_NOT, "this call does not count against %s", limit);
		return;
	}
	if (!ix_why_number(w->fits.least, (size_t)row, IPCX_F_LIMIT, &max)) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s could not be read",
			      limit);
		return;
	}
	if (ix_why_number(w->fits.least, (size_t)row, IPCX_F_USED, &used))
		(void)snprintf(in_use, sizeof(in_use), ", %" PRIu64 " in use", used);
	if (ix_why_number(w->fits.least, (size_t)row, IPCX_F_NEEDED, &needed) &&
	    least == most)
		(void)snprintf(wants, sizeof(wants), ", %" PRIu64 " needed", needed);
	ix_reason_set(r, least == most ? least : IX_SO_UNKNOWN,
		      "%s%s is %" PRIu64 "%s%s%s",
		      least == most ? "" : "cannot be told: ", limit, max, in_use, wants,
		      least == most || least == IX_SO_UNKNOWN
			      ? ""
			      : "; how much was asked for is not known");
	if (least == IX_SO)
		limit_fix(w, limit, w->fits.least, (size_t)row, r);
}

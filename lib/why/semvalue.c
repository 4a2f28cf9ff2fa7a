/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the value of a semaphore allows, who operated on it last, who waits for it. */
#include "why/semvalue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>

#include "base/esc.h"
#include "core/semun.h"
#include "core/type.h"
#include "why/fix.h"
#include "why/sysv.h"

/* The semaphore that the operation is about. */
struct value_one {
	char name[80], ref[IPCX_REF_MAX]; /* of the array */
	uint64_t num, value, waiting;
	char last[160]; /* "last operated on by process 17 (httpd), which runs" */
};

static void value_last(struct ix_why *w, const struct ipcx_table *array,
		       const struct ipcx_table *t, size_t row, struct value_one *one)
{
	uint64_t pid = 0, otime = 0, ctime = 0;
	char who[120];

	(void)ix_why_number(array, 0, IPCX_F_OTIME, &otime);
	(void)ix_why_number(array, 0, IPCX_F_CTIME, &ctime);
	if (!ix_why_number(t, row, IPCX_F_SEMPID, &pid)) {
		struct ipcx_fieldset unknown = ipcx_row_unknown(t, row);

		(void)snprintf(one->last, sizeof(one->last), "%s",
			       ipcx_fieldset_has(&unknown, IPCX_F_SEMPID)
				       ? "which process operated on it last is unknown"
				       : "no process has operated on it yet");
		return;
	}
	(void)ix_sysv_who(w, (int64_t)pid, (int64_t)otime, (int64_t)ctime, who,
			  sizeof(who));
	(void)snprintf(one->last, sizeof(one->last), "last operated on by %s", who);
}

/* Say how the values are, if it is not known which semaphore is meant. */
static void value_which(const struct ipcx_table *t, const struct value_one *one,
			struct ix_reason *r)
{
	size_t rows = ipcx_table_rows(t), zero = 0;
	uint64_t value;

	for (size_t i = 0; i < rows; i++)
		zero += ix_why_number(t, i, IPCX_F_VALUE, &value) && value == 0;
	ix_reason_set(r, IX_SO_UNKNOWN,
		      "cannot be told: semnum= is not known; of the %zu semaphores of %s "
		      "%zu are 0",
		      rows, one->name, zero);
}

/* Read the semaphore; false if it is not known, with the reason set. */
static bool value_read(struct ix_why *w, struct ix_reason *r, struct value_one *one)
{
	const struct ipcx_table *array = ix_sysv_object(w, IX_SO_NOT, r);
	struct ipcx_ref ref;
	struct ipcx_table *t;
	bool known = false;

	if (!array || ipcx_row_ref(array, 0, &ref) < 0)
		return false;
	(void)ix_sysv_named(array, one->name, sizeof(one->name));
	(void)ix_sysv_ref(array, one->ref, sizeof(one->ref));
	if (ipcx_contents(w->x, &ref, &t) < 0) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s", ipcx_error(w->x));
		return false;
	}
	one->num = 0;
	if (ix_args_has(&w->a, IX_ARG_SEMNUM))
		one->num = (uint64_t)w->a.semnum;
	if (!ix_args_has(&w->a, IX_ARG_SEMNUM) && ipcx_table_rows(t) != 1) {
		value_which(t, one, r);
	} else if (one->num >= ipcx_table_rows(t)) {
		ix_reason_set(r, IX_SO_NOT, "%s has no semaphore %" PRId64, one->name,
			      w->a.semnum);
	} else if (!ix_why_number(t, one->num, IPCX_F_VALUE, &one->value)) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: its value is unknown");
	} else {
		uint64_t more = 0, zero = 0;

		(void)ix_why_number(t, one->num, IPCX_F_SEMNCNT, &more);
		(void)ix_why_number(t, one->num, IPCX_F_SEMZCNT, &zero);
		one->waiting = more + zero;
		value_last(w, array, t, one->num, one);
		known = true;
	}
	ipcx_table_free(t);
	return known;
}

void ix_sem_why_above(struct ix_why *w, struct ix_reason *r)
{
	struct value_one one;
	int64_t op = w->a.op;

	if (ix_args_has(&w->a, IX_ARG_OP) && op <= 0) {
		ix_reason_set(r, IX_SO_NOT, "the operation %" PRId64 " adds nothing", op);
		return;
	}
	if (!value_read(w, r, &one))
		return;
	if (!ix_args_has(&w->a, IX_ARG_OP)) {
		ix_reason_set(r, one.value == IX_SEMVMX ? IX_SO : IX_SO_UNKNOWN,
			      "%ssemaphore %" PRIu64 " of %s is %" PRIu64 "%s",
			      one.value == IX_SEMVMX ? "" : "cannot be told: ", one.num,
			      one.name, one.value,
			      one.value == IX_SEMVMX ? ", the highest value"
						     : "; op= is not known");
		return;
	}
	ix_reason_set(r, ix_so(op > IX_SEMVMX - (int64_t)one.value),
		      "semaphore %" PRIu64 " of %s is %" PRIu64 ", %" PRId64
		      " more were to be added",
		      one.num, one.name, one.value, op);
	if (r->applies == IX_SO)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "add only what was taken before: more is added than taken");
}

/* What ipcx_waits() says of those that wait for the same semaphore. */
static void value_verdict(struct ix_why *w, const struct value_one *one,
			  struct ix_reason *r)
{
	const struct ipcx_table *array;
	struct ipcx_ref ref;
	struct ipcx_query q = { .size = sizeof(q), .refs = &ref, .nrefs = 1 };
	struct ipcx_table *t;
	int error;

	array = ix_why_object(w, false, &error);
	if (!array || ipcx_row_ref(array, 0, &ref) < 0 ||
	    ipcx_waits(w->x, &q, NULL, NULL, &t) < 0)
		return;
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct ipcx_value v;
		uint64_t num, grade = 0;
		const char *verdict = ix_why_word(t, i, IPCX_F_VERDICT, &v);
		size_t len = strlen(r->evidence);
		char shown[200];

		if (!verdict || !ix_why_number(t, i, IPCX_F_SEMNUM, &num) ||
		    num != one->num)
			continue;
		(void)ix_why_number(t, i, IPCX_F_GRADE, &grade);
		(void)ix_escape(shown, sizeof(shown), verdict, IX_ESC_TEXT);
		(void)snprintf(r->evidence + len, sizeof(r->evidence) - len,
			       "; why it may never end: %s (%s)", shown,
			       ix_grade_word(grade));
		break;
	}
	ipcx_table_free(t);
}

/* Whether the operation would have to wait now. */
static enum ix_so value_stops(const struct ix_why *w, const struct value_one *one)
{
	if (!ix_args_has(&w->a, IX_ARG_OP))
		return IX_SO_UNKNOWN;
	if (w->a.op == 0)
		return ix_so(one->value != 0);
	return ix_so(w->a.op < 0 && (int64_t)one->value < -w->a.op);
}

void ix_sem_why_waits(struct ix_why *w, bool blocks, struct ix_reason *r)
{
	struct value_one one = { .num = 0 };
	char op[48] = "op= is not known";
	enum ix_so stops;

	if (blocks && ix_why_flag(w, IPC_NOWAIT) == IX_SO) {
		ix_reason_set(r, IX_SO_NOT, "with IPC_NOWAIT the call does not wait");
		return;
	}
	if (ix_args_has(&w->a, IX_ARG_OP) && w->a.op > 0) {
		ix_reason_set(r, IX_SO_NOT, "to add never waits");
		return;
	}
	if (!value_read(w, r, &one))
		return;
	stops = value_stops(w, &one);
	if (ix_args_has(&w->a, IX_ARG_OP))
		(void)snprintf(op, sizeof(op),
			       w->a.op ? "the operation is %" PRId64
				       : "the operation waits for %" PRId64,
			       w->a.op);
	ix_reason_set(r, stops,
		      "%ssemaphore %" PRIu64 " of %s is %" PRIu64 ", %s; %" PRIu64
		      " wait for it; %s",
		      stops == IX_SO_UNKNOWN ? "cannot be told: " : "", one.num, one.name,
		      one.value, op, one.waiting, one.last);
	if (stops == IX_SO_NOT)
		return;
	if (blocks)
		value_verdict(w, &one, r);
	ix_fix_command(r->fix, sizeof(r->fix), w->where, "%s %s",
		       one.waiting ? "waits" : "who", one.ref);
}

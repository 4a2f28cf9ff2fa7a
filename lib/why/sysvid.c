/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why System V calls with an id fail: it is gone, or the wait was interrupted. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/mech.h"
#include "why/fix.h"
#include "why/sysv.h"

/* What is in the place of an id that is gone: the rest of an id is a sequence number,
 * which tells an old object from a new one. */
static void id_place(struct ix_why *w, int64_t id, char *buf, size_t size)
{
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_NUMERIC };
	unsigned bits = ix_id_bits(w->x);
	uint64_t mask = (UINT64_C(1) << bits) - 1, index = (uint64_t)id & mask, other;
	struct ipcx_table *t;

	(void)snprintf(buf, size, "its place %" PRIu64 " is empty", index);
	q.mechs = IPCX_MECH_BIT(ix_why_mech(w));
	if (ipcx_scan(w->x, &q, &t) < 0)
		return;
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		if (!ix_why_number(t, i, IPCX_F_ID, &other) || (other & mask) != index)
			continue;
		(void)snprintf(buf, size,
			       "its place %" PRIu64 " is taken by the id %" PRIu64
			       " with the sequence number %" PRIu64 ", not %" PRIu64,
			       index, other, other >> bits, (uint64_t)id >> bits);
		break;
	}
	ipcx_table_free(t);
}

/* Whether the number is a key, taken for an id. */
static bool id_is_key(struct ix_why *w, int64_t id, char *buf, size_t size)
{
	struct ipcx_ref ref = { .mech = ix_why_mech(w),
				.by = IPCX_BY_KEY,
				.key = (uint32_t)id };
	struct ipcx_query q = { .size = sizeof(q), .refs = &ref, .nrefs = 1 };
	struct ipcx_table *t;
	bool found;

	if (!id || ipcx_scan(w->x, &q, &t) < 0)
		return false;
	found = ipcx_table_rows(t) > 0;
	if (found)
		(void)ix_sysv_ref(t, buf, size);
	ipcx_table_free(t);
	return found;
}

void ix_sysv_why_no_id(struct ix_why *w, struct ix_reason *r)
{
	const char *kind = ix_mech(ix_why_mech(w))->info.object;
	const struct ipcx_table *t = ix_sysv_object(w, IX_SO, r);
	int64_t id = w->a.id;
	char name[80], place[160];

	if (t) {
		ix_reason_set(r, IX_SO_NOT, "%s exists",
			      ix_sysv_named(t, name, sizeof(name)));
		return;
	}
	if (r->applies != IX_SO || !ix_args_has(&w->a, IX_ARG_ID))
		return;
	if (id < 0) {
		ix_reason_set(r, IX_SO,
			      "the id is %" PRId64 ", as a failed call returns it: "
			      "the error is an earlier one",
			      id);
		(void)snprintf(r->fix, sizeof(r->fix),
			       "look at the errno of the call that should have made it");
		return;
	}
	if (id_is_key(w, id, name, sizeof(name))) {
		ix_reason_set(r, IX_SO,
			      "no %s has the id %" PRId64 "; that is the key of %s", kind,
			      id, name);
		(void)snprintf(r->fix, sizeof(r->fix), "get the id of the key first (%s)",
			       ix_call_name(w->call == IX_SEMOP || w->call == IX_SEMCTL
						    ? IX_SEMGET
					    : w->call == IX_SHMAT || w->call == IX_SHMCTL
						    ? IX_SHMGET
						    : IX_MSGGET));
		return;
	}
	id_place(w, id, place, sizeof(place));
	ix_reason_set(r, IX_SO, "no %s has the id %" PRId64 " now; %s", kind, id, place);
	(void)snprintf(r->fix, sizeof(r->fix),
		       "get the new id from its key, after the program that makes it has "
		       "started again");
}

void ix_sysv_why_id_elsewhere(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t = ix_sysv_object(w, IX_SO, r);
	char where[64], name[80];
	bool whole;
	int n;

	if (t)
		ix_reason_set(r, IX_SO_NOT, "%s is in this namespace",
			      ix_sysv_named(t, name, sizeof(name)));
	if (t || r->applies != IX_SO)
		return;
	if (ix_args_has(&w->a, IX_ARG_ID) && w->a.id < 0) {
		ix_reason_set(r, IX_SO_NOT, "no namespace has a negative id");
		return;
	}
	n = ix_why_elsewhere(w, where, sizeof(where), &whole);
	if (n == 0 && whole)
		ix_reason_set(r, IX_SO_NOT, "no namespace has this id");
	else if (n > 0)
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: %s has this id, which may be another "
			      "object's: ids are counted in each namespace",
			      *where ? where : "another namespace");
	else
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: not every namespace could be looked into");
}

void ix_sysv_why_removed(struct ix_why *w, struct ix_reason *r)
{
	const char *kind = ix_mech(ix_why_mech(w))->info.object;
	const struct ipcx_table *t = ix_sysv_object(w, IX_SO, r);
	char name[80];

	if (t && !ix_args_has(&w->a, IX_ARG_ID)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: %s has the key now, and may be a later %s",
			      ix_sysv_named(t, name, sizeof(name)), kind);
		return;
	}
	if (t) {
		ix_reason_set(r, IX_SO_NOT, "%s exists",
			      ix_sysv_named(t, name, sizeof(name)));
		return;
	}
	if (r->applies != IX_SO)
		return;
	ix_reason_set(r, IX_SO,
		      "the %s is gone now; by whom it was removed is not recorded. Calls "
		      "with its id fail with EINVAL from now on",
		      kind);
	(void)snprintf(r->fix, sizeof(r->fix),
		       "restart the program, so that it makes its objects again; find "
		       "what removes them (ipcrm, %s with IPC_RMID, a clean-up job)",
		       w->call == IX_SEMOP || w->call == IX_SEMCTL   ? "semctl"
		       : w->call == IX_SHMAT || w->call == IX_SHMCTL ? "shmctl"
								     : "msgctl");
}

void ix_sysv_why_logout(struct ix_why *w, struct ix_reason *r)
{
	char text[240];
	enum ix_so is;
	int error;

	if (ix_why_object(w, false, &error) && ix_args_has(&w->a, IX_ARG_ID)) {
		ix_reason_set(r, IX_SO_NOT, "it exists");
		return;
	}
	if (!w->as.ids_known) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: whose it was");
		return;
	}
	is = ix_why_removed_at_logout(w->x, w->as.uid, text, sizeof(text));
	if (is == IX_SO_NOT) {
		ix_reason_set(r, IX_SO_NOT, "%s", text);
		return;
	}
	ix_reason_set(r, IX_SO_UNKNOWN,
		      "cannot be told: whether the user had logged out; %s", text);
	(void)snprintf(r->fix, sizeof(r->fix),
		       "set RemoveIPC=no in logind.conf, or run the program as a system "
		       "user (uid below 1000)");
}

void ix_sysv_why_debugger(struct ix_why *w, struct ix_reason *r)
{
	if (w->as.kind != IX_AS_PROCESS || w->as.tracer < 0) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: which process it was is not known");
		return;
	}
	if (w->as.tracer == 0) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: no debugger is attached to %s now, but one "
			      "that has left would not show",
			      w->as.who);
		return;
	}
	ix_reason_set(r, IX_SO, "process %" PRId32 " is attached to %s as its debugger",
		      w->as.tracer, w->as.who);
	(void)snprintf(r->fix, sizeof(r->fix),
		       "call it again when it fails with EINTR; ipcx waits looks without "
		       "attaching");
}

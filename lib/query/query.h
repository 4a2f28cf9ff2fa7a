/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of lib/query/ share: running a scan that looks, removes or changes. */
#pragma once

#include <string.h>

#include "base/util.h"
#include "core/limit.h"
#include "core/mech.h"

/* Read the query of a program. What cannot be meant is refused whole, before anything is
 * done to the first object; one that acts on whole mechanisms says so. 0; -EINVAL, -E2BIG
 * with a text. */
int ix_query_in(struct ipcx *x, const struct ipcx_query *q, bool acts,
		struct ipcx_query *ret_q);

/* Run a query (which was read, or made here) as a scan whose verb and attributes are set.
 */
int ix_run(struct ipcx *x, const struct ipcx_query *q, struct ix_scan *s,
	   struct ipcx_table **ret_table);

/* The same into a table that is there, and empty. */
int ix_run_into(struct ipcx *x, const struct ipcx_query *q, struct ix_scan *s,
		struct ipcx_table *t);

/* Make sure that the table knows the name of a user or group, asking NSS at most once in
 * the life of the context. 0 or -ENOMEM. */
int ix_name_id(struct ipcx *x, struct ipcx_table *t, bool group, uint32_t id);

/* Decide, once for a mechanism, what is to be looked up beside its rows. */
void ix_plan_lookups(struct ix_scan *s, const struct ix_kind *kind);

/* The names of a row's users and groups, for the table. 0 or -ENOMEM. */
int ix_look_up_names(struct ix_scan *s, const void *row);

/* The same for the processes that objects tell of; and, for each row, whether they still
 * run and what the creator's command is, where that was named. */
void ix_plan_processes(struct ix_scan *s, const struct ix_kind *kind);
void ix_look_up_processes(struct ix_scan *s, const struct ix_kind *kind, void *row);

/* Decide, once for a mechanism, which times its rows have. */
void ix_plan_times(struct ix_scan *s, const struct ix_kind *kind);

/* Times of a row that are no dates, or yet to come: they, or what is counted from them,
 * become unknown. */
void ix_check_odd_times(struct ix_scan *s, const struct ix_kind *kind, void *row);

static inline void ix_check_times(struct ix_scan *s, const struct ix_kind *kind,
				  void *row)
{
	int64_t latest = 0, least = 0, when;

	for (size_t i = 0; i < s->ntimes; i++) {
		memcpy(&when, (const char *)row + s->times[i]->offset, sizeof(when));
		latest = MAX(latest, when);
		least = MIN(least, when);
	}
	if (latest > s->t->now || least < 0)
		ix_check_odd_times(s, kind, row);
}

/* A row that was just read, maybe by somebody in another user namespace: users get the
 * numbers that they have where the caller is, and whoever has none there is marked. */
void ix_number_here(struct ipcx *x, const struct ix_kind *kind, void *row);

/* Attributes as somebody in another user namespace has to say them, when calls act in
 * one. 0, or -EOVERFLOW with a text for a user or group without a number there. */
int ix_attrs_there(struct ipcx *x, const struct ipcx_attrs *a,
		   struct ipcx_attrs *ret_there);

/* The struct of attributes of a program. 0; -EINVAL, -E2BIG with a text. */
int ix_attrs_in(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_attrs *ret_a);

/* A name as every mechanism takes it: through the rules of references, so that what was
 * made can be named. 0, -EINVAL with its text. */
int ix_check_name(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_ref *ret_ref);

/* Whether an object of its mechanism can be made with these. 0, -EINVAL with a text. */
int ix_attrs_check(struct ipcx *x, const struct ipcx_attrs *a);

/* Where a reference stands in the snapshot that s->same names. */
struct ix_same {
	uint64_t hash;
	size_t row;
};

/* Whether the rows of such a table are objects. 0, -EINVAL with a text. */
int ix_same_check(struct ipcx *x, const struct ipcx_table *same);

/* Index that snapshot: 0 or -ENOMEM. The caller frees s->same_index. */
int ix_same_index(struct ix_scan *s);

/* Whether this row is one of the snapshot that the query names (same reference, key,
 * creator, time); a note if it is not. */
bool ix_same_object(struct ix_scan *s, const void *row);

/* "not permitted": who we are (or as whom it was tried), whose it is, which capability
 * would do. */
const char *ix_denied(const struct ipcx *x, const struct ix_kind *kind, const void *row,
		      char *buf, size_t size);

/* The note for what ix_ns_run_elsewhere() finds, with the escaped path. */
#define IX_ELSEWHERE "its /dev/shm is mounted here, too, on %s"

/* The upper bits of a place to resume hold the mechanism. */
#define IX_RESUME_SHIFT 48

/* One of the references, or a mechanism after the other, where this runs: what
 * ix_scan_places() has done in each namespace that the query is for. 0 or -errno. */
int ix_scan_here(struct ix_scan *s, const struct ipcx_query *q);
int ix_scan_places(struct ix_scan *s, const struct ipcx_query *q);

/* Whether there is enough: by the table, which comes back from other processes. */
static inline bool ix_satisfied(const struct ix_scan *s)
{
	return s->enough && s->t->rows > 0;
}

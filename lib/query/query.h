/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of lib/query/ share: running a scan that reads, removes or changes. */
#pragma once

#include <string.h>

#include "base/util.h"
#include "core/limit.h"
#include "core/mech.h"

/* Copy and check a program's query. An invalid query is refused as a whole, before the
 * first object is touched; "acts" says that it removes or changes objects: for whole
 * mechanisms, that needs a condition or IPCX_ALL. Returns 0; -EINVAL or -E2BIG with an
 * error text. */
int ix_query_in(struct ipcx *x, const struct ipcx_query *q, bool acts,
		struct ipcx_query *ret_q);

/* Run a checked query as a scan whose verb and attributes are set. */
int ix_run(struct ipcx *x, const struct ipcx_query *q, struct ix_scan *s,
	   struct ipcx_table **ret_table);

/* Run a checked query in the same way, but into an existing, empty table. */
int ix_run_into(struct ipcx *x, const struct ipcx_query *q, struct ix_scan *s,
		struct ipcx_table *t);

/* Add the name of a user or group to the table, asking NSS at most once per context.
 * Returns 0 or -ENOMEM. */
int ix_name_id(struct ipcx *x, struct ipcx_table *t, bool group, uint32_t id);

/* Decide, once per mechanism, what is looked up for its rows. */
void ix_plan_lookups(struct ix_scan *s, const struct ix_kind *kind);

/* Look up the names of a row's users and groups. Returns 0 or -ENOMEM. */
int ix_look_up_names(struct ix_scan *s, const void *row);

/* For the processes that objects record: decide, once per mechanism, what is looked up;
 * and for each row look up, if requested, whether they still run, and the creator's
 * command. */
void ix_plan_processes(struct ix_scan *s, const struct ix_kind *kind);
void ix_look_up_processes(struct ix_scan *s, const struct ix_section *at, void *row);

/* The field with the PID whose process a field like cpid_alive is about; for other fields
 * of this kind of row, f itself. */
enum ipcx_field ix_process_field(const struct ix_kind *kind, enum ipcx_field f);

/* Whether the process that a field like cpid_alive is about still runs: 1 or 0 (also if
 * there was none); -1 if that is unknown, with a note if "tell". */
int ix_still_runs(struct ix_scan *s, const struct ix_section *at, enum ipcx_field alive,
		  void *row, bool tell);

/*
 * The fields user_count, in_use, in_use_reason and hugepagesize: prepare a scan whose
 * asked fields are set, and free what it needed; decide, once per mechanism and before
 * ix_plan_lookups(), what is read; find the values of a row whose other fields have been
 * read; and, after its condition has been tested, mark what only the condition could use.
 * ix_judging_begin() and ix_judge_row() return 0 or -ENOMEM.
 */
int ix_judging_begin(struct ix_scan *s, const struct ipcx_query *q);
void ix_judging_end(struct ix_scan *s);
void ix_plan_verdict(struct ix_scan *s, const struct ix_mech *m);
int ix_judge_row(struct ix_scan *s, const struct ix_section *at, void *row);
void ix_judge_after(struct ix_scan *s, void *row);

/* Return the first note about a failure (or, with "missing", about a missing object) as
 * an error with the note's text and hint; 0 if there is no such note. */
int ix_first_failure(struct ipcx *x, const struct ipcx_table *t, bool missing);

/* Find out, once per mechanism, which times its rows have. */
void ix_plan_times(struct ix_scan *s, const struct ix_kind *kind);

/* Mark times of a row that are not valid dates, and spans counted from times in the
 * future, as unknown. */
void ix_check_odd_times(struct ix_scan *s, const struct ix_section *at, void *row);

static inline void ix_check_times(struct ix_scan *s, const struct ix_section *at,
				  void *row)
{
	int64_t latest = 0, least = 0, when;

	for (size_t i = 0; i < s->ntimes; i++) {
		memcpy(&when, (const char *)row + s->times[i]->offset, sizeof(when));
		latest = MAX(latest, when);
		least = MIN(least, when);
	}
	if (latest > s->t->now || least < 0)
		ix_check_odd_times(s, at, row);
}

/* Translate the uids and gids of a row, which may have been read in another user
 * namespace, to those of the caller's user namespace; mark ids that are not mapped
 * there. */
void ix_number_here(struct ipcx *x, const struct ix_section *at, void *row);

/* Translate the uid and gid in the attributes to the user namespace in which calls act.
 * Returns 0, or -EOVERFLOW with an error text for an id that is not mapped there. */
int ix_attrs_there(struct ipcx *x, const struct ipcx_attrs *a,
		   struct ipcx_attrs *ret_there);

/* Copy a program's struct of attributes. Returns 0; -EINVAL or -E2BIG with an error
 * text. */
int ix_attrs_in(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_attrs *ret_a);

/* Check the name in the attributes by the rules of references, so that the created object
 * can be referred to. Returns 0, or -EINVAL with an error text. */
int ix_check_name(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_ref *ret_ref);

/* Return -EINVAL, with a text that says why objects of a mechanism cannot be acted on:
 * "verb" is "created" or "removed". */
int ix_cannot_be(struct ipcx *x, const struct ix_mech *m, const char *verb);

/* Check that an object can be created with these attributes. Returns 0, or -EINVAL with
 * an error text. */
int ix_attrs_check(struct ipcx *x, const struct ipcx_attrs *a);

/* The row of a reference in the snapshot s->same. */
struct ix_same {
	uint64_t hash;
	size_t row;
};

/* Check that the table's rows are objects. Returns 0, or -EINVAL with an error text. */
int ix_same_check(struct ipcx *x, const struct ipcx_table *same);

/* Index that snapshot. Returns 0 or -ENOMEM. The caller frees s->same_index. */
int ix_same_index(struct ix_scan *s);

/* Whether this row is an object of the snapshot s->same (same reference and marks). Adds
 * a note if the reference now means another object. */
bool ix_same_object(struct ix_scan *s, const void *row);

/* Return the "not permitted" text: our uid (or the uid that tried), the owner, and the
 * capability that would suffice. */
const char *ix_denied(const struct ipcx *x, const struct ix_kind *kind, const void *row,
		      char *buf, size_t size);

/* The note for what ix_ns_run_elsewhere() finds, with the escaped path. */
#define IX_ELSEWHERE "its /dev/shm is mounted here, too, on %s"

/* The upper bits of a resume value are the mechanism. */
#define IX_RESUME_SHIFT 48

/* Scan the references or mechanisms of the query in the calling process's own namespaces;
 * ix_scan_places() has this done in each namespace of the query. Return 0 or -errno. */
int ix_scan_here(struct ix_scan *s, const struct ipcx_query *q);

/* Note that a mechanism, or an object of it, could not be read; text says why if the
 * kernel has the mechanism. */
void ix_unread_note(struct ipcx *x, struct ipcx_table *t, unsigned mech, int r,
		    const char *text);
void ix_unread_mech(struct ix_scan *s, int r);
void ix_unread_object(struct ix_scan *s, int r, const char *subject);
int ix_scan_places(struct ix_scan *s, const struct ipcx_query *q);

/* Whether a mechanism is to be scanned where calls act now. If it may not be, adds a note
 * about the mechanism or, unless ref is NULL, about that object. */
bool ix_scan_wanted(struct ix_scan *s, unsigned mech, const struct ipcx_ref *ref);

/* Whether a scan that stops at the first row has found that row. Checks the table, as a
 * scan in another process returns nothing else. */
static inline bool ix_satisfied(const struct ix_scan *s)
{
	return s->enough && s->t->rows > 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A mechanism: everything ipcx knows of one kind of object, in one file each under
 * lib/mech/. The registry (core/registry.c) lists them; nothing else in the house names
 * one.
 */
#pragma once

#include <stdint.h>

#include "core/ctx.h"
#include "core/driver.h"
#include "core/limit.h"
#include "core/may.h"
#include "core/memory.h"
#include "core/queue.h"
#include "core/semops.h"
#include "core/table.h"
#include "core/totals.h"
#include "ipcx.h"

struct ix_scan;
struct ix_same;

/* A sentence for an errno of one action: what it means here, and what to do. */
struct ix_errtext {
	int error;     /* -errno */
	uint64_t when; /* only with one of these attributes (IPCX_A_…), or 0 */
	const char *text;
};

struct ix_mech {
	struct ipcx_mech_info info;
	const struct ix_kind *kind;

	/* What its objects hold, for sums: a field in bytes; 0: nothing to sum. */
	enum ipcx_field weight;
	/* Its objects stand in the mount namespace's /dev/shm, whatever the IPC
	 * namespace. */
	bool mounted;

	/* Why nobody can tell how long one was not used; NULL: its times tell. */
	const char *no_idle;

	/* Limits that objects count against, ended by .limit = NULL; and how a wish for
	 * ipcx_fit() is read. */
	const struct ix_charge *charges;
	int (*request)(const char *text, struct ipcx_attrs *ret_attrs);

	/*
	 * Whether the caller may make such an object at all, for ipcx_fit(): 1; 0 with
	 * the reason as the context's text; -errno when that cannot be told, with a text;
	 * -ENODATA when nothing stands in the way of any caller. And where the right is
	 * from. Both or none.
	 */
	int (*may_make)(struct ipcx *x, const struct ipcx_attrs *a);
	const char *right;

	/*
	 * List all objects, upwards: fill ix_scan_row(), call ix_scan_keep(). -errno
	 * means that the mechanism cannot be read at all (the caller makes a note of it);
	 * an object that vanishes is left out.
	 */
	int (*scan)(struct ix_scan *s);

	/* The same for the one object that ref names; -ENOENT when there is none. Never
	 * lists. */
	int (*find)(struct ix_scan *s, const struct ipcx_ref *ref);

	/* Read what takes calls of its own for a row: its dear columns in s->dear, of
	 * those outside of s->exact no more than whether they are above 0. What cannot be
	 * read is marked. 0; -EIDRM: it is gone. NULL: it has no such columns. */
	int (*costly)(struct ix_scan *s, void *row);

	/* List what is in the object: a section of its own kind. NULL: nothing to list. */
	int (*contents)(struct ipcx *x, const struct ipcx_ref *ref, struct ipcx_table *t);

	/*
	 * Make one object, exclusively; the attributes are valid for this mechanism.
	 * Answers with its reference. A failure after it was made removes it again. Where
	 * it exists: -EEXIST.
	 */
	int (*create)(struct ipcx *x, const struct ipcx_attrs *a,
		      struct ipcx_ref *ret_ref);

	/* Whether the caller could open the object that has this name or key, with the
	 * rights that the attributes' mode asks for: 0, -errno; -EAGAIN: it is another
	 * than ref by now. Changes nothing. */
	int (*may_use)(struct ipcx *x, const struct ipcx_attrs *a,
		       const struct ipcx_ref *ref);

	/*
	 * What the attributes ask of an object that exists beside what its row tells, and
	 * that can be given to it: its memory, a lock. With "now" it is; else: whether it
	 * could. 1 with what was done, in words; 0: nothing was lacking; -errno, with a
	 * text. NULL: nothing of the kind is ever asked.
	 */
	int (*complete)(struct ipcx *x, const struct ipcx_attrs *a,
			const struct ipcx_ref *ref, bool now, char *did, size_t size);

	/* What whoever made objects should know: asked once after making, with all that
	 * was asked for, also of other mechanisms. Answers whether there is something.
	 * May be absent. */
	bool (*caution)(struct ipcx *x, const struct ipcx_attrs *specs, size_t n,
			char *buf, size_t size);

	/* Remove the object of this row, which was read a moment ago. -ENOENT, -EIDRM:
	 * gone already. */
	int (*remove)(struct ix_scan *s, const void *row);

	/* Change the object of this row. */
	int (*change)(struct ix_scan *s, const void *row, const struct ipcx_attrs *a);

	/*
	 * Asked in a dry run instead: what remove (by s->verb), or change with these
	 * attributes, would answer, and with the same text, as far as the caller's rights
	 * and what the kernel tells of the object say it. Changes nothing. NULL: nothing
	 * stands in the way.
	 */
	int (*may)(struct ix_scan *s, const void *row, const struct ipcx_attrs *a);

	/* Open an object's memory to read it (or to write to it). Its own text where it
	 * fails; NULL: has none. */
	int (*memory)(struct ipcx *x, const struct ipcx_ref *ref, bool write,
		      struct ix_memory *ret_memory);

	/* Sending to and receiving from its objects; operating on them as semaphores.
	 * NULL: they are no queues, no semaphores. */
	const struct ix_queue_ops *queue;
	const struct ix_sem_ops *sem;

	/* What is counted over all of them; NULL: nothing is. */
	const struct ix_totals *totals;

	/* What a load run does with its objects; NULL: none is made. */
	const struct ix_driver *driver;

	/* What an errno means, ended by .text = NULL; may be NULL. */
	const struct ix_errtext *create_errors, *remove_errors, *change_errors;

	/* What could help when create fails so. */
	struct {
		int error; /* -errno */
		enum ipcx_hint_kind hint;
	} create_hint;
};

/* The mechanism of a number; NULL past the last. */
const struct ix_mech *ix_mech(unsigned mech);

/* The sentence for an errno in such a list, or NULL. */
const char *ix_errtext(const struct ix_errtext *list, int error, uint64_t attrs);

/* What is done with a row that was kept. */
enum ix_verb {
	IX_LOOK,
	IX_REMOVE,
	IX_CHANGE,
};

/* A directory whose objects of a mechanism were listed. */
struct ix_listed {
	uint64_t dev, ino;
	unsigned mech;
	size_t ref; /* or the one that was looked for, as in struct ix_scan */
};

/* A scan at work: what is wanted, and where the rows go. Made by lib/query/, filled by
 * the mechanisms. */
struct ix_scan {
	struct ipcx *x;
	struct ipcx_table *t;
	unsigned mech;
	struct ipcx_fieldset want;  /* costly fields that will be read */
	struct ipcx_fieldset asked; /* by the query or its condition */
	struct ipcx_fieldset exact; /* of those, the ones whose value is read: a condition
				       may only ask whether it is above 0 */
	struct ipcx_fieldset costly; /* dear columns of this mechanism that were named */
	const struct ipcx_expr *where; /* NULL in the absence of a condition */
	uint64_t resume;   /* go on at this place (an index, or a count of entries) */
	uint64_t max_rows; /* stop after about so many rows: then set t->resume; 0: never */
	bool many;         /* in many namespaces: what one lacks another may have */
	bool named;        /* this one was asked for by its reference */
	size_t ref;        /* … the number of that in the query, plus 1; or 0 */
	enum ix_verb verb;
	bool dry;
	bool enough; /* the first row that is kept ends the scan (-ECANCELED upwards) */
	const struct ipcx_attrs *attrs; /* IX_CHANGE */
	const struct ipcx_table
		*same; /* act only on objects that stand in this snapshot, or NULL */
	struct ix_same *same_index; /* its rows by hash (query/same.c) */
	size_t nsame;
	uint64_t same_home; /* the namespace of rows that know none */
	bool once; /* of many namespaces that see one directory, list it for the first */
	struct ix_listed *dirs; /* those that were listed */
	size_t ndirs;
	void *dir;         /* a directory that the mechanism keeps open over the scan */
	struct ix_may may; /* what is known of the caller's rights where this runs */
	/* Takes a row that is complete: ix_scan_keep(). Set by lib/query/scan.c, so that
	 * no mechanism calls what stands above it. */
	int (*keep)(struct ix_scan *s);
	/* What is looked up beside the rows of this mechanism (query/scan.c). */
	struct {
		const struct ix_column
			*column; /* of the id; NULL: the name is not wanted */
		uint32_t last;
		bool known;
	} names[IX_NAMED];
	bool dear_first;           /* the condition reads dear columns */
	struct ix_lacking no_idle; /* where the mechanism has none */
	struct ix_lacking unread;  /* those that were not */
	struct ix_lacking vague;   /* those of which only that much was read */
	bool names_first; /* the condition reads names: they are looked up before it */
	unsigned processes, asked_processes; /* bits: lines of query/processes.c */
	bool usual;                          /* what comes unasked is shown, too */
	bool tell_pids;                      /* their numbers were named */
	bool untraced; /* also one that is read after the row: no trace tells of it */
	/* Where a row has the number of a process that was not asked after, and the times
	 * that it left: without both there is nothing to tell of it. */
	struct ix_trace {
		uint16_t pid, times[7];
		uint8_t ntimes;
		bool must; /* there always is a process */
	} traces[5];
	unsigned ntraces;
	struct ix_lacking no_processes;   /* what was not named of them */
	const struct ix_column *times[8]; /* that its rows keep (query/times.c) */
	size_t ntimes;
	struct ix_lacking source; /* fields that the source in use does not have */
};

/* The rows that follow are in this directory: 1 when it was listed for another place
 * already, or looked at for the same reference; 0; -ENOMEM. */
int ix_scan_once(struct ix_scan *s, uint64_t dev, uint64_t ino);

/* The kind of a note on values of these fields, which could not be read: who acts needs
 * the objects alone, unless his condition goes by one of them. */
static inline enum ipcx_note_kind ix_scan_gap(const struct ix_scan *s,
					      const struct ipcx_fieldset *lacking)
{
	struct ipcx_fieldset read = ipcx_expr_fields(s->where);

	for (unsigned i = 0; i < sizeof(read.bits) / sizeof(*read.bits); i++)
		if (read.bits[i] & lacking->bits[i])
			return IPCX_NOTE_INCOMPLETE;
	return s->verb == IX_LOOK ? IPCX_NOTE_INCOMPLETE : IPCX_NOTE_INFO;
}

/* Room for the next row of this scan; NULL when memory is out. */
static inline void *ix_scan_row(struct ix_scan *s)
{
	return ix_table_row(s->t);
}

/*
 * The row is complete: test the condition, look up what is wanted besides, act, keep it.
 * 1 kept, 0 not, -ENOMEM. Failures of the action are notes.
 */
static inline int ix_scan_keep(struct ix_scan *s)
{
	return s->keep(s);
}

/* The reference of a row that is about one object. */
void ix_row_ref(const struct ipcx_table *t, const struct ix_section *s, const void *row,
		struct ipcx_ref *ret_ref);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A mechanism: everything that ipcx knows about one kind of object. Each has a file under
 * lib/mech/ and is listed in core/registry.c; no other file names a mechanism.
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

/* A text for an errno of an action: what it means here, and what to do. */
struct ix_errtext {
	int error;     /* -errno */
	uint64_t when; /* applies only with one of these attributes (IPCX_A_…), or 0 */
	const char *text;
};

struct ix_mech {
	struct ipcx_mech_info info;
	const struct ix_kind *kind;

	/* The field, in bytes, to sum over its objects; 0: none. */
	enum ipcx_field weight;
	/* Its objects are in the mount namespace's /dev/shm, independent of the IPC
	 * namespace. */
	bool mounted;

	/* Why the idle time is unknown; NULL: it follows from the object's times. */
	const char *no_idle;

	/* Limits that objects count against, ended by .limit = NULL, and the parser of
	 * requests for ipcx_fit(). */
	const struct ix_charge *charges;
	int (*request)(const char *text, struct ipcx_attrs *ret_attrs);

	/*
	 * For ipcx_fit(): may_make() checks whether the caller may create such an object
	 * at all. Returns 1; 0 with the reason as the context's text; -errno with a text
	 * if that is unknown; -ENODATA if every caller may. right says where the
	 * permission comes from. Either both members are set or neither.
	 */
	int (*may_make)(struct ipcx *x, const struct ipcx_attrs *a);
	const char *right;

	/*
	 * List all objects in ascending order: fill ix_scan_row() and call ix_scan_keep()
	 * for each. Returns -errno if the mechanism cannot be read at all (the caller
	 * adds a note). An object that vanishes is left out.
	 */
	int (*scan)(struct ix_scan *s);

	/* The same for the one object that ref names, without listing; -ENOENT if there
	 * is none. */
	int (*find)(struct ix_scan *s, const struct ipcx_ref *ref);

	/* Read the columns of a row that take extra calls: those in s->costly; for those
	 * not in s->exact it suffices to know whether they are above 0. Marks what cannot
	 * be read as unknown. Returns 0, or -EIDRM if the object is gone. NULL: there are
	 * no such columns. */
	int (*costly)(struct ix_scan *s, void *row);

	/* List what is in the object, as a section of its own kind. NULL: nothing to
	 * list. */
	int (*contents)(struct ipcx *x, const struct ipcx_ref *ref, struct ipcx_table *t);

	/*
	 * Create one object, exclusively; the attributes are valid for this mechanism.
	 * Returns 0 with its reference, or -EEXIST if it exists. After a later failure
	 * the object is removed again.
	 */
	int (*create)(struct ipcx *x, const struct ipcx_attrs *a,
		      struct ipcx_ref *ret_ref);

	/* Check, changing nothing, whether the caller could open the existing object with
	 * this name or key with the permissions in the attributes' mode. Returns 0,
	 * -EAGAIN if the object is no longer that of ref, or -errno. */
	int (*may_use)(struct ipcx *x, const struct ipcx_attrs *a,
		       const struct ipcx_ref *ref);

	/*
	 * Give an existing object what the attributes ask for beyond the columns of its
	 * row: its memory, a lock. With "now" do it, else check whether it could be done.
	 * Returns 1 with a description of what was done, 0 if nothing was missing, or
	 * -errno with a text. NULL: there is nothing to give.
	 */
	int (*complete)(struct ipcx *x, const struct ipcx_attrs *a,
			const struct ipcx_ref *ref, bool now, char *did, size_t size);

	/* Warn the caller after creating objects: called once with the attributes of all
	 * requested objects, other mechanisms' included. Returns whether there is a
	 * warning. May be NULL. */
	bool (*caution)(struct ipcx *x, const struct ipcx_attrs *specs, size_t n,
			char *buf, size_t size);

	/* Remove the object of this row, which was read just before. Returns 0, -ENOENT
	 * or -EIDRM if it is already gone, or -errno. */
	int (*remove)(struct ix_scan *s, const void *row);

	/* Change the object of this row. */
	int (*change)(struct ix_scan *s, const void *row, const struct ipcx_attrs *a);

	/*
	 * Called instead of remove or change (s->verb says which) in a dry run: predict,
	 * without changing anything, what that call would return, with the same text, as
	 * far as the caller's rights and the visible state of the object determine it.
	 * NULL: nothing would prevent it.
	 */
	int (*may)(struct ix_scan *s, const void *row, const struct ipcx_attrs *a);

	/* Open an object's memory for reading, or also for writing. Keeps its own error
	 * text. NULL: it has no memory. */
	int (*memory)(struct ipcx *x, const struct ipcx_ref *ref, bool write,
		      struct ix_memory *ret_memory);

	/* Message queue and semaphore operations. NULL: its objects are not queues, not
	 * semaphores. */
	const struct ix_queue_ops *queue;
	const struct ix_sem_ops *sem;

	/* Totals over all its objects; NULL: none. */
	const struct ix_totals *totals;

	/* Operations of a load run; NULL: not supported. */
	const struct ix_driver *driver;

	/* Texts for errnos, ended by .text = NULL; may be NULL. */
	const struct ix_errtext *create_errors, *remove_errors, *change_errors;

	/* A hint for when create fails with this errno. */
	struct {
		int error; /* -errno */
		enum ipcx_hint_kind hint;
	} create_hint;
};

/* Return mechanism number mech; NULL past the last. */
const struct ix_mech *ix_mech(unsigned mech);

/* Return the text for an errno from such a list, or NULL. */
const char *ix_errtext(const struct ix_errtext *list, int error, uint64_t attrs);

/* What to do with a row that matches. */
enum ix_verb {
	IX_LOOK,
	IX_REMOVE,
	IX_CHANGE,
};

/* A directory that has been listed for a mechanism. */
struct ix_listed {
	uint64_t dev, ino;
	unsigned mech;
	size_t ref; /* the reference it was searched for (see ix_scan); 0: listed */
};

/* The state of a scan: what is wanted, and where rows go. Set up by lib/query/, filled by
 * the mechanisms. */
struct ix_scan {
	struct ipcx *x;
	struct ipcx_table *t;
	unsigned mech;
	struct ipcx_fieldset want;     /* costly fields that will be read */
	struct ipcx_fieldset asked;    /* fields named by the query or its condition */
	struct ipcx_fieldset exact;    /* those read for their value, not only for > 0 */
	struct ipcx_fieldset costly;   /* of those named, the costly ones here */
	const struct ipcx_expr *where; /* NULL: no condition */
	uint64_t resume;   /* where to continue (an index or a count of entries) */
	uint64_t max_rows; /* stop after about this many rows, set t->resume; 0: never */
	bool many;  /* part of a scan of several namespaces: an object that is missing in
		       one may be in another */
	bool named; /* the object was requested by reference */
	size_t ref; /* … its index in the query plus 1; or 0 */
	enum ix_verb verb;
	bool dry;
	bool enough; /* stop at the first row that is kept (returns -ECANCELED) */
	const struct ipcx_attrs *attrs; /* IX_CHANGE */
	const struct ipcx_table *same;  /* a snapshot: act only on its objects; or NULL */
	struct ix_same *same_index;     /* hash index of its rows (query/same.c) */
	size_t nsame;
	uint64_t same_home; /* the namespace of rows that record none */
	bool once;          /* list a directory that several namespaces see only once */
	struct ix_listed *dirs; /* the directories listed so far */
	size_t ndirs;
	void *dir;         /* a directory that the mechanism keeps open during the scan */
	struct ix_may may; /* what is known of the caller's rights in the current place */
	/* ix_scan_keep(); set by lib/query/scan.c so that no mechanism calls a higher
	 * layer. */
	int (*keep)(struct ix_scan *s);
	/* The names to look up for the rows of this mechanism (query/scan.c). */
	struct {
		const struct ix_column *column; /* of the id; NULL: name not wanted */
		uint32_t last;
		bool known;
	} names[IX_NAMED];
	bool costly_first;         /* the condition reads costly columns */
	struct ix_lacking no_idle; /* unknown if the mechanism has no idle time */
	struct ix_lacking unread;  /* costly fields that were not read */
	struct ix_lacking vague;   /* costly fields read only as far as "above 0" */
	bool names_first;          /* the condition reads names: look them up before it */
	unsigned processes, asked_processes; /* bits: watched[] of query/processes.c */
	bool usual;                          /* default columns are shown, too */
	bool tell_pids;                      /* PID fields were named */
	bool untraced; /* a PID is read after its row, so a process may have acted since
			  the times in the row were read */
	/* Offsets in a row of a PID whose process is not looked up and of the times at
	 * which that process acts: if all are 0, no process has acted. */
	struct ix_trace {
		uint16_t pid, times[7];
		uint8_t ntimes;
		bool must; /* a process has always acted (the creator) */
	} traces[5];
	unsigned ntraces;
	struct ix_lacking no_processes;   /* process fields that were not named */
	const struct ix_column *times[8]; /* the times in its rows (query/times.c) */
	size_t ntimes;
	struct ix_lacking source; /* fields that the current source does not provide */
};

/* Set the directory of the rows that follow. Returns 1 if it was already listed for
 * another place, or searched for the same reference; 0; or -ENOMEM. */
int ix_scan_once(struct ix_scan *s, uint64_t dev, uint64_t ino);

/* The kind of note for fields that could not be read. An action needs only the objects,
 * so for it this is a gap only if the condition reads one of these fields. */
static inline enum ipcx_note_kind ix_scan_gap(const struct ix_scan *s,
					      const struct ipcx_fieldset *lacking)
{
	struct ipcx_fieldset read = ipcx_expr_fields(s->where);

	for (unsigned i = 0; i < sizeof(read.bits) / sizeof(*read.bits); i++)
		if (read.bits[i] & lacking->bits[i])
			return IPCX_NOTE_INCOMPLETE;
	return s->verb == IX_LOOK ? IPCX_NOTE_INCOMPLETE : IPCX_NOTE_INFO;
}

/* Return a zeroed next row for this scan; NULL if out of memory. */
static inline void *ix_scan_row(struct ix_scan *s)
{
	return ix_table_row(s->t);
}

/*
 * Finish the current row: test the condition, look up the other fields, act, keep it.
 * Returns 1 if kept, 0 if not, or -ENOMEM. A failed action becomes a note.
 */
static inline int ix_scan_keep(struct ix_scan *s)
{
	return s->keep(s);
}

/* Make the reference of a row that describes one object. */
void ix_row_ref(const struct ipcx_table *t, const struct ix_section *s, const void *row,
		struct ipcx_ref *ret_ref);

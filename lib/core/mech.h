/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A mechanism: everything that ipcx knows about one kind of object. Each mechanism has a
 * file under lib/mech/ and is listed in core/registry.c; no other file names a mechanism.
 */
#pragma once

#include <stdint.h>

#include "core/cause.h"
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

struct ix_finding;
struct ix_scan;
struct ix_same;
struct ix_judging;
struct ix_kconfig;

/* How the processes that use an object of a mechanism are recognised in /proc. */
struct ix_traces {
	bool mapped, opened; /* by mappings, by descriptors */
	bool by_id;          /* a System V segment: by id and key. Otherwise by the fields
				device and inode */
	unsigned kind;       /* enum ix_use_kind */
	unsigned waits;      /* how threads wait for it: mask of 1U << IX_WAIT_… */
	struct ix_partner {
		enum ipcx_field pid, at; /* who acted last, and when; pid 0: unrecorded */
		const char *name;
	} sender, receiver; /* whose acts end waits for a message, and for room */
	const char *prefix; /* how the names of its files begin; or NULL */
	const char *none;   /* if nothing is mapped or open: why */
};

/* A sign that an object is in use: a field above 0, or true. The last entry of a list has
 * no field (IPCX_NO_FIELD): it is the verdict for an object that has none of the signs. */
struct ix_sign {
	enum ipcx_field field;
	enum ipcx_verdict verdict;
	char reason[IX_TEXT(40)];
};

/* A part of an object that threads wait for: a semaphore of an array. */
struct ix_part {
	uint64_t ns; /* the IPC namespace */
	int32_t id;
	uint32_t num;
};

struct ix_mech {
	struct ipcx_mech_info info;
	const struct ix_kind *kind;

	/* The option of the kernel's build that it needs (core/kconfig.h); NULL: none. */
	const struct ix_kconfig *kconfig;

	/* The field to sum up over all objects of the mechanism; its unit is bytes. 0:
	 * none. */
	enum ipcx_field weight;
	/* Its objects are in /dev/shm of the mount namespace and do not belong to an IPC
	 * namespace. */
	bool mounted;

	const struct ix_traces *traces;
	/* The signs of use; the first one that an object has counts. If use may leave no
	 * sign, the last entry's verdict is IPCX_USE_UNKNOWN, and .unrecorded says why.
	 */
	const struct ix_sign *signs;
	const char *unrecorded;
	/* Its objects are mostly in one file system of the kernel: a reference to these
	 * has no device. */
	bool one_device;
	bool by_inode; /* find() takes references by inode */

	/* Why the idle time is unknown; NULL: it can be computed from the object's times.
	 */
	const char *no_idle;

	/* The limits that objects count against (a list ended by .limit = NULL), and the
	 * parser of requests for ipcx_fit(). */
	const struct ix_charge *charges;
	int (*request)(const char *text, struct ipcx_attrs *ret_attrs);

	/*
	 * For ipcx_fit(): may_make() checks whether the caller may create such an object
	 * at all. Returns 1 if so; 0 if not, with the reason as the context's text;
	 * -ENODATA if every caller may; or another -errno with a text if the answer is
	 * unknown. right says where the permission comes from. Either both members are
	 * set or neither is.
	 */
	int (*may_make)(struct ipcx *x, const struct ipcx_attrs *a);
	const char *right;

	/*
	 * List all objects in ascending order: for each object, fill the row that
	 * ix_scan_row() returns and call ix_scan_keep(). Returns -errno if the mechanism
	 * cannot be read at all (the caller adds a note). An object that vanishes during
	 * the scan is left out.
	 */
	int (*scan)(struct ix_scan *s);

	/* The same as scan(), but only for the object that ref names, without listing the
	 * others; -ENOENT if there is no such object. */
	int (*find)(struct ix_scan *s, const struct ipcx_ref *ref);

	/* Read those columns of a row that take extra calls and are in s->costly. For a
	 * column that is not in s->exact, it suffices to find out whether the value is
	 * above 0. A column that cannot be read is marked as unknown. Returns 0, or
	 * -EIDRM if the object is gone. NULL: the mechanism has no such columns. */
	int (*costly)(struct ix_scan *s, void *row);

	/* List the contents of an object, such as the messages in a queue, as a section
	 * with its own kind of rows. NULL: the objects have no contents that can be
	 * listed. */
	int (*contents)(struct ipcx *x, const struct ipcx_ref *ref, struct ipcx_table *t);

	/* For ipcx_waits(): append, for each of n parts of objects, a row with id,
	 * semnum, value and sempid, in the order given; those that are gone or may not be
	 * read are left out. Returns 0 or -ENOMEM. NULL: threads wait for whole objects.
	 */
	int (*parts)(struct ipcx *x, struct ipcx_table *t, const struct ix_part *parts,
		     size_t n);

	/*
	 * Create one object exclusively; the attributes have been checked to be valid for
	 * this mechanism. Returns 0 with the object's reference, -EEXIST if the object
	 * exists, or another -errno. If a step after the creation fails, the object is
	 * removed again.
	 */
	int (*create)(struct ipcx *x, const struct ipcx_attrs *a,
		      struct ipcx_ref *ret_ref);

	/* Check, changing nothing, whether the caller could open the existing object with
	 * this name or key with the permissions in the attributes' mode. Returns 0,
	 * -EAGAIN if the name or key now belongs to another object than ref, or another
	 * -errno. */
	int (*may_use)(struct ipcx *x, const struct ipcx_attrs *a,
		       const struct ipcx_ref *ref);

	/*
	 * Give an existing object what the attributes request besides the values of
	 * columns: its memory, or a lock. If now is true, do so; otherwise only check
	 * whether it could be done. Returns 1 with a description of what was done, 0 if
	 * nothing was missing, or -errno with a text. NULL: there is nothing to give.
	 */
	int (*complete)(struct ipcx *x, const struct ipcx_attrs *a,
			const struct ipcx_ref *ref, bool now, char *did, size_t size);

	/* Warn the caller after objects have been created: called once, with the
	 * attributes of all requested objects, including those of other mechanisms.
	 * Returns whether there is a warning. May be NULL. */
	bool (*caution)(struct ipcx *x, const struct ipcx_attrs *specs, size_t n,
			char *buf, size_t size);

	/* Remove the object of this row, which was read just before. Returns 0, -ENOENT
	 * or -EIDRM if the object is already gone, or another -errno. */
	int (*remove)(struct ix_scan *s, const void *row);

	/* Change the object of this row. */
	int (*change)(struct ix_scan *s, const void *row, const struct ipcx_attrs *a);

	/*
	 * Called in a dry run instead of remove() or change() (s->verb says which):
	 * predict, without changing anything, what that function would return, and with
	 * which text, as far as the caller's rights and the visible state of the object
	 * determine it. NULL: nothing would prevent the action.
	 */
	int (*may)(struct ix_scan *s, const void *row, const struct ipcx_attrs *a);

	/* Open an object's memory for reading and, if write is true, also for writing. On
	 * failure the function itself keeps the error's text. NULL: objects of this
	 * mechanism have no memory. */
	int (*memory)(struct ipcx *x, const struct ipcx_ref *ref, bool write,
		      struct ix_memory *ret_memory);

	/* The operations on message queues and on semaphores. NULL: objects of this
	 * mechanism are not queues, or not semaphores. */
	const struct ix_queue_ops *queue;
	const struct ix_sem_ops *sem;

	/* Totals over all objects of this mechanism; NULL: there are none. */
	const struct ix_totals *totals;

	/* The operations for load runs; NULL: load runs are not supported. */
	const struct ix_driver *driver;

	/* Why its calls fail, and what we say if they do; ended by an empty text. NULL:
	 * there is no list. */
	const struct ix_cause *causes;

	/* The hint that is given if create() fails with this errno. */
	struct {
		int error; /* -errno */
		enum ipcx_hint_kind hint;
	} create_hint;
};

/* Return mechanism number mech; NULL past the last. */
const struct ix_mech *ix_mech(unsigned mech);

/* What to do with the object of a row that matches the condition. */
enum ix_verb {
	IX_LOOK,
	IX_REMOVE,
	IX_CHANGE,
};

/* A directory that has been listed or searched for objects of a mechanism. */
struct ix_listed {
	uint64_t dev, ino;
	bool used;
	unsigned mech;
	size_t ref; /* the reference that it was searched for (ref of struct ix_scan); 0:
		       it was listed */
};

/* The state of a scan: what is wanted, and where its rows go. lib/query/ sets it up, the
 * mechanisms fill it. */
struct ix_scan {
	struct ipcx *x;
	struct ipcx_table *t;
	unsigned mech;
	struct ipcx_fieldset want;     /* costly fields that will be read */
	struct ipcx_fieldset asked;    /* fields that the query or its condition names */
	struct ipcx_fieldset exact;    /* fields needed exactly, not only whether > 0 */
	struct ipcx_fieldset costly;   /* the fields in asked that are costly */
	const struct ipcx_expr *where; /* NULL: no condition */
	uint64_t resume; /* where to continue the scan (an index or a count of entries) */
	uint64_t max_rows; /* stop after about this many rows and set t->resume; 0: no
			      limit */
	bool many;  /* part of a scan of several namespaces: an object that is missing in
		       one namespace may be in another */
	bool named; /* the query names this object by a reference */
	size_t ref; /* the index of that reference in the query plus 1; or 0 */
	enum ix_verb verb;
	bool dry;
	bool enough; /* stop at the first row that is kept (the scan then returns
			-ECANCELED) */
	const struct ipcx_attrs *attrs; /* IX_CHANGE */
	const struct ipcx_table *same;  /* a snapshot: act only on its objects; or NULL */
	struct ix_same *same_index; /* hash index of the rows in same (query/same.c) */
	size_t nsame;
	uint64_t same_home; /* the namespace of rows in same that do not record a
			       namespace */
	bool once; /* list a directory only once even if several namespaces see it */
	struct ix_listed *dirs; /* the directories listed so far: a hash table */
	size_t ndirs, dir_slots;
	size_t indexed;             /* number of sections whose directory is in it */
	struct ix_finding *finding; /* the processes' files, if objects are found there
				       (who/found.h) */
	uint64_t unlisted;  /* the mechanisms of the query that have such objects */
	bool counts_unseen; /* the caller wants to know which objects there are, and
			       itself counts the processes that cannot be seen: no notes
			       about what could not be looked at */
	bool deleted;       /* also list files that have no name any more */
	void *dir;         /* a directory that the mechanism keeps open during the scan */
	struct ix_may may; /* what is known of the caller's rights in the current place */
	/* The function behind ix_scan_keep(). lib/query/scan.c sets it, so that no
	 * mechanism needs to call a higher layer. */
	int (*keep)(struct ix_scan *s);
	/* The names to look up for the rows of this mechanism (query/scan.c). */
	struct {
		const struct ix_column *column; /* the id's column; NULL: no name */
		uint32_t last;
		bool known;
	} names[IX_NAMED];
	bool costly_first;         /* the condition reads costly columns */
	struct ix_lacking no_idle; /* IPCX_F_IDLE, if always unknown here */
	struct ix_lacking unread;  /* costly fields that were not read */
	struct ix_lacking vague;   /* costly fields of which only "above 0" is known */
	bool names_first; /* the condition reads names: look the names up before testing
			     it */
	unsigned processes, asked_processes; /* bit masks of entries in watched[] of
						query/processes.c */
	bool usual;                          /* the default columns are shown, too */
	bool tell_pids;                      /* the query names PID fields */
	bool untraced; /* a PID is read after its row, so a process may have acted since
			  the times in the row were read */
	/* The offset in a row of a PID whose process is not looked up, and the offsets of
	 * the times at which that process acts. If all these times are 0, no process has
	 * acted. */
	struct ix_trace {
		uint16_t pid, times[7];
		uint8_t ntimes;
		bool must; /* there always is such a process (the creator) */
	} traces[5];
	unsigned ntraces;
	struct ix_lacking no_processes; /* process fields that the query does not name */
	const struct ix_column *times[8]; /* time columns of the rows (query/times.c) */
	size_t ntimes;
	struct ix_lacking source;   /* fields that the current source does not provide */
	struct ix_judging *judging; /* how user_count, in_use and hugepagesize are found
				       (query/inuse.c); NULL: they are not read */
	bool blurred; /* mappings of the objects' files may show another device than
			 stat(2) does, so that who maps them cannot be told */
};

/* Set the directory of the rows that follow. Returns 1 if that directory was already
 * listed for another place or searched for the same reference, 0 if not, or -ENOMEM. */
int ix_scan_once(struct ix_scan *s, uint64_t dev, uint64_t ino);

/* Return the kind of note for fields that could not be read. In a listing they are a gap.
 * An action needs only the objects, so the fields are a gap only if the condition reads
 * one of them. */
static inline enum ipcx_note_kind ix_scan_gap(const struct ix_scan *s,
					      const struct ipcx_fieldset *lacking)
{
	struct ipcx_fieldset read = ipcx_expr_fields(s->where);

	for (unsigned i = 0; i < sizeof(read.bits) / sizeof(*read.bits); i++)
		if (read.bits[i] & lacking->bits[i])
			return IPCX_NOTE_INCOMPLETE;
	return s->verb == IX_LOOK ? IPCX_NOTE_INCOMPLETE : IPCX_NOTE_INFO;
}

/* Return the next row for this scan, filled with zeros; NULL if out of memory. */
static inline void *ix_scan_row(struct ix_scan *s)
{
	return ix_table_row(s->t);
}

/*
 * Finish the current row: test the condition and, if it is true, look up the other
 * fields, act on the object, and keep the row. Returns 1 if the row was kept, 0 if not,
 * or -ENOMEM. A failed action becomes a note.
 */
static inline int ix_scan_keep(struct ix_scan *s)
{
	return s->keep(s);
}

/* Make the reference of the one object that a row describes: of a file that has no name
 * (any more) by its device and inode. */
void ix_row_ref(const struct ipcx_table *t, const struct ix_section *s, const void *row,
		struct ipcx_ref *ret_ref);

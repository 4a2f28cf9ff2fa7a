/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by usercount.c, waitcount.c and inuse.c: the state of a scan that reads
 * user_count, waiters, in_use, in_use_reason or hugepagesize. */
#pragma once

#include "core/columns.h"
#include "query/query.h"
#include "who/procs.h"
#include "who/waits.h"

/* A pass over /proc. */
enum ix_pass { IX_PASS_TO_DO, IX_PASS_DONE, IX_PASS_FAILED };

#define IX_PASS_WHY (sizeof(((struct ipcx *)0)->error) + 64)

/* The field waiters, of mechanisms whose waiters the kernel does not count. */
struct ix_waitcount {
	unsigned kinds; /* what to look for, as in struct ix_waits_what */
	enum ix_pass pass;
	struct ix_waits waits;
	struct ix_waiting *sorted; /* by object */
	size_t nsorted;
	char why[IX_PASS_WHY]; /* IX_PASS_FAILED */
	bool segments;         /* asked for of segments, too */
	bool exact;            /* the condition tests the field not only for being 0 */
	bool shown;            /* it is asked for also without the condition */
	/* For the current mechanism. */
	bool count;
	/* For the current row. */
	bool counted; /* n and certain are valid */
	uint64_t n;
	bool certain; /* n is exact; otherwise the least number */
	bool forget;  /* the field becomes unknown after the condition was tested */
};

struct ix_judging {
	struct ix_uses_what what;
	enum ix_pass pass;
	struct ix_uses uses;
	char why[IX_PASS_WHY];        /* IX_PASS_FAILED */
	uint64_t home;                /* our own IPC namespace */
	struct ix_memory_dev devs[8]; /* see struct ix_uses */
	size_t ndevs;
	bool sized;                       /* devs[] is known */
	struct ipcx_fieldset asked, want; /* of the query itself, for all mechanisms */
	bool exact; /* the condition tests user_count not only for being 0 */
	const struct ix_use **found; /* room for the uses of one segment */
	bool *inferred;
	size_t room;
	/* For the current mechanism. */
	bool count, verdict, huge;
	/* For the current row. */
	bool counted; /* users and certain are valid */
	uint64_t users;
	size_t nfound; /* of a segment: how many are in found[] */
	bool certain;  /* users is exact; otherwise the least number */
	bool forget;   /* user_count becomes unknown after the condition was tested */
	uint64_t page; /* what the uses of a segment tell of its pages */
	bool paged;    /* page is valid */
	struct ix_waitcount waiting;
};

/* The note for files whose mappings may show another device (see struct ix_scan). */
#define IX_BLURRED \
	"who maps files in a /dev/shm that is not a memory file system is unknown"

/* Look through the processes, unless that was done. Returns 0 or -ENOMEM. */
int ix_judging_look(struct ix_scan *s);

/* Count the processes that use a row's object, once: the members "For the current row" of
 * struct ix_judging. Returns 0 or -ENOMEM. */
int ix_judging_count(struct ix_scan *s, const struct ix_section *at, const void *row);

/* Note why the number of users is not certain. */
void ix_judging_note(struct ix_scan *s);

/* Find the value of user_count. Returns 0 or -ENOMEM. */
int ix_tell_count(struct ix_scan *s, const struct ix_section *at, void *row);

/* The same for the field waiters. */
int ix_waitcount_look(struct ix_scan *s);
int ix_waitcount_count(struct ix_scan *s, const struct ix_section *at, const void *row);
void ix_waitcount_note(struct ix_scan *s);
int ix_tell_waiters(struct ix_scan *s, const struct ix_section *at, void *row);
void ix_waitcount_free(struct ix_waitcount *c);

/* Whether a thread waits in a segment. */
bool ix_waitcount_segments(const struct ix_waitcount *c);

/* Store a number in the member of a column; nothing if it has none. */
void ix_judging_store(const struct ix_section *at, void *row, enum ipcx_field f,
		      uint32_t value);

/* Return the stored number of a field. */
static inline uint64_t ix_judging_raw(const struct ix_section *at, const void *row,
				      enum ipcx_field f)
{
	return ix_column_raw(ix_section_column(at, f), row);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by usercount.c and inuse.c: the state of a scan that reads user_count, in_use,
 * in_use_reason or hugepagesize. */
#pragma once

#include "core/columns.h"
#include "query/query.h"
#include "who/procs.h"

struct ix_judging {
	struct ix_uses_what what;
	enum { PASS_TO_DO, PASS_DONE, PASS_FAILED } pass;
	struct ix_uses uses;
	char why[sizeof(((struct ipcx *)0)->error) + 64]; /* PASS_FAILED */
	uint64_t home;                                    /* our own IPC namespace */
	struct ix_memory_dev devs[8];                     /* see struct ix_uses */
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
	bool certain;  /* users is exact; otherwise the least number */
	bool forget;   /* user_count becomes unknown after the condition was tested */
	uint64_t page; /* what the uses of a segment tell of its pages */
	bool paged;    /* page is valid */
};

/* Look through the processes, unless that was done. Returns 0 or -ENOMEM. */
int ix_judging_look(struct ix_scan *s);

/* Count the processes that use a row's object, once: the members "For the current row" of
 * struct ix_judging. Returns 0 or -ENOMEM. */
int ix_judging_count(struct ix_scan *s, const struct ix_section *at, const void *row);

/* Note why the number of users is not certain. */
void ix_judging_note(struct ix_scan *s);

/* Find the value of user_count. Returns 0 or -ENOMEM. */
int ix_tell_count(struct ix_scan *s, const struct ix_section *at, void *row);

/* Store a number in the member of a column; nothing if it has none. */
void ix_judging_store(const struct ix_section *at, void *row, enum ipcx_field f,
		      uint32_t value);

/* Return the stored number of a field. */
static inline uint64_t ix_judging_raw(const struct ix_section *at, const void *row,
				      enum ipcx_field f)
{
	return ix_column_raw(ix_section_column(at, f), row);
}

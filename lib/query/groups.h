/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups of rows while they are summed up (groups.c, groupsum.c), and as rows
 * (grouprow.c). */
#pragma once

#include "base/buf.h"
#include "core/ctx.h"
#include "core/table.h"

/* By how many fields rows can be grouped, and how many fields and sums a group has: more
 * would not fit into a row, whose number of words is limited. */
#define IX_GROUPS_BY    8
#define IX_GROUPS_SLOTS 20

/* How a sum is made of the rows of a group. */
enum ix_sum_how {
	IX_SUM_ROWS,        /* their number */
	IX_SUM_WEIGHT,      /* their bytes: see ix_mech.weight */
	IX_SUM_ALLOCATED,   /* the memory that counts against limits */
	IX_SUM_ADD,         /* the sum of a field */
	IX_SUM_ABOVE_0,     /* the number of rows where the field is above 0 */
	IX_SUM_AT_0,        /* the number of rows where it is 0, or false */
	IX_SUM_WEIGHT_AT_0, /* their bytes */
	IX_SUM_HIGHEST,     /* the highest value of the field, a real number */
	IX_SUM_FIRST_USE,   /* the least recent of the times of last use */
	IX_SUM_LAST_USE,
};

struct ix_sum {
	uint16_t field; /* the sum's own */
	uint16_t from;  /* the field of rows; for the kinds of sum that need one */
	uint8_t how;    /* enum ix_sum_how */
};

union ix_sum_value {
	uint64_t u;
	int64_t i;
	double d;
};

struct ix_group {
	size_t key; /* where its key begins in the keys */
	uint32_t hash;
	uint32_t has, unknown; /* masks of 1U << sum: some row has a value, it is unknown
				  for some row */
	union ix_sum_value sums[IX_GROUPS_SLOTS - 1];
};

struct ipcx_groups {
	struct ipcx *x;
	enum ipcx_field by[IX_GROUPS_BY];
	size_t nby;
	const struct ix_sum *sums[IX_GROUPS_SLOTS - 1];
	size_t nsums;
	uint64_t seed;      /* of the hash: the texts in keys are chosen by others */
	uint32_t applies;   /* mask: kinds of rows that were added have this */
	struct ix_buf keys; /* see ix_group_key */
	struct ix_buf all;  /* struct ix_group, in the order of their first rows */
	struct ix_buf key;  /* that of the row being added */
	uint32_t *slots;    /* indices of groups plus 1; less than half are in use */
	size_t nslots;
	bool partial; /* rows of an incomplete table were added */
	bool more;    /* the last table goes on in another one */
};

/* A part of a key, one for each field, and the bytes of its text if it is one, with a NUL
 * after them. A field that does not apply is like one that has no value, as both are
 * shown alike. */
struct ix_group_key {
	uint8_t type;    /* enum ipcx_type */
	uint8_t unknown; /* then type is IPCX_TYPE_NONE */
	uint8_t unused[6];
	uint64_t value; /* of a text: its length */
};

/* How one sum is computed for the rows of a section. */
struct ix_sum_step {
	const struct ix_column *from, *weight;
	uint16_t from_field, weight_field;
	uint8_t how, at; /* at: number of the sum */
	bool rounded;    /* to whole pages */
};

/* What is summed up of the rows of a section: found once, as there may be many rows. */
struct ix_sum_plan {
	const struct ipcx_table *t;
	const struct ix_section *s;
	struct ix_sum_step steps[IX_GROUPS_SLOTS - 1];
	size_t n;
	const struct ix_column *times[8]; /* of use, stored; ended by NULL */
	const struct ix_column *attached; /* the number of attaches; or NULL */
	uint64_t page;                    /* bytes */
	uint32_t words; /* of a row: if these are the same as in the row before, so is its
			   group; 0: cannot be told */
};

void ix_groups_plan(struct ipcx_groups *g, const struct ipcx_table *t,
		    const struct ix_section *s, struct ix_sum_plan *ret_plan);
void ix_groups_sum(const struct ix_sum_plan *plan, struct ix_group *group,
		   const void *row);

/* The sums that are made unless others are asked for. */
void ix_groups_usual(struct ipcx_groups *g);

/* Say in the table of groups why sums are unknown: a mask of 1U << sum. */
void ix_groups_notes(const struct ipcx_groups *g, struct ipcx_table *t, uint32_t unknown);

/* Make a table of the groups. Returns 0 or -ENOMEM. */
int ix_groups_rows(const struct ipcx_groups *g, struct ipcx_table *t);

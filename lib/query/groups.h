/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups of rows while they are summed up (groups.c), and as rows (grouprow.c). */
#pragma once

#include "base/buf.h"
#include "core/ctx.h"
#include "core/table.h"

/* More fields would not fit into a row, whose number of words is limited. */
#define IX_GROUPS_BY 8

/* What is summed up of rows. */
enum ix_sum {
	IX_SUM_BYTES,
	IX_SUM_ATTACHED,
	IX_SUM_OLDEST,
	IX_SUM_NEWEST,
	IX_SUM_PERCENT, /* the highest */
	IX_SUMS,
};

struct ix_group {
	size_t key; /* where its key begins in the keys */
	uint32_t hash;
	uint8_t has, unknown; /* masks of 1U << IX_SUM_…: some row has a value, it is
				 unknown for some row */
	uint64_t count;
	union {
		uint64_t u;
		int64_t i;
		double d;
	} sums[IX_SUMS];
};

struct ipcx_groups {
	struct ipcx *x;
	enum ipcx_field by[IX_GROUPS_BY];
	size_t nby;
	uint64_t seed;      /* of the hash: the texts in keys are chosen by others */
	uint8_t applies;    /* mask: kinds of rows that were added have this */
	struct ix_buf keys; /* see ix_group_key */
	struct ix_buf all;  /* struct ix_group, in the order of their first rows */
	struct ix_buf key;  /* that of the row being added */
	uint32_t *slots;    /* indices of groups plus 1; less than half are in use */
	size_t nslots;
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

/* Make a table of the groups. Returns 0 or -ENOMEM. */
int ix_groups_rows(const struct ipcx_groups *g, struct ipcx_table *t);

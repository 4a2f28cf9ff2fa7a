/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows of ipcx_waits(): one thread that waits for one object. */
#pragma once

#include "query/boxed.h"
#include "query/query.h"
#include "who/waits.h"

/* Where what a row says comes from, as the field basis says it: the weakest of all. */
enum ix_basis {
	IX_BASIS_KERNEL,
	IX_BASIS_MEMORY,
	IX_BASIS_INFERRED,
};

/* The table that is being filled. */
struct ix_waitrows {
	struct ipcx *x;
	struct ipcx_table *t;
	const struct ipcx_expr *where;
	bool names, containers; /* owners, containers are wanted */
	struct ix_boxed boxed;
};

/* One row before it is added. Texts are copied. */
struct ix_wait_entry {
	unsigned mech;
	const char *ref;
	uint64_t ns;
	const struct ix_waiter *user;
	const struct ix_wait *wait;
	const char *wants;         /* NULL: unknown */
	const struct ix_semop *op; /* the operation that blocks; NULL: none, or unknown */
	int32_t held_by;           /* 0: nobody known */
	enum ipcx_grade held;      /* of held_by; 0: none */
	const char *waker;         /* NULL: unknown */
	const char *verdict;       /* NULL: none */
	enum ipcx_grade grade;     /* of the verdict; 0: none */
	uint32_t cycle;            /* 0: none */
	int64_t since;             /* 0: unknown */
	enum ix_basis basis;
};

/* Add a row if it fulfils the condition. Returns 0 or -ENOMEM. */
int ix_waitrows_add(struct ix_waitrows *w, const struct ix_wait_entry *e);

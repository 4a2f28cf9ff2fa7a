/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows of ipcx_users(): one process that uses one object. */
#pragma once

#include "query/boxed.h"
#include "query/query.h"
#include "who/uses.h"

/* How a process uses an object, as the field how says it. */
enum ix_how {
	IX_HOW_MAPPED = 1,
	IX_HOW_OPEN,
	IX_HOW_BOTH,
	IX_HOW_NOTIFY,
	IX_HOW_LAST,
};

/* The table that is being filled. */
struct ix_users {
	struct ipcx *x;
	struct ipcx_table *t;
	const struct ipcx_expr *where;
	bool names, containers; /* owners, containers are wanted */
	struct ix_boxed boxed;
};

/* One row before it is added. */
struct ix_user_entry {
	unsigned mech;
	const char *ref;
	uint64_t ns;
	const struct ix_user *user;
	const struct ix_use *use; /* NULL: known from the object only */
	enum ix_how how;
	bool inferred;
};

/* Add a row if it fulfils the condition. Returns 0 or -ENOMEM. */
int ix_users_add(struct ix_users *u, const struct ix_user_entry *e);
void ix_users_end(struct ix_users *u);

/* The processes that an object records (its creator and the last ones to operate on it)
 * and that still run. Returns 0 or -ENOMEM. */
int ix_users_recorded(struct ix_users *u, const struct ipcx_table *objects, size_t row,
		      struct ix_user_entry *e);

/* The fields of objects that ix_users_recorded() reads. */
struct ipcx_fieldset ix_users_recorded_fields(void);

/* What else ix_users_and() finds in the same pass. */
struct ix_users_more {
	unsigned kinds;      /* bit mask of 1U << IX_USE_… */
	struct ix_uses uses; /* everything that was found: free it with ix_uses_free() */
};

/* Like ipcx_users(3). If that fails, more->uses is not set. */
int ix_users_and(struct ipcx *x, const struct ipcx_query *q, pid_t pid, unsigned flags,
		 struct ix_users_more *more, struct ipcx_unseen *ret_unseen,
		 struct ipcx_table **ret_table);

/* ---- what a query asks for */

/* Whether a mechanism is asked for, by name or by a reference. */
bool ix_users_asks(const struct ipcx_query *q, unsigned mech);

/* Whether unlinked files of a mechanism are asked for. */
bool ix_users_unlinked(const struct ipcx_query *q, unsigned mech);

/* Whether a reference names a file by its inode although such files have names. */
bool ix_users_by_inode(const struct ipcx_ref *ref);

/* Whether an object of the snapshot is asked for, or an unlinked file. key is that of a
 * System V object, 0 if it is private. */
bool ix_users_asks_row(const struct ipcx_query *q, const struct ipcx_ref *it,
		       uint64_t key, uint64_t dev, uint64_t ino);

/* The mechanism that an unlinked file belonged to: of those with files on this device,
 * the one whose prefix its last name has, else the one without a prefix; IPCX_NO_MECH if
 * none. Stores the namespace of that directory. */
unsigned ix_users_lost_mech(const struct ipcx_table *objects, uint64_t dev,
			    const char *name, uint64_t *ret_ns);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of ipcx_users() share. */
#pragma once

#include "query/users.h"

/* The state of a call of ipcx_users(). */
struct users_join {
	struct ix_users out;
	const struct ipcx_query *q;
	int32_t pid;
	unsigned flags;
	struct ipcx_table *objects; /* also objects that are not asked for, but share a
				       file system with those that are */
	struct ix_uses uses;
	uint8_t *matched; /* for each use: whether it is one of an object */
	uint64_t *devs;
	size_t ndevs;
	const struct ix_use **found; /* room for the uses of one segment */
	bool *inferred;
	struct ipcx_unseen unseen;
	uint64_t own_ipc;
	struct ix_users_more *more; /* or NULL */
};

/* List the objects that are asked for, and all in the directories of files that may be
 * unlinked. Returns 0 or -errno. */
int ix_users_objects(const struct users_join *j, struct ipcx_table **ret_objects);

/* Add the rows of files without a name, and report references to such files that nobody
 * uses. Returns 0 or -errno. */
int ix_users_lost(struct users_join *j);

/* Add the row of one use. Returns 0 or -ENOMEM. */
int ix_users_add_use(struct users_join *j, struct ix_user_entry *e,
		     const struct ix_use *use, bool inferred);

/* A number in a row; 0 if it has none. */
uint64_t ix_users_number(const struct ipcx_table *t, size_t row, enum ipcx_field f);

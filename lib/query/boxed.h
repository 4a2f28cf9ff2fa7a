/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The containers of processes, for rows about processes. */
#pragma once

#include "query/query.h"

struct ix_containers;
struct ix_user;

/* Containers have a mount namespace of their own: they are searched for only when a
 * process in another one than ours is found. */
struct ix_boxed {
	uint64_t own_mnt;        /* our mount namespace */
	struct ix_containers *c; /* once they were searched for */
	bool searched;
};

/* Store the label of a process's container in *ret_label, a member of the row for
 * IPCX_F_CONTAINER, or mark it as unknown. Returns 0 or -ENOMEM. */
int ix_boxed_label(struct ix_boxed *b, struct ipcx *x, struct ipcx_table *t,
		   const struct ix_user *user, void *row, ix_text *ret_label);
void ix_boxed_end(struct ix_boxed *b);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The containers of processes, for rows about processes. */
#pragma once

#include "query/query.h"

struct ix_container;
struct ix_containers;
struct ix_user;

/* Containers have a mount namespace of their own: they are searched for only when a
 * process in another one than ours is found. */
struct ix_boxed {
	uint64_t own_mnt;        /* our mount namespace */
	struct ix_containers *c; /* once they were searched for */
	bool searched;
	uint32_t *lists; /* for each container: the list in the table that has it, or 0 */
};

/* Whether a query asks for containers. */
bool ix_boxed_wanted(const struct ipcx_query *q);

/* Store the container of a process, as a list of one, in *ret_list, the member of the row
 * for IX_BOX_COLUMNS(), or mark it as unknown. Returns 0 or -ENOMEM. */
int ix_boxed_list(struct ix_boxed *b, struct ipcx *x, struct ipcx_table *t,
		  const struct ix_user *user, void *row, uint32_t *ret_list);

/* Return the list of one container, which is added to t unless lists[] has its number. */
uint32_t ix_boxed_one(const struct ix_containers *c, const struct ix_container *box,
		      uint32_t *lists, struct ipcx_table *t);

/* Store the container of a process, as a list of one that is added to t, in *ret_list, a
 * member of the row for IX_BOX_COLUMNS(), or mark it as unknown. c may be NULL:
 * containers could not be searched for. */
void ix_boxed_of(struct ipcx *x, const struct ix_containers *c, int32_t pid,
		 uint32_t *lists, struct ipcx_table *t, void *row, uint32_t *ret_list);

void ix_boxed_end(struct ix_boxed *b);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of created objects. */
#pragma once

#include "core/table.h"

/* Reserve memory for one row before its object is created, so that no object gets lost
 * when memory runs out. Returns 0 or -ENOMEM. */
int ix_made_ready(struct ipcx_table *t, const struct ipcx_attrs *a);

/* Add a row for an object that was created, or that existed before. Returns 0 or
 * -ENOMEM. */
int ix_made_keep(struct ipcx *x, struct ipcx_table *t, const struct ipcx_attrs *a,
		 const struct ipcx_ref *ref, bool existed);

/* Remove a created object that has no row, if it can be identified; otherwise the error
 * text says that it stays. Returns -ENOMEM. */
int ix_made_forget(struct ipcx *x, const struct ipcx_ref *ref);

/* Remove the objects of all rows, except those that existed before and those whose name
 * now belongs to another object. Keeps the error text, and appends what stays. */
void ix_made_undo(struct ipcx *x, const struct ipcx_table *t);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of objects that were made. */
#pragma once

#include "core/table.h"

/* Make room for one row, before its object is made: what was made cannot get lost for
 * want of memory then. 0 or -ENOMEM. */
int ix_made_ready(struct ipcx_table *t, const struct ipcx_attrs *a);

/* Add a row for an object that was made, or taken as it was. 0 or -ENOMEM. */
int ix_made_keep(struct ipcx *x, struct ipcx_table *t, const struct ipcx_attrs *a,
		 const struct ipcx_ref *ref, bool existed);

/* What was made, but has no row: it goes where that can be told to be it; the text says
 * when it stays. Answers -ENOMEM. */
int ix_made_forget(struct ipcx *x, const struct ipcx_ref *ref);

/* Remove what has a row; what existed before stays, and so does what has got the name of
 * something made here since. Keeps the text of the failure, and says what stays. */
void ix_made_undo(struct ipcx *x, const struct ipcx_table *t);

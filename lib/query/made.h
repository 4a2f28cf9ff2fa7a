/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of objects that were made. */
#pragma once

#include "core/table.h"

/* Add a row for an object that was made, or taken as it was. 0 or -ENOMEM. */
int ix_made_keep(struct ipcx *x, struct ipcx_table *t, const struct ipcx_attrs *a,
		 const struct ipcx_ref *ref, bool existed);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table as bytes, for a process that was forked by the one that reads them: kinds of
 * rows are pointers, good in both. */
#pragma once

#include "core/table.h"

/* Append a table. 0 or -ENOMEM. */
int ix_table_pack(const struct ipcx_table *t, struct ix_buf *b);

/* Put what was packed in the place of what the table has. 0, -ENOMEM or -EPROTO. */
int ix_table_unpack(struct ipcx_table *t, const char *data, size_t len);

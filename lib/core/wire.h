/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Serialise a table that a forked child sends to its parent: pointers to kinds of rows
 * are valid in both processes. */
#pragma once

#include "core/table.h"

/* Append a table. Returns 0 or -ENOMEM. */
int ix_table_pack(const struct ipcx_table *t, struct ix_buf *b);

/* Replace the contents of a table by those of a packed table. Returns 0, -ENOMEM or
 * -EPROTO. */
int ix_table_unpack(struct ipcx_table *t, const char *data, size_t len);

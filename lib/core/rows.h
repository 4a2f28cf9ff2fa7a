/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rows that belong to a row: the containers of a namespace, what keeps it alive. They are
 * kept in a table below the table, one for each purpose, and a row refers to a run of
 * them, a list, by a number. The value of such a field has the type IPCX_TYPE_ROWS.
 */
#pragma once

#include "core/table.h"

/* A list; text is that of one field of its rows, separated by commas. */
struct ix_list {
	enum ix_below below;
	uint32_t first, n;
	ix_text text;
};

/* Return the table of rows for a purpose, ready for ix_table_row(); it is made for rows
 * of this kind at the first call. NULL if out of memory: t is starved then. */
struct ipcx_table *ix_rows_below(struct ipcx_table *t, enum ix_below below,
				 const struct ix_kind *kind);

/* Make the rows from number "first" on a list. The label is the field that is its text,
 * at most IX_ROWS_TEXT bytes of it. Returns the list's number, 0 if there are no rows or
 * no memory. */
#define IX_ROWS_TEXT 8192
uint32_t ix_rows_list(struct ipcx_table *t, enum ix_below below, size_t first,
		      enum ipcx_field label);

/* Return a list; NULL for number 0. */
const struct ix_list *ix_rows_at(const struct ipcx_table *t, uint32_t list);

/* Set v to a list; number 0 is the empty list. */
void ix_rows_value(const struct ipcx_table *t, uint32_t list, struct ipcx_value *v);

/* Get a field of the first row of a list. v->type stays IPCX_TYPE_NONE if the list is
 * empty. */
void ix_rows_first(const struct ipcx_table *t, uint32_t list, enum ipcx_field f,
		   struct ipcx_value *v);

/* Free, or empty, the tables below a table. */
void ix_rows_free(struct ipcx_table *t);
void ix_rows_reset(struct ipcx_table *t);

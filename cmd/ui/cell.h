/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One value as text: for people (human sizes, local times) or for programs (bytes, RFC
 * 3339). */
#pragma once

#include <stdbool.h>

#include "ipcx.h"

/* The style of cells. */
struct cell_style {
	bool raw;   /* for programs */
	bool bytes; /* for people, with exact values: sizes to the byte, times to the
		       second */
	bool full; /* for people, if there is space: the human form and the exact value */
	bool sizes; /* numbers whose unit depends on the row are bytes in all rows */
};

/* Maximum size of a cell, with its string escaped. */
#define CELL_MAX 20480

/* Write a value that is neither a string nor NONE at p, without a NUL; return the end. */
char *cell_put(char *p, const struct ipcx_field_info *info, const struct ipcx_value *v,
	       const struct cell_style *style);

/* For a value of type NONE from output_get(): whether the value is unknown, as opposed to
 * absent. */
static inline bool cell_unknown(const struct ipcx_value *v)
{
	return v->type == IPCX_TYPE_NONE && v->as.u;
}

/* Write any value; strings are escaped for a terminal, "-" means no value, "?" unknown.
 * */
char *cell_text(char *p, const struct ipcx_field_info *info, const struct ipcx_value *v,
		const struct cell_style *style);

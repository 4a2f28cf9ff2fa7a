/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One value as text: for people (human sizes, local times) or for programs (bytes, RFC
 * 3339). */
#pragma once

#include <stdbool.h>

#include "ipcx.h"

/* How cells look. */
struct cell_style {
	bool raw;   /* for programs */
	bool bytes; /* for people, but exact: sizes to the byte, times to the second */
	bool full;  /* for people with room: both the human form and the exact one */
};

/* Room that a cell needs at most when its string is escaped. */
#define CELL_MAX 20480

/*
 * Write a value that is no string and not unknown at p, without a NUL; answers the end.
 */
char *cell_put(char *p, const struct ipcx_field_info *info, const struct ipcx_value *v,
	       const struct cell_style *style);

/* Of a value that is none: whether it is unknown, or there is none. output_get() says so.
 */
static inline bool cell_unknown(const struct ipcx_value *v)
{
	return v->type == IPCX_TYPE_NONE && v->as.u;
}

/* Write any value, strings escaped for a terminal, "-" where there is none and "?" where
 * it is unknown. */
char *cell_text(char *p, const struct ipcx_field_info *info, const struct ipcx_value *v,
		const struct cell_style *style);

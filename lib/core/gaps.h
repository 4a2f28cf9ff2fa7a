/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gaps in a result, collected before there is a table to which notes about them can be
 * added. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"

struct ipcx_table;

#define IX_GAPS_MAX 8

struct ix_gaps {
	struct ix_gap {
		int error;
		char text[192];
	} all[IX_GAPS_MAX];
	size_t n;
	bool names; /* some of the gaps concern container names */
};

/* Add a gap unless it is listed already. If the list is full, the gap is ignored. */
void ix_gap(struct ix_gaps *g, int error, const char *fmt, ...) PRINTF(3, 4);

/* Return the length of the reason in a gap's text, "REASON: what is missing". */
int ix_gap_reason(const char *text);

/* Add each gap to a table once, as an IPCX_NOTE_INCOMPLETE note. */
void ix_gaps_note(const struct ix_gaps *g, struct ipcx_table *t);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an answer lacks, found before there is a table to note it in. */
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
	bool names; /* some of them are of names of containers */
};

/* Add one, unless it stands there. More than there is room for are not told. */
void ix_gap(struct ix_gaps *g, int error, const char *fmt, ...) PRINTF(3, 4);

/* "why: what is missing": the length of why. */
int ix_gap_reason(const char *text);

/* Note them in a table, each once: it is incomplete. */
void ix_gaps_note(const struct ix_gaps *g, struct ipcx_table *t);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of /proc/sysvipc/NAME, fed in pieces of any size. Needs no kernel: unit tests
 * and fuzzers feed their own. */
#pragma once

#include "mech/sysv.h"

#define IX_TEXT_COLUMNS 32

struct ix_sysv_parser {
	const struct ix_sysv *v;
	const struct ix_sysv_word
		*columns[IX_TEXT_COLUMNS]; /* NULL: a column nobody needs */
	size_t ncolumns;
	bool heading_seen;
	uint64_t bad;                 /* lines that did not parse */
	struct ipcx_fieldset missing; /* fields whose word the heading lacks */
};

void ix_sysv_parser_init(struct ix_sysv_parser *p, const struct ix_sysv *v);

/*
 * Parse one line (without its newline). 1: a row was filled, 0: nothing (the heading, or
 * a line that does not parse, which is counted), -EPROTO: the heading lacks the id.
 */
int ix_sysv_parse_line(struct ix_sysv_parser *p, const char *line, size_t len, void *row);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A parser of /proc/sysvipc/NAME, line by line. Needs no kernel: unit tests and fuzzers
 * supply their own lines. */
#pragma once

#include "base/buf.h"
#include "mech/sysv.h"

#define IX_TEXT_COLUMNS 32

struct ix_sysv_parser {
	const struct ix_sysv *v;
	const struct ix_sysv_word *columns[IX_TEXT_COLUMNS]; /* NULL: an unused column */
	size_t ncolumns;
	bool heading_seen;
	uint64_t bad;                 /* lines that did not parse */
	struct ipcx_fieldset missing; /* fields whose word is not in the heading */
};

void ix_sysv_parser_init(struct ix_sysv_parser *p, const struct ix_sysv *v);

/*
 * Parse one line (without its newline). Returns 1 if a row was filled; 0 for the heading,
 * or for a line that does not parse, which is counted; -EPROTO if the heading lacks the
 * id.
 */
int ix_sysv_parse_line(struct ix_sysv_parser *p, const char *line, size_t len, void *row);

/* All lines of the text in memory, for lookups of single objects that the calls do not
 * show. */
struct ix_sysv_lines {
	struct ix_buf rows; /* in the order of the file, each of the kind's row size */
	size_t n, size;
	struct ipcx_fieldset lacks; /* fields that the text lacks */
	bool whole;                 /* every line was read and understood */
};

static inline void *ix_sysv_line(const struct ix_sysv_lines *l, size_t i)
{
	return l->rows.data + i * l->size;
}

/* Note, once per table, why fields that are wanted and not in the text are unknown; "why"
 * is the -errno of the call that would supply them. */
void ix_sysv_text_lacks(struct ix_scan *s, const struct ipcx_fieldset *lacks, int why);

/* Read all lines. Returns 0; -errno if the file cannot be read or is masked, and no line
 * was read. */
int ix_sysv_lines(struct ipcx *x, const struct ix_sysv *v, struct ix_sysv_lines *ret_l);
void ix_sysv_lines_free(struct ix_sysv_lines *l);

/* Frees the lines at the end of the scope. */
#define auto_sysv_lines __attribute__((cleanup(ix_sysv_lines_free)))

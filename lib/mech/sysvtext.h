/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of /proc/sysvipc/NAME, fed in pieces of any size. Needs no kernel: unit tests
 * and fuzzers feed their own. */
#pragma once

#include "base/buf.h"
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

/* All that the text tells, in memory: for what calls do not tell one by one. */
struct ix_sysv_lines {
	struct ix_buf rows; /* of the kind's size each, as the file has them */
	size_t n, size;
	struct ipcx_fieldset lacks; /* fields that the text does not have */
	bool whole;                 /* every line was read and understood */
};

static inline void *ix_sysv_line(const struct ix_sysv_lines *l, size_t i)
{
	return l->rows.data + i * l->size;
}

/* Rows come from the text: a reason for the fields that are wanted and not in it, once a
 * table. */
void ix_sysv_text_lacks(struct ix_scan *s, const struct ipcx_fieldset *lacks, int why);

/* 0; -errno when it cannot be read or is none, and nothing came of it. */
int ix_sysv_lines(struct ipcx *x, const struct ix_sysv *v, struct ix_sysv_lines *ret_l);
void ix_sysv_lines_free(struct ix_sysv_lines *l);

/* Lines that free themselves. */
#define auto_sysv_lines __attribute__((cleanup(ix_sysv_lines_free)))

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables as JSON: for documentation, completions and tests, so that nothing is
 * written down twice. */
#pragma once

struct exit_text {
	int status;
	const char *text;
};

/* Ended by .text = NULL. */
extern const struct exit_text exit_texts[];

/* Everything that the tables say. */
void dump_tables(void);

/* A JSON Schema (draft 2020-12) of every document that ipcx prints. */
void dump_schema(void);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables as JSON, for documentation, completions and tests, so that nothing is
 * written down twice. */
#pragma once

struct cmd;

/* Print all tables, with the commands of this list. */
void dump_tables(const struct cmd *const *list);

/* Print a JSON Schema (draft 2020-12) of every document that ipcx prints. */
void dump_schema(void);

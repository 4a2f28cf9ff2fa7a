/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of formats. To add a format, add a line here and write the functions of the
 * format. */
#include "ui/format.h"

/* clang-format off */
const struct format formats[] = {
	{ "table",  "aligned columns",                           false, true, false,  NULL,       table_heading, table_rows,  table_detail, table_more, NULL,         NULL,        NULL },
	{ "json",   "one JSON document",                            true,  false, true,  json_begin, NULL,          json_rows,   json_detail,  json_more,  json_groups,  json_facts,  json_end },
	{ "jsonl",  "one JSON object per line",                   true,  false, true,  NULL,       NULL,          jsonl_rows,  jsonl_detail, NULL,       jsonl_groups, jsonl_facts, NULL },
	{ "csv",    "comma-separated values (RFC 4180)",            true,  false, false, NULL,       csv_heading,   csv_rows,    NULL,         NULL,       NULL,         NULL,        NULL },
	{ "export", "IPCX_NAME=\"value\" pairs for a shell, one row per line", true, false, false, NULL, NULL,         export_rows, NULL,         NULL,       NULL,         NULL,        NULL },
	{ "raw",    "words separated by blanks, - for no value", true, false, false, NULL, NULL,       raw_rows,    NULL,         NULL,       NULL,         NULL,        NULL },
	{ .name = NULL },
};
/* clang-format on */

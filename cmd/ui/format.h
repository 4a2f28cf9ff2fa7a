/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the formats offer to the list of them. */
#pragma once

#include "ui/output.h"

void table_heading(struct sheet *s, const char *label);
void table_rows(struct sheet *s, const struct sheet_rows *rows);
void table_detail(struct sheet *s, const struct sheet_rows *row, const char *label,
		  const struct sheet_child *children, size_t n);

void table_more(struct sheet *s, const struct sheet_child *more);

void json_begin(struct sheet *s);
void json_rows(struct sheet *s, const struct sheet_rows *rows);
void json_detail(struct sheet *s, const struct sheet_rows *row, const char *label,
		 const struct sheet_child *children, size_t n);
void json_more(struct sheet *s, const struct sheet_child *more);
void json_end(struct sheet *s);
void jsonl_rows(struct sheet *s, const struct sheet_rows *rows);
void jsonl_detail(struct sheet *s, const struct sheet_rows *row, const char *label,
		  const struct sheet_child *children, size_t n);

void csv_heading(struct sheet *s, const char *label);
void csv_rows(struct sheet *s, const struct sheet_rows *rows);
void export_rows(struct sheet *s, const struct sheet_rows *rows);
void raw_rows(struct sheet *s, const struct sheet_rows *rows);

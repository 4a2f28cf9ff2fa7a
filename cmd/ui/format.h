/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of each format, for the list in format.c. */
#pragma once

#include "ui/output.h"

void table_heading(struct output *s, const char *label);
void table_rows(struct output *s, const struct output_rows *rows);
void table_detail(struct output *s, const struct output_rows *row, const char *label,
		  const struct output_child *children, size_t n);

void table_more(struct output *s, const struct output_child *more);

void json_begin(struct output *s);
void json_rows(struct output *s, const struct output_rows *rows);
void json_detail(struct output *s, const struct output_rows *row, const char *label,
		 const struct output_child *children, size_t n);
void json_more(struct output *s, const struct output_child *more);
void json_groups(struct output *s, const char *name, const struct output_group *groups,
		 size_t n);
void json_facts(struct output *s, const char *name, const struct output_fact *facts,
		size_t n);
void json_end(struct output *s);
void jsonl_rows(struct output *s, const struct output_rows *rows);
void jsonl_detail(struct output *s, const struct output_rows *row, const char *label,
		  const struct output_child *children, size_t n);
void jsonl_groups(struct output *s, const char *name, const struct output_group *groups,
		  size_t n);
void jsonl_facts(struct output *s, const char *name, const struct output_fact *facts,
		 size_t n);

void csv_heading(struct output *s, const char *label);
void csv_rows(struct output *s, const struct output_rows *rows);
void export_rows(struct output *s, const struct output_rows *rows);
void raw_rows(struct output *s, const struct output_rows *rows);

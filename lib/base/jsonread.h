/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Read untrusted JSON by paths of keys; no more is decoded than was asked for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ix_json;

/* Parse a whole text. Returns 0, -EPROTO if it is not JSON or is nested too deeply,
 * -ENOPKG without json-c, or -ENOMEM. */
int ix_json_parse(const char *text, size_t len, struct ix_json **ret_json);
void ix_json_free(struct ix_json *j);

/*
 * Parse one value of a stream (documents, lines, the output of jq). *j is NULL at first;
 * later calls replace its value by the next one.
 *
 * ret_used: bytes consumed, not counting blanks after the value; if the text is not JSON,
 * bytes up to the fault. Returns as ix_json_parse(), or -ENODATA if the text ends within
 * a value.
 */
int ix_json_next(struct ix_json **j, const char *text, size_t len, size_t *ret_used);

/*
 * Return a string by its path: keys and array indices separated by '/' ("0/names/1"); ""
 * is the whole document. The string is owned by j. NULL if there is no string there or it
 * contains a NUL.
 */
const char *ix_json_text(const struct ix_json *j, const char *path);

/* Read an integer by its path. False if there is none or it does not fit into int64_t
 * (INT64_MIN counts as not fitting). */
bool ix_json_number(const struct ix_json *j, const char *path, int64_t *ret_n);

/* Whether the path names any value, null included. */
bool ix_json_has(const struct ix_json *j, const char *path);

/* The number of elements of an array; 0 if there is no array. */
size_t ix_json_count(const struct ix_json *j, const char *path);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Read single values of untrusted JSON, each named by its path (the keys that lead to
 * it). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ix_json;

/* Parse a whole text. Returns 0, -EPROTO if the text is not JSON or is nested too deeply,
 * -ENOPKG without json-c, or -ENOMEM. */
int ix_json_parse(const char *text, size_t len, struct ix_json **ret_json);
void ix_json_free(struct ix_json *j);

/*
 * Parse the next value of a text that consists of several values, such as the output of
 * jq. Before the first call set *j to NULL; each later call replaces the value in *j by
 * the next value.
 *
 * ret_used: bytes consumed, not counting blanks after the value; if the text is not JSON,
 * bytes up to the syntax error. Returns the same as ix_json_parse(), or -ENODATA if the
 * text ends within a value.
 */
int ix_json_next(struct ix_json **j, const char *text, size_t len, size_t *ret_used);

/*
 * Return a string by its path: keys and array indices separated by '/' ("0/names/1"); ""
 * is the whole document, and "~1" stands for a slash within a key. The string is owned by
 * j. Returns NULL if no string has this path, or if the string contains a NUL.
 */
const char *ix_json_text(const struct ix_json *j, const char *path);

/* Read an integer by its path. Returns false if no integer has this path, or if it does
 * not fit into int64_t (INT64_MIN is treated as not fitting). */
bool ix_json_number(const struct ix_json *j, const char *path, int64_t *ret_n);

/* Whether the path names a value of any type, null included. */
bool ix_json_has(const struct ix_json *j, const char *path);

/* Return the number of elements of the array with this path; 0 if no array has it. */
size_t ix_json_count(const struct ix_json *j, const char *path);

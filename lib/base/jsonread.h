/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading JSON that others wrote: by paths of keys, and never more than was asked for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ix_json;

/* Parse a whole text. 0; -EPROTO when it is no JSON or nested too deeply; -ENOPKG without
 * json-c; -ENOMEM. */
int ix_json_parse(const char *text, size_t len, struct ix_json **ret_json);
void ix_json_free(struct ix_json *j);

/*
 * Parse one value of a stream of them (documents, lines, what jq prints). *j is NULL at
 * first; then what it had gives way to the next value.
 *
 * ret_used: how many bytes that was, blanks behind it not counted; also of a text that is
 * no JSON, up to the fault. 0; as above, and -ENODATA when the text ends in the middle.
 */
int ix_json_next(struct ix_json **j, const char *text, size_t len, size_t *ret_used);

/*
 * A value by its path: keys and numbers in arrays with '/' between ("0/names/1"); "" is
 * the whole. A string, owned by j: NULL when there is none there, or one with a NUL in
 * it.
 */
const char *ix_json_text(const struct ix_json *j, const char *path);

/* An integer; false when there is none there, or one beyond int64_t
 * (its least number counts as beyond). */
bool ix_json_number(const struct ix_json *j, const char *path, int64_t *ret_n);

/* Whether there is anything, null included. */
bool ix_json_has(const struct ix_json *j, const char *path);

/* How many elements an array has; 0 when there is none. */
size_t ix_json_count(const struct ix_json *j, const char *path);

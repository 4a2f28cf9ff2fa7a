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
 * A value by its path: keys and numbers in arrays with '/' between ("0/names/1"); "" is
 * the whole. A string, owned by j: NULL when there is none there, or one with a NUL in
 * it.
 */
const char *ix_json_text(const struct ix_json *j, const char *path);

/* An integer; false when there is none there, or one beyond int64_t
 * (its least number counts as beyond). */
bool ix_json_number(const struct ix_json *j, const char *path, int64_t *ret_n);

/* How many elements an array has; 0 when there is none. */
size_t ix_json_count(const struct ix_json *j, const char *path);

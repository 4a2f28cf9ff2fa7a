/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write JSON. Lists are written without json-c, which would take five times as long as
 * the kernel needs to list the objects. */
#pragma once

#include <stddef.h>

/* Write a quoted string at p, always valid UTF-8: invalid bytes become the text \xNN.
 * Needs at most 6 * len + 2 bytes. */
char *json_put_string(char *p, const char *text, size_t len);

/* Write such a string of any length to standard output; NULL becomes null. */
void json_string(const char *text);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write untrusted text in the formats of lsipc. Each function writes to p, at most six
 * bytes for each byte of the text, and returns the end. */
#pragma once

#include <stddef.h>

/* Write a text for a table: bytes that cannot be shown become \xNN. */
char *foreign_table(char *p, const char *s, size_t len);

/* Write a text as foreign_table() does, but the characters in the string `special` and
 * all non-ASCII characters also become \xNN. */
char *foreign_guarded(char *p, const char *s, size_t len, const char *special);

/* Write the content of a JSON string, without the quotes. */
char *foreign_json(char *p, const char *s, size_t len);

/* Write a value of a row that is printed with one line per column. */
char *foreign_single(char *p, const char *s, size_t len);

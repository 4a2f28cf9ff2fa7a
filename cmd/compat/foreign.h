/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text chosen by others in the formats of lsipc. Each function writes it at p, with at
 * most six bytes for each byte of it, and returns the end. */
#pragma once

#include <stddef.h>

/* In a table: \xNN for bytes that cannot be shown. */
char *foreign_table(char *p, const char *s, size_t len);

/* \xNN also for the characters in special and for all non-ASCII characters. */
char *foreign_guarded(char *p, const char *s, size_t len, const char *special);

/* Between the quotes of a JSON string. */
char *foreign_json(char *p, const char *s, size_t len);

/* As the value of a single row. */
char *foreign_single(char *p, const char *s, size_t len);

/* Return the length of the decimal point at the beginning of a text, as in the user's
 * locale, or 0. Nothing else depends on that locale. */
size_t foreign_point(const char *text);

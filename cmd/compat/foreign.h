/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of others in the formats of lsipc: each writes it at p, at most six bytes for each
 * byte of it, and answers the end. */
#pragma once

#include <stddef.h>

/* In a table: \xNN for what cannot be shown. */
char *foreign_table(char *p, const char *s, size_t len);

/* \xNN also for those of the characters in special, and all beyond ASCII. */
char *foreign_guarded(char *p, const char *s, size_t len, const char *special);

/* Between the quotes of JSON. */
char *foreign_json(char *p, const char *s, size_t len);

/* The value of a single row. */
char *foreign_single(char *p, const char *s, size_t len);

/* The decimal point at the beginning of a text, as the user's locale writes it: its
 * length, or 0. Nothing else is taken from there. */
size_t foreign_point(const char *text);

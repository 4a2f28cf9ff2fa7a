/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The user's locale, by the environment. The program's own stays "C". */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Return whether the user's locale is UTF-8, so that text need not be ASCII. */
bool locale_utf8(void);

/* Return how many bytes at the beginning of the text are the decimal point of the user's
 * locale: 0 if there is none. */
size_t locale_point(const char *text);

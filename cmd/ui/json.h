/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing JSON. Lists are streamed by hand: json-c would cost five times what the kernel
 * needs (performance). */
#pragma once

#include <stddef.h>

/* A string in quotes at p: valid UTF-8 whatever the bytes; those that are none come as
 * \xNN in the text. At most 6 * len + 2. */
char *json_put_string(char *p, const char *text, size_t len);

/* The same into standard output, of any length; NULL is null. */
void json_string(const char *text);

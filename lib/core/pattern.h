/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which regular expressions are safe to hand to the C library. */
#pragma once

#include <regex.h>

#define IX_PATTERN_MAX      1024 /* bytes */
#define IX_PATTERN_DEPTH    64   /* nesting of parentheses */
#define IX_PATTERN_REPEATED 256  /* characters added by expanding repetitions */
#define IX_PATTERN_WAYS     40   /* ways in which a part can match the empty string */

/*
 * Return why an extended regular expression is refused, as a sentence; NULL if it is
 * accepted (it may still be invalid).
 */
const char *ix_pattern_fault(const char *pattern);

/* Compile a pattern that ix_pattern_fault() accepts, to be searched for anywhere in a
 * text. Returns 0 or regcomp(3)'s error; after an error, nothing needs to be freed. */
int ix_pattern_compile(const char *pattern, regex_t *ret_regex);

/* Whether the pattern matches: 1, 0, or -ENOMEM. */
int ix_pattern_match(const regex_t *regex, const char *text);

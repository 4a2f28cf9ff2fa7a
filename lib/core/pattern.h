/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which regular expressions the C library can be given without harm. */
#pragma once

#include <regex.h>

#define IX_PATTERN_MAX      1024 /* bytes */
#define IX_PATTERN_DEPTH    64   /* parentheses inside each other */
#define IX_PATTERN_REPEATED 256  /* characters that repetitions add, written out */
#define IX_PATTERN_WAYS     40   /* in which a part of it can match nothing */

/*
 * Why an extended regular expression is not compiled, as a sentence; NULL when it may be
 * (and may yet be none).
 */
const char *ix_pattern_fault(const char *pattern);

/* Compile a pattern without fault, to be found anywhere in a text. 0, or what regcomp(3)
 * answers: then it holds nothing. */
int ix_pattern_compile(const char *pattern, regex_t *ret_regex);

/* Whether it is found: 1, 0, or -ENOMEM when that cannot be told. */
int ix_pattern_match(const regex_t *regex, const char *text);

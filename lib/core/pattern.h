/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which regular expressions the C library can be given without harm. */
#pragma once

#define IX_PATTERN_MAX   1024 /* bytes */
#define IX_PATTERN_DEPTH 64   /* parentheses inside each other */
#define IX_PATTERN_SIZE  512 /* characters to match, repetitions written out */

/*
 * Why an extended regular expression is not compiled, as a sentence; NULL when it may be
 * (and may yet be none).
 */
const char *ix_pattern_fault(const char *pattern);

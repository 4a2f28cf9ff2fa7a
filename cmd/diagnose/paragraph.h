/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paragraphs for people: what is too long for the columns of a table. */
#pragma once

#define PARAGRAPH_INDENT 5

/* Print text, escaped and wrapped at the width of a terminal. The line has reached the
 * indent already. */
void paragraph_text(const char *text);

/* Print a line with a fix: a command stays one line, to be copied. */
void paragraph_fix(const char *fix);

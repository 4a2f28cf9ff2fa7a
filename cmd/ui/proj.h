/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The project number of ftok(3) on the command line. */
#pragma once

/* Parse a number from 1 to 255, or one character that is not a digit (as in ftok(path,
 * 'A')). Returns 0 or -EINVAL. */
int proj_read(const char *text, int *ret_proj);

/* Split "PATH[:PROJ]": return the path (free(3) it); PROJ is 1 by default. If there is a
 * file with the whole text as its name, the whole text is the path. NULL: out of
 * memory. */
char *proj_split(const char *text, int *ret_proj);

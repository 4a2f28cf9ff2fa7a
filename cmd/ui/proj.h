/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The project number of ftok(3), as people write it. */
#pragma once

/* A number from 1 to 255, or one character that is no digit (as in ftok(path, 'A')). 0 or
 * -EINVAL. */
int proj_read(const char *text, int *ret_proj);

/* "PATH[:PROJ]": the path (free(3) it), PROJ 1 without one. A file whose name is the
 * whole text goes first. NULL: no memory. */
char *proj_split(const char *text, int *ret_proj);

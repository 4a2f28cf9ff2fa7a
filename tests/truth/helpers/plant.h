/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of plant have in common. */
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

struct step {
	const char *name;
	void (*run)(void);
};

extern const struct step object_steps[];

/* End with a message, if the call "what" failed. */
void must(int ok, const char *what);

/* The next word of the command line, also as a number. */
char *word(void);
long number(void);

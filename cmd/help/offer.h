/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Candidates for a word: what there is of each kind of thing, from the tables and from
 * the kernel. */
#pragma once

#include "cmd.h"

/* The word under the cursor, and where in it begins what a candidate takes the place of:
 * behind "--format=", behind a list's earlier words. */
struct cursor {
	const char *word, *from;
};

/* Print a candidate when the word can go on with it. */
void offer(const struct cursor *at, const char *candidate, const char *after,
	   const char *what);

/* The commands one word below another ("limits": "set"), or, below "", the first words. */
void offer_commands(const struct app *app, const struct cursor *at, const char *below);

/* n words of the command stand before the cursor. What the shell does better, it is asked
 * to do: a line that begins with a colon. */
void offer_kind(struct app *app, const struct called *called, enum complete what,
		const struct cursor *at, int n, char **words);

void offer_options(const struct cursor *at, const struct opt *o);

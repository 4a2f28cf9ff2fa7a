/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Candidates for a word, from the tables and from the kernel. */
#pragma once

#include "cmd.h"

/* The word under the cursor, and the part of that word that a candidate replaces: the
 * text after "--format=" or after the last comma of a list. */
struct cursor {
	const char *word, *from;
};

/* Print a candidate, followed by the text in `after`, if the candidate begins with
 * at->from. */
void offer(const struct cursor *at, const char *candidate, const char *after,
	   const char *what);

/* Offer the second words of commands whose first word is below ("set" for "limits"), or
 * all first words if below is "". */
void offer_commands(const struct app *app, const struct cursor *at, const char *below);

/* Offer candidates of the kinds in `what`; words are the n words between the command and
 * the cursor. Users, groups and files are left to the shell: a line that begins with a
 * colon asks the shell for them. */
void offer_kind(struct app *app, const struct called *called, enum complete what,
		const struct cursor *at, int n, char **words);

/* Offer calls; after a call its errnos, then its arguments. */
void offer_calls(const struct cursor *at, int n, char **words);

/* Offer metrics, and what stands in the lists of options about them. */
void offer_metrics(const struct cursor *at, enum complete what);

void offer_options(const struct cursor *at, const struct opt *o);

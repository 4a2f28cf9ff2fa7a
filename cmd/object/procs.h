/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listing rows about processes and objects: what "who" and "waits" share. */
#pragma once

#include "cmd.h"
#include "ui/select.h"

struct procs {
	struct app *app;
	struct selection sel;
	bool named; /* the user named objects or mechanisms */
	struct tally tally;
	struct ipcx_unseen unseen;
	struct output output;
};

/* Parse the operands; without any, select these mechanisms. Returns 0, or an exit status
 * after a message. Free p->sel with select_free(). */
int procs_select(struct procs *p, struct app *app, int n, char **words, uint64_t mechs);

/* Choose the columns and the condition, and drop duplicate operands. all lists the fields
 * of a row. Returns 0, or an exit status after a message. */
int procs_prepare(struct procs *p, const struct output_args *args, struct shown shown,
		  const struct shown *all);

/* Return a query without objects that reads what is shown, and what the condition
 * needs. */
struct ipcx_query procs_query(const struct procs *p);

/* Count named objects that exist: these were found, even if no process has to do with
 * them. Call this after the notes of the references are counted. */
void procs_count_named(struct procs *p);

/* Return whether a person would misunderstand that nothing is printed, and everything
 * that was named could be read. */
bool procs_silent(const struct procs *p);

/* Write the reference if the user named one object and nothing else. Returns whether that
 * is so. */
bool procs_only(const struct procs *p, char *buf, size_t size);

/* End the document, and return the exit status. */
int procs_close(struct procs *p);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What "show" prints below an object about processes: who uses it, and who waits for
 * it. */
#pragma once

#include "cmd.h"
#include "ui/select.h"

/* Tables about processes. Those of all objects are found in one pass. */
enum show_procs_kind {
	SHOW_USERS,
	SHOW_WAITS,
	SHOW_PROCS, /* their number */
};

struct show_procs {
	bool named;           /* with -o */
	bool wanted;          /* to be printed */
	struct ipcx_table *t; /* NULL: could not be found */
	struct ipcx_unseen unseen;
	size_t next; /* the row after those of the last object */
};

/* The part of such a table that belongs to one object. */
struct show_procs_part {
	uint32_t *rows; /* free(3) it */
	char label[120];
};

/*
 * Take the names of the tables out of -o, because they name no fields, and mark the
 * tables as named. *ret_rest is the rest: NULL if only the default fields are left
 * ("+users"); "ref" if none is left. Returns 0, or exit status 1 after a message.
 */
int show_procs_take(const char *list, struct show_procs all[SHOW_PROCS], char **ret_rest);

/* Decide which tables to print. Returns 0, or exit status 2 after a message. */
int show_procs_want(const struct output *s, struct show_procs all[SHOW_PROCS]);

/* Add the fields that the wanted tables need in the rows of the objects. */
void show_procs_fields(const struct show_procs all[SHOW_PROCS], uint64_t mechs,
		       struct ipcx_fieldset *fields);

/* Find the wanted rows of all objects. */
void show_procs_find(struct app *app, const struct selection *sel,
		     struct show_procs all[SHOW_PROCS]);

/* Make the table of the object in this row. */
struct output_child show_procs_child(const struct app *app, const struct output *s,
				     enum show_procs_kind kind, struct show_procs *p,
				     const struct ipcx_table *t, size_t row,
				     struct show_procs_part *part);

/* For formats that have a place for it: print what was not seen. */
void show_procs_unseen(struct output *s, const struct show_procs all[SHOW_PROCS]);

void show_procs_free(struct show_procs all[SHOW_PROCS]);

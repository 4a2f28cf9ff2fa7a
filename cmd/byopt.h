/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --by: a listing becomes a list of groups. */
#pragma once

#include "cmd.h"
#include "ui/output.h"

struct by_args {
	const char *list; /* NULL: no groups */
};

extern const struct opt by_opts[];

/* The most sums that a group has. */
#define BY_SUMS 5

struct by {
	struct app *app;
	struct ipcx_groups *groups; /* NULL: no groups */
	struct ipcx_fieldset query; /* the fields of --by: rows are queried with them */
	enum ipcx_field fields[8 + BY_SUMS];
	size_t n;         /* how many fields there are, the sums included */
	const char *list; /* -o, or NULL */
	uint64_t rows;    /* that were added */
};

/*
 * Read --by, and choose the columns of s and the order of groups: args has -o, and sums
 * lists what is summed up, in the order of columns; the last times of use come last. A
 * field that known() does not know is a usage error. Without --by, this does nothing.
 * Returns 0, or an exit status after a message.
 */
int by_open(struct by *b, struct app *app, const struct by_args *by, struct output *s,
	    const struct output_args *args, const enum ipcx_field *sums, size_t nsums,
	    bool (*known)(enum ipcx_field field, const void *data), const void *data);

/* Add the rows of a table that match the condition of s. Returns 0, or an exit status
 * after a message. */
int by_add(struct by *b, struct output *s, const struct ipcx_table *t);

/* Print the groups, with headings. Returns 0, or an exit status after a message. */
int by_print(struct by *b, struct output *s);

void by_close(struct by *b);

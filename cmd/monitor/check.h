/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of ipcx check, a plug-in for monitoring systems. */
#pragma once

#include "base/buf.h"
#include "cmd.h"

/* The statuses of plug-ins. */
enum check_state { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN, CHECK_STATES };

/* ---- checkguard.c: one line and one status, whatever happens */

/* For main.c: the command is a plug-in. From now on, messages are kept. */
void check_begin(void);

/* For main.c, at the end: if the command is a plug-in that has not answered, answer with
 * the first message. Flushes standard output. Returns the exit status; for other
 * commands, this one. */
int check_end(int status);

/* For the member plugin of struct cmd: run the check in a child, and answer for it if it
 * fails or takes longer than this (nanoseconds; 0: any time). Returns true in the child,
 * which is to run the command; false in the parent, with the status in *ret_status. */
bool check_guard(uint64_t timeout, int *ret_status);

/* Say that the line has been written. */
void check_answered(void);

/* ---- checkline.c: the line */

/* What was checked. Zero-initialised: nothing. */
struct check_line {
	struct ix_buf items, texts; /* struct check_item, and their texts */
	struct ix_buf fine;         /* of what is OK */
	struct ix_buf more;         /* remarks, whatever the state */
	struct ix_buf perf;
	size_t left_out; /* values for which perf had no room */
	bool wordy;      /* name as many items as there is room for */
	bool starved;    /* out of memory */
};

/* Add something that is not OK. The higher the weight, the earlier it is named among
 * those of the same state. */
void check_add(struct check_line *l, enum check_state state, double weight,
	       const char *fmt, ...) PRINTF(4, 5);

/* Append to one of the texts of a line. */
void check_say(struct ix_buf *to, const char *fmt, ...) PRINTF(2, 3);

/* A value of the performance data. */
struct check_value {
	const char *place, *label, *suffix; /* its name: of these parts; place and suffix
					       may be "" */
	const char *value, *unit;           /* "82", "%" */
	const char *warn, *crit;            /* ranges, or "" */
	const char *least, *most;           /* or "" */
};
void check_value(struct check_line *l, const struct check_value *v);

/* Return the state of all items together. */
enum check_state check_state(const struct check_line *l);

/* Print the line; returns the exit status. */
int check_print(struct check_line *l);
void check_line_free(struct check_line *l);

/* ---- checkrule.c: conditions */

/* When a row is not OK: any of the conditions suffices. */
struct check_list {
	struct check_condition {
		struct ipcx_expr *e;
		const char *text;
		bool own;  /* freed with this list */
		bool used; /* of those that were given: for some rows */
	} all[OPT_LIST_MAX];
	size_t n;
};
struct check_rule {
	struct check_list warn, crit;
};

/* Parse the conditions of both options. Returns 0, or an exit status after a message. */
int check_rule_read(struct ipcx *x, const struct opt_list *warn,
		    const struct opt_list *crit, struct check_rule *ret_rule);

/* A kind of rows. */
struct check_kind {
	const char *warn, *crit; /* what is not OK if no condition is given */
	bool (*known)(enum ipcx_field field, const void *data); /* their fields */
	const void *data;
};

/* Check that each given condition was used. Returns 0, or an exit status after a
 * message. */
int check_rule_used(const struct check_rule *given);

/* Choose from the given conditions those for rows of a kind; take the kind's own if there
 * are none. Unless there are rows of other kinds (all), each has to be for these rows.
 * Returns 0, or an exit status after a message. */
int check_rule_for(struct ipcx *x, const struct check_kind *kind,
		   struct check_rule *given, bool all, struct check_rule *ret_rule);
void check_rule_free(struct check_rule *rule);

/* What a rule says of a row. */
struct check_verdict {
	enum check_state state; /* CHECK_UNKNOWN: a value that decides is unknown */
	bool lacks; /* if OK: the row lacks what both conditions read, so that nothing was
		       judged */
	const struct check_list *by; /* the list that is true; or NULL */
	char why[120];               /* which field is unknown or lacking */
};
void check_judge(const struct check_rule *rule, const struct ipcx_table *t, size_t row,
		 struct check_verdict *ret_verdict);

/* Write the range of values for which a list is false, if it has a single comparison of
 * this field with a number; otherwise "". */
#define CHECK_RANGE 32
const char *check_range(const struct check_list *list, enum ipcx_field field, char *buf);

/* Append ", FIELD VALUE" for the fields that the true conditions read, except those that
 * are shown anyway. */
void check_decided(const struct check_verdict *v, const struct ipcx_table *t, size_t row,
		   const struct ipcx_fieldset *shown, struct ix_buf *to);

/* ---- checkrows.c: rows */

struct check {
	struct app *app;
	struct check_rule *given;
	struct check_line line;
	enum check_state missing; /* a queue that does not exist */
	bool strict;              /* what may not be looked at is UNKNOWN, too */
	bool all;                 /* limits and findings */
	/* What may not be looked at, if that is not UNKNOWN: ends with a NUL. */
	struct ix_buf unseen;
};

bool check_number(const struct ipcx_table *t, size_t row, enum ipcx_field f,
		  uint64_t *ret_n);

/* Read a percentage, and write it into IPCX_VALUE_MAX bytes. */
bool check_percent(const struct ipcx_table *t, size_t row, enum ipcx_field f,
		   double *ret_percent, char *text);

/* Return a text of a row; "" if it has none. */
const char *check_word(const struct ipcx_table *t, size_t row, enum ipcx_field f,
		       struct ipcx_value *v);

/* With --ns all, return where a row is from; otherwise "". */
const char *check_place(const struct check *c, const struct ipcx_table *t, size_t row,
			struct ipcx_value *v, char *buf, size_t size);

/*
 * Judge the notes of a table: what could not be read is UNKNOWN. Not so, unless exact,
 * what the kernel does not have, and what the caller may not look at: then it is only
 * named. An ordinary user never sees everything, and a plug-in usually runs as one.
 */
void check_notes(struct check *c, const struct ipcx_table *t, bool exact);
void check_not_seen(struct check *c, const char *what);

/* Rows with a percentage. */
struct check_rows {
	struct check *c;
	const struct ipcx_table *t;
	struct check_rule rule;
	struct ipcx_fieldset shown; /* by the text of a row */
	enum ipcx_field percent;
	bool noted; /* notes name each row of which something is unknown */
	bool named; /* each of them was named: each has to be judged */
	size_t judged;
	double most;       /* the highest percentage of all */
	struct ix_buf top; /* and its row's text */
	void (*text)(const struct check_rows *r, size_t row, const char *place,
		     struct ix_buf *to);
	void (*values)(const struct check_rows *r, size_t row, const char *place);
};

void check_row(struct check_rows *r, size_t row);

/* Add the percentage of a row to the performance data. */
void check_percentage(const struct check_rows *r, size_t row, const char *place,
		      const char *label);

/* ---- what is checked: return 0, or an exit status after a message */

int check_limits(struct check *c, int n, char **names);
int check_queues(struct check *c, int n, char **words);
int check_findings(struct check *c);

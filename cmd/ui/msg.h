/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages: one line each on stderr, recorded for the "errors" of a JSON document. The
 * only user of stderr. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ipcx.h"

/* Print "ipcx: TEXT". Control characters in the text are escaped. */
void msg_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Print "ipcx: note: TEXT". Does not count as a failure. */
void msg_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Print a message about one object: "ipcx: REF: TEXT", as a note if kind (of struct
 * msg_record) is "info" or "incomplete". mech may be NULL. */
void msg_object(const char *kind, const char *ref, const char *mech, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Print a usage error with a hint at --help; returns exit status 2. */
int msg_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Begin messages with this name instead of "ipcx", for a program called by an old name.
 * */
void msg_name(const char *name);

/* held.c, for a program whose stderr is not read. msg_hold(): from now on, print no
 * messages, but keep the first that is a failure. msg_held(): return it, without the name;
 * "" if there is none. msg_keep(): for msg.c; return whether messages are kept. */
void msg_hold(void);
const char *msg_held(void);
bool msg_keep(const char *text, bool failure);

/* Print a line that does not begin with a name. */
void msg_plain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Show a status line that is updated in place, if stderr is a terminal and we are the
 * foreground job there; otherwise do nothing. NULL removes it. Messages appear above this
 * status line. */
void msg_live(const char *text);

/* Write data unchanged to stderr, when stdout cannot take it. Returns 0 or -errno. */
int msg_data(const char *text, size_t len);

/* Return the descriptor of messages, for out_start(): for output that the user must see
 * before answering a question. */
int msg_descriptor(void);

/* Ask a question; return true only for "y" or "yes". */
bool msg_ask(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Set the command that usage errors refer to; NULL: none yet. */
void msg_command(const char *name);

/* Write the library's hint in terms of this program, with a blank before it; "" if there
 * is no hint. */
void msg_hint(const struct ipcx_hint *hint, char *buf, size_t size);

/* A recorded message, for JSON. */
struct msg_record {
	const char *kind; /* "missing", "failed", "unavailable", "incomplete", "skipped",
			     "info", "error" */
	const char *ref, *mech; /* or NULL */
	const char *error;      /* "ENOENT", or NULL */
	const char *text;
};

size_t msg_records(const struct msg_record **ret_records);

/* Counts of the notes of tables. */
struct tally {
	size_t done, missing, failed;
	size_t unavailable; /* unavailable mechanisms; unseen: those that may have objects
			       nevertheless */
	size_t unseen;
	size_t denied;        /* those for which the caller lacks rights */
	size_t gaps;          /* notes that something may be missing */
	bool missing_is_fine; /* missing objects are skipped, and are no failure */
	bool part;  /* a mechanism that was named could not be read completely */
	bool exact; /* the command acts on the answer: if the answer may be incomplete,
		       the status is EXIT_PART */
};

/* Print the notes of a table (skipped objects only if verbose) and count them. */
void msg_table(const struct ipcx_table *t, bool verbose, struct tally *tally);

/* Finish counting for a scan of these mechanisms: an unavailable mechanism is not a
 * failure if others could be read, even if those had no objects. named: the user named
 * the mechanisms. */
void tally_asked(struct tally *tally, uint64_t mechs, bool named);

/* Return the exit status for these counts: 0, 1, 3 or 4. */
int tally_status(const struct tally *tally);

/* Return the exit status for --fail: 1 if a row was listed, 4 if none was listed but the
 * answer may be incomplete, otherwise 0. */
int tally_expect_none(const struct tally *tally);

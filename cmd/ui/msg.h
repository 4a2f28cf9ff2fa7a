/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages: one line each on stderr, and kept for the "errors" of a JSON document. The
 * home of stderr. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ipcx.h"

/* "ipcx: TEXT". Control characters in it are escaped. */
void msg_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "ipcx: note: TEXT", which does not count as a failure. */
void msg_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same of one object: "ipcx: REF: TEXT", a note where kind (of struct msg_record) is
 * "info" or "incomplete". mech may be NULL. */
void msg_object(const char *kind, const char *ref, const char *mech, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* A usage error with a hint at --help; answers exit status 2. */
int msg_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Messages begin with this name instead of "ipcx": it is called by another. */
void msg_name(const char *name);

/* A line without any name in front. */
void msg_plain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* One line that changes in place, on a terminal that we are in front of; elsewhere
 * nothing at all. NULL takes it away. Messages come above it. */
void msg_live(const char *text);

/* Lines of data that have no other place left, as they are. 0 or -errno. */
int msg_data(const char *text, size_t len);

/* The descriptor that messages go to, for out_start(): what a person has to see before he
 * answers. */
int msg_descriptor(void);

/* Ask on the terminal: true only for y or yes. */
bool msg_ask(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The command that hints and errors speak of; NULL: none yet. */
void msg_command(const char *name);

/* A hint of the library in words of this program, with a blank before them; "" for none. */
void msg_hint(const struct ipcx_hint *hint, char *buf, size_t size);

/* What was said of objects so far, for JSON. */
struct msg_record {
	const char *kind; /* "missing", "failed", "unavailable", "incomplete", "skipped",
			     "info", "error" */
	const char *ref, *mech; /* or NULL */
	const char *error;      /* "ENOENT", or NULL */
	const char *text;
};

size_t msg_records(const struct msg_record **ret_records);

/* What the notes of tables amount to. */
struct tally {
	size_t done, missing, failed;
	size_t unavailable; /* mechanisms; unseen: of those, what may exist all the same */
	size_t unseen;
	size_t gaps;          /* notes that something may be missing */
	bool missing_is_fine; /* what does not exist is passed over, not a failure */
	bool part;            /* what was named could not be read to the end */
	bool exact; /* something is done by the answer: one that may lack something is
		       done in part */
};

/* Say all notes of a table (skipped ones only when verbose) and count them. */
void msg_table(const struct ipcx_table *t, bool verbose, struct tally *tally);

/* So many mechanisms were asked for: what is not there is no failure where others were
 * read, though they may have had nothing. named: on the command line. */
void tally_asked(struct tally *tally, uint64_t mechs, bool named);

/* The exit status for what was counted: 0, 1, 3 or 4. */
int tally_status(const struct tally *tally);

/* The same for --fail: 0 only when no row is left and the answer is whole, 1 when a row
 * is left, 4 when none is, but one may be. */
int tally_expect_none(const struct tally *tally);

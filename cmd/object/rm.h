/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of rm: what to remove, in which batches, and the progress. */
#pragma once

#include "cmd.h"
#include "nsopt.h"
#include "ui/select.h"

/* Number of objects per slice: a slice is looked up at once, and removed before its
 * record is flushed. */
#define RM_SLICE 512

/* Number of bits in a mask of mechanisms. */
#define RM_MECHS_MAX 64

/* Number of objects reported individually; the others are only counted. */
#define RM_SHOWN 20

struct rm_args {
	struct output_args output;
	struct select_args select;
	struct ns_args where;
	const char *from;
	bool all, dry_run, yes, ignore_missing, unused, null;
};

/* The identity of an object as printed in JSON: an object for which all these values are
 * equal is the same object. */
struct rm_mark {
	char ctime[IPCX_VALUE_MAX];
	char key[16];           /* or "" */
	uint64_t device, inode; /* of a POSIX object */
	uint64_t cuid;          /* creator of a System V object */
	bool has_cuid;          /* whether cuid is present */
};

/* Objects named individually. */
struct rm_list {
	struct ipcx_ref *refs;
	struct rm_mark *marks; /* NULL: only the references are known */
	size_t n, room;
};

/* Some objects of the list, looked up together. */
struct rm_batch {
	struct ipcx_ref *refs;
	size_t n;
	const struct rm_mark *marks; /* or NULL */
	struct ipcx_table *same; /* if not NULL: remove only objects that are unchanged
				    since this table */
};

/* The first objects that are shown, whose users are named. */
struct rm_named_users {
	struct ipcx_ref refs[RM_SHOWN];
	size_t n;
};

struct removal {
	struct app *app;
	const struct rm_args *args;
	struct ipcx_query query; /* the common part of all queries */
	struct rm_batch *batches;
	size_t nbatches;
	uint64_t mechs;            /* mechanisms to remove completely */
	struct ipcx_table *listed; /* the objects of these mechanisms that the user
				      confirmed, or NULL */
	struct output output;
	struct tally tally;
	bool print; /* print what is removed */
	size_t count[RM_MECHS_MAX];
	struct rm_named_users users; /* of a dry run */
	size_t attached; /* number of segments that are destroyed at their last detach */
	/* The next batch; after the last one, the position in the listing of the
	 * mechanisms. */
	size_t next;
	uint64_t resume;
	bool through; /* all mechanisms are done */
};

/* The columns of a table: identity and use, as far as these mechanisms have them.
 * ret_fields must have room for all of them; IPCX_NO_FIELD elements always suffice. */
struct shown rm_shown(uint64_t mechs, enum ipcx_field *ret_fields);

/* rm_named(): return the query of a batch. rm_whole(): return the query of the whole
 * mechanisms, from resume on. */
struct ipcx_query rm_named(const struct removal *rm, const struct rm_batch *batch);
struct ipcx_query rm_whole(const struct removal *rm, uint64_t resume);

/* Return a number from this row; 0 if the row has none or the number is unknown. */
uint64_t rm_number(const struct ipcx_table *t, size_t row, enum ipcx_field f);

/* Write "12 shm, 19 msg". */
void rm_list_counts(const size_t *count, char *buf, size_t size);
void rm_count(const struct ipcx_table *t, size_t *count);

/* rmfrom.c: read the objects of a file ("-": standard input). Returns 0, or an exit
 * status after a message; in the latter case the caller must remove
 * nothing. */
int rm_from_read(struct app *app, const char *file, bool nul, struct rm_list *ret_list);

/* rmsame.c: look up a batch that has marks, and keep only unchanged objects in its refs,
 * n and same. Changed or replaced objects are reported. Returns 0 or an exit status after
 * a message. */
int rm_from_check(struct removal *rm, struct rm_batch *batch);

/* rmsame.c: drop duplicates from the batches. Returns 0 or an exit status after a
 * message. */
int rm_each_once(struct removal *rm);

/* rmask.c: show what would be removed, and ask for confirmation. Returns 0, or an exit
 * status after a message. */
int rm_ask(struct removal *rm);

/* rmusers.c: add an object to those whose users are named, up to RM_SHOWN; and have
 * line() print a line for each of these objects that has users, and for what could not be
 * seen (then without an object). Control characters are not escaped. */
typedef void rm_line(const char *ref, const char *mech, const char *text);

void rm_users_keep(struct rm_named_users *users, const struct ipcx_table *t, size_t row);
void rm_users_print(struct removal *rm, const struct rm_named_users *users,
		    rm_line *line);

/* The same in a dry run: for the objects of each slice, and as notes at the end. */
void rm_dry_users_keep(struct removal *rm, const struct ipcx_table *t);
void rm_dry_users_note(struct removal *rm);

/* rmunused.c: extend the condition by "unused". Returns 0, or an exit status after a
 * message. */
int rm_unused_where(struct app *app, const struct opt_list *texts,
		    struct ipcx_expr **ret_where);

/* Report the objects that are kept because they are or may be in use. texts is the
 * condition without "unused". Returns 0 or an exit status after a message. */
int rm_unused_report(struct removal *rm, const struct opt_list *texts);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of rm share: what is to go, in which parts, and how far it is. */
#pragma once

#include "cmd.h"
#include "nsopt.h"
#include "ui/select.h"

/* Objects removed before they are told of, and looked up at once. */
#define RM_SLICE 512

/* The masks of mechanisms have so many bits. */
#define RM_MECHS_MAX 64

/* So many objects are told one by one; of the others, how many they are. */
#define RM_SHOWN 20

struct rm_args {
	struct output_args output;
	struct select_args select;
	struct ns_args where;
	const char *from;
	bool all, dry_run, yes, ignore_missing, unused, null;
};

/* What JSON said of an object, as it is printed: who has it is the same one. */
struct rm_mark {
	char ctime[IPCX_VALUE_MAX];
	char key[16];           /* or "" */
	uint64_t device, inode; /* of a POSIX object */
	uint64_t cuid;          /* of a System V object … */
	bool has_cuid;          /* … where it was said */
};

/* Objects that were named one by one. */
struct rm_list {
	struct ipcx_ref *refs;
	struct rm_mark *marks; /* NULL: nothing but the references is known */
	size_t n, room;
};

/* Some of them, which are looked up together. */
struct rm_batch {
	struct ipcx_ref *refs;
	size_t n;
	const struct rm_mark *marks; /* or NULL */
	struct ipcx_table *same;     /* only what is still as it was here; or NULL */
};

struct removal {
	struct app *app;
	const struct rm_args *args;
	struct ipcx_query query; /* what all parts have in common */
	struct rm_batch *batches;
	size_t nbatches;
	uint64_t mechs;            /* whole mechanisms */
	struct ipcx_table *listed; /* what of those a person agreed to, or NULL */
	struct output output;
	struct tally tally;
	bool print; /* what is removed goes to standard output */
	size_t count[RM_MECHS_MAX];
	size_t attached; /* segments that go with their last detach */
	/* What comes next, should it stop: a batch, then a place in the mechanisms. */
	size_t next;
	uint64_t resume;
	bool through; /* all mechanisms were gone through */
};

/* The columns for people: what tells an object and its use, as far as these mechanisms
 * have it. ret_fields has room for IPCX_NO_FIELD. */
struct shown rm_shown(uint64_t mechs, enum ipcx_field *ret_fields);

/* The parts as queries of their own. */
struct ipcx_query rm_named(const struct removal *rm, const struct rm_batch *batch);
struct ipcx_query rm_whole(const struct removal *rm, uint64_t resume);

/* A number of the object in this row; 0 also where it has none, or nobody can tell. */
uint64_t rm_number(const struct ipcx_table *t, size_t row, enum ipcx_field f);

/* "12 shm, 19 msg" */
void rm_list_counts(const size_t *count, char *buf, size_t size);
void rm_count(const struct ipcx_table *t, size_t *count);

/* rmfrom.c: read the objects of a file ("-": standard input). 0, or an exit status after
 * a message: then nothing of it is to be removed. */
int rm_from_read(struct app *app, const char *file, bool nul, struct rm_list *ret_list);

/* rmsame.c: look at a batch that has marks, and leave only what is still the same in it:
 * its refs, n and same. What is another by now is told. 0 or an exit status after a
 * message. */
int rm_from_check(struct removal *rm, struct rm_batch *batch);

/* The same: leave each object that was named once in the batches. 0 or an exit status
 * after a message. */
int rm_each_once(struct removal *rm);

/* rmask.c: show a person what would go, and ask. 0, or an exit status after a message. */
int rm_ask(struct removal *rm);

/* rmunused.c: join a condition to another: only what nobody uses. 0, or an exit status
 * after a message. */
int rm_unused_where(struct app *app, const struct opt_list *texts,
		    struct ipcx_expr **ret_where);

/* Tell what stays because it is used, or nobody can tell whether it is. where is the
 * condition without the other. 0 or an exit status after a message. */
int rm_unused_tell(struct removal *rm, const struct opt_list *texts);

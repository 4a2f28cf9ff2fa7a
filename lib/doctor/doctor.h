/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of lib/doctor/ share: facts that are read once, and the list of
 * findings. Each file looks for findings of one kind; doctor.c says which there are.
 */
#pragma once

#include "core/ctx.h"
#include "core/table.h"
#include "ipcx.h"
#include "who/uses.h"
#include "why/fix.h"

#define IX_DOCTOR_TEXT 1408

/* A finding is kept like this until all are known. Texts are offsets in the pool. */
struct ix_doctor_row {
	enum ipcx_grade grade;
	size_t n; /* as it was found */
	const struct ipcx_table *about;
	size_t row;
	uint64_t count, bytes;
	size_t finding, ref, what, evidence, fix; /* plus 1; 0: none */
};

struct ix_doctor_use;
struct ix_doctor_again;

struct ix_doctor {
	struct ipcx *x;
	struct ipcx_table *t; /* the answer; also takes the notes of what is read */
	uint64_t idle_s;      /* seconds without use after which an object is forgotten */
	const char *what_if;  /* an assumption, or NULL: then nothing but
				 ix_doctor_settings() is called, and finds only what the
				 assumption would do */
	struct ipcx_unseen unseen;
	bool all;      /* every namespace is looked at */
	uint64_t home; /* our own IPC namespace */
	/* Facts, read at the first use by the functions below. NULL: not read yet. */
	struct ipcx_table *objects, *users, *waits, *limits, *spaces;
	struct ix_uses files;       /* of the same pass: also memory files */
	struct ix_doctor_use *uses; /* for each object, its rows in users */
	size_t nuses;
	struct ix_doctor_again *again; /* a later listing (again.c) */
	size_t nagain;
	/* The findings so far; texts are in pool. */
	struct ix_doctor_row *found;
	size_t nfound, room;
	struct ix_buf pool;
};

/* A finding. */
struct ix_found {
	const char *finding; /* its kind, a word such as "leaked" */
	enum ipcx_grade grade;
	/* The object, or the limit or place, that it is about: a row of a table, which
	 * gives mech, ref, ns and container. NULL: the machine. */
	const struct ipcx_table *about;
	size_t row;
	const char *ref;      /* for other things than objects: what is wrong, such as
				 "shmmni"; or      NULL */
	const char *what;     /* what is wrong, in one sentence */
	const char *evidence; /* what that rests on, with numbers */
	const char *fix;      /* a command, or what to do; or NULL */
	uint64_t count; /* of how many objects this is true; 0: of none, or of one */
	uint64_t bytes; /* the memory that they take; 0: unknown, or none */
};

/* Keep a finding; its texts are copied. Returns 0 or -ENOMEM. */
int ix_doctor_add(struct ix_doctor *d, const struct ix_found *f);

/*
 * The facts: all objects of all mechanisms that listings have, with all cheap fields and
 * whether the processes that they record live; every thread that waits; the limits; each
 * /dev/shm with what is in it (space/space.h). Their notes are passed on once. Return 0,
 * or -errno with a text.
 */
int ix_doctor_objects(struct ix_doctor *d, const struct ipcx_table **ret_t);
int ix_doctor_waits(struct ix_doctor *d, const struct ipcx_table **ret_t);
int ix_doctor_limits(struct ix_doctor *d, const struct ipcx_table **ret_t);
int ix_doctor_spaces(struct ix_doctor *d, const struct ipcx_table **ret_t);

/* The processes that use objects (ipcx_users(3)), all of them. */
int ix_doctor_users(struct ix_doctor *d, const struct ipcx_table **ret_t);

/* Who uses an object: rows of ix_doctor_users(), which must have been called, in
 * ascending order. Returns how many there are. */
size_t ix_doctor_users_of(const struct ix_doctor *d, size_t object, size_t *ret_first);

/* Read all objects once more. */
int ix_doctor_scan(struct ix_doctor *d, struct ipcx_table **ret_t);

/* Whether an object of ix_doctor_objects() that seems to be forgotten was still there, and
 * not used since, after all processes had been read. Returns 0, or -errno with a text. */
int ix_doctor_still(struct ix_doctor *d, size_t row, bool *ret_still);
void ix_doctor_again_free(struct ix_doctor *d);

/* Whether every process was seen, so that an object without users has none. */
bool ix_doctor_saw_all(const struct ix_doctor *d);

/* Read a number or text of a row. ix_doctor_number() returns "absent" if the row has none
 * or it is unknown; ix_doctor_word() "". */
uint64_t ix_doctor_number(const struct ipcx_table *t, size_t row, enum ipcx_field f,
			  uint64_t absent);
const char *ix_doctor_word(const struct ipcx_table *t, size_t row, enum ipcx_field f,
			   struct ipcx_value *v);

/* Whether a field is true: 1, 0, or -1 if the row has no value, or it is unknown. */
int ix_doctor_truth(const struct ipcx_table *t, size_t row, enum ipcx_field f);

/* Return the mechanism of this name. */
unsigned ix_doctor_mech(const char *name);

/* Write how --ns takes the namespace of a row, for fixes; NULL if it is ours. */
const char *ix_doctor_where(const struct ix_doctor *d, const struct ipcx_table *t,
			    size_t row, char *buf, size_t size);

/* Write a number of bytes or a time for people: "64.0 KiB", "3 days". Return buf. */
const char *ix_doctor_bytes(uint64_t n, char *buf, size_t size);
const char *ix_doctor_span(uint64_t seconds, char *buf, size_t size);

/* ---- the kinds of findings; each returns 0 or -errno with a text */
int ix_doctor_leaked(struct ix_doctor *d);   /* leaked.c: forgotten segments, arrays */
int ix_doctor_segments(struct ix_doctor *d); /* segments.c: removed but attached */
int ix_doctor_queues(struct ix_doctor *d);   /* queues.c: full, forgotten, old qbytes */
int ix_doctor_arrays(struct ix_doctor *d);   /* arrays.c: stuck, 32- and 64-bit mixed */
int ix_doctor_files(struct ix_doctor *d); /* files.c: unused POSIX objects, known names */
int ix_doctor_nameless(
	struct ix_doctor *d);            /* nameless.c: memory that no listing shows */
int ix_doctor_near(struct ix_doctor *d); /* near.c: limits nearly reached, and by whom */
int ix_doctor_shm(struct ix_doctor *d);  /* shm.c: the state of each /dev/shm */
int ix_doctor_settings(struct ix_doctor *d); /* settings.c: RemoveIPC=, shm_rmid_forced,
						fs.protected_regular */
int ix_doctor_keys(struct ix_doctor *d);     /* keys.c: a key in two namespaces */

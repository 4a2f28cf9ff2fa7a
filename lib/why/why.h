/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A question why a call failed. lib/why/why.c takes each cause of the call with that
 * errno from the mechanisms' lists (core/cause.h) and has its check test it. A check
 * looks from outside and changes nothing.
 */
#pragma once

#include "core/cause.h"
#include "core/ctx.h"
#include "why/args.h"
#include "why/as.h"

#define IX_WHY_TEXT 1408 /* a command with any reference (IPCX_REF_MAX) and namespace */

/* Causes that every call can have (filter.c). */
#define IX_ANY_CAUSES 2
extern const struct ix_cause ix_any_causes[IX_ANY_CAUSES];

/* What a check finds. */
struct ix_reason {
	enum ix_so applies;         /* unknown at first */
	char evidence[IX_WHY_TEXT]; /* facts, with numbers; "cannot be told: …" if unknown
				     */
	char fix[IX_WHY_TEXT];      /* "", or a command to copy, or what to do */
};

/* The /dev/shm of the question, and the file there that the arguments name. */
struct ix_place {
	bool asked, tmpfs, whole, read_only, noexec;
	bool remote; /* another process's, not our own */
	int32_t pid; /* that has it, if it is remote */
	int error;   /* -errno: there is none, or nothing is known about it */
	char text[200];
	uint32_t mode, uid, gid;
	uint64_t size, used, free, inodes, inodes_free; /* size, inodes 0: no limit */
	char file[256];                                 /* "": the arguments name none */
	int file_error;
	uint32_t file_mode, file_uid, file_gid;
	uint64_t file_size, file_bytes;
};

struct ix_why {
	struct ipcx *x;
	uint64_t calls; /* 1 << IX_SHMGET …: those that the question may be about */
	int errors[8];  /* -errno, IX_SIGBUS, IX_BLOCKS; none: all of these calls */
	size_t nerrors;
	struct ix_args a;
	struct ix_as as;
	char program[64]; /* that writes such lines, or "" */
	const char
		*said; /* IX_SAID_…: what alone is asked for; NULL: causes of the errno */
	struct ipcx_ns *own; /* opened for the process of the question, or NULL */
	const char *where;   /* how the namespace was named, for fixes; NULL: ours */
	enum ix_call call;   /* that of the cause that is being tested */
	struct ix_cause any[IX_ANY_CAUSES]; /* ix_any_causes for one of the calls */
	struct ipcx_table *t;               /* the answer; for notes */
	/* Facts that several checks need, each read once. */
	struct {
		bool asked;
		int error; /* -errno: why it is unknown; -ENOENT: there is no such object */
		char text[256];
		struct ipcx_table *t; /* its row is number 0; NULL: unknown or none */
	} object[2]; /* for the question's mechanism: cheap fields, and all fields */
	struct {
		bool asked;
		int error;
		struct ipcx_table *least, *most;
	} fits; /* ix_fit_of() for the least and the most that the arguments allow */
	struct ix_place place[2]; /* of shared memory, of semaphores: see why/place.h */
};

/* ---- for checks (why.c, facts.c) */

/* Say what was found; evidence in the form of printf(3). */
void ix_reason_set(struct ix_reason *r, enum ix_so applies, const char *fmt, ...)
	PRINTF(3, 4);

/* Return the mechanism of the call that is being tested. */
unsigned ix_why_mech(const struct ix_why *w);

/* Make a reference of the arguments. Returns false if they name no object. */
bool ix_why_ref(const struct ix_why *w, unsigned mech, struct ipcx_ref *ret_ref);

/*
 * Find the object that the arguments name, by reference, id, key or name, in the
 * question's namespace. all: with costly fields, too. Returns its table, whose row 0 it
 * is; NULL if there is none (*ret_error is -ENOENT), if the arguments name none
 * (-EDESTADDRREQ), or if that cannot be told (another -errno).
 */
const struct ipcx_table *ix_why_object(struct ix_why *w, bool all, int *ret_error);

/* Get a number or text of a row; false if it has none or it is unknown. */
bool ix_why_number(const struct ipcx_table *t, size_t row, enum ipcx_field f,
		   uint64_t *ret_n);
const char *ix_why_word(const struct ipcx_table *t, size_t row, enum ipcx_field f,
			struct ipcx_value *v);

/*
 * Find objects with the question's key, id or name in other namespaces. Returns how many
 * were found, with the first's namespace as --ns takes it in buf; or -errno. *ret_whole:
 * all namespaces could be looked into.
 */
int ix_why_elsewhere(struct ix_why *w, char *buf, size_t size, bool *ret_whole);

/* Judge a limit for the object that the arguments describe, as ipcx_fit() does: sets
 * applies, evidence and fix. */
void ix_why_limit(struct ix_why *w, const char *limit, struct ix_reason *r);

/* ---- the checks of each file; c->check says which */
void ix_why_filter(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r);
void ix_why_shm(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r);
void ix_why_sem(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r);
void ix_why_msg(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r);
void ix_why_mq(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r);
void ix_why_posix(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r);

/* ---- line.c */

/*
 * Read a line of a log or of strace(1): sets calls, errors, program, and arguments that
 * are not set yet. Returns 0, or -ENODATA with a text that says which words it would
 * understand.
 */
int ix_why_line(struct ix_why *w, const char *line);

/* Find an errno by its name, number or text in any locale that is installed, or "SIGBUS"
 * or "blocks". Returns -errno, IX_SIGBUS, IX_BLOCKS; or 0 if there is none. */
int ix_why_error(const char *text);

/* Write "ENOSPC", "SIGBUS" or "blocks". */
const char *ix_why_error_name(int error);

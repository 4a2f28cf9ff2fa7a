/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of reading a line of a log; line.c puts them together. */
#pragma once

#include "why/why.h"

/* A line without control bytes, as it was written and in lower case (ASCII only). */
struct ix_line {
	char *text, *low;
	size_t len;
};

/* ---- errtext.c */

/* Find what cannot be meant otherwise: the name of an errno, its number after "errno",
 * its text in the C locale, SIGBUS. Returns it, or 0. */
int ix_line_error(const struct ix_line *l);

/* Find what is likely to be an errno: a number after "error" or in brackets, a text of
 * another C library, a word for a call that does not return. */
int ix_line_error_weak(const struct ix_line *l);

/* Return the errno with this name, in upper or lower case; 0 if there is none. */
int ix_error_by_name(const char *name, size_t len);

/* ---- locales.c */

/* Find the text of an errno in any locale that is installed. */
int ix_line_error_foreign(const struct ix_line *l);

/* ---- calls.c */

/* What stands at a place of a call, besides enum ix_arg. */
enum {
	IX_PLACE_OTHER = IX_ARGS,
	IX_PLACE_OPS,      /* struct sembuf */
	IX_PLACE_MESSAGE,  /* struct msgbuf */
	IX_PLACE_QUEUE,    /* struct mq_attr */
	IX_PLACE_RELATIVE, /* struct timespec */
};

#define IX_PLACES 6

struct ix_call_found {
	enum ix_call call; /* or IX_CALL_NONE */
	bool weak;         /* a call that is not only used for shared memory */
	bool raw;          /* a system call, as strace(1) shows it */
	size_t open;       /* offset of the parenthesis; 0: there is none */
	const uint8_t *places;
};

/* Find the call that a line names. */
struct ix_call_found ix_line_call(const struct ix_line *l);

/* ---- callargs.c */

/* Set an argument that is not set yet from a text; what is not valid is ignored. */
void ix_line_set(struct ix_args *a, unsigned arg, const char *value);

/* Set what the parentheses of a call hold. */
void ix_line_call_args(const struct ix_line *l, const struct ix_call_found *c,
		       struct ix_args *a);

/* ---- lineargs.c */

/* Set what stands elsewhere in a line: "key 5432001", "4096 bytes", "/dev/shm/NAME". */
void ix_line_other_args(const struct ix_line *l, uint64_t calls, struct ix_args *a);

/* ---- sayings.c */

#define IX_SAYING_CALLS 3

/* Instead of an errno: the words ask for the causes with this subject (IX_SAID_…). */
enum { IX_SAYS_IN_USE = 10002, IX_SAYS_DISPLAY };

struct ix_saying {
	int16_t error; /* what is meant if the line names no errno; 0: it must name one */
	uint8_t calls[IX_SAYING_CALLS];
	char program[IX_TEXT(18)];
	char text[IX_TEXT(46)]; /* in lower case */
	char also[IX_TEXT(34)]; /* must be in the line, too; or "" */
};

/* Find the words of a program; NULL if there are none that are known. */
const struct ix_saying *ix_saying_find(const struct ix_line *l);

/* Write the names of the programs whose words are known. */
void ix_saying_programs(char *buf, size_t size);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An old name: ipcs, ipcmk, ipcrm or lsipc of util-linux, with the same options, output
 * and exit status. Its options are one table, from which getopt_long(3), --help, the sets
 * that exclude each other and the completions follow.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipcx.h"

enum tool_takes { TAKES_NOTHING, TAKES_ARGUMENT, MAY_TAKE };

/* The order of the lines is that in which ambiguous abbreviations are told of. */
struct tool_opt {
	char name[20];
	int id; /* its letter, or above 255 when it has none */
	enum tool_takes takes;
	unsigned sets;  /* bits: options with one in common exclude each other */
	unsigned group; /* of the tool's groups, below which --help lists it; or: */
#define TOOL_HIDDEN (~0U)
	char arg[20], help[120];
};

struct tool {
	const char *name;
	const char *usage; /* lines of it, each with a newline */
	const char *about;
	const char *const *groups;   /* headings in --help, ended by NULL */
	const struct tool_opt *opts; /* ended by .name = "" */
	void (*more_help)(void);     /* what --help says behind the options, or NULL */
	int (*run)(struct ipcx *x, const struct tool *t, int argc, char **argv);
	const char *gaps; /* what a gap means; NULL: something is left out */
};

/* The four, ended by NULL. */
extern const struct tool *const tools[];

/* The old name that a path ends with; NULL when it is none of them. */
const struct tool *tool_by_path(const char *path);

/* Run it as it is called: argv[0] is its name. Answers the exit status. */
int tool_start(const struct tool *t, int argc, char **argv);

/* Where a walk over the options stands. */
struct tool_walk {
	const struct tool *tool;
	int argc;
	char **argv;
	bool quiet;      /* do nothing but look: no messages, no help */
	const char *arg; /* of the last option, or NULL */
	uint64_t seen;   /* bits: lines of the table */
	int first;       /* index of the first operand, at the end */
	int status;      /* exit status when tool_next() answered TOOL_END */
};

#define TOOL_OPERANDS 0    /* the options are at their end */
#define TOOL_END      (-1) /* the program is: help was given, or the usage is wrong */

/* What is said where the directories of POSIX objects are missing. */
#define TOOL_NO_MQUEUE                                                        \
	"/dev/mqueue does not seem to be mounted. Use 'mount -t mqueue none " \
	"/dev/mqueue' to mount it."
#define TOOL_NO_SHM "cannot open /dev/shm"

/* The next option's id, or one of the above. */
int tool_next(struct tool_walk *w);

/* "Try … --help": answers exit status 1. */
int tool_try(const struct tool *t);

/*
 * A number as the originals read it: blanks and a sign in front are taken. Says "WHAT:
 * 'TEXT'" when it is none, and answers false. With base 0, hexadecimal begins with 0x
 * and octal with 0.
 */
bool tool_number(const char *what, const char *text, unsigned base, int64_t min,
		 int64_t max, int64_t *ret_n);

/* The same in silence: 0, -EINVAL or -ERANGE. */
int tool_parse(const char *text, unsigned base, int64_t min, int64_t max, int64_t *ret_n);

/* The table of one mechanism ("shm"), with these fields: the next part of it when
 * resume points to where the last one ended. NULL after a message. */
struct ipcx_table *tool_scan(struct ipcx *x, const char *mech,
			     struct ipcx_fieldset fields, uint64_t max_rows,
			     uint64_t resume);

/* One object, looked up by its id, key or name; NULL when there is none. */
struct ipcx_table *tool_find(struct ipcx *x, const struct ipcx_ref *ref,
			     struct ipcx_fieldset fields);

/* A reference by id or name, as it is needed for these. */
struct ipcx_ref tool_ref(const char *mech, int32_t id);
int tool_named(struct ipcx *x, const char *mech, const char *name,
	       struct ipcx_ref *ret_ref);

/* A number of a row, 0 where it is unknown; and whether it is known. */
uint64_t tool_count(const struct ipcx_table *t, size_t row, enum ipcx_field field);
bool tool_known(const struct ipcx_table *t, size_t row, enum ipcx_field field);

/* Whether the original could open what a row shows: a POSIX queue or semaphore, of which
 * it lists no other. Needs IPCX_F_NAME and IPCX_F_CURMSGS. */
bool tool_usable(const struct ipcx_table *t, size_t row);

/* The number of a limit by its name; 0 and false where it is unknown. */
bool tool_limit(const struct ipcx_table *limits, const char *name, enum ipcx_field field,
		uint64_t *ret_n);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command called by an old name (ipcs, ipcmk, ipcrm or lsipc of util-linux), with the
 * same options, output and exit status. Its options are in one table, which
 * getopt_long(3), --help, the sets of exclusive options and the completions use.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "ipcx.h"

enum tool_takes { TAKES_NOTHING, TAKES_ARGUMENT, MAY_TAKE };

/* One option. The possibilities for an ambiguous abbreviation are printed in the order of
 * the table. */
struct tool_opt {
	char name[IX_TEXT(20)];
	int id; /* the option's letter; if it has none, a number above 255 */
	enum tool_takes takes;
	unsigned sets;  /* bit mask: options with a common bit exclude each other */
	unsigned group; /* index of the option's group in --help, or TOOL_HIDDEN */
#define TOOL_HIDDEN (~0U)
	char arg[IX_TEXT(20)], help[IX_TEXT(120)];
};

struct tool {
	const char *name;
	const char *usage; /* lines of usage, each with a newline */
	const char *about;
	const char *const *groups;   /* headings in --help, terminated by NULL */
	const struct tool_opt *opts; /* terminated by .name = "" */
	void (*more_help)(
		void); /* prints the text after the options in --help, or NULL */
	int (*run)(struct ipcx *x, const struct tool *t, int argc, char **argv);
	const char
		*gaps; /* the message if there are gaps; NULL: "something is left out" */
};

/* All four commands with an old name, terminated by NULL. */
extern const struct tool *const tools[];

/* Return the old name at the end of a path; NULL if the path ends with none of the old
 * names. */
const struct tool *tool_by_path(const char *path);

/* Run the command; argv[0] is the name of the command. Returns the exit status. */
int tool_start(const struct tool *t, int argc, char **argv);

/* The state of a walk over the options. */
struct tool_walk {
	const struct tool *tool;
	int argc;
	char **argv;
	bool quiet;      /* only parse the options: print no messages, no help */
	const char *arg; /* argument of the last option, or NULL */
	uint64_t seen;   /* bit mask: options seen so far, by their index in the table */
	int first;       /* index of the first operand, at the end */
	int status;      /* exit status, if tool_next() returned TOOL_END */
};

#define TOOL_OPERANDS 0    /* no more options */
#define TOOL_END      (-1) /* end the program: help was printed, or the usage is wrong */

/* The messages if a directory of POSIX objects is missing. */
#define TOOL_NO_MQUEUE                                                        \
	"/dev/mqueue does not seem to be mounted. Use 'mount -t mqueue none " \
	"/dev/mqueue' to mount it."
#define TOOL_NO_SHM "cannot open /dev/shm"

/* Return the next option's id, TOOL_OPERANDS or TOOL_END. */
int tool_next(struct tool_walk *w);

/* Print "Try … --help"; returns exit status 1. */
int tool_try(const struct tool *t);

/*
 * Parse a number as the originals do: leading blanks and a sign are accepted. For an
 * invalid number, print "WHAT: 'TEXT'" and return false. With base 0, hexadecimal begins
 * with 0x and octal with 0.
 */
bool tool_number(const char *what, const char *text, unsigned base, int64_t min,
		 int64_t max, int64_t *ret_n);

/* Parse a number like tool_number(), but without a message. Returns 0, -EINVAL or
 * -ERANGE. */
int tool_parse(const char *text, unsigned base, int64_t min, int64_t max, int64_t *ret_n);

/* List one mechanism ("shm") with these fields; resume continues where the last table
 * ended (0: begin). NULL after a message. */
struct ipcx_table *tool_scan(struct ipcx *x, const char *mech,
			     struct ipcx_fieldset fields, uint64_t max_rows,
			     uint64_t resume);

/* Find one object by id, key or name; NULL if there is none. */
struct ipcx_table *tool_find(struct ipcx *x, const struct ipcx_ref *ref,
			     struct ipcx_fieldset fields);

/* Make a reference by id or by name, for tool_find(). */
struct ipcx_ref tool_ref(const char *mech, int32_t id);
int tool_named(struct ipcx *x, const char *mech, const char *name,
	       struct ipcx_ref *ret_ref);

/* tool_count(): return a number of a row, 0 if unknown. tool_known(): return whether that
 * number is known. */
uint64_t tool_count(const struct ipcx_table *t, size_t row, enum ipcx_field field);
bool tool_known(const struct ipcx_table *t, size_t row, enum ipcx_field field);

/* Return whether the original could open a POSIX queue or semaphore; otherwise the
 * original does not list it. Needs IPCX_F_NAME and IPCX_F_CURMSGS. */
bool tool_usable(const struct ipcx_table *t, size_t row);

/* Get a field of a limit by the limit's name; if the field is unknown, return false and
 * set *ret_n to 0. */
bool tool_limit(const struct ipcx_table *limits, const char *name, enum ipcx_field field,
		uint64_t *ret_n);

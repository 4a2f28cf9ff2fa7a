/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options as data: a command lists them once, each with the offset of its value in the
 * argument struct. Parsing, --help, man pages and completions use the same lists. Besides
 * compat/tool.c, opt.c is the only user of getopt_long(3).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

enum opt_kind {
	OPT_FLAG,     /* bool: no argument */
	OPT_TEXT,     /* const char * */
	OPT_LIST,     /* struct opt_list: all values of a repeated option */
	OPT_JOINED,   /* const char *: a comma-separated list; repeating extends it */
	OPT_SIZE,     /* uint64_t: bytes with suffixes */
	OPT_NUMBER,   /* uint64_t */
	OPT_ID,       /* int32_t: 0 to INT_MAX */
	OPT_MODE,     /* uint32_t: octal, 0 to 0777 */
	OPT_KEY,      /* uint32_t: a System V key */
	OPT_DURATION, /* uint64_t: nanoseconds, "1.5s" */
	OPT_HUGE, /* uint64_t: a power of two that may be omitted (--huge, --huge=2M) */
};

/* The arguments of an option that may be repeated. */
#define OPT_LIST_MAX 64
struct opt_list {
	const char *all[OPT_LIST_MAX];
	size_t n;
};

/* How to complete an option's argument, or a command's operands. */
enum complete {
	COMPLETE_NOTHING = 0,
	COMPLETE_FIELDS = 1 << 0,
	COMPLETE_FORMATS = 1 << 1,
	COMPLETE_FILES = 1 << 2,
	COMPLETE_USERS = 1 << 3, /* users; after a colon, groups */
	COMPLETE_MECHS = 1 << 4,
	COMPLETE_GROUPS = 1 << 5,
	COMPLETE_REFS = 1 << 6,
	COMPLETE_LIMITS = 1 << 7,
	COMPLETE_COMMANDS = 1 << 8,
	COMPLETE_WHEN = 1 << 9,
	COMPLETE_NS = 1 << 10,     /* containers and pins */
	COMPLETE_NS_ALL = 1 << 11, /* containers, pins and "all" */
	COMPLETE_WISHES = 1 << 12, /* a mechanism and a colon */
	COMPLETE_OLD = 1 << 13,    /* an old name and its options */
	COMPLETE_LOADS = 1 << 14,  /* workloads of mechanisms, a list */
	COMPLETE_WAYS = 1 << 15,   /* ways to move data */
	COMPLETE_WAY_LOADS =
		1 << 16, /* workloads that compare ways to move data, a list */
	COMPLETE_CPUS = 1 << 17,
	COMPLETE_CALLS = 1 << 18, /* a call, an errno of it, its arguments */
	COMPLETE_METRICS = 1 << 19,
	COMPLETE_LABELS = 1 << 20, /* of metrics, a list */
	COMPLETE_FACTS = 1 << 21,  /* read for metrics, a list */
};

/* Texts are arrays, not pointers: at each start of the program the loader would have to
 * relocate every pointer. */
struct opt {
	char name[IX_TEXT(24)];
	char letter; /* 0: none */
	enum opt_kind kind;
	enum complete complete;
	enum complete operands; /* how to complete the operands if this option is given;
				   0: as for the command */
	size_t at;              /* offset of the value in the argument struct */
	uint64_t bit; /* bit that is set in the mask at mask_at if the option was given */
	size_t mask_at;
	char arg[IX_TEXT(16)];  /* name of the argument: "SIZE" */
	char help[IX_TEXT(96)]; /* one phrase, no full stop */
	bool hidden;            /* not in --help: for completions, documentation */
};

/* The offset of a member; compiles only if the member has the type of the option's
 * kind. */
#define AT(args, member, type) \
	_Generic(((args *)0)->member, type : offsetof(args, member))

#define FLAG(args, member)     .kind = OPT_FLAG, .at = AT(args, member, bool)
#define TEXT(args, member)     .kind = OPT_TEXT, .at = AT(args, member, const char *)
#define LISTED(args, member)   .kind = OPT_LIST, .at = AT(args, member, struct opt_list)
#define JOINED(args, member)   .kind = OPT_JOINED, .at = AT(args, member, const char *)
#define SIZE(args, member)     .kind = OPT_SIZE, .at = AT(args, member, uint64_t)
#define NUMBER(args, member)   .kind = OPT_NUMBER, .at = AT(args, member, uint64_t)
#define ID(args, member)       .kind = OPT_ID, .at = AT(args, member, int32_t)
#define MODE(args, member)     .kind = OPT_MODE, .at = AT(args, member, uint32_t)
#define KEY(args, member)      .kind = OPT_KEY, .at = AT(args, member, uint32_t)
#define DURATION(args, member) .kind = OPT_DURATION, .at = AT(args, member, uint64_t)
#define HUGE_(args, member)    .kind = OPT_HUGE, .at = AT(args, member, uint64_t)
#define GIVEN(args, mask, b)   .bit = (b), .mask_at = AT(args, mask, uint64_t)

/* A list of options, and the offset of their struct in the command's argument struct. */
struct opt_group {
	const struct opt *opts; /* terminated by .name = ""; NULL terminates the groups */
	size_t at;
};

/*
 * Parse the options of argv[1…] into args. Returns the index of the first operand (argv
 * is permuted), or -errno after a message: -EINVAL for a usage error.
 *
 * A repeated option never overrides its earlier value: lists are extended, and a
 * different second value of any other option is a usage error. `given` records the
 * options seen (zero before the first call), so that the options of a command can be
 * parsed in two calls.
 */
int opt_parse(const struct opt_group *groups, void *args, int argc, char **argv,
	      bool stop_at_operand, uint64_t *given);

/* Return whether options end at the first operand, as users may ask ($POSIXLY_CORRECT). */
bool opt_posix(void);

/* Print the --help lines of all groups. */
void opt_help(const struct opt_group *groups);

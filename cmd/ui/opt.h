/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options as data: a command lists them once, with the place in its argument struct where
 * each value goes. Parsing, --help, the man pages and the completions read the same
 * lists. The home of getopt_long(3).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opt_kind {
	OPT_FLAG,     /* bool: no argument */
	OPT_TEXT,     /* const char * */
	OPT_LIST,     /* struct opt_list: every time it is given */
	OPT_JOINED,   /* const char *: a list, which goes on when it is given again */
	OPT_SIZE,     /* uint64_t: bytes with suffixes */
	OPT_NUMBER,   /* uint64_t */
	OPT_ID,       /* int32_t: 0 to INT_MAX */
	OPT_MODE,     /* uint32_t: octal, 0 to 0777 */
	OPT_KEY,      /* uint32_t: a System V key */
	OPT_DURATION, /* uint64_t: nanoseconds, "1.5s" */
	OPT_HUGE, /* uint64_t: a size that may be left out (--huge, --huge=2M), a power of
		     two */
};

/* The arguments of an option that may be repeated. */
#define OPT_LIST_MAX 64
struct opt_list {
	const char *all[OPT_LIST_MAX];
	size_t n;
};

/* What completes an option's argument, or a command's operands. */
enum complete {
	COMPLETE_NOTHING = 0,
	COMPLETE_FIELDS = 1 << 0,
	COMPLETE_FORMATS = 1 << 1,
	COMPLETE_FILES = 1 << 2,
	COMPLETE_USERS = 1 << 3, /* behind a colon, groups */
	COMPLETE_MECHS = 1 << 4,
	COMPLETE_GROUPS = 1 << 5,
	COMPLETE_REFS = 1 << 6,
	COMPLETE_LIMITS = 1 << 7,
	COMPLETE_COMMANDS = 1 << 8,
	COMPLETE_WHEN = 1 << 9,
	COMPLETE_NS = 1 << 10,        /* containers and pins */
	COMPLETE_NS_ALL = 1 << 11,    /* and "all" */
	COMPLETE_WISHES = 1 << 12,    /* a mechanism and a colon */
	COMPLETE_OLD = 1 << 13,       /* an old name, and what that takes */
	COMPLETE_LOADS = 1 << 14,     /* workloads of mechanisms, a list */
	COMPLETE_WAYS = 1 << 15,      /* ways to move data */
	COMPLETE_WAY_LOADS = 1 << 16, /* workloads that compare those, a list */
	COMPLETE_CPUS = 1 << 17,
};

struct opt {
	const char *name;
	char letter; /* 0: none */
	enum opt_kind kind;
	enum complete complete;
	enum complete operands; /* what they are with this option, if not the command's */
	size_t at;              /* of the value in the argument struct */
	uint64_t bit; /* set in the mask at mask_at, so that the command knows it was
			 given */
	size_t mask_at;
	const char *arg;  /* what the argument is called: "SIZE" */
	const char *help; /* one sentence without a full stop */
	bool hidden;      /* not for people: completions, documentation */
};

/* The place of a member, which must have the type that the kind of option writes:
 * anything else does not compile. */
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

/* Options that belong together, and where in the command's struct the struct they write
 * to stands. */
struct opt_group {
	const struct opt *opts; /* ended by .name = NULL; NULL ends the groups */
	size_t at;
};

/*
 * Parse the options of argv[1…] into args. Answers the index of the first operand (argv
 * is permuted), or -errno after one line on stderr: -EINVAL for wrong usage.
 *
 * No option is overruled by a later one: lists go on, and of anything else a second value
 * that is not the first is wrong usage. given remembers which there were (zero at first),
 * for options of one command that stand in two places.
 */
int opt_parse(const struct opt_group *groups, void *args, int argc, char **argv,
	      bool stop_at_operand, uint64_t *given);

/* The --help lines of all groups, appended to stdout's buffer. */
void opt_help(const struct opt_group *groups);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command: its names, texts, options and function, one const struct cmd in one file
 * each. A noun's verb ("read" of "shm read") is a command, too: it is written once and
 * exists for every mechanism that has the capabilities it needs.
 */
#pragma once

#include "ipcx.h"
#include "ui/exit.h"
#include "ui/msg.h"
#include "ui/opt.h"
#include "ui/out.h"
#include "ui/output.h"

struct cmd;

/* The state of a running command. */
struct app {
	const struct cmd *const *commands; /* NULL-terminated */
	struct ipcx *x;
	struct ipcx_ns *ns; /* namespace of --ns; NULL: the own one */
	bool moved;         /* the process itself has moved there */
	bool empty_shm;     /* … and got an empty /dev/shm, because none was known */
	unsigned mech;      /* the noun of a noun's verb; otherwise IPCX_NO_MECH */
	bool verbose;
};

/* Return the mechanism that a noun's verb was called for. */
static inline const struct ipcx_mech_info *app_of(const struct app *app)
{
	return ipcx_mech_info(app->mech);
}

static inline const char *app_noun(const struct app *app)
{
	return app_of(app)->name;
}

static inline bool app_can(const struct app *app, uint64_t what)
{
	return (ipcx_mech_can(app->mech) & what) == what;
}

/* One line of EXAMPLES. */
struct example {
	char line[80], what[80];
};

/* What an exit status means for a command. */
struct exit_text {
	int status;
	const char *text;
};

/* A list of them in ascending order, for .exits. */
#define EXITS(...)                        \
	(const struct exit_text[])        \
	{                                 \
		__VA_ARGS__, { 0, NULL }, \
	}

/* Statuses that several commands share. */
#define NO_SUCH_OBJECT                                               \
	{                                                            \
		EXIT_MISSING, "no such object, or no such namespace" \
	}
#define NO_SUCH_NAMESPACE                                                    \
	{                                                                    \
		EXIT_MISSING, "no such namespace, process, container or pin" \
	}
#define TOOK_TOO_LONG                                                          \
	{                                                                      \
		EXIT_WOULD_BLOCK, "would have blocked, or the timeout expired" \
	}
#define OF_THE_COMMAND                                                            \
	{ EXIT_CANNOT_RUN, "the command was found but cannot be run" },           \
		{ EXIT_NO_PROGRAM, "command not found" },                         \
	{                                                                         \
		EXIT_OWN, "the command's own status; 128 + N: killed by signal N" \
	}

/* Properties of a mechanism that a noun's verb may depend on, in addition to IPCX_CAN_…:
 * one of the first two, and at most one of the others. */
#define OF_KEYED      (UINT64_C(1) << 60) /* objects have an id and a key */
#define OF_NAMED      (UINT64_C(1) << 61) /* objects have a name */
#define OF_TYPES      (UINT64_C(1) << 62) /* the number of a message is its type */
#define OF_PRIORITIES (UINT64_C(1) << 63) /* the number of a message is its priority */

/*
 * The part of a noun's verb that only some mechanisms have. Every variant that fits
 * applies: its options and examples come before those of the command, its texts replace
 * the command's.
 */
struct variant {
	uint64_t needs, lacks; /* as in struct cmd */
	const char *operands, *summary, *about;
	const struct opt_group *options;
	const struct example *examples;
};

/*
 * Placeholders in the texts and examples of a noun's verb and its variants, and in the
 * names and help texts of their options: {noun} is "shm", {family} "System V", {label}
 * "type" and {least} "1" (the name of a message's number, and its minimum), {peers} "shm
 * or pshm" (the nouns that have this verb).
 */
struct cmd {
	const char *name; /* "ls"; two words for a subcommand: "limits set"; for a noun's
			     verb the verb alone: "read" */
	/* Properties (IPCX_CAN_…, OF_…) that a mechanism must have, and must not have, to
	 * be a noun of this verb; needs is 0 for any other command. */
	uint64_t needs, lacks;
	/* For a noun's verb: the message for a mechanism that has only some of needs, and
	 * therefore not this verb; or NULL. */
	const char *absent;
	const struct variant *variants; /* terminated by .needs = .lacks = 0; NULL */
	const char *operands;           /* "[MECH…|REF…]" in the synopsis */
	const char *summary;            /* imperative, one line */
	const char *about;              /* paragraphs for --help and the man page; NULL */
	const struct opt_group *options; /* terminated by .opts = NULL */
	const struct example *examples;  /* terminated by .line = "" */
	const struct exit_text *exits; /* by EXITS(): statuses that exit_common[] does not
					  have, or explains differently */
	enum complete complete;        /* of the operands */
	bool hidden;
	bool program;     /* the first operand is followed by another program with its own
			     arguments: our options end there */
	size_t args_size; /* at most CMD_ARGS_MAX */
	/* args is zeroed and filled by the options; operands follow. Returns the exit
	 * status. */
	int (*run)(struct app *app, void *args, int n, char **operands);
};

#define CMD_ARGS_MAX 4096

/* A command as it was called. For a noun's verb, cmd is the verb of that one noun: its
 * name is "shm read", and its texts, options and examples point into the members below.
 * Must not be copied. */
struct called {
	struct cmd cmd;
	unsigned mech; /* or IPCX_NO_MECH */
	struct opt_group options[8];
	struct example examples[8];
	struct opt opts[4]; /* lists that had placeholders, each with its terminator */
	char text[4096];
	size_t used, n_opts; /* of text and opts */
};

/* called.c: whether a noun's verb exists for a mechanism; whether it is missing there for
 * a reason in c->absent; and fill ret with the verb as it is, or would be, there. */
bool called_fits(const struct cmd *c, unsigned mech);
bool called_absent(const struct cmd *c, unsigned mech);
void called_set(struct called *ret, const struct cmd *c, unsigned mech);

/* A walk over all commands in the order of help; set .list to begin. */
struct cmd_walk {
	const struct cmd *const *list;
	struct called called; /* valid until the next step */
	size_t at, verb;
	unsigned mech;
};

/* Return the next command, or NULL. */
const struct cmd *cmd_next(struct cmd_walk *w);

/* app.c: the options that every command takes. */
struct global_args {
	bool help, version, verbose;
};
extern const struct opt global_opts[];

/* Find the command whose name begins argv (the longest name wins), and the number of
 * words in its name. Returns false if there is none. */
bool cmd_find(const struct cmd *const *list, int argc, char *const *argv,
	      struct called *ret, int *ret_words);

/* The same for a verb that the noun does not have, if c->absent explains why. */
bool cmd_find_absent(const struct cmd *const *list, int argc, char *const *argv,
		     struct called *ret);

/* help.c: the statuses of every command (0, 1, 2), and, for ipcx(1), the general meaning
 * of each status. Both are terminated by .text = NULL. */
extern const struct exit_text exit_common[], exit_general[];

/* Return the next status of a command; *at is 0 at first. NULL at the end. */
const struct exit_text *exit_next(const struct cmd *c, int *at);

/* help.c: print the --help of a command, or of ipcx itself. */
void help_command(const struct cmd *const *list, const struct cmd *c);
void help_all(const struct cmd *const *list);

/* app.c: print the error of a failed library call; returns the exit status for r. */
int app_failed(struct app *app, int r);

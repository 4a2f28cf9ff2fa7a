/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command: what it is called, what it takes, what it does. One const struct cmd in one
 * file each. The verb of a noun ("read" of "shm read") is a command, too: it is written
 * once and exists for every mechanism that has what it needs, as the library tells.
 */
#pragma once

#include "ipcx.h"
#include "ui/exit.h"
#include "ui/msg.h"
#include "ui/opt.h"
#include "ui/out.h"
#include "ui/output.h"

struct cmd;

/* What a command works with. */
struct app {
	const struct cmd *const *commands; /* all of them, ended by NULL */
	struct ipcx *x;
	struct ipcx_ns *ns; /* where it works, or NULL: here */
	bool moved;         /* the process itself has gone there */
	bool empty_shm;     /* … and has an empty /dev/shm, as none was known */
	unsigned mech;      /* the noun before a noun's verb; otherwise IPCX_NO_MECH */
	bool verbose;
};

/* The mechanism that a noun's verb was called for. */
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
	const char *line, *what;
};

/* What an exit status means for a command. */
struct exit_text {
	int status;
	const char *text;
};

/* A list of them, in their order, for .exits. */
#define EXITS(...)                        \
	(const struct exit_text[])        \
	{                                 \
		__VA_ARGS__, { 0, NULL }, \
	}

/* What many commands say alike. */
#define NO_SUCH_OBJECT                                                        \
	{                                                                     \
		EXIT_MISSING, "there is no such object, or no such namespace" \
	}
#define NO_SUCH_NAMESPACE                                                             \
	{                                                                             \
		EXIT_MISSING, "there is no such namespace, process, container or pin" \
	}
#define TOOK_TOO_LONG                                                              \
	{                                                                          \
		EXIT_WOULD_BLOCK, "it would have had to wait, or the time ran out" \
	}
#define OF_THE_COMMAND                                                                     \
	{ EXIT_CANNOT_RUN, "the command was found, and cannot be run" },                   \
		{ EXIT_NO_PROGRAM, "there is no such command" },                           \
	{                                                                                  \
		EXIT_OWN,                                                                  \
			"of the command, which has its own; 128 + N: it ended by signal N" \
	}

/* Properties of a mechanism that a noun's verb may depend on, besides IPCX_CAN_…: one of
 * the first two, and at most one of the others. */
#define OF_KEYED      (UINT64_C(1) << 60) /* objects have an id and a key */
#define OF_NAMED      (UINT64_C(1) << 61) /* objects have a name */
#define OF_TYPES      (UINT64_C(1) << 62) /* the number of a message is its type */
#define OF_PRIORITIES (UINT64_C(1) << 63) /* the number of a message is its priority */

/*
 * What a noun's verb has for some mechanisms only. Every variant that fits counts: its
 * options and examples come before those of the command, its texts replace the command's.
 */
struct variant {
	uint64_t needs, lacks; /* as in struct cmd */
	const char *operands, *summary, *about;
	const struct opt_group *options;
	const struct example *examples;
};

/*
 * Placeholders in the texts and examples of a noun's verb and of its variants, and in the
 * names and helps of their options: {noun} is "shm", {family} "System V", {label} "type"
 * and {least} "1" (what the number of a message is called, and the least one), {peers}
 * "shm or pshm" (the nouns that have this verb).
 */
struct cmd {
	const char *name; /* "ls"; two words for a command below another: "limits set";
			     of a noun's verb the verb alone: "read" */
	/* IPCX_CAN_… and OF_… that a mechanism must have, and must not have, to be a noun
	 * of this verb; needs is 0 for any other command. */
	uint64_t needs, lacks;
	/* Of a noun's verb: why a mechanism that has only some of needs is no noun of it,
	 * for whoever tries; NULL. */
	const char *absent;
	const struct variant *variants; /* ended by .needs = .lacks = 0; NULL */
	const char *operands;           /* "[MECH…|REF…]" in the synopsis */
	const char *summary;            /* half a sentence */
	const char *about;              /* paragraphs for --help and the man page; NULL */
	const struct opt_group *options; /* ended by .opts = NULL */
	const struct example *examples;  /* ended by .line = NULL */
	const struct exit_text *exits;   /* by EXITS(): where a status means something
					    else than exit_common[] says, or is not in it */
	enum complete complete;          /* of the operands */
	bool hidden;
	bool program; /* behind the first operand stands another program and what is its:
			 options are ours only up to there */
	size_t args_size; /* at most CMD_ARGS_MAX */
	/* args is zeroed and filled by the options; operands follow. Answers the exit
	 * status. */
	int (*run)(struct app *app, void *args, int n, char **operands);
};

#define CMD_ARGS_MAX 4096

/* A command as it is called. For a noun's verb, cmd is the verb of that one noun: its
 * name is "shm read", its texts, options and examples are in the members below. Not to be
 * copied. */
struct called {
	struct cmd cmd;
	unsigned mech; /* or IPCX_NO_MECH */
	struct opt_group options[8];
	struct example examples[8];
	struct opt opts[4]; /* lists with placeholders, each with its end */
	char text[4096];
	size_t used, n_opts; /* of text and opts */
};

/* called.c: whether a noun's verb exists for a mechanism; whether it does not, for a
 * reason that is worth telling; and what it is, or would be, there. */
bool called_fits(const struct cmd *c, unsigned mech);
bool called_absent(const struct cmd *c, unsigned mech);
void called_set(struct called *ret, const struct cmd *c, unsigned mech);

/* All commands one after another, in the order of help; a walk begins with its list. */
struct cmd_walk {
	const struct cmd *const *list;
	struct called called; /* good until the next step */
	size_t at, verb;
	unsigned mech;
};

/* The next one, or NULL. */
const struct cmd *cmd_next(struct cmd_walk *w);

/* app.c: the options that every command takes. */
struct global_args {
	bool help, version, verbose;
};
extern const struct opt global_opts[];

/* The command of a list that the words at argv begin with (the longest name wins), and
 * how many words that were; false: none. */
bool cmd_find(const struct cmd *const *list, int argc, char *const *argv,
	      struct called *ret, int *ret_words);

/* The same of a verb that the noun before it has not, where there is a reason to tell. */
bool cmd_find_absent(const struct cmd *const *list, int argc, char *const *argv,
		     struct called *ret);

/* help.c: what any command may end with (0, 1, 2), and, for the page of all, what a
 * status means wherever it has no meaning of its own. Both ended by .text = NULL. */
extern const struct exit_text exit_common[], exit_general[];

/* A walk over the statuses of a command: at begins with 0. NULL at the end. */
const struct exit_text *exit_next(const struct cmd *c, int *at);

/* help.c: the text of --help of a command, or of ipcx itself. */
void help_command(const struct cmd *const *list, const struct cmd *c);
void help_all(const struct cmd *const *list);

/* app.c: print the text of a failed library call; answers the exit status for r. */
int app_failed(struct app *app, int r);

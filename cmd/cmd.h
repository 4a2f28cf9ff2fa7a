/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command (its names, texts, options and function) is a const struct cmd. A noun's verb
 * ("read" of "shm read") is a command, too: it is written once and exists for every
 * mechanism that has the capabilities it needs.
 */
#pragma once

#include "base/util.h"
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
	struct ipcx_ns *ns; /* the namespace given with --ns; NULL: our own */
	bool moved;         /* the process has entered that namespace */
	bool empty_shm;     /* the process has an empty /dev/shm there, because the
			       namespace's own one is unknown */
	unsigned mech;      /* the mechanism of a noun's verb; otherwise IPCX_NO_MECH */
	bool verbose;
	const char
		*root; /* another root directory that is used instead of ours, or NULL */
	const char *root_from; /* where it was given: "--root" */
	int root_doubt; /* why that root is not known to be that of process 1 (-errno); or
			   0 */
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

/* One line of the section EXAMPLES. */
struct example {
	char line[IX_TEXT(80)], what[IX_TEXT(80)];
};

/* What an exit status means for a command. */
struct exit_text {
	int status;
	char text[IX_TEXT(144)];
};

/* A list of exit statuses in ascending order, for the member exits of struct cmd. */
#define EXITS(...)                            \
	(const struct exit_text[])            \
	{                                     \
		__VA_ARGS__, { .status = 0 }, \
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

/* Properties of a mechanism that a noun's verb may depend on, in addition to IPCX_CAN_….
 * A mechanism has either OF_KEYED or OF_NAMED, and at most one of OF_TYPES and
 * OF_PRIORITIES. */
#define OF_KEYED      (UINT64_C(1) << 60) /* objects have an id and a key */
#define OF_NAMED      (UINT64_C(1) << 61) /* objects have a name */
#define OF_TYPES      (UINT64_C(1) << 62) /* a message's number is its type */
#define OF_PRIORITIES (UINT64_C(1) << 63) /* a message's number is its priority */

/*
 * Texts, options and examples of a verb ("send") that apply only to some of the
 * mechanisms that have it. All variants that fit the
 * mechanism are applied: their options and examples come before those of the command, and
 * their texts replace the command's.
 */
struct variant {
	uint64_t needs, lacks; /* the same as in struct cmd */
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
	/* Properties (IPCX_CAN_…, OF_…) that a mechanism must have (needs) and must not
	 * have (lacks) for this verb to exist; needs is 0 for commands without a noun. */
	uint64_t needs, lacks;
	/* For a noun's verb: the message for a mechanism that has only some of the needs
	 * and therefore lacks the verb; or NULL. */
	const char *absent;
	const struct variant *variants; /* terminated by .needs = .lacks = 0; or NULL */
	const char *operands;           /* "[MECH…|REF…]" in the synopsis */
	const char *summary;            /* imperative, one line */
	const char *about; /* paragraphs for --help and the man page; or NULL */
	const struct opt_group *options; /* terminated by .opts = NULL */
	const struct example *examples;  /* terminated by .line = "" */
	const struct exit_text *exits;   /* made with EXITS(): statuses that are not in
					    exit_common[] or have another meaning here */
	enum complete complete;          /* of the operands */
	const struct shown *rows; /* a list of all fields that its rows can have, for
				     completion; NULL: they depend on the call */
	bool hidden;
	bool program; /* the first operand is followed by another program with its own
			 arguments: our options end at that operand */
	bool at_home; /* works in our own namespaces and below our own root: refuses
			 --root,     and ignores IPCX_ROOT */
	/* Not NULL: the command is a plug-in of monitoring systems, whose statuses are
	 * OK, WARNING, CRITICAL and UNKNOWN (monitor/check.h). Called after the options
	 * have been read; run() is called if it returns true. */
	bool (*plugin)(const void *args, int *ret_status);
	size_t args_size; /* at most CMD_ARGS_MAX */
	/* args is zeroed and filled by the options; operands follow. Returns the exit
	 * status. */
	int (*run)(struct app *app, void *args, int n, char **operands);
};

#define CMD_ARGS_MAX 4096

/* A command, in the form in which it was called. For a noun's verb, cmd is a copy made
 * for that noun: its name is "shm read", and its texts, options and examples point into
 * the members below. This struct must not be copied. */
struct called {
	struct cmd cmd;
	unsigned mech; /* the mechanism of a noun's verb, or IPCX_NO_MECH */
	struct opt_group options[8];
	struct example examples[8];
	struct opt opts[4]; /* option lists that had placeholders, each with its
			       terminator */
	char text[4096];
	size_t used, n_opts; /* used elements of text and of opts */
};

/* called.c. called_fits(): return whether a noun's verb exists for a mechanism.
 * called_absent(): return whether the verb is missing there for the reason in c->absent.
 * called_set(): fill ret with the verb for that mechanism, even if it is absent. */
bool called_fits(const struct cmd *c, unsigned mech);
bool called_absent(const struct cmd *c, unsigned mech);
void called_set(struct called *ret, const struct cmd *c, unsigned mech);

/* An iteration over all commands in the order of --help; to begin, set .list and zero the
 * rest. */
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
	const char *root;
};
extern const struct opt global_opts[];

/* Find the command whose name is the first words of argv (the longest such name), and set
 * *ret_words to the number of these words. Returns false if there is none. */
bool cmd_find(const struct cmd *const *list, int argc, char *const *argv,
	      struct called *ret, int *ret_words);

/* Find a verb that does not exist for the noun and whose member absent explains why. */
bool cmd_find_absent(const struct cmd *const *list, int argc, char *const *argv,
		     struct called *ret);

/* help.c: exit_common has the statuses of every command (0, 1, 2); exit_general has the
 * general meaning of each status, for ipcx(1). Both are terminated by an empty .text. */
extern const struct exit_text exit_common[], exit_general[];

/* Return the next exit status of a command, NULL at the end; *at is 0 at first. */
const struct exit_text *exit_next(const struct cmd *c, int *at);

/* help.c: print the --help of a command, or of ipcx itself. */
void help_command(const struct cmd *const *list, const struct cmd *c);
void help_all(const struct cmd *const *list);

/* root.c: make the context of a run, for the root directory that the option or the
 * environment gives; "at_home" is that of struct cmd. app_where(): set *where, if it is
 * NULL, to the namespace in which a command works that was given none, or leave it NULL
 * for our own. Both return 0, or an exit status after a message. */
int app_begin(struct app *app, const char *root, bool at_home);
int app_where(const struct app *app, const char **where);

/* app.c: print the error of a failed library call; returns the exit status for r. */
int app_failed(struct app *app, int r);

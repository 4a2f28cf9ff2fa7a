/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command: what it is called, what it takes, what it does. One const struct cmd in one
 * file each. */
#pragma once

#include "ipcx.h"
#include "ui/exit.h"
#include "ui/msg.h"
#include "ui/opt.h"
#include "ui/out.h"
#include "ui/sheet.h"

/* What a command works with. */
struct app {
	struct ipcx *x;
	struct ipcx_ns *ns; /* where it works, or NULL: here */
	bool verbose;
};

/* One line of EXAMPLES. */
struct example {
	const char *line, *what;
};

struct cmd {
	const char *name; /* "ls"; two words for a command below another: "limits set" */
	const char *operands; /* "[MECH…|REF…]" in the synopsis */
	const char *summary;  /* half a sentence */
	const char *about;    /* paragraphs for --help and the man page; NULL */
	const struct opt_group *options; /* ended by .opts = NULL */
	const struct example *examples;  /* ended by .line = NULL */
	enum complete complete;          /* of the operands */
	bool hidden;
	bool program; /* behind the first operand stands another program and what is its:
			 options are ours only up to there */
	size_t args_size;
	/* args is zeroed and filled by the options; operands follow. Answers the exit
	 * status. */
	int (*run)(struct app *app, void *args, int n, char **operands);
};

/* All commands, ended by NULL. */
extern const struct cmd *const cmds[];

/* Options that every command takes. */
struct global_args {
	bool help, version, verbose;
};
extern const struct opt global_opts[];

/* The command that the words at argv begin with (the longest name wins), and how many
 * words that were; NULL. */
const struct cmd *cmd_find(int argc, char *const *argv, int *ret_words);

/* help.c: the text of --help of a command, or of ipcx itself. */
void help_command(const struct cmd *c);
void help_all(void);

/* A failed library call: its text as a message; answers the exit status for r. */
int app_failed(struct app *app, int r);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a command in a namespace: what it inherits, on which terminal, and what becomes
 * of its exit status. */
#pragma once

#include <signal.h>
#include <stdint.h>

#include "cmd.h"
#include "signals.h"

struct run_options {
	struct opt_list env; /* NAME=VALUE */
	const char *keep_caps, *drop_caps;
	bool no_pty;
};

extern const struct opt run_opts[];

/* How the process gets to where the command runs: 0, or an exit status after a message. */
typedef int run_go(struct app *app, void *data);

struct run {
	const struct run_options *options;
	run_go *go; /* called in the process that becomes the command */
	void *data;
	char **argv;  /* NULL ends it; none: a shell */
	bool foreign; /* the programs are a container's: a small environment of our own */
	bool fork;    /* a child has to be made after going: a PID namespace */
	const uint64_t
		*most; /* capabilities that are kept at most, when gone; NULL: all */
};

/*
 * Go there and become the command, or run it behind a terminal of its own. Answers its
 * exit status where it does not become it: 126, 127 when it cannot be run.
 */
int run_command_there(struct app *app, const struct run *run);

/*
 * For a command of ours that needs no way to go: whether it can be executed, 0, or 126 or
 * 127 after a message; becoming it, with nothing above the standard streams when it is
 * alone (elsewhere); answers 126 or 127 when that failed after all.
 */
int run_check(char *const *argv);
int run_become(char **argv, bool alone);

/*
 * Run a command as a child, and stay: what reaches us goes to it, a stop stops us, too.
 * held are the signals, given back to the command as they were. 0 and its status as
 * waitpid(2) gives it; or -errno when there is no child.
 */
int run_child(char **argv, bool alone, const struct signals *held, int *ret_status);

/* pty.c: the same for a child behind a new terminal, where we have one: start() runs in
 * the session of that terminal and answers an exit status. False when we have none. */
bool pty_run(int (*start)(void *data), void *data, int *ret_status);

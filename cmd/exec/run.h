/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a command in a namespace: what it inherits, on which terminal, and what becomes
 * of its exit status. */
#pragma once

#include <stdint.h>

#include "cmd.h"
#include "exec/signals.h"

struct ix_libcap;

struct run_options {
	struct opt_list env; /* NAME=VALUE */
	const char *keep_caps, *drop_caps;
	bool no_pty;
};

extern const struct opt run_opts[];

/* What a command is run with: read, checked and loaded before the first step. */
struct run {
	const struct run_options *options;
	struct ix_libcap *lib; /* free(3) it; NULL: no capability is given up */
	uint64_t caps;         /* that are kept at most */
	bool all;              /* they were asked for, whatever others say */
	bool foreign; /* the programs are a container's: a small environment of our own */
	bool fork;    /* a child has to be made after going: a PID namespace */
	char **argv;  /* NULL ends it; none: a shell */
};

/* Read the options; with bounded, run_limit() may be called. 0, or an exit status after a
 * message. */
int run_prepare(const struct run_options *options, bool bounded, struct run *ret_run);

/* Keep no more than these, unless all were asked for. */
void run_limit(struct run *run, uint64_t most);

/*
 * Once there: give up what is to be given up, close all but the standard streams, and
 * become the command, or, with fork, the parent of it. Nothing of app is used any more.
 * Answers an exit status where it does not become it: 126, 127 when it cannot be run.
 */
int run_there(struct app *app, const struct run *run);

/*
 * For a command of ours that needs no way to go: whether it can be executed, 0, or 126 or
 * 127 after a message; becoming it, with nothing but the standard streams when it is
 * alone (elsewhere); answers 126 or 127 when that failed after all.
 */
int run_check(char *const *argv);
int run_become(struct app *app, char **argv, bool alone);

/*
 * Run a command as a child, and stay: what reaches us goes to it, a stop stops us, too.
 * held are the signals, given back to the command as they were. 0 and its status as
 * waitpid(2) gives it; or -errno when there is no child.
 */
int run_child(struct app *app, char **argv, bool alone, const struct signals *held,
	      int *ret_status);

/*
 * pty.c: as forkpty(3). True in the process that becomes the command: behind a terminal
 * of its own, where we have one; otherwise that is ourselves. False in us, when the
 * command has ended, and with the status to exit with.
 */
bool pty_fork(int *ret_status);

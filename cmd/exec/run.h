/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a command in a namespace: its environment and capabilities, its terminal, and
 * its exit status. */
#pragma once

#include <stdint.h>

#include "cmd.h"
#include "exec/signals.h"

struct ix_libcap;

struct run_options {
	struct opt_list env; /* NAME=VALUE */
	const char *env_file;
	const char *keep_caps, *drop_caps;
	bool no_pty;
};

extern const struct opt run_opts[];

/* How to run a command: parsed, checked and loaded before the namespace is entered. */
struct run {
	const struct run_options *options;
	struct ix_libcap *lib; /* to be freed with free(3); NULL: no capabilities are
				* dropped */
	uint64_t caps;         /* keep at most these capabilities */
	bool all;              /* --keep-caps all: overrides run_limit() */
	bool foreign; /* the programs are a container's: use a small environment */
	bool fork;    /* a child is needed after entering, for a PID namespace */
	char **argv;  /* NULL-terminated; empty: a shell */
	struct run_env *given;   /* the variables of --env-file and --env; to be freed */
	const char *environment; /* if foreign: that of the container's first process,
				  * NUL-separated, or NULL */
	size_t environment_len;
	const char *home; /* if foreign: HOME */
	const char *cwd;  /* change to this directory; NULL: stay */
	bool become;      /* as this user and group */
	uint32_t uid, gid;
};

/* Parse the options, and read the file of --env-file; bounded must be set if run_limit()
 * may be called or a user be set later. Returns 0 and what run_free() frees, or an exit
 * status after a message. */
int run_prepare(const struct run_options *options, bool bounded, struct run *ret_run);

void run_free(struct run *run);

/* Keep at most these capabilities; no effect with --keep-caps all. */
void run_limit(struct run *run, uint64_t most);

/*
 * Called after entering the namespace: drop capabilities, close all descriptors but the
 * standard streams, and become the command or, if run->fork is set, the command's parent.
 * app must not be used afterwards. Returns an exit status if that failed: 126 or 127 if
 * the command cannot be run.
 */
int run_there(struct app *app, const struct run *run);

/*
 * For a command that runs in our own namespace. run_check(): find out whether it can be
 * executed; returns 0, or 126 or 127 after a message. run_become(): become it, with only
 * the standard streams if alone is set (in another namespace); returns 126 or 127 if that
 * failed.
 */
int run_check(char *const *argv);
int run_become(struct app *app, char **argv, bool alone);

/*
 * Run a command as a child and wait for it: pass on signals sent to us, and stop when the
 * command stops. held has the blocked signals, which are unblocked in the command.
 * Returns 0 and the command's waitpid(2) status, or -errno if no child was created.
 */
int run_child(struct app *app, char **argv, bool alone, const struct signals *held,
	      int *ret_status);

/*
 * pty.c, like forkpty(3): returns true in the process that is to become the command, on a
 * terminal of its own if we have a terminal; if we have none, no process is created. In
 * the caller, returns false and the exit status after the command has ended.
 */
bool pty_fork(int *ret_status);

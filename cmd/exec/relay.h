/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The relay between our terminal and the command's own, and its messages to and from the
 * leader of the command's session. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

#include "exec/signals.h"

/* One message on the socket between relay and leader. */
struct word {
	enum {
		/* from the leader: */
		ENDED,   /* the command ended; n is a status of waitpid(2) */
		STOPPED, /* by signal n */
		/* from the relay: */
		FRONT,      /* whether the command may be in the foreground of its
			     * terminal */
		GO_ON,      /* continue the command after a stop; n as for FRONT */
		SIGNAL,     /* send signal n to the command */
		SIGNAL_ALL, /* send signal n to the command's process group */
	} what;
	int n;
};

/* Send a message. Returns whether that worked. */
bool tell(int talk, int what, int n);

/* A buffer for one direction. */
struct flow {
	char data[4096];
	size_t at, end;
};

struct relay {
	int in, out;      /* our terminal, for input and for output; -1 after a hangup */
	int master, talk; /* the command's terminal; the socket to the leader */
	struct signals held;
	struct termios before; /* settings of our terminal before we made it raw */
	bool asked;            /* the command wants input */
	bool front;            /* the command may have input: we are in the foreground */
	bool raw;
	bool shared; /* other processes of our pipeline write to our terminal, too */
	bool ended, hurry;
	int status, typed; /* exit status of the command; signal of the last key */
	size_t late;       /* bytes that arrived after the command had ended */
	struct flow keys, text;
};

/* Open the terminal that a descriptor refers to, or our controlling terminal for -1.
 * Returns a new descriptor or -errno. */
int relay_open(int fd);

/* Copy the window size and the foreground state, before the command runs. */
void relay_begin(struct relay *p);

/* Copy everything until the command has ended and all its output is written. Restores our
 * terminal. */
void relay_run(struct relay *p);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between our terminal and the command's own: the relay, and its messages to and from the
 * leader of the command's session. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

#include "exec/signals.h"

/* One message on the socket. */
struct word {
	enum {
		/* from the leader: */
		ENDED,   /* the command ended; n is a status of waitpid(2) */
		STOPPED, /* by signal n */
		/* from the relay: */
		FRONT,      /* whether the command may be in the foreground of its
			     * terminal */
		GO_ON,      /* continue it after a stop; n as for FRONT */
		SIGNAL,     /* send it to the command */
		SIGNAL_ALL, /* send it to its process group */
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
	int master, talk; /* the other terminal; the socket to the leader */
	struct signals held;
	struct termios before; /* settings of our terminal before it was made raw */
	bool asked;            /* the command wants input */
	bool front;            /* … and gets it: we are in the foreground */
	bool raw;
	bool shared; /* other processes of our pipeline write to our terminal, too */
	bool ended, hurry;
	int status, typed; /* exit status of the command; signal of the last key */
	size_t late;       /* bytes that arrived after the command had ended */
	struct flow keys, text;
};

/* Open our terminal from one of our descriptors, or the controlling one for -1. Returns a
 * new descriptor or -errno. */
int relay_open(int fd);

/* Copy the window size and the foreground state, before the command runs. */
void relay_begin(struct relay *p);

/* Copy everything until the command has ended and all its output is written. Restores our
 * terminal. */
void relay_run(struct relay *p);

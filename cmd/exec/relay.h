/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between our terminal and the one that a command has of its own: what the relay and the
 * leader of the command's session say to each other. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

#include "exec/signals.h"

/* One message of their socket. */
struct word {
	enum {
		/* of the leader: */
		ENDED,   /* the command: n is a status of waitpid(2) */
		STOPPED, /* by signal n */
		/* of the relay: */
		FRONT,      /* the command is in the foreground of its terminal if n */
		GO_ON,      /* the same, after it was stopped */
		SIGNAL,     /* for the command */
		SIGNAL_ALL, /* for its process group */
	} what;
	int n;
};

/* Whether it could be said. */
bool tell(int talk, int what, int n);

/* Bytes on their way. */
struct flow {
	char data[4096];
	size_t at, end;
};

struct relay {
	int in, out; /* our terminal: for keys, for what is shown; or -1: it is gone */
	int master, talk; /* the other one; a socket to the leader */
	struct signals held;
	struct termios before; /* ours, while it is raw */
	bool asked;            /* the command wants keys */
	bool front;            /* it gets them */
	bool raw;
	bool shared; /* others of our pipeline write to our terminal, too */
	bool ended, hurry;
	int status, typed; /* the command's end; the signal that a key made last */
	size_t late;       /* bytes that came after it had ended */
	struct flow keys, text;
};

/* Take a terminal of ours, by number or -1 for the controlling one: a descriptor of our
 * own, or -errno. */
int relay_open(int fd);

/* The foreground as our terminal has it now, its size; before anybody runs there. */
void relay_begin(struct relay *p);

/* Pass everything on, until the command has ended and all it wrote is out. Our terminal
 * is then as it was. */
void relay_run(struct relay *p);

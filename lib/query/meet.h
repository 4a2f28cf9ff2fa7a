/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How to start two places so that they share what they need for IPC. */
#pragma once

#include <stddef.h>

#include "container/container.h"

/* What two places do not share. */
enum ix_meet {
	IX_MEET_IPC,
	IX_MEET_SHM,
	IX_MEET_QUEUES,
};

/* Longest text of ix_meet_text(). */
#define IX_MEET_MAX 1024

/*
 * Write what to do so that two places share this; "first" and "second" in the text are
 * these. A place is a container, or NULL for a process that is in none, with its pid (0:
 * none is known). The text has only printable ASCII characters; names are quoted for a
 * shell.
 */
struct ix_meet_side {
	const struct ix_container *box;
	int32_t pid;
	bool self; /* the place is that of the caller, whose pid nothing can enter later */
};

/* Set the container of a place with this pid. Returns 0, or -errno if it cannot be read
 * which one that is. */
int ix_meet_look(struct ipcx *x, const struct ix_containers *c,
		 struct ix_meet_side *side);

void ix_meet_text(enum ix_meet what, const struct ix_meet_side *first,
		  const struct ix_meet_side *second, char *buf, size_t size);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing a file of any size piece by piece, so that it is whole or not there; zeroes
 * become holes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct savebig {
	const char *path, *name; /* as it was given; and in its directory */
	char *temp; /* where it stands meanwhile; NULL: nowhere, or it is no regular file */
	int fd, dir;   /* held open: the program may go to another mount namespace */
	bool straight; /* a device or a pipe: written to as it is */
	bool force;
	uint64_t len;
};

/*
 * Begin a new file (or, with force, one that takes the place of another). It is its
 * maker's alone (0600). What is no regular file, such as a device, is written to. All
 * answer an exit status after a message.
 */
int savebig_open(struct savebig *s, const char *path, bool force);
int savebig_add(struct savebig *s, const char *data, size_t n);

/* Give it its name. */
int savebig_end(struct savebig *s);

/* Free it; what has no name yet goes. Zeroed: nothing. */
void savebig_close(struct savebig *s);

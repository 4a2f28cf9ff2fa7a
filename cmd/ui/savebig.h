/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write a file of any size in pieces, completely or not at all; zeroes become holes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct savebig {
	const char *path, *name; /* the path as given; its last component */
	char *temp;    /* temporary name; NULL: unnamed, or not a regular file */
	int fd, dir;   /* held open: the process may move to another mount namespace */
	bool straight; /* a device or a pipe: written to directly */
	bool force;
	uint64_t len;
};

/*
 * Begin a new file (or, with force, replace one), with mode 0600. Anything but a regular
 * file, such as a device, is written to directly. All functions return an exit status
 * after a message.
 */
int savebig_open(struct savebig *s, const char *path, bool force);
int savebig_add(struct savebig *s, const char *data, size_t n);

/* Finish the file and give the file its name. */
int savebig_end(struct savebig *s);

/* Free the struct and remove an unfinished file. Does nothing if the struct is zeroed. */
void savebig_close(struct savebig *s);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the commands that use one object: "ipcx shm read REF", "ipcx sem op REF OP…".
 * With --ns the process itself enters the namespace, so that what it holds there, such as
 * a SEM_UNDO, lasts until the process ends. For objects in a /dev/shm the process does
 * not enter the namespace: the library opens them with the privileges of that namespace.
 */
#pragma once

#include "nsopt.h"

/* Whether and how long to wait where the kernel would block. */
struct wait_args {
	uint64_t timeout; /* nanoseconds; valid if bit 0 of given is set */
	uint64_t given;
	bool no_wait;
};

extern const struct opt wait_opts[];

/* Return the timeout for the library in nanoseconds: -1 for ever, 0 not at all. */
int64_t wait_timeout(const struct wait_args *args);

/*
 * Parse the reference in word and make calls for that object act in its namespace. May be
 * called again for a second object.
 *
 * @param acts the object is going to be changed, not only read
 * @param mechs the mechanisms that the command accepts; with only one, a word without a
 * mechanism ("5", "0x4d2", "/jobs") refers to that one
 * @return 0, or an exit status after a message
 */
int verb_begin(struct app *app, const struct ns_args *where, const char *word,
	       uint64_t mechs, bool acts, struct ipcx_ref *ret_ref);

/* Move the process to that namespace even if verb_begin() did not, to run a command
 * there. Returns 0, or an exit status after a message. */
int verb_go(struct app *app);

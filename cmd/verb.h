/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What commands have in common that use one object: "ipcx shm read REF", "ipcx sem op
 * REF OP…". They act in the namespace that --ns names by going there themselves, since
 * what they hold there, such as an undo, is theirs; but what stands in a /dev/shm is
 * opened for them by the library, with the rights of the place, and they stay.
 */
#pragma once

#include "nsopt.h"

/* How long to wait where the kernel would. */
struct wait_args {
	uint64_t timeout; /* nanoseconds; counts when bit 0 of given is set */
	uint64_t given;
	bool no_wait;
};

extern const struct opt wait_opts[];

/* Nanoseconds to wait as the library takes them: -1 for ever, 0 not at all. */
int64_t wait_timeout(const struct wait_args *args);

/*
 * Read the reference of an object that a command is for, and see to it that calls for it
 * act in its namespace. Also for a second object.
 *
 * @param acts more than looking is to be done to it
 * @param mechs which mechanisms the command is for; with a single one, a word without a
 * mechanism is taken as one of it ("5", "0x4d2", "/jobs")
 * @return 0, or an exit status after a message
 */
int verb_begin(struct app *app, const struct ns_args *where, const char *word,
	       uint64_t mechs, bool acts, struct ipcx_ref *ret_ref);

/* Go to that namespace after all, for a command that is to run there. 0, or an exit
 * status after a message. */
int verb_go(struct app *app);

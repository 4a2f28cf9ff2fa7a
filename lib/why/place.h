/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts that checks of POSIX calls need: names, the /dev/shm of the question and the file
 * in it, who uses an object, and limits of the process. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "why/why.h"

/* ---- names */

/* Return the name as the program gave it; NULL if it is not known. */
const char *ix_place_name(const struct ix_why *w);

/* Return the name as it is shown. */
const char *ix_place_shown(const struct ix_why *w, char *buf, size_t size);

/* ---- flags of open calls; each is false if the flags are not known */
bool ix_place_creates(const struct ix_why *w);
bool ix_place_known(const struct ix_why *w);

/* Which access was asked for, as bits of a mode for the owner; *ret_most: the most that
 * it can be. */
uint32_t ix_place_access(const struct ix_why *w, uint32_t *ret_most);

/* ---- /dev/shm */

/* Return the facts, which are read once; of the file of a semaphore or of shared memory,
 * according to the call. */
const struct ix_place *ix_place(struct ix_why *w);

/* Whether facts about the directory are known; else says why not. */
bool ix_place_seen(struct ix_why *w, const struct ix_place **ret_p, struct ix_reason *r);

/* The same for the file; if there is none, "not so". */
bool ix_place_file(struct ix_why *w, const struct ix_place **ret_p, struct ix_reason *r);

/* Write how the file system gets more of "size" or "nr_inodes": a command, if the
 * one who asks may use it. */
void ix_place_more(struct ix_why *w, const char *option, uint64_t to,
		   struct ix_reason *r);

/* Whether the caller may mount the file system anew. */
bool ix_place_may_mount(struct ix_why *w);

/* ---- objects */

/* The object is there, is not there, or is elsewhere. */
void ix_place_absent(struct ix_why *w, struct ix_reason *r);
void ix_place_elsewhere(struct ix_why *w, struct ix_reason *r);
void ix_place_exists(struct ix_why *w, enum ix_so exists, struct ix_reason *r);

/* Whether the caller's uid has no number in the user namespace of the place. */
void ix_place_unmapped(struct ix_why *w, struct ix_reason *r);

/* Write a command that gives an object the permissions that are asked for. */
void ix_place_permit(struct ix_why *w, uint32_t uid, uint32_t gid, uint32_t mode,
		     uint32_t want, struct ix_reason *r);

/* Write the object's reference for a command, in quotes if it needs them. */
const char *ix_place_ref(struct ix_why *w, char *buf, size_t size);

/* ---- processes */

/* Find who has the object open or mapped in this way ('r', 'w'; 0: in any), except the
 * process of the question. Returns how many, with their names in buf; or -errno.
 * *ret_whole: there are no others. */
int ix_place_holders(struct ix_why *w, char way, char *buf, size_t size, bool *ret_whole);

/* How the process of the question has it open: *ret_r and *ret_w. Returns 1; 0 if it has
 * not; -errno if that cannot be told. */
int ix_place_opened(struct ix_why *w, bool *ret_r, bool *ret_w);

/* Whether its descriptors are used up. */
void ix_place_fds(struct ix_why *w, struct ix_reason *r);

/* Whether a debugger, whose signals interrupt calls, is attached. */
void ix_place_tracer(struct ix_why *w, struct ix_reason *r);

/* Write how RLIMIT_… of the process is raised: a command, if the process is known. */
void ix_place_rlimit(struct ix_why *w, int which, uint64_t to, struct ix_reason *r);

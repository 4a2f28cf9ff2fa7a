/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the checks of calls on segments have in common. */
#pragma once

#include <sys/shm.h>

#include "mech/shmchecks.h"
#include "why/why.h"

/*
 * Find the segment that the arguments name. Returns 1; 0 if there is none; or -1 with the
 * reason set: unknown.
 */
int ix_shm_find(struct ix_why *w, struct ix_reason *r, const struct ipcx_table **ret_t);

/* Write "segment shm:5 (key 0x4d2)". Returns buf. */
#define IX_SHM_NAME 64
const char *ix_shm_name(const struct ipcx_table *t, char buf[IX_SHM_NAME]);

/* Write the name of its owner, escaped. Returns buf. */
#define IX_SHM_OWNER 80
const char *ix_shm_owner(const struct ipcx_table *t, char buf[IX_SHM_OWNER]);

/* Get the flags of the call with their permission bits; false if they are not known. */
bool ix_shm_flags(const struct ix_why *w, uint64_t *ret_flags);

/* Whether the segment's mode grants this (of 0700) to whose call it is. */
enum ix_so ix_shm_grants(const struct ix_why *w, const struct ipcx_table *t,
			 uint32_t want);

/* Whether the segment belongs to whose call it is, as owner or creator. */
enum ix_so ix_shm_owns(const struct ix_why *w, const struct ipcx_table *t);

/* Whether the segment is unused: unattached, and its creator has ended. */
enum ix_so ix_shm_unused(struct ix_why *w, const struct ipcx_table *t);

/* Write a command of ipcx that only the segment's owner or root may give, or who has to
 * give it if the caller may not. */
void ix_shm_owner_fix(const struct ix_why *w, const struct ipcx_table *t,
		      struct ix_reason *r, const char *command);

/* Write the command that makes the segment's mode grant this. */
void ix_shm_open_up(const struct ix_why *w, const struct ipcx_table *t,
		    struct ix_reason *r, uint32_t want);

/* Get the command of shmctl(2), or one of these: it was not given; there is none like it.
 */
#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif
enum { IX_SHM_CMD_UNKNOWN = -1, IX_SHM_CMD_NONE = -2 };
int ix_shm_command(const struct ix_why *w);

/* Parse a small file of /proc that begins with a number. */
bool ix_shm_proc_number(struct ix_why *w, const char *path, uint64_t *ret_n);

/* Whether a capability that counts only in the first user namespace is effective. */
enum ix_so ix_shm_machine_right(struct ix_why *w, int cap);

/* Write the command that raises a resource limit, named as prlimit(1) does, of the
 * process. */
void ix_shm_prlimit(const struct ix_why *w, const char *what, uint64_t to, uint64_t hard,
		    struct ix_reason *r);

/* ---- the checks, by file */
void ix_shm_get(struct ix_why *w, enum ix_shm_check check, struct ix_reason *r);
void ix_shm_limit(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r);
void ix_shm_attach(struct ix_why *w, enum ix_shm_check check, struct ix_reason *r);
void ix_shm_maps(struct ix_why *w, enum ix_shm_check check, struct ix_reason *r);
void ix_shm_id(struct ix_why *w, enum ix_shm_check check, struct ix_reason *r);
void ix_shm_said(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r);
void ix_shm_control(struct ix_why *w, enum ix_shm_check check, struct ix_reason *r);

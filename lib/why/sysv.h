/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the checks of System V calls share: the object behind a key or an id, and who may
 * use it. Each ix_sysv_why_…() is a whole check.
 */
#pragma once

#include <sys/types.h>

#include "why/why.h"

/* Say that an argument is missing. */
void ix_why_missing(struct ix_reason *r, const char *arg);

/* Find the object that the arguments name. Returns its table, whose row 0 it is; or NULL
 * with the reason set: absent, if there is no such object now; else unknown. */
const struct ipcx_table *ix_sysv_object(struct ix_why *w, enum ix_so absent,
					struct ix_reason *r);

/* Write "sem:5 (key 0x4d2)". Returns buf. */
const char *ix_sysv_named(const struct ipcx_table *t, char *buf, size_t size);

/* Write the object's reference alone, for a fix. Returns buf. */
const char *ix_sysv_ref(const struct ipcx_table *t, char *buf, size_t size);

/* Whether a flag was passed; unknown if the flags are. */
enum ix_so ix_why_flag(const struct ix_why *w, uint64_t flag);

/* Whether the call has this cmd; unknown if the cmd is. */
enum ix_so ix_why_cmd(const struct ix_why *w, const char *cmd);

/* Read a limit in the question's namespace; false if it is unknown. */
bool ix_why_limit_now(struct ix_why *w, const char *name, uint64_t *ret_n);

/* Whether the caller of ipcx may do what takes the owner or creator, or root. */
bool ix_sysv_caller_owns(const struct ipcx_table *t);

/* Say of a fix that sets a limit that root has to run it, unless the caller is root. */
void ix_sysv_fix_as_root(struct ix_reason *r);

/* Write who a process is that operated on the object between two times of its row:
 * "process 17 (httpd), which runs". Returns whether it has ended for sure. */
bool ix_sysv_who(struct ix_why *w, int64_t pid, int64_t from, int64_t to, char *buf,
		 size_t size);

/* ---- semget(2), msgget(2), shmget(2) */
void ix_sysv_why_elsewhere(struct ix_why *w, struct ix_reason *r);
void ix_sysv_why_absent(struct ix_why *w, struct ix_reason *r);
void ix_sysv_why_exists(struct ix_why *w, struct ix_reason *r);
void ix_sysv_why_get_denied(struct ix_why *w, struct ix_reason *r);

/*
 * A limit on the sum over all objects, with who has most of them. "ended" are the fields
 * that are false if the processes that operated on an object last have ended, and "where"
 * the condition, besides the owner, for what may be removed.
 */
void ix_sysv_why_full(struct ix_why *w, const char *limit, const enum ipcx_field ended[2],
		      const char *where, struct ix_reason *r);

/* ---- calls with an id */
void ix_sysv_why_no_id(struct ix_why *w, struct ix_reason *r);
void ix_sysv_why_id_elsewhere(struct ix_why *w, struct ix_reason *r);
void ix_sysv_why_removed(struct ix_why *w, struct ix_reason *r);
void ix_sysv_why_logout(struct ix_why *w, struct ix_reason *r);
void ix_sysv_why_owner(struct ix_why *w, struct ix_reason *r);
void ix_sysv_why_debugger(struct ix_why *w, struct ix_reason *r);

/* The permissions do not grant want (0400: read, 0200: alter), or for least and most of
 * what may have been needed. */
void ix_sysv_why_denied(struct ix_why *w, uint32_t least, uint32_t most,
			struct ix_reason *r);

/* The same if all that is known is that the call needed one of the two. */
void ix_sysv_why_denied_one(struct ix_why *w, struct ix_reason *r);

/*
 * Whether systemd-logind removes the objects of this user when it logs out for good:
 * RemoveIPC= in logind.conf(5). Writes the evidence.
 */
enum ix_so ix_why_removed_at_logout(struct ipcx *x, uint32_t uid, char *buf, size_t size);

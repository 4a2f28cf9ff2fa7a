/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose failed call it is: the ids, rights and limits that decided. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "proc/rlimits.h"

/* An answer that may be unknown. */
enum ix_so { IX_SO_NOT, IX_SO, IX_SO_UNKNOWN };

static inline enum ix_so ix_so(bool is)
{
	return is ? IX_SO : IX_SO_NOT;
}

struct ix_as {
	enum { IX_AS_SELF, IX_AS_USER, IX_AS_PROCESS } kind;
	int32_t pid; /* IX_AS_PROCESS and IX_AS_SELF */
	char who[96]; /* for evidence, escaped: "you", "user hp", "process 17 (postgres)" */
	bool ids_known;
	uint32_t uid, gid; /* effective */
	bool groups_known; /* gid and groups */
	uint32_t *groups;  /* supplementary */
	size_t ngroups;
	bool caps_known;
	uint64_t caps; /* effective; of a user without a process: all for uid 0, else none
			*/
	/* Over files the capabilities in its own user namespace count, if that one maps
	 * the file's ids. */
	uint64_t own_caps;
	enum { IX_MAPS_UNKNOWN, IX_MAPS_SHOWN, IX_MAPS_ALL } maps; /* shown: as for us */
	bool limits_known;                   /* of a user without a process: not */
	struct ix_rlimit limits[IX_RLIMITS]; /* by RLIMIT_… */
	enum ix_so filtered;                 /* a seccomp filter is active */
	int32_t tracer; /* the debugger that is attached; 0: none; -1: unknown */
	uint64_t fds;   /* open descriptors; UINT64_MAX: unknown */
};

/* Find out about the caller, a user or a process. Returns 0 or -errno with a text: -ESRCH
 * if there is no such process. Free with ix_as_end(). */
int ix_as_begin(struct ipcx *x, unsigned flags, uint32_t uid, int32_t pid,
		struct ix_as *ret_as);
void ix_as_end(struct ix_as *as);

/* Whether a capability is effective, and counts over its IPC namespace. */
enum ix_so ix_as_capable(const struct ix_as *as, int cap);

/* Whether a capability counts over a file with these ids. */
enum ix_so ix_as_capable_file(const struct ix_as *as, int cap, uint32_t uid,
			      uint32_t gid);

/* Whether a group is among the effective and supplementary ones. */
enum ix_so ix_as_in_group(const struct ix_as *as, uint32_t gid);

/*
 * Whether System V permissions grant what is asked (ipcperms() of the kernel): want is a
 * mask of 0400 for read and 0200 for alter. The object's owner and creator count.
 */
enum ix_so ix_as_may_ipc(const struct ix_as *as, uint32_t uid, uint32_t gid,
			 uint32_t cuid, uint32_t cgid, uint32_t mode, uint32_t want);

/* The same for a file; capabilities that override it are CAP_DAC_OVERRIDE and, for
 * reading, CAP_DAC_READ_SEARCH. */
enum ix_so ix_as_may_file(const struct ix_as *as, uint32_t uid, uint32_t gid,
			  uint32_t mode, uint32_t want);

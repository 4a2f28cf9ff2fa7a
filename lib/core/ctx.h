/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The context: state that outlives a call, and how a failure gets its text. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "core/gaps.h"
#include "core/idmap.h"
#include "core/names.h"
#include "ipcx.h"

struct ix_showing;
struct stat;

/*
 * Where calls act; all zero in the caller's own namespaces. While lib/ns/ runs a call in
 * another namespace: which /dev/shm to use, and how ids there map to ids here.
 */
struct ix_view {
	bool there;      /* calls already run in the target: do not enter it again */
	bool remote;     /* the target is not the caller's own */
	bool only_shm;   /* one more /dev/shm of a namespace that was read already */
	bool only_there; /* refuse if its /dev/shm is also mounted in our mount namespace,
			    on another path */
	bool straight;   /* and no component of its path may be a symbolic link */
	/* Whether the contents of a file in that /dev/shm may be reported: only if the
	 * owner of the mount may read the file, too. NULL: the kernel's checks suffice.
	 */
	bool (*shows)(struct ipcx *x, const struct stat *st);
	struct ix_showing *showing; /* state of shows() (ns/rights.c) */
	int rootfd;                 /* the root of the /dev/shm to use; -1: unknown */
	int32_t pid;                /* the process with that root, or 0 */
	uint64_t in_memory; /* unique id of a mount known to be in memory; 0: none yet */
	const struct ix_idmap *ids; /* ids there and here; NULL: identical */
};

struct ipcx {
	struct ipcx_ns *ns;   /* where calls act (ipcx_use()); NULL: here */
	struct ipcx_ns *base; /* where they act by default (ipcx_new_at()), or NULL */
	void (*free_base)(struct ipcx_ns *base); /* set by the creator of base */
	struct ix_view view;                     /* set while calls act elsewhere */
	int rootfd; /* "/" unless a test uses another tree; -1 until first used */
	int procfd; /* its procfs, file system type checked; -1 until first used */
	bool lent;  /* the caller supplied at least one of them: that procfs may not show
		       this process */
	enum {
		IX_NUMBERS_NOT_ASKED,
		IX_NUMBERS_OURS,
		IX_NUMBERS_OTHERS
	} numbers; /* whether PIDs in /proc are ours (proc/numbers.c) */
	enum {
		IX_NUMBERED_NOT_ASKED,
		IX_NUMBERED_ALL,
		IX_NUMBERED_SOME
	} numbered; /* whether all processes have a PID in our PID namespace
		       (core/numbered.c) */
	enum {
		IX_PEOPLE_NOT_ASKED,
		IX_PEOPLE_ALL,
		IX_PEOPLE_SOME
	} people;    /* whether all users have an id in our userns (query/lookup.c) */
	int64_t now; /* the time that ages refer to; 0: that of each table */
	bool moved;  /* the process has entered another namespace */
	struct {
		bool asked;
		struct ix_gaps gaps;
		char *label; /* or NULL if there is none */
		uint32_t giver;
	} self; /* the containers in our own namespace, once asked for (ns/label.c) */
	unsigned stalls; /* number of file systems that did not answer since the last
			    discovery */
	struct ix_names users, groups;      /* names looked up so far, for all tables */
	struct ix_buf names;                /* the pool of these names */
	char error[2 * IPCX_REF_MAX + 512]; /* has room for two references */
	enum ipcx_failure failure;          /* the kind of the last error */
	int said;                           /* its errno */
	struct ipcx_hint hint;              /* its hint */
	char hint_subject[IPCX_REF_MAX];
};

/* Return the directory: a descriptor owned by the context, or -errno without a text
 * (ix_procfd(): -ENOENT without a procfs). */
int ix_rootfd(struct ipcx *x);
int ix_procfd(struct ipcx *x);

/* Forget the directories of the previous mount namespace after the process has entered
 * another one. */
void ix_moved(struct ipcx *x);

/* Check that a context may move its process. Returns 0, or -EINVAL with a text for a
 * context that uses the caller's descriptors, which would still refer to the previous
 * namespaces afterwards. */
int ix_may_move(struct ipcx *x);

/* Return the root below which /dev/shm is looked up: rootfd or, while calls act
 * elsewhere, the root of a process there; -ENXIO if no such process is known. */
int ix_viewfd(struct ipcx *x);

/*
 * Keep the text of a failure and return its errno: "return ix_fail(x, -EPERM, "shm:%d:
 * cannot remove", id);". ": " and the text of the errno are appended; ix_fail_plain()
 * appends nothing. Called by the innermost frame that knows the object.
 *
 * An errno spelled out in the source is our own verdict: -EINVAL "bad request", -ENOENT
 * and -ESRCH "no such object" (ipcx_failure()). An errno passed in a variable is the
 * kernel's and may refer to anything on the way.
 */
int ix_fail_as(struct ipcx *x, int error, bool ours, const char *fmt, ...) PRINTF(4, 5);
int ix_fail_plain_as(struct ipcx *x, int error, bool ours, const char *fmt, ...)
	PRINTF(4, 5);
/* Decided by the spelling in the source: the compiler may see constants in variables,
 * too. */
#define IX_OURS(word)            ((word)[0] == '-' && (word)[1] == 'E')
#define ix_fail(x, e, ...)       ix_fail_as(x, e, IX_OURS(#e), __VA_ARGS__)
#define ix_fail_plain(x, e, ...) ix_fail_plain_as(x, e, IX_OURS(#e), __VA_ARGS__)

/* Return r, the result of a call; for -ENOMEM make sure that there is a text, as the
 * place that ran out of memory could not format one. */
int ix_said(struct ipcx *x, int r);

/* Attach a hint to the failure whose text was just kept; each new text clears the hint.
 * Returns error. */
int ix_hint(struct ipcx *x, int error, enum ipcx_hint_kind kind, const char *subject,
	    uint64_t value);

/* Describe an errno (positive or negative), in our own words where strerror(3) misleads.
 * Static or thread-local. */
const char *ix_errno_text(int error);

/* Check that a caller's reference can name an object. Returns 0, -EINVAL, or -E2BIG for
 * one of a newer version, with a text. */
int ix_ref_check(struct ipcx *x, const struct ipcx_ref *ref);

/* Make a path relative to rootfd; used for every absolute path. */
static inline const char *ix_relative(const char *path)
{
	while (*path == '/')
		path++;
	return *path ? path : ".";
}
